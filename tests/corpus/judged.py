"""What the rules say of the corpus: asked of the library of ``lichen check``, or as recorded."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec
from lichen_policies.gate import Gate

from lichen.document import InputError
from tests.corpus.labels import Kind, Spot
from tests.corpus.stacks import HERE, given_to, path_of, resources

RECORDED = HERE / "verdicts.json"

TODAY = datetime.date(2026, 11, 26)
"""The day that every stack is judged on: exemptions and patches end on days."""


class Said(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rule's verdict on one resource; ``message`` is the first where there are several."""

    address: str
    rule: str
    kind: Kind
    blocks: bool = False
    message: str

    @property
    def spot(self) -> Spot:
        return self.address, self.rule


Verdicts = Mapping[str, tuple[Said, ...]]
"""The verdicts of each stack by its name."""


def ask(stack: str) -> tuple[Said, ...]:
    """The findings and unverified verdicts of a stack; of one rule and resource the worst.

    :class:`InputError` where a rule is broken: it judged nothing.
    """
    given, path = given_to(stack), path_of(stack)
    gate = Gate.near(path, region=given.region, environment=given.environment, today=TODAY)
    report = gate.report(resources(stack))
    broken = sorted({verdict.rule for verdict in report.unverified if verdict.broken})
    if broken:
        raise InputError(f"broken: {', '.join(broken)}", document=str(path))
    return worst(
        Said(
            address=verdict.resource,
            rule=verdict.rule,
            kind="finding" if verdict.verdict == "fail" else "unverified",
            blocks=verdict.blocks,
            message=verdict.message,
        )
        for verdict in (*report.findings, *report.unverified, *report.exempted)
    )


def worst(every: Iterable[Said]) -> tuple[Said, ...]:
    """One verdict of each rule on each resource: a finding before what is unverified, what blocks
    before what advises."""
    found: dict[Spot, Said] = {}
    for said in every:
        before = found.get(said.spot)
        if before is None or _weight(said) > _weight(before):
            found[said.spot] = said
    return tuple(found[spot] for spot in sorted(found))


def _weight(said: Said) -> tuple[bool, bool]:
    return said.kind == "finding", said.blocks


def ask_all(names: Iterable[str]) -> Verdicts:
    """The verdicts of several stacks, with the tables that are installed."""
    return {name: ask(name) for name in names}


def recorded(path: Path = RECORDED) -> Verdicts:
    """The verdicts of the last ``make precision``; none where none were recorded."""
    if not path.exists():
        return {}
    return msgspec.json.decode(path.read_bytes(), type=dict[str, tuple[Said, ...]])


def record(verdicts: Verdicts, path: Path = RECORDED) -> None:
    """Write the verdicts, so that docs/precision.md follows from files alone."""
    text = msgspec.json.format(msgspec.json.encode(verdicts), indent=1)
    path.write_bytes(text + b"\n")
