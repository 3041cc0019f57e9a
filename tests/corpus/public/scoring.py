"""What two labellers say of the sample, how far they agree, and what follows from both."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from tests.corpus.judged import Verdicts
from tests.corpus.labels import Deserved, Kind, Spot
from tests.corpus.public.documents import HERE, Document
from tests.corpus.scores import Due

SAMPLE = HERE / "sample.csv"
LABELS = (HERE / "labels-a.csv", HERE / "labels-b.csv")
NONE = "none"
"""The rule of a line which says that a resource deserves nothing."""

Label = Literal["finding", "unverified", "open"]
Pair = tuple[str, Spot]
"""A document, and a resource and a rule in it."""

Labels = Mapping[Pair, "Line"]
Sample = Mapping[str, tuple[Document, tuple[str, ...]]]
"""The documents that were drawn by their number, and the addresses drawn of each."""


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of a labeller; ``verdict`` is left out of one whose rule is :data:`NONE`."""

    document: str
    resource: str
    rule: str
    verdict: Label | Literal[""]
    why: str

    @property
    def pair(self) -> Pair:
        return self.document, (self.resource, self.rule)


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the pairs that either labeller named, by what the first and the second say;
    None where one names nothing."""

    counts: Mapping[tuple[Label | None, Label | None], int]

    @property
    def pairs(self) -> int:
        return sum(self.counts.values())

    @property
    def same(self) -> int:
        return sum(count for (first, second), count in self.counts.items() if first == second)

    def named(self, label: Label) -> tuple[int, int, int]:
        """The pairs to which the first gives a label, to which the second does, and both."""
        first = sum(count for (of, _), count in self.counts.items() if of == label)
        second = sum(count for (_, of), count in self.counts.items() if of == label)
        return first, second, self.counts.get((label, label), 0)

    @property
    def kappa(self) -> float:
        """Cohen's kappa (1960): the agreement beyond what two would reach by chance that use each
        label as often as these two. NaN of no pairs, and where both always say the same one."""
        labels = {label for both in self.counts for label in both}
        by_chance = sum(
            sum(count for (of, _), count in self.counts.items() if of == label)
            * sum(count for (_, of), count in self.counts.items() if of == label)
            for label in labels
        )
        left = self.pairs**2 - by_chance
        return (self.pairs * self.same - by_chance) / left if left else float("nan")


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """What both labellers together say: what is ``due``, the pairs that are ``not_scored``, and
    how many pairs were decided by each rule of README.md."""

    due: Due
    not_scored: frozenset[Pair]
    decided: Mapping[str, int]


def sample(path: Path = SAMPLE) -> Sample:
    """What was drawn, as :mod:`tests.corpus.public.sampling` wrote it down."""
    found: dict[str, tuple[Document, tuple[str, ...]]] = {}
    for row in _rows(path):
        address, name = row.pop("resource"), row.pop("document")
        filled = {key: value for key, value in row.items() if value}
        document = msgspec.convert({"name": name, **filled}, Document)
        found[name] = document, (*found.get(name, (document, ()))[1], address)
    return found


def lines(path: Path) -> tuple[Line, ...]:
    """The lines of a labeller, as they are written."""
    return tuple(msgspec.convert(row, Line) for row in _rows(path))


def labels(path: Path) -> Labels:
    """What a labeller says of each pair that is named."""
    return {line.pair: line for line in lines(path) if line.rule != NONE}


def agreement(first: Labels, second: Labels, *, without_open: bool = False) -> Agreement:
    """How far two labellers agree, over the pairs that either names; ``without_open`` over those
    that neither calls open."""
    counts: Counter[tuple[Label | None, Label | None]] = Counter()
    for pair in {*first, *second}:
        both = _label(first, pair), _label(second, pair)
        if not (without_open and "open" in both):
            counts[both] += 1
    return Agreement(counts=counts)


def merged(first: Labels, second: Labels, documents: Iterable[str]) -> Merged:
    """Both labels of each pair as one, by the rules of README.md."""
    due: dict[str, dict[Spot, Deserved]] = {name: {} for name in documents}
    not_scored, decided = set[Pair](), Counter[str]()
    for pair in sorted({*first, *second}):
        of = {_label(first, pair), _label(second, pair)}
        if "open" in of:
            not_scored.add(pair)
            decided["open, so not scored"] += 1
            continue
        verdict: Kind | None = None
        if of == {"finding"} or of == {"unverified"}:
            decided["the same by both"] += 1
            verdict = "finding" if of == {"finding"} else "unverified"
        elif of == {"finding", "unverified"}:
            decided["finding against unverified, so unverified"] += 1
            verdict = "unverified"
        else:
            alone = "finding" if "finding" in of else "unverified"
            decided[f"{alone} by one alone, so not deserved"] += 1
        if verdict is not None:
            name, spot = pair
            line = first[pair] if _label(first, pair) == verdict else second[pair]
            due[name][spot] = Deserved(rule=spot[1], verdict=verdict, why=line.why)
    return Merged(due=due, not_scored=frozenset(not_scored), decided=decided)


def scored(verdicts: Verdicts, not_scored: frozenset[Pair]) -> Verdicts:
    """The verdicts without those of pairs that are not scored."""
    return {
        name: tuple(each for each in said if (name, each.spot) not in not_scored)
        for name, said in verdicts.items()
    }


def blocking(verdicts: Verdicts) -> Verdicts:
    """The verdicts that block a deployment."""
    return {name: tuple(each for each in said if each.blocks) for name, said in verdicts.items()}


def _label(of: Labels, pair: Pair) -> Label | None:
    line = of.get(pair)
    return None if line is None else line.verdict or None


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)
