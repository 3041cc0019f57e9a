"""The kinds of machines that a resource names, made of its other facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from lichen.passport import Passport
from lichen_policies.facts.fact import Fact, read_field
from lichen_policies.facts.kinds import (
    MachineKind,
    Machines,
    MachineTemplate,
    Pods,
    Serving,
)
from lichen_policies.facts.machine import is_pattern
from lichen_policies.facts.unknown import Maybe, field, is_unknown

MADE_OF = (Machines, MachineTemplate)
"""The kinds of facts of which these are made."""


def machine_kinds(facts: tuple[Fact, ...]) -> Iterator[MachineKind]:
    """A MachineKind for each machine that a resource names itself, once for each property."""
    sources = [fact for fact in facts if issubclass(type(fact), MADE_OF)]
    if not sources:
        return
    serves = any(map(_is_waited_for, facts))
    seen: set[tuple[str, str | None]] = set()
    for fact in sources:
        found = (
            _of_machines(fact, serves)
            if isinstance(fact, Machines)
            else _of(cast("MachineTemplate", fact), serves)
        )
        for kind in found:
            machine = read_field(kind, "machine")
            key = (kind.path, machine if isinstance(machine, str) else None)
            if key not in seen:
                seen.add(key)
                yield kind


def _is_waited_for(fact: Fact) -> bool:
    """Whether a fact says that somebody waits for what the resource answers."""
    kind = type(fact)
    if issubclass(kind, Serving):
        return not read_field(fact, "shadow") and read_field(fact, "asynchronous") in (None, False)
    if not issubclass(kind, (Machines, Pods)):
        return False
    if issubclass(kind, Pods) and not fact.serves:
        return False
    passport = read_field(fact, "context").passport
    if not isinstance(passport, Passport):
        return False
    return passport.model is not None and passport.mode in (None, "real-time", "serverless")


def _of_machines(fact: Machines, serves: bool) -> Iterator[MachineKind]:
    machine: Maybe[str] = read_field(fact, "machine")
    of_template = read_field(fact, "template") is not None
    elsewhere = bool(fact.named_in or (of_template and is_unknown(machine)))
    if elsewhere and read_field(fact, "spot") is None:
        return
    least: Maybe[int] = read_field(fact, "least")
    most: Maybe[int] = read_field(fact, "machines")
    chip: Maybe[str] = read_field(fact, "chip")
    spot: Maybe[bool] = read_field(fact, "spot")
    count = most if least is None else least
    own = (None,) if elsewhere else fact.any_of or (machine,)
    for name in own:
        if is_pattern(name):
            continue
        yield MachineKind(
            context=fact.context,
            path=fact.chip_at or fact.path,
            waits_for=fact.waits_for,
            machine=field(name),
            chip=field(chip),
            machines=count if isinstance(count, int) and fact.unit == "machines" else 1,
            hosting=fact.hosting,
            machine_prefix=fact.machine_prefix,
            spot=field(spot) if name is own[0] else None,  # of a group once
            spot_at=fact.spot_at,
            serves=serves,
            derived=True,
        )


def _of(fact: MachineTemplate, serves: bool) -> Iterator[MachineKind]:
    machine: Maybe[str] = read_field(fact, "machine")
    spot: Maybe[bool] = read_field(fact, "spot")
    if machine is None and spot is None:
        return
    yield MachineKind(
        context=fact.context,
        path=fact.path,
        waits_for=fact.waits_for,
        machine=field(machine),
        spot=field(spot),
        spot_at=fact.spot_at,
        serves=serves,
        derived=True,
    )
