"""Machine with x86 processors for a model that could run on Arm's.

Why: Arm's server processors, such as AWS Graviton and Google Axion, do the work of as many vCPUs
with less power, and cost less in most regions.

Fix: Build the image for arm64, measure the model on the machine that the message names, then move
there.

Exceptions: It only advises: nobody sees from here whether the image has a version for arm64, and
processors with matrix units (Intel AMX) may serve some models faster. The machine must have an
alternative in the catalogue's column ``arm_alternative``, with as many vCPUs and as much memory,
that its hosting and its region offer, that emits less by the limit ``less_pct`` and costs no more
where both prices are known. Machines with accelerators, groups of several types and launch
templates are not judged; groups are, with what their template names. Vertex AI offers no Arm
machines. Where the machine is not known it says nothing: too-many-accelerators says that it cannot
be checked. Where the tags are not known, a general machine is unverified.

Tags: Without ``lichen:*`` tags it judges SageMaker's variants. With one, such as ``lichen:model``,
it judges general machines too: those of EC2, EKS, Compute Engine, GKE and Azure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Region
from lichen.holding import Holding
from lichen_policies.facts import AllMachines, Machines
from lichen_policies.provisioned import is_too_little, paid_as, provisioned
from lichen_policies.rule import Change, Finding, Known, NotApplicable, Saves, rule

_BUILD = (
    "build its image for arm64 (docker buildx imagetools inspect IMAGE lists the platforms that it "
    "has)"
)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``less_pct``: how much less the Arm machine must emit, in percent."""

    less_pct: Annotated[float, Meta(ge=0, le=100)] = 10.0


Size = tuple[str, str | None, float]
"""A cloud, a family of machines and a number of vCPUs."""


class Move(msgspec.Struct, frozen=True):
    """A group of machines that could be Arm's, and what either costs and emits."""

    group: Machines
    machine: Machine
    arm: Machine
    now: Holding
    then: Holding


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def x86_machine(fact: AllMachines, limits: Limits, known: Known) -> Iterator[Finding]:
    groups = [group for group in fact.groups if _is_judged(group, known)]
    if not groups:
        raise NotApplicable("nothing says that it serves models on processors alone")
    if fact.region is None:
        raise NotApplicable("no region is stated: see region-unresolved")
    region = known.region(fact.region)
    moves = [move for group in groups if (move := _move(group, region, limits, known))]
    if not moves:
        return
    first = moves[0]
    yield Finding(
        what=f"{_named(first.group, first.machine)} has x86 processors, and {region.name} offers "
        f"the Arm machine {_named(first.group, first.arm)}, also with {first.arm.vcpu:g} vCPUs and "
        f"{first.arm.memory_gib:g} GiB",
        limit="an Arm machine is advised where it emits at least "
        f"{limits.less_pct:g} % less and costs no more",
        changes=tuple(change for move in moves for change in _changes(move)),
        or_else=_in_template(first) if first.group.named_in else "",
        path=first.group.path,
        saves=_saves(moves),
        sources=tuple(dict.fromkeys(s for m in moves for s in (*m.now.sources, *m.then.sources))),
    )


def _is_judged(group: Machines, known: Known) -> bool:
    """Whether a group plainly serves models on machines of one type, without an accelerator."""
    if group.of_template or group.any_of or group.unit != "machines":
        return False
    if group.as_read("chip") is not None:
        return False
    hosting = known.catalogue.hostings.get(group.hosting or "")
    made_for_models = hosting is not None and hosting.kind == "managed"
    if made_for_models and group.waits_for:
        return False  # another resource's, which is judged itself: a scaling target's variant
    if not made_for_models and not group.context.says_what_it_serves:
        return False
    # One rule says that the machine is not known: too-many-accelerators.
    machine = known.catalogue.machines.get(group.if_known.machine or "")
    return machine is not None and machine.accelerator is None


def _move(group: Machines, region: Region, limits: Limits, known: Known) -> Move | None:
    machine = known.machine(group.machine or "")
    arm = _alternative(group, machine, region, known)
    if arm is None or is_too_little(group, arm, known.catalogue):
        return None
    count = _count(group)
    now, then = (
        provisioned(group, each, count, group.hosting, region, known.catalogue)
        for each in (machine, arm)
    )
    grams, usd = now.grams_less(then), now.usd_less(then)
    if grams is None or now.gco2e_month is None or (usd is not None and usd < 0):
        return None
    if grams.likely < now.gco2e_month.likely * limits.less_pct / 100:
        return None
    return Move(group, machine, arm, now, then)


def _count(group: Machines) -> int:
    """How many run at any time, at the least."""
    least = group.if_known.least
    return max(1, (group.if_known.machines if least is None else least) or 1)


def _alternative(group: Machines, machine: Machine, region: Region, known: Known) -> Machine | None:
    """The Arm machine of the same size that the hosting and the region offer; None without one."""
    hosting = paid_as(group.hosting, machine, known.catalogue)
    size = machine.cloud, machine.arm_alternative, machine.vcpu
    same = [
        arm
        for arm in known.catalogue.once(_arm_by_size).get(size, ())
        if (arm.memory_gib or 0) >= (machine.memory_gib or 0)
        and hosting in arm.hostings
        and any(offer.region == region.name for offer in known.catalogue.offers_of(arm.name))
    ]
    return min(same, key=lambda arm: arm.memory_gib or 0, default=None)


def _arm_by_size(catalogue: Catalogue) -> Mapping[Size, Sequence[Machine]]:
    found: dict[Size, list[Machine]] = {}
    for machine in catalogue.machines.values():
        if machine.architecture == "arm64" and machine.accelerator is None:
            size = machine.cloud, machine.family, machine.vcpu
            found.setdefault(size, []).append(machine)
    return found


def _named(group: Machines, machine: Machine) -> str:
    return f"{group.machine_prefix}{machine.name}"


def _changes(move: Move) -> Iterator[Change]:
    group = move.group
    if group.named_in:
        return
    yield Change(path=group.path, to=_named(group, move.arm), why=_BUILD)
    image = group.if_known.boots
    if image is not None and image.architecture == "x86_64":
        yield Change(path=group.boots_at, to=image.name.replace("x86_64", "ARM_64"))


def _in_template(move: Move) -> str:
    return f"set the machine in its template to {_named(move.group, move.arm)}: {_BUILD}"


def _saves(moves: list[Move]) -> Saves:
    """What all moves save together; dollars where all of their prices are known."""
    grams = [move.now.grams_less(move.then) for move in moves]
    dollars = [move.now.usd_less(move.then) for move in moves]
    total = grams[0]
    for each in grams[1:]:
        total = total + each if total is not None and each is not None else None
    known = [each for each in dollars if each is not None]
    return Saves(gco2e_month=total, usd_month=sum(known) if len(known) == len(dollars) else None)
