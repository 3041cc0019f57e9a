"""Resource that may run more accelerators than its environment allows.

Why: Accelerators are scarce and draw the most power in a deployment, and it is easy to set a count
or a machine's size too high: each idle GPU still draws 50 to 100 W.

Fix: Lower the count or the ceiling, or choose a machine with fewer accelerators. If the work needs
them, raise the limit in lichen.yaml, where others see the decision.

Exceptions: The limit is for one resource, and counts all of its machines together: the variants of
an endpoint, the pools of a service. A GPU, a TPU chip and a Trainium chip count as one each, an AWS
Inferentia chip as a half. What always runs blocks above it: a fixed count, or a floor. A ceiling is
not what runs, and most clusters never reach theirs. So a ceiling above the limit advises while all
its accelerators at full load draw no more than the limit's number of accelerators of 400 W (an
NVIDIA A100), and blocks above: twelve L4 (0.9 kW) are fine where twelve A10G (3.6 kW) are not. An
endpoint's own ceiling belongs to one model, and counts 300 W (an NVIDIA A10G) in place of 400 W. An
accelerator whose watts are not known counts for 400 W. A queue of jobs, such as a Batch
environment, may have a ceiling of 8 times that, because its machines stop when no job waits. Work
that ends by itself counts in hours: a training job blocks only above what the limit allows to run
for a month of 730 hours. A group that may choose among several machines is counted with the ones
that have the most accelerators, and for its floor with those that have the fewest. Where a group's
requirements leave open how many accelerators a machine carries, the fewest that they ask for count,
and it is unverified where these are within the limit. A ceiling in vCPUs is divided by those of the
machine. A scaling target counts the machines of the variant that it scales, and says nothing where
the variant alone starts with more than the limit. The sum over several resources is not checked.
Templates count as one machine. An autoscaler of pods is counted where the pods that it scales are
in the same deployment: elsewhere they may be anything. A ceiling that is left out, as KServe's
``maxReplicas`` may be, is not counted: the floor is. An ``elasticPolicy`` of a training job is the
floor and the ceiling of its workers. Workers of Ray have their ``minReplicas`` and
``maxReplicas`` where the cluster scales itself (``enableInTreeAutoscaling``), else their
``replicas``; what a worker has is what its containers ask for, and not ``rayStartParams`` or the
resources of an actor. A pool of Karpenter is counted by a fixed number of nodes (``replicas``)
alone: how many its ``limits`` allow is nothing that runs, and unlimited-nodes asks for them. Labels
that choose nodes ask for no accelerator. What GKE's node auto-provisioning may make is counted by
the most of each kind (``maximum`` of its resource limits). Accelerators of which nothing but a name
is known (``example.com/npu``) are not counted: see unknown-accelerator. Nor is a resource profile
of KubeAI whose accelerators its name does not say.

Tags: It reads none but ``lichen:environment``, which chooses the limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Machine
from lichen_policies.facts import AllMachines, Machines
from lichen_policies.named_hardware import called, chip_named
from lichen_policies.possible_machines import count_of, is_open, possible_machines
from lichen_policies.provisioned import provisioned
from lichen_policies.rule import (
    LOWER_IS_STRICTER,
    UNSTATED,
    Change,
    Finding,
    Known,
    NotApplicable,
    Saves,
    Unverified,
    rule,
)

HOURS_OF_A_MONTH = 730

INFERENCE_CHIP = 0.5
"""What an AWS Inferentia chip counts for: it draws 75 to 175 W (estimates: AWS publishes none),
where an A100 draws 400 W, and a model needs more of them. So a single machine of the largest kind,
with twelve, is within the limit of production, as one with eight GPUs is."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accelerators that one resource may run; and what a ceiling may draw, in watts at full load
    for each of these, the ceiling of an endpoint, and how many times that for a queue of jobs."""

    chips: Annotated[int, Meta(ge=0, le=100_000), LOWER_IS_STRICTER] = 8
    ceiling_w: Annotated[float, Meta(ge=0, le=10_000), LOWER_IS_STRICTER] = 400
    endpoint_ceiling_w: Annotated[float, Meta(ge=0, le=10_000), LOWER_IS_STRICTER] = 300
    queue_times: Annotated[float, Meta(ge=1, le=1_000), LOWER_IS_STRICTER] = 8


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """The accelerators of one group of machines: at any time, and at the most.

    ``machine`` is the one that has the most, ``each`` how many, and ``machines`` how many such run.
    """

    group: Machines
    machine: Machine | None
    chip: str
    each: float
    machines: int
    least_machines: int
    least_each: float
    weight: float = 1.0
    others: tuple[str, ...] = ()

    @property
    def most(self) -> float:
        """The most that it may run, as the limit counts them."""
        return self.each * self.weight * self.machines

    @property
    def least(self) -> float:
        """What runs at any time, as the limit counts them."""
        return self.least_each * self.weight * self.least_machines

    def at(self, machines: int) -> str:
        """``4 machines with 4 NVIDIA A10G each``."""
        if machines == 1:
            return f"1 {self.unit.removesuffix('s')} with {self.each:.3g} {self.chip}"
        return f"{machines} {self.unit} with {self.each:.3g} {self.chip} each"

    @property
    def as_counted(self) -> str:
        """What its accelerators count for, where that is another number."""
        return f", which count as {self.most:.4g}" if self.weight != 1 else ""

    @property
    def unit(self) -> str:
        """What is counted, in the plural."""
        return "machines" if self.group.unit in ("vCPUs", "MiB") else self.group.unit


@rule(
    severity="high",
    dev="mandatory",
    staging="mandatory",
    prod="mandatory",
    theme="size",
    limits={"dev": {"chips": 2}, "staging": {"chips": 4}},
)
def too_many_accelerators(fact: AllMachines, limits: Limits, known: Known) -> Iterator[Finding]:
    counts, open_question = _counted(fact, known)
    if any(_is_found_beside(count, limits) for count in counts):
        raise NotApplicable("the variant that it scales has the finding")
    most = sum(count.most for count in counts)
    if most > limits.chips:
        yield _finding(fact, counts, limits, known)
    elif open_question is not None:
        at_least = [*counts, *filter(None, map(_at_least, fact.groups))]
        if sum(count.most for count in at_least) <= limits.chips:
            raise open_question
        yield _finding(fact, at_least, limits, known)


def _at_least(group: Machines) -> Count | None:
    """A group whose machines may be any with so many accelerators or more; None of any other."""
    requirements, units = group.if_known.requirements, group.if_known.machines
    if requirements is None or units is None or not is_open(requirements):
        return None
    least = group.if_known.least
    each = max(1, requirements.accelerators[0] or 1)
    return Count(
        group=group,
        machine=None,
        chip="accelerators or more" if each > 1 else "accelerator or more",
        each=each,
        machines=units,
        least_machines=units if least is None else min(least, units),
        least_each=each,
    )


def _counted(fact: AllMachines, known: Known) -> tuple[list[Count], Unverified | None]:
    """Each group that has accelerators; and the first question that is open, where one is."""
    counts, open_question = [], None
    for group in fact.groups:
        try:
            count = _count(group, known)
        except Unverified as error:
            open_question = open_question or error
        else:
            if count.most:
                counts.append(count)
    return counts, open_question


def _count(group: Machines, known: Known) -> Count:
    rows = possible_machines(group, known) if group.chips_each is None else ()
    if group.chips_each is None and not any(row.accelerators for row in rows):
        return _none_of(group)  # however many of them there are
    units = 1 if group.machines is None else group.machines
    least_units = units if group.least is None else min(group.least, units)
    if group.chips_each is not None:
        word = group.chip or "accelerator"
        chip = called(word, group.chips_each, known.catalogue)
        return Count(
            group=group,
            machine=None,
            chip=chip,
            each=group.chips_each,
            machines=units,
            least_machines=least_units,
            least_each=group.chips_each,
            weight=_weight(word, known),
        )
    totals = [(row.accelerators * count_of(row, units, group), row) for row in rows]
    most = max(total for total, _ in totals)
    worst = next(row for total, row in totals if total == most)
    fewest = min(row.accelerators * count_of(row, least_units, group) for row in rows)
    least_machines = count_of(worst, least_units, group)
    return Count(
        group=group,
        machine=worst,
        chip=worst.accelerator or "accelerator",
        each=worst.accelerators,
        machines=count_of(worst, units, group),
        least_machines=least_machines,
        least_each=fewest / least_machines if least_machines else 0,
        weight=_weight(worst.accelerator or "", known),
        others=tuple(row.name for row in rows if row is not worst and row.accelerators),
    )


def _none_of(group: Machines) -> Count:
    """A group of machines without accelerators."""
    return Count(
        group=group, machine=None, chip="", each=0, machines=0, least_machines=0, least_each=0
    )


def _weight(chip: str, known: Known) -> float:
    """What one accelerator counts for: a chip for inference alone is the part of a GPU that it has
    the memory and the watts of."""
    row = chip_named(chip, known.catalogue)
    return INFERENCE_CHIP if row is not None and row.family.startswith("Inferentia") else 1.0


def _is_found_beside(count: Count, limits: Limits) -> bool:
    """Whether another resource that counts the same machines is a finding by itself."""
    counted = count.group.as_read("counted")  # one that is not known is no finding
    return isinstance(counted, int) and counted * count.each * count.weight > limits.chips


def _finding(fact: AllMachines, counts: Sequence[Count], limits: Limits, known: Known) -> Finding:
    environment = fact.if_known.environment
    where = f" in {environment}" if environment else ""
    together = ", all its machines together" if len(counts) > 1 else ""
    why, advice, sources = _weighed(counts, limits, known)
    always = sum(count.least for count in counts) > limits.chips
    changes = _changes(counts, always, limits.chips, known)
    raised = f"raise limits.too-many-accelerators.{environment or UNSTATED}.chips in lichen.yaml"
    return Finding(
        what=_what(counts, always),
        limit=f"the limit{where} is {limits.chips} per resource{together}{why}",
        changes=changes,
        or_else=raised if changes else f"{_by_hand(counts, limits.chips)}, or {raised}",
        path=counts[0].group.path,
        saves=_saves(counts, always, limits.chips, known),
        sources=sources,
        advice=advice,
    )


def _weighed(
    counts: Sequence[Count], limits: Limits, known: Known
) -> tuple[str, bool, tuple[str, ...]]:
    """Why a finding blocks or advises, whether it advises, and the sources of that."""
    hours = [count.group.hours for count in counts]
    if all(hour is not None for hour in hours):
        most = sum(count.most * (hour or 0) for count, hour in zip(counts, hours, strict=True))
        allowed = limits.chips * HOURS_OF_A_MONTH
        if most > allowed:
            because = (
                f", {allowed:,.0f} accelerator-hours for work that ends: these are {most:,.0f}"
            )
            return because, False, ()
        ends = max(hour or 0 for hour in hours)
        after = "an hour" if ends == 1 else f"{ends:g} hours"
        return f"; this finding only advises, because the work ends after {after}", True, ()
    if sum(count.least for count in counts) > limits.chips:
        return "", False, ()
    queued = all(count.group.queued for count in counts)
    own = all(_is_endpoint(count.group, known) for count in counts)
    whose = "the ceiling of an endpoint" if own else "a ceiling"
    each_w = min(limits.ceiling_w, limits.endpoint_ceiling_w) if own else limits.ceiling_w
    allowed_w = limits.chips * each_w * (limits.queue_times if queued else 1)
    draws_w, sources = _draw(counts, limits, known)
    if draws_w > allowed_w:
        return (
            f", and {whose} may draw {allowed_w / 1000:.3g} kW at full load: these draw "
            f"{draws_w / 1000:.3g} kW",
            False,
            sources,
        )
    return (
        "; this finding only advises, because a ceiling is not what runs, and at full load these "
        f"draw {draws_w / 1000:.3g} kW of {allowed_w / 1000:.3g} kW that {whose} may",
        True,
        sources,
    )


def _is_endpoint(group: Machines, known: Known) -> bool:
    """Whether machines are one endpoint's, by their hosting: of a cloud that manages endpoints."""
    hosting = known.catalogue.hostings.get(group.hosting or "")
    return hosting is not None and hosting.kind == "managed"


