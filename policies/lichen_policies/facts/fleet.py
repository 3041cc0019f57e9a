"""The facts of a group of machines, which many kinds of resource have alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, MachineTemplate, Scaling
from lichen_policies.facts.kinds.machines import Requirements
from lichen_policies.facts.machine import is_pattern, may_serve, names_accelerators, serves
from lichen_policies.facts.properties import Stated
from lichen_policies.facts.resource import called
from lichen_policies.facts.unknown import Maybe, Unknown, Unverified, field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack, Subject

ONE: Stated[int] = Stated(1, "")
"""How many machines a resource of one machine has."""

_TEMPLATE = "its launch template"
_IN_TEMPLATE = Unknown("names a launch template, which alone says the machine")


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """What a group runs: any of some machines, what they must have, or what a template names.

    ``any_of`` are names or patterns, ``weights`` how many units of the group's size each counts
    for. ``template`` is what the template is called by; it says what the others leave out.
    """

    any_of: Sequence[Stated[str]] = ()
    weights: Mapping[str, float] = {}
    requirements: Maybe[Requirements] = None
    requirements_at: str = ""
    template: Maybe[str] = None
    template_at: str = ""
    spot: Maybe[bool] = None
    spot_at: str = ""


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """The least and the most that a group runs, in a unit, and how many it is asked to run now,
    which must lie between them."""

    floor: Stated[int]
    ceiling: Stated[int]
    desired: Stated[int] = Stated(None, "")
    unit: Literal["machines", "vCPUs", "MiB"] = "machines"
    queued: bool = False


def machines_named(
    machine: Stated[str],
    machines: Stated[int] = ONE,
    *,
    hosting: str,
    prefix: str = "",
    times: int = 1,
    spot: Maybe[bool] = None,
    spot_at: str = "",
) -> Iterator[Machines]:
    """A Machines for a machine that is named; nothing where none is.

    ``prefix`` is what the hosting writes before the machine's name. ``machines`` counts all, of
    which the property at its path sets the number ``times`` over.
    """
    if machine.value is not None:
        yield Machines(
            path=machine.path,
            machine=field(machine.value),
            machines=field(machines.value),
            machines_at=machines.path,
            hosting=hosting,
            machine_prefix=prefix,
            times=times,
            spot=field(spot),
            spot_at=spot_at,
        )


def fleet(
    context: Context,
    *,
    machines: Sequence[Stated[str]],
    floor: Stated[int],
    ceiling: Stated[int],
    hosting: str,
    region_at: str,
) -> Iterator[Fact]:
    """The facts of a group that names its machines; ``floor`` and ``ceiling`` are the least and the
    most that it may run."""
    choice, bounds = Choice(any_of=machines), Bounds(floor=floor, ceiling=ceiling)
    yield from group_of_machines(context, choice, bounds, hosting=hosting, region_at=region_at)


def group_of_machines(
    context: Context,
    choice: Choice,
    bounds: Bounds,
    *,
    hosting: str,
    region_at: str,
    for_models: bool | None = None,
) -> Iterator[Fact]:
    """A Located, a Machines, and a Scaling where they serve models; nothing where none may run.

    A floor without a path is nobody's to set, so nothing scales.
    """
    floor, ceiling = bounds.floor, bounds.ceiling
    if ceiling.value == 0:
        return
    names = [machine.value for machine in choice.any_of if machine.value is not None]
    if is_unknown(choice.requirements):
        names.append(choice.requirements)
    from_template = not names and choice.requirements is None and choice.template is not None
    only: Maybe[str] = _IN_TEMPLATE if from_template else _only(names)
    waits_for = _TEMPLATE if from_template else ""
    in_machines = bounds.unit == "machines"
    named_exactly = [name for name in names if isinstance(name, str) and not is_pattern(name)]
    yield Located(
        region_at=region_at,
        machine=field(only),
        any_of=tuple(named_exactly) if len(named_exactly) == len(names) > 1 else (),
        machines=(field(floor.value) if in_machines else None) or 1,
        hosting=hosting,
        for_models=_for_models(names, choice) if for_models is None else for_models,
        waits_for=waits_for,
    )
    named = bool(names) or choice.requirements is not None
    several = len(names) > 1 or any(map(is_pattern, names))
    if named or from_template:
        yield Machines(
            path=_path(choice),
            machine=field(only),
            any_of=tuple(name for name in names if isinstance(name, str)) if several else (),
            requirements=field(choice.requirements),
            template=field(choice.template) if from_template else None,
            template_at=choice.template_at,
            machines=field(ceiling.value),
            machines_at=ceiling.path,
            least=field(floor.value),
            least_at=floor.path,
            desired=field(bounds.desired.value),
            desired_at=bounds.desired.path,
            unit=bounds.unit,
            weights=choice.weights,
            queued=bounds.queued,
            hosting=hosting,
            spot=field(choice.spot),
            spot_at=choice.spot_at,
            waits_for=waits_for,
        )
    if not floor.path:
        return
    asks = _asks_for_accelerators(choice.requirements)
    serving: Maybe[bool] = True if asks else may_serve(context, *names)
    if serving:
        scaling = _scaling(bounds, only, hosting)
        yield msgspec.structs.replace(scaling, for_models=field(serving))


def of_template(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of a group with the machine that its launch template names."""
    group = next((f for f in facts if isinstance(f, Machines) and f.waits_for == _TEMPLATE), None)
    if group is None:
        return facts
    template = _template(group, stack)
    if is_unknown(template):
        return tuple(_with_machine(fact, template) for fact in facts)
    found, named_in = template.fact, template.resource.address
    machine: Maybe[str] = found.as_read("machine")  # type: ignore[assignment]
    if is_unknown(machine):
        machine = Unknown(
            f"names the launch template {called(template.resource)}, whose {found.machine_at} "
            f"{machine.because}",
            machine.references,
        )
    requirements: Maybe[Requirements] = found.as_read("requirements")  # type: ignore[assignment]
    completed = [_with_machine(fact, machine) for fact in facts]
    for at, fact in enumerate(completed):
        if isinstance(fact, Machines):
            completed[at] = msgspec.structs.replace(
                fact,
                requirements=field(requirements),
                named_in=named_in,
                spot=fact.as_read("spot")
                if fact.as_read("spot") is not None
                else found.as_read("spot"),
            )
        if isinstance(fact, Located) and _asks_for_accelerators(requirements):
            completed[at] = msgspec.structs.replace(fact, for_models=True)
    has_scaling = any(isinstance(fact, Scaling) for fact in facts)
    if group.least_at and not has_scaling and serves(group.context, machine):
        bounds = Bounds(
            floor=Stated(group.as_read("least"), group.least_at),  # type: ignore[arg-type]
            ceiling=Stated(group.as_read("machines"), group.machines_at),  # type: ignore[arg-type]
        )
        scaling = _scaling(bounds, machine, group.hosting)
        completed.append(
            msgspec.structs.replace(scaling, context=group.context, waits_for=_TEMPLATE)
        )
    return tuple(completed)


