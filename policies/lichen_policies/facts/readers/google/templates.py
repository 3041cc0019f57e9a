"""What a group's instance template says of its machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context
from lichen_policies.facts.joined import beside, found
from lichen_policies.facts.kinds import MachineGroup, Machines, MachineTemplate
from lichen_policies.facts.properties import Stated
from lichen_policies.facts.readers.google.accelerators import HOSTING
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

WAITS_FOR = "its instance template"

_OUTSIDE = Unknown("names an instance template that is not among these resources")


def unseen_machines(group: MachineGroup) -> Machines:
    """The machines of a group whose template nobody has looked up yet."""
    return Machines(
        path=group.template_at,
        machine=field(_OUTSIDE),
        machines=group.as_read("machines"),  # type: ignore[arg-type]
        machines_at=group.machines_at,
        hosting=HOSTING,
        waits_for=WAITS_FOR,
    )


def machines_of_template(
    group: MachineGroup, stack: Stack, machines: Stated[int] | None = None
) -> tuple[Machines, ...]:
    """A group's machines, as its template has them; empty where that is not among the resources.

    ``machines`` is how many of them; None is the group's own number.
    """
    template = found(stack, group.as_read("template"), MachineTemplate, "names")
    if template is None or is_unknown(template):
        return ()
    own: Maybe[int] = group.as_read("machines")  # type: ignore[assignment]
    number = machines or Stated(own, group.machines_at)
    return tuple(
        msgspec.structs.replace(
            fact,
            path=group.template_at,
            machines=number.value,
            machines_at=number.path,
            context=_with_passport(group.context, template.fact.context),
            named_in=template.resource.address,
            of_template=False,
            waits_for=WAITS_FOR,
        )
        for fact in beside(stack, Machines, template.resource.address)
    )


def _with_passport(group: Context, template: Context) -> Context:
    """A group carries no labels: those of its template are its machines'."""
    if group.passport is not None:
        return group
    return msgspec.structs.replace(group, passport=template.passport)
