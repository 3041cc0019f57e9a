"""A decision record judged again, and what is other than it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from lichen.figures import co2e, usd
from lichen.interval import Interval
from lichen_practices.recording.record import (
    CheckDecision,
    DecisionRecord,
    HashedFile,
    PlaceDecision,
    judge_again,
)

Of = Literal["input", "configuration", "catalogue", "lichen", "verdict", "placement"]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is other than the record says. ``explains`` marks what may be the cause of
    another verdict and decides nothing by itself: a newer version, a newer catalogue."""

    of: Of
    what: str
    explains: bool = False


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """A record compared with the same question today. ``holds``: the inputs and the configuration
    are those of the record, and so is the decision."""

    record: str
    day: str
    holds: bool
    differences: tuple[Difference, ...]


def verify(name: str, record: DecisionRecord) -> Verification:
    """Judge again, and compare. :class:`InputError` where an input is gone or cannot be read."""
    now = judge_again(record)
    differences = tuple(_differences(record, now))
    return Verification(
        record=name,
        day=record.day.isoformat(),
        holds=all(each.explains for each in differences),
        differences=differences,
    )


def _differences(then: DecisionRecord, now: DecisionRecord) -> Iterator[Difference]:
    if then.lichen != now.lichen:
        yield Difference(
            of="lichen", what=f"Lichen is {now.lichen}, it was {then.lichen}", explains=True
        )
    if then.catalogue != now.catalogue:
        yield Difference(
            of="catalogue",
            what=f"the catalogue is {now.catalogue[:12]}, it was {then.catalogue[:12]}",
            explains=True,
        )
    yield from _of_files("configuration", then.configured, now.configured)
    yield from _of_files("input", then.inputs, now.inputs)
    if isinstance(then.decision, CheckDecision) and isinstance(now.decision, CheckDecision):
        yield from _of_verdicts(then.decision, now.decision)
    if isinstance(then.decision, PlaceDecision) and isinstance(now.decision, PlaceDecision):
        yield from _of_placement(then.decision, now.decision)


def _of_files(
    of: Of, then: Sequence[HashedFile], now: Sequence[HashedFile]
) -> Iterator[Difference]:
    before, after = ({each.path: each.sha256 for each in files} for files in (then, now))
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) == after.get(path):
            continue
        word = "is new" if path not in before else "is gone" if path not in after else "has changed"
        yield Difference(of=of, what=f"{path} {word}")


def _of_verdicts(then: CheckDecision, now: CheckDecision) -> Iterator[Difference]:
    before = {(each.rule, each.resource, each.property): each for each in then.verdicts}
    after = {(each.rule, each.resource, each.property): each for each in now.verdicts}
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        rule, resource, _ = key
        was = "nothing" if old is None else _words(old.verdict, old.level, old.exempted)
        is_ = "nothing" if new is None else _words(new.verdict, new.level, new.exempted)
        if was == is_:
            was, is_ = "another finding", "a new one"
        yield Difference(
            of="verdict", what=f"{rule} of {resource.rsplit('::', 1)[-1]}: {is_}, it was {was}"
        )
    if (then.judged, then.passed) != (now.judged, now.passed):
        yield Difference(
            of="verdict",
            what=f"{now.judged} resources judged and {now.passed} verdicts pass; there were "
            f"{then.judged} and {then.passed}",
        )


def _words(verdict: str, level: str, exempted: bool) -> str:
    return f"{verdict} ({level}{', exempted' if exempted else ''})"


def _of_placement(then: PlaceDecision, now: PlaceDecision) -> Iterator[Difference]:
    for name in _NAMES:
        old, new = getattr(then, name), getattr(now, name)
        if old != new:
            is_, was = (_shown(name, value) for value in (new, old))
            if is_ == was:  # less than its figures show
                is_, was = str(new), str(old)
            yield Difference(of="placement", what=f"{_NAMES[name]} is {is_}, it was {was}")


_NAMES = {
    "machine": "the machine", "region": "the region", "hosting": "the hosting",
    "precision": "the precision", "replicas_peak": "the number of replicas at the peak",
    "usd_month": "the cost of a month", "gco2e_month": "what a month emits",
}  # fmt: skip


def _shown(name: str, value: object) -> str:
    if name == "usd_month" and isinstance(value, float):
        return usd(value)
    return co2e(value) if isinstance(value, Interval) else str(value)
