"""Resource that may run more accelerators than its environment allows.

Why: Accelerators are scarce and draw the most power in a deployment, and it is easy to set a count
or a machine's size too high: each idle GPU still draws 50 to 100 W.

Fix: Lower the count or the ceiling, or choose a machine with fewer accelerators. If the work needs
them, raise the limit in lichen.yaml, where others see the decision.

Exceptions: Each resource, and each variant of an endpoint, is counted by itself, so the sum of many
small ones is not checked. Three ceilings are not checked: of an Application Auto Scaling target, of
an autoscaler beside the group, and of a Batch environment, whose ceiling is in vCPUs.

Tags: It reads none but ``lichen:environment``, which chooses the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Machine
from lichen_policies.facts import Machines
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.rule import LOWER_IS_STRICTER, Change, Finding, Known, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accelerators that one resource may run at its most."""

    chips: Annotated[int, Meta(ge=0, le=100_000), LOWER_IS_STRICTER] = 8


@rule(
    severity="high",
    dev="mandatory",
    staging="mandatory",
    prod="mandatory",
    theme="size",
    limits={"dev": {"chips": 2}, "staging": {"chips": 4}},
)
def too_many_accelerators(fact: Machines, limits: Limits, known: Known) -> Iterator[Finding]:
    chip, each = _chips(fact, known)
    machines = 1 if fact.machines is None else fact.machines
    total = each * machines
    if total <= limits.chips:
        return
    environment = fact.if_known.environment
    where = f" in {environment}" if environment else ""
    changes = _fewer(fact, each, machines, limits.chips, known)
    words = ("limits.too-many-accelerators", environment, "chips")
    raised = f"raise {'.'.join(word for word in words if word)} in lichen.yaml"
    yield Finding(
        what=f"{machines} {fact.unit} with {each:.3g} {chip} each are {total:.4g} accelerators"
        if machines > 1
        else f"1 {fact.unit.removesuffix('s')} has {each:g} {chip}",
        limit=f"the limit{where} is {limits.chips} per resource",
        changes=changes,
        or_else=raised
        if changes
        else f"{_choose(fact)} at most {limits.chips} accelerators, or {raised}",
        path=fact.path,
    )


def _choose(fact: Machines) -> str:
    return "choose a machine with" if fact.unit == "machines" else "ask in all for"


def _chips(fact: Machines, known: Known) -> tuple[str, float]:
    """The chip's name, and how many of it one machine has."""
    if fact.chips_each is not None:
        return fact.chip or "accelerator", fact.chips_each
    if fact.machine is None:
        return "accelerator", 0.0
    row = known.catalogue.machines.get(fact.machine)
    if row is None and not names_accelerators(fact.machine):
        return "accelerator", 0.0  # an old or new general machine: its family carries none
    row = row or known.machine(fact.machine)
    return row.accelerator or "accelerator", row.accelerators


def _fewer(
    fact: Machines, each: float, machines: int, most: int, known: Known
) -> tuple[Change, ...]:
    """As many of the same machine as the limit allows, else a smaller machine with the same chip;
    nothing where neither is within the limit."""
    if fact.machines_at and each <= most:
        return (Change(path=fact.machines_at, to=int(most // each), at_most=True),)
    smaller = _smaller(fact, most if fact.machines_at else most / machines, known)
    if smaller is None:
        return ()
    changes = (
        Change(
            path=fact.path,
            to=f"{fact.machine_prefix}{smaller.name}",
            note=f"{smaller.accelerators:g} {smaller.accelerator}",
        ),
    )
    count = int(most // smaller.accelerators)
    if count >= machines:
        return changes
    return (*changes, Change(path=fact.machines_at, to=count, at_most=True))


def _smaller(fact: Machines, most: float, known: Known) -> Machine | None:
    """The machine of the same family with the most chips within the limit, and of these the one
    with the fewest vCPUs."""
    here = known.catalogue.machines.get(fact.machine or "")
    if here is None or fact.chips_each is not None:
        return None
    family = here.name.split(".")[0]
    smaller = [
        machine
        for machine in known.catalogue.machines.values()
        if machine.cloud == here.cloud
        and machine.name.split(".")[0] == family
        and machine.accelerator == here.accelerator
        and 0 < machine.accelerators <= most
    ]
    return max(smaller, key=lambda machine: (machine.accelerators, -machine.vcpu), default=None)
