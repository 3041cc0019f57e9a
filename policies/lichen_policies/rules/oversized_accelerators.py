"""Accelerators with many times the memory that the model on them needs.

Why: One slice of a TPU, or one machine, that a single copy of a model has to itself is paid for
and draws power whole. A model that fits on one chip does not use eight.

Fix: Ask for the smaller shape or machine that the message names.

Exceptions: It advises only. It judges memory: the weights at the declared precision (bf16 where
none is declared), with as much again for what is kept of each request. Where a peak rate is
declared too, the smaller shape must be predicted to serve it. Speed, long contexts and many users
may need more chips: exempt them, or declare the peak rate. A shape is a finding where it has more
memory than the limit ``times`` of that need, and half as many chips would do.

Tags: On a TPU it needs ``lichen:model``. A deployment from Vertex AI's Model Garden names its model
and carries no labels: it needs none there. With ``lichen:precision``, ``lichen:peak-rps`` and
``lichen:output-tokens`` its figures are nearer to the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Machine
from lichen.input_error import InputError
from lichen.sizing.answers import Misfit
from lichen.workload import ModelCard
from lichen_policies.facts import ModelAccelerators
from lichen_policies.fleets import Fleets, declared_workload
from lichen_policies.model_memory import Memory, memory_of, weights_gib
from lichen_policies.rule import Finding, Known, NotApplicable, Unverified, rule

REST = 2.0
"""The weights, and as much again for what is kept of each request."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``times``: how many times the memory that the model needs is allowed."""

    times: Annotated[float, Meta(ge=1, le=1000)] = 3.0


@rule(severity="high", dev="advisory", staging="advisory", prod="advisory", theme="size")
def oversized_accelerators(
    fact: ModelAccelerators, limits: Limits, known: Known
) -> Iterator[Finding]:
    card = _model(fact, known)
    chips = _chips(fact, known)
    memory = memory_of(fact.chip, fact.machine, known)
    if memory is None:
        raise NotApplicable("it has no accelerators that the catalogue knows")
    need_gib = weights_gib(card, fact.passport, memory, known) * REST
    have_gib = chips * memory.gib
    if have_gib <= limits.times * need_gib:
        return
    smaller = _smaller_shape(fact, chips, memory, need_gib) or _smaller_machine(
        fact, chips, memory, need_gib, known
    )
    if smaller is None or not _serves(fact, card, smaller, known):
        return
    yield Finding(
        what=f"{chips:g} {memory.chip} have {have_gib:.0f} GiB of memory; {card.name} needs about "
        f"{need_gib:.0f} GiB",
        limit=f"the limit is {limits.times:g} times the memory that the model needs",
        or_else=f"set {fact.path} to {smaller.text} ({smaller.chips:g} {smaller.chip}, "
        f"{smaller.memory_gib:.0f} GiB)"
        + (f", and remove {fact.topology_at}" if fact.topology_at else "")
        + (f", and {' and '.join(fact.attached_at)} to match" if fact.attached_at else ""),
        path=fact.path,
        sources=tuple(filter(None, (card.source, memory.source))),
    )


class Smaller(msgspec.Struct, frozen=True, kw_only=True):
    """What would hold the model: the text to set, its chips, and the machine where one is known."""

    text: str
    chips: float
    chip: str
    memory_gib: float
    machine: Machine | None = None


def _model(fact: ModelAccelerators, known: Known) -> ModelCard:
    """The model that the resource names, else the one that its tags declare."""
    if fact.model is None:
        if fact.declared("model") is None:
            raise NotApplicable("neither the resource nor its tags name a model")
        return known.declared_model(fact)
    try:
        return known.catalogue.model(fact.model)
    except InputError:
        raise Unverified(f"the model of {fact.model_at} is not in the catalogue") from None


def _chips(fact: ModelAccelerators, known: Known) -> float:
    if fact.chips is not None:
        return fact.chips
    return known.machine(fact.machine).accelerators if fact.machine else 0.0


def _smaller_shape(
    fact: ModelAccelerators, chips: float, memory: Memory, need_gib: float
) -> Smaller | None:
    """The smallest shape that holds the model; None where this kind of resource has no shapes."""
    for count, text in fact.shapes:
        if count * memory.gib >= need_gib and count * 2 <= chips:
            return Smaller(text=text, chips=count, chip=memory.chip, memory_gib=count * memory.gib)
    return None


def _smaller_machine(
    fact: ModelAccelerators, chips: float, memory: Memory, need_gib: float, known: Known
) -> Smaller | None:
    """The machine of the hosting that holds the model with the least memory of accelerators."""
    able = [
        machine
        for machine in known.catalogue.machines.values()
        if fact.machine is not None
        and machine.cloud == fact.cloud
        and known.catalogue.hosts(fact.hosting or "", machine)
        and machine.accelerators >= 1
        and need_gib <= _memory_gib(machine, known) <= chips * memory.gib / 2
    ]
    best = min(able, key=lambda each: (_memory_gib(each, known), each.vcpu), default=None)
    if best is None:
        return None
    return Smaller(
        text=best.name,
        chips=best.accelerators,
        chip=best.accelerator or "",
        memory_gib=_memory_gib(best, known),
        machine=best,
    )


def _memory_gib(machine: Machine, known: Known) -> float:
    memory = memory_of(machine.accelerator, None, known)
    return 0.0 if memory is None else machine.accelerators * memory.gib


def _serves(fact: ModelAccelerators, card: ModelCard, smaller: Smaller, known: Known) -> bool:
    """Whether the smaller one serves the declared peak; true where none is declared."""
    workload = declared_workload(fact)
    if workload is None:
        return True
    machine = smaller.machine
    if machine is None:
        of_shape = (
            each
            for each in known.catalogue.machines.values()
            if each.accelerator == smaller.chip and each.accelerators == smaller.chips
        )
        machine = next(of_shape, None)
    if machine is None:
        return False
    region = known.catalogue.regions.get(fact.if_known.region or "")
    layout = Fleets.of(workload, card, fact.hosting or "", region, known).attempted(machine)
    return not isinstance(layout, Misfit) and layout.replicas.peak <= 1
