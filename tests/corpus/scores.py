"""Precision and recall: verdicts against labels, rule by rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import sqrt

import msgspec

from tests.corpus.judged import Said, Verdicts
from tests.corpus.labels import Deserved, Spot

Z_95 = 1.959964
"""The quantile of the normal distribution that leaves 2.5 % on each side."""

Due = Mapping[str, Mapping[Spot, Deserved]]
"""What is deserved in each stack, by the stack's name."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one rule, or of all, over pairs of a resource and a rule.

    ``findings`` are what the rule found, ``due`` what the labels ask for, ``right`` what is both.
    ``unverified``, ``unverified_due`` and ``unverified_right`` are the same for *unverified*.
    ``wrong_blocks`` are the findings that block and are not due.
    """

    findings: int = 0
    due: int = 0
    right: int = 0
    unverified: int = 0
    unverified_due: int = 0
    unverified_right: int = 0
    wrong_blocks: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(
            **{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__}
        )

    @property
    def wrong(self) -> int:
        return self.findings - self.right

    @property
    def missed(self) -> int:
        return self.due - self.right

    @property
    def precision(self) -> float | None:
        """The share of findings that are right; None without a finding."""
        return self.right / self.findings if self.findings else None

    @property
    def recall(self) -> float | None:
        """The share of what is due that was found; None where nothing is due."""
        return self.right / self.due if self.due else None


class Disagreement(msgspec.Struct, frozen=True, kw_only=True):
    """A pair of a resource and a rule on which rule and label differ.

    ``said`` and ``deserved`` are what the rule and the label have, None for nothing.
    """

    stack: str
    address: str
    rule: str
    said: Said | None
    deserved: Deserved | None

    @property
    def kind(self) -> str:
        """What the difference is, as the document lists it."""
        if self.said is not None and self.said.kind == "finding":
            return "wrong finding"
        if self.deserved is not None and self.deserved.verdict == "finding":
            return "missed" if self.said is None else "missed, unverified"
        return "needless unverified" if self.deserved is None else "missed unverified"


def scores(verdicts: Verdicts, due: Due) -> dict[str, Score]:
    """The score of each rule that found something or should have, over the labelled stacks."""
    found: dict[str, Score] = {}
    for _, (_, rule), said, deserved in _pairs(verdicts, due):
        is_finding = said is not None and said.kind == "finding"
        is_due = deserved is not None and deserved.verdict == "finding"
        is_unverified = said is not None and not is_finding
        unverified_due = deserved is not None and not is_due
        found[rule] = found.get(rule, Score()) + Score(
            findings=is_finding,
            due=is_due,
            right=is_finding and is_due,
            unverified=is_unverified,
            unverified_due=unverified_due,
            unverified_right=is_unverified and unverified_due,
            wrong_blocks=is_finding and not is_due and said is not None and said.blocks,
        )
    return dict(sorted(found.items()))


def total(of_rules: Mapping[str, Score]) -> Score:
    """All rules together."""
    return sum(of_rules.values(), Score())


def disagreements(verdicts: Verdicts, due: Due) -> tuple[Disagreement, ...]:
    """Every pair on which rule and label differ, by stack, resource and rule."""
    return tuple(
        Disagreement(stack=stack, address=spot[0], rule=spot[1], said=said, deserved=deserved)
        for stack, spot, said, deserved in _pairs(verdicts, due)
        if said is None or deserved is None or said.kind != deserved.verdict
    )


def _pairs(
    verdicts: Verdicts, due: Due
) -> Iterator[tuple[str, Spot, Said | None, Deserved | None]]:
    for stack, deserved in due.items():
        said = {each.spot: each for each in verdicts[stack]}
        for spot in sorted({*said, *deserved}):
            yield stack, spot, said.get(spot), deserved.get(spot)


def wilson(right: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share by Wilson (1927), from counts; (0, 1) of none.

    Unlike the usual interval it is right for shares near 0 and 1 and for small counts.
    """
    if not of:
        return 0.0, 1.0
    share, square = right / of, Z_95**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = Z_95 / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of**2))
    return max(0.0, middle - half), min(1.0, middle + half)