def _draw(counts: Sequence[Count], limits: Limits, known: Known) -> tuple[float, tuple[str, ...]]:
    """What the accelerators draw together at full load, in watts, and where that is from."""
    watts, sources = 0.0, []
    for count in counts:
        chip = chip_named(count.chip, known.catalogue)
        if chip is None or chip.tdp_w is None:
            watts += count.each * count.machines * limits.ceiling_w
        else:
            watts += count.each * count.machines * chip.tdp_w.likely
            sources.append(chip.tdp_source or chip.source)
    return watts, tuple(dict.fromkeys(sources))


def _what(counts: Sequence[Count], always: bool) -> str:
    total = sum(count.each * count.machines for count in counts)
    if len(counts) > 1:
        parts = [count.at(count.machines) for count in counts]
        listed = ", ".join(
            f"{parts.count(part)} groups of {part}" if parts.count(part) > 1 else part
            for part in dict.fromkeys(parts)
        )
        return f"{listed} are {total:.4g} accelerators together"
    (count,) = counts
    machines, lead, counted = count.machines, "", count.as_counted
    if count.least_machines != count.machines:
        lead = "at least " if always else "up to "
        machines = count.least_machines if always else count.machines
    choice = ""
    if count.others and count.machine is not None:
        more = f" and {len(count.others) - 3} more" if len(count.others) > 3 else ""
        prefix = count.group.machine_prefix
        named = [f"{prefix}{name}" for name in (count.machine.name, *count.others[:3])]
        choice = f" ({named[0]}; or {', '.join(named[1:])}{more})"
    if machines == 1:
        if not lead:
            one = count.unit.removesuffix("s")
            return f"1 {one}{choice} has {count.each:.3g} {count.chip}{counted}"
        return f"{lead}{count.at(1)}{choice} runs{counted}"
    return (
        f"{lead}{count.at(machines)}{choice} are {count.each * machines:.4g} accelerators{counted}"
    )


