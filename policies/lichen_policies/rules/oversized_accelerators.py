"""Accelerators with many times the memory that the model on them needs.

Why: One slice of a TPU, or one machine, that a single copy of a model has to itself is paid for
and draws power whole. A model that fits on one chip does not use eight.

Fix: Ask for the smaller shape or machine that the message names.

Exceptions: It judges memory: the weights at the stated precision (that of the checkpoint, else
bf16, where none is stated), with as much again for what is kept of each request, and for vLLM and
SGLang the cache of one sequence of the longest length. It advises, because speed, long contexts and
many users may need more chips: exempt them, or declare the peak rate; the smaller shape must then
be predicted to serve it. A shape is a finding where it has more memory than the limit ``times`` of
that need (``times_by_settings`` where a container's settings name the model), and half as many
chips would do. In production it blocks only where nothing of that can be the reason: a server whose
settings, or whose documented default, use at most half of the accelerators, with more memory than
the limit ``times_surely`` of the need. One chip is judged as several are, where a smaller one
exists and the model's size is known. A server that is set to start several copies of its model is
not judged, nor one of several containers that share a machine. Where a cluster may give any GPU,
the smallest that clouds offer counts.

Tags: On a TPU it needs ``lichen:model``. It needs none where the resource itself names the model: a
deployment from Vertex AI's Model Garden; a container of SageMaker, Kubernetes, ECS, Cloud Run or
Azure Container Instances whose settings, command line or image do (``--model``, ``HF_MODEL_ID``,
``MODEL_ID``, ``SM_VLLM_MODEL``, ``ollama run`` and their like). A model that the catalogue does not
have counts by the size in its name (``-7B-``). With ``lichen:precision``, ``lichen:peak-rps`` and
``lichen:output-tokens`` its figures are nearer to the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Machine
from lichen.sizing.answers import Misfit
from lichen.workload import ModelCard
from lichen_policies.facts import ModelAccelerators, ServingContainer, is_unknown
from lichen_policies.fleets import Fleets, declared_workload
from lichen_policies.model_memory import USUAL, Memory, least_memory, memory_of, weights_gib
from lichen_policies.named_hardware import chip_named, is_plain
from lichen_policies.named_model import GIB, NamedModel, model_of_name, model_served
from lichen_policies.rule import Finding, Known, NotApplicable, Unverified, rule
from lichen_policies.served import (
    SERVERS,
    chips_used,
    copies_started,
    longest_tokens,
    server_of,
    setting,
)

REST = 2.0
"""The weights, and as much again for what is kept of each request."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many times the memory that the model needs is allowed: ``times`` of what a model is
    deployed to, ``times_by_settings`` where a container's settings name the model;
    ``times_surely``: above how many times it blocks, where accelerators are surely left idle."""

    times: Annotated[float, Meta(ge=1, le=1000)] = 3.0
    times_by_settings: Annotated[float, Meta(ge=1, le=1000)] = 5.0
    times_surely: Annotated[float, Meta(ge=1, le=1000)] = 10.0


@rule(severity="high", dev="advisory", staging="advisory", prod="mandatory", theme="size")
def oversized_accelerators(
    fact: ModelAccelerators, limits: Limits, known: Known
) -> Iterator[Finding]:
    if fact.container is not None and is_unknown(fact.as_read("machine")):
        _model(fact, known)  # where none is named, its machine is no question
    if is_plain(fact.machine, known.catalogue):
        raise NotApplicable(
            "its machine is not in the catalogue, and has no accelerators by its name"
        )
    if fact.container is not None and not _could_be_smaller(fact, known):
        return
    model = _model(fact, known)
    chips, memory = _chips(fact, known), _memory(fact, known)
    if memory is None:
        raise NotApplicable("it has no accelerators that the catalogue knows")
    need_gib = _need_gib(fact, model, memory, known)
    have_gib = chips * memory.gib
    allowed = limits.times if fact.container is None else limits.times_by_settings
    if have_gib <= allowed * need_gib:
        return
    smaller = _smaller_shape(fact, chips, memory, need_gib) or _smaller_machine(
        fact, chips, memory, need_gib, known
    )
    if smaller is None or not _serves(fact, model.card, smaller, known):
        return
    idle = "" if have_gib <= limits.times_surely * need_gib else _surely_idle(fact, chips, memory)
    at_least = "at least " if memory.is_least else ""
    plural = "s" if memory.is_least and chips > 1 else ""
    yield Finding(
        what=f"{chips:g} {memory.chip}{plural} {'has' if chips == 1 else 'have'} "
        f"{at_least}{have_gib:.0f} "
        f"GiB of memory; {model.text} needs about {_figure(need_gib)} GiB{idle}",
        limit=f"the limit is {allowed:g} times the memory that the model needs"
        + (f", {limits.times_surely:g} times where accelerators are left idle" if idle else "")
        + ("" if idle else ADVISES),
        or_else=_or_else(fact, smaller),
        path=fact.path,
        sources=tuple(filter(None, (model.source, memory.source))),
        advice=not idle,
    )


ADVISES = "; this finding only advises, because speed may need what memory does not"


def _figure(gib: float) -> str:
    return f"{gib:.0f}" if gib >= 1 else f"{gib:.1g}"


def _or_else(fact: ModelAccelerators, smaller: Smaller) -> str:
    container = fact.container
    attached = [*fact.attached_at, *(_parallel_settings(container) if container else ())]
    return (
        f"set {fact.set_at or fact.path} to {smaller.text} ({smaller.chips:g} {smaller.chip}, "
        f"{smaller.memory_gib:.0f} GiB)"
        + (f", and remove {fact.topology_at}" if fact.topology_at else "")
        + (f", and {' and '.join(attached)} to match" if attached else "")
    )


def _could_be_smaller(fact: ModelAccelerators, known: Known) -> bool:
    """Whether anything smaller exists for a model that needs next to nothing: only then must its
    settings be known."""
    chips, memory = _chips(fact, known), _memory(fact, known)
    if memory is None:
        raise NotApplicable("which accelerators it has is not named here")
    return (
        _smaller_shape(fact, chips, memory, 0) or _smaller_machine(fact, chips, memory, 0, known)
    ) is not None


def _memory(fact: ModelAccelerators, known: Known) -> Memory | None:
    """The memory of one of its accelerators; of any GPU of its maker where a cluster may give any,
    that of the smallest."""
    if fact.container is None:
        return memory_of(fact.chip, fact.machine, known)
    chip = chip_named(fact.chip or "", known.catalogue)
    if chip is not None or fact.machine is not None:
        return memory_of(chip.name if chip else None, fact.machine, known)
    return least_memory(fact.chip or "", known)


def _need_gib(fact: ModelAccelerators, model: NamedModel, memory: Memory, known: Known) -> float:
    container, card = fact.container, model.card
    if container is None:
        weights = model.weights_gib
        if card is not None:
            weights = weights_gib(card, fact.passport, memory, known)
        return weights * REST
    if copies_started(container) > 1:
        raise NotApplicable("its settings start several copies of the model")
    cache_gib = 0.0
    if card is not None and server_of(container) in ("vLLM", "SGLang"):
        tokens = longest_tokens(container) or card.max_context_tokens or 0
        cache_gib = tokens * (card.kv_bytes_per_token or 0) / GIB
    return model.weights_gib * REST + cache_gib


def _surely_idle(fact: ModelAccelerators, chips: float, memory: Memory) -> str:
    """That a server leaves half of its accelerators idle or more, in words; empty where it may use
    them."""
    container = fact.container
    server = None if container is None else server_of(container)
    if container is None or server is None or not SERVERS[server].uses_one:
        return ""
    if memory.kind != "gpu" or setting(container, "--config") is not None:
        return ""  # it may be set elsewhere
    try:
        used = chips_used(container)
    except NotApplicable:
        return "" if chips < 2 else f", and {server} uses 1 of them by default"
    path = used.stated[0].path
    return f", and by {path} {server} uses {used.chips}" if used.chips * 2 <= chips else ""


def _parallel_settings(container: ServingContainer) -> tuple[str, ...]:
    """The settings that say how many accelerators the server uses."""
    try:
        return tuple(stated.path for stated in chips_used(container).stated)
    except NotApplicable:
        return ()


class Smaller(msgspec.Struct, frozen=True, kw_only=True):
    """What would hold the model: the text to set, its chips, and the machine where one is known."""

    text: str
    chips: float
    chip: str
    memory_gib: float
    machine: Machine | None = None


def _model(fact: ModelAccelerators, known: Known) -> NamedModel:
    """The model that the resource names, else the one that its tags declare."""
    if fact.container is not None:
        served = model_served(fact.container, known)
        if served is not None:
            return served
    if fact.model is None:
        tags = fact if fact.container is None else fact.if_known
        if tags.declared("model") is None:
            raise NotApplicable("neither the resource nor its tags name a model of a known size")
        card = known.declared_model(fact)
        return model_of_name(card.name, "", None, known) or _not_known(f"the {fact.tag_word}s")
    return model_of_name(fact.model, fact.model_at, None, known) or _not_known(fact.model_at)


def _not_known(place: str) -> NamedModel:
    raise Unverified(f"the model of {place} is not in the catalogue, and its name says no size")


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
        and _may_replace(machine, fact, memory, known)
        and need_gib <= _memory_gib(machine, known) <= chips * memory.gib / 2
    ]
    best = min(able, key=lambda each: (_memory_gib(each, known), each.vcpu), default=None)
    if best is None:
        return None
    hosting = known.catalogue.hostings.get(fact.hosting or "")
    return Smaller(
        text=f"{hosting.machine_prefix if hosting else ''}{best.name}",
        chips=best.accelerators,
        chip=best.accelerator or "",
        memory_gib=_memory_gib(best, known),
        machine=best,
    )


def _may_replace(machine: Machine, fact: ModelAccelerators, memory: Memory, known: Known) -> bool:
    """Whether it is not retired, and runs what a container was built for in its precision."""
    chip = known.catalogue.accelerator_of(machine)
    if chip is None or known.catalogue.retired_hardware(machine.family, chip.family, machine.cloud):
        return False
    return fact.container is None or (chip.kind == memory.kind and USUAL in chip.runs)


def _memory_gib(machine: Machine, known: Known) -> float:
    memory = memory_of(machine.accelerator, None, known)
    return 0.0 if memory is None else machine.accelerators * memory.gib


def _serves(
    fact: ModelAccelerators, card: ModelCard | None, smaller: Smaller, known: Known
) -> bool:
    """Whether the smaller one serves the declared peak; true where none is declared."""
    workload = declared_workload(fact)
    if workload is None:
        return True
    if card is None:
        return False
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
    layout = Fleets.of(workload, card, fact.hosting or "", region, known).attempted(machine, fact)
    return not isinstance(layout, Misfit) and layout.replicas.peak <= 1
