"""The accelerators of the containers of a resource, made of its other facts."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Fact, of_kind
from lichen_policies.facts.kinds import ModelAccelerators, ServingContainer
from lichen_policies.facts.unknown import Maybe, field, is_unknown

_SHAPES = (1.0, 2.0, 4.0, 8.0)
"""Numbers of accelerators over which servers spread a model."""


def accelerators_of_containers(facts: tuple[Fact, ...]) -> Iterator[ModelAccelerators]:
    """A ModelAccelerators for each container that has some for itself, or may have."""
    containers = of_kind(facts, ServingContainer)
    several = len({fact.path for fact in containers}) > 1
    share_machine = several and not all(map(_is_open, containers))
    for fact in containers:
        if fact.shared or fact.extended:
            continue  # a part of one, or a command line that is not all here
        chip: Maybe[str] = fact.as_read("chip")  # type: ignore[assignment]
        chips: Maybe[float] = fact.as_read("chips")  # type: ignore[assignment]
        machine: Maybe[str] = fact.as_read("machine")  # type: ignore[assignment]
        # SageMaker gives a container its whole machine, a cluster what its container asks for.
        whole = fact.hosting == "sagemaker" and machine is not None and not share_machine
        if chips is None and not whole:
            continue
        named_in = fact.machine_named_in if chips is None else fact.chips_named_in
        at = fact.machine_at if chips is None else fact.chips_at
        yield ModelAccelerators(
            context=fact.context,
            waits_for=fact.waits_for,
            path=(fact.settings_at or fact.path) if named_in else at,
            set_at=f"{at} of {named_in}" if named_in else "",
            chip=field(chip),
            chips=field(chips),
            machine=field(machine),
            machine_at=fact.machine_at,
            shapes=()
            if chips is None or is_unknown(chips)
            else tuple((number, f"{fact.chips_written}{number:g}") for number in _SHAPES),
            hosting=fact.hosting,
            container=fact,
        )


def _is_open(fact: ServingContainer) -> bool:
    """Whether nothing of a container is known, nor whether it is there."""
    return is_unknown(fact.as_read("image")) and is_unknown(fact.as_read("settings"))