def _by_hand(counts: Sequence[Count], most: int) -> str:
    """What to do where no single change is within the limit."""
    if len(counts) == 1:
        choose = "choose a machine with" if counts[0].unit == "machines" else "ask in all for"
        return f"{choose} at most {most / counts[0].weight:g} accelerators"
    paths = list(dict.fromkeys(count.group.machines_at or count.group.path for count in counts))
    if len(paths) > 2:
        return f"lower {paths[0]}, {paths[1]} or {len(paths) - 2} more"
    return f"lower {' or '.join(paths)}"


def _changes(counts: Sequence[Count], always: bool, most: int, known: Known) -> tuple[Change, ...]:
    """As many of the same machine as the limit allows, else a smaller machine with the same chip;
    nothing where neither is within the limit, or where several groups share it."""
    if len(counts) > 1:
        return ()
    (count,) = counts
    group = count.group
    units = _units(count, most)
    if group.machines_at and units:
        changes = [Change(path=group.machines_at, to=units, at_most=True)]
        if always and group.least_at and group.least_at != group.machines_at:
            changes.append(Change(path=group.least_at, to=units, at_most=True))
        return (*changes, *_desired(group, units))
    if group.named_in or count.others or group.unit != "machines":
        return ()
    allowed = most / count.weight
    smaller = _smaller(
        count, allowed / (group.times if group.machines_at else count.machines), known
    )
    if smaller is None:
        return ()
    change = Change(
        path=group.path,
        to=f"{group.machine_prefix}{smaller.name}",
        note=f"{smaller.accelerators:g} {smaller.accelerator}",
    )
    fewer = int(allowed // (smaller.accelerators * group.times))
    if not group.machines_at or fewer * group.times >= count.machines:
        return (change,)
    fewer_machines = Change(path=group.machines_at, to=fewer, at_most=True)
    return (change, fewer_machines, *_desired(group, fewer))


def _desired(group: Machines, most: int) -> tuple[Change, ...]:
    """The number that a group is asked to run now, where a lower ceiling would refuse it."""
    desired = group.if_known.desired
    if desired is None or desired <= most or group.desired_at == group.machines_at:
        return ()
    return (Change(path=group.desired_at, to=most, at_most=True),)


def _units(count: Count, most: int) -> int:
    """The most that the group's size may be set to, in its own unit; 0 where even one is more."""
    machines = int(most // (count.each * count.weight * count.group.times))
    if count.group.unit == "vCPUs" and count.machine is not None:
        return int(machines * count.machine.vcpu)
    if count.group.unit == "MiB" and count.machine is not None:
        return int(machines * (count.machine.memory_gib or 0) * 1024)
    weight = count.group.weights.get(count.machine.name, 1) if count.machine else 1
    return int(machines * weight)


def _smaller(count: Count, most: float, known: Known) -> Machine | None:
    """The machine of the same family with the most chips within the limit, and of these the one
    with the fewest vCPUs."""
    here = count.machine
    if here is None:
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


def _saves(counts: Sequence[Count], always: bool, most: int, known: Known) -> Saves:
    """A month of the machines that always run, less one of as many of them as the limit allows."""
    count = counts[0]
    machine, group = count.machine, count.group
    region = known.catalogue.regions.get(group.if_known.region or "")
    allowed = int(most // (count.each * count.weight))
    if not always or not allowed or len(counts) > 1 or group.hours is not None:
        return Saves()
    if machine is None or region is None:
        return Saves()
    now = provisioned(group, machine, count.least_machines, group.hosting, region, known.catalogue)
    saved = 1 - allowed / count.least_machines
    grams, usd = now.gco2e_month, now.usd_month
    return Saves(
        gco2e_month=None if grams is None else grams * saved,
        usd_month=None if usd is None else usd * saved,
    )