def _template(group: Machines, stack: Stack) -> Subject[MachineTemplate] | Unknown:
    try:
        found = stack.linked(group.as_read("template"), MachineTemplate, "names")
    except Unverified as error:
        return Unknown(f"names a launch template, and {error}")
    if found is None:
        return Unknown("names a launch template that is outside of this document")
    return found


def _with_machine(fact: Fact, machine: Maybe[str]) -> Fact:
    if fact.waits_for != _TEMPLATE or not isinstance(fact, Located | Machines):
        return fact
    return msgspec.structs.replace(fact, machine=field(machine))


def _scaling(bounds: Bounds, machine: Maybe[str], hosting: str | None) -> Scaling:
    return Scaling(
        path=bounds.floor.path,
        floor=field(bounds.floor.value),
        ceiling=field(bounds.ceiling.value),
        ceiling_at=bounds.ceiling.path,
        unit=bounds.unit,
        machine=field(machine) if bounds.unit == "machines" else None,
        hosting=hosting,
    )


def _only(names: Sequence[Maybe[str]]) -> Maybe[str]:
    """The one machine that is named; of several an unknown one, where there is any."""
    unknown = next(filter(is_unknown, names), None)
    if unknown is not None or len(names) != 1:
        return unknown
    return None if is_pattern(names[0]) else names[0]


def _path(choice: Choice) -> str:
    if choice.any_of:
        return choice.any_of[0].path
    return choice.template_at if choice.requirements is None else choice.requirements_at


def _for_models(names: Sequence[Maybe[str]], choice: Choice) -> bool | None:
    """True where one of several machines carries accelerators, which no single name shows."""
    accelerated = any(isinstance(name, str) and names_accelerators(name) for name in names)
    return True if accelerated or _asks_for_accelerators(choice.requirements) else None


def _asks_for_accelerators(requirements: Maybe[Requirements]) -> bool:
    return isinstance(requirements, Requirements) and requirements.accelerated
