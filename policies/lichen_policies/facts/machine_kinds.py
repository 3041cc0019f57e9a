"""The kinds of machines that a resource names, made of its other facts."""

from __future__ import annotations

from collections.abc import Iterator

from lichen.passport import Passport
from lichen_policies.facts.fact import Fact
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
    sources = [fact for fact in facts if isinstance(fact, MADE_OF)]
    serves = bool(sources) and any(map(_is_waited_for, facts))
    seen: set[tuple[str, str | None]] = set()
    for fact in sources:
        found = _of_machines(fact, serves) if isinstance(fact, Machines) else _of(fact, serves)
        for kind in found:
            machine = kind.as_read("machine")
            key = (kind.path, machine if isinstance(machine, str) else None)
            if key not in seen:
                seen.add(key)
                yield kind


def _is_waited_for(fact: Fact) -> bool:
    """Whether a fact says that somebody waits for what the resource answers."""
    if isinstance(fact, Serving):
        return not fact.shadow and fact.as_read("asynchronous") in (None, False)
    if isinstance(fact, Pods) and not fact.serves:
        return False
    passport = fact.context.passport
    if not isinstance(fact, Machines | Pods) or not isinstance(passport, Passport):
        return False
    return passport.model is not None and passport.mode in (None, "real-time", "serverless")


def _of_machines(fact: Machines, serves: bool) -> Iterator[MachineKind]:
    machine: Maybe[str] = fact.as_read("machine")  # type: ignore[assignment]
    elsewhere = bool(fact.named_in or (fact.waits_for and is_unknown(machine)))
    if elsewhere and fact.as_read("spot") is None:
        return
    least: Maybe[int] = fact.as_read("least")  # type: ignore[assignment]
    most: Maybe[int] = fact.as_read("machines")  # type: ignore[assignment]
    chip: Maybe[str] = fact.as_read("chip")  # type: ignore[assignment]
    spot: Maybe[bool] = fact.as_read("spot")  # type: ignore[assignment]
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
    machine: Maybe[str] = fact.as_read("machine")  # type: ignore[assignment]
    spot: Maybe[bool] = fact.as_read("spot")  # type: ignore[assignment]
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
