"""GPU that a small model has to itself.

Why: A pod that asks for a GPU gets a whole one. A model that takes a tenth of its memory leaves the
rest, and the power that the GPU draws while idle, to nobody.

Fix: Let several pods share each GPU by time or by MIG, or partition it, as the message says.

Exceptions: It advises only, and only where the model takes less than the limit ``share_pct`` of one
GPU's memory with its weights at the declared precision (bf16 where none is declared). A pool is
shared where it states a partition (``gpuPartitionSize``); a number of clients above 1
(``maxSharedClientsPerGpu``); or a strategy (``gpuSharingStrategy``: ``TIME_SHARING`` or ``MPS``)
without a number. Under ``GPU_SHARING_STRATEGY_UNSPECIFIED`` it is not. Models that need a GPU's
whole speed are better alone: raise or lower the limit. TPUs cannot be shared.

Tags: It needs ``lichen:model`` on the pool, and finds nothing without it. With
``lichen:precision`` its figure is nearer to the truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import WholeAccelerator
from lichen_policies.model_memory import memory_of, weights_gib
from lichen_policies.rule import Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The share of one GPU's memory, in percent, that a model's weights must take to have it
    alone."""

    share_pct: Annotated[float, Meta(gt=0, le=100)] = 20.0


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def unshared_accelerator(fact: WholeAccelerator, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.declared("model") is None:
        raise NotApplicable("the tags declare no model")
    memory = memory_of(fact.chip, fact.machine, known)
    if memory is None or memory.kind != "gpu":
        raise NotApplicable("it has no GPU")
    card = known.declared_model(fact)
    if fact.partition or _is_shared(fact):
        return
    need_gib = weights_gib(card, fact.passport, memory, known)
    share_pct = need_gib / memory.gib * 100
    if share_pct >= limits.share_pct:
        return
    yield Finding(
        what=f"the weights of {card.name} take {need_gib:.2g} GiB, {share_pct:.0f} % of the "
        f"{memory.gib:g} GiB of one {memory.chip}",
        limit=f"below {limits.share_pct:g} % a GPU should be shared",
        or_else=f"set {fact.strategy_at} to TIME_SHARING or MPS, and {fact.path} to how many pods "
        "share each GPU"
        if fact.strategy_at
        else f"set {fact.path} so that several pods share each GPU",
        path=fact.path,
        sources=tuple(filter(None, (card.source, memory.source))),
    )


def _is_shared(fact: WholeAccelerator) -> bool:
    """Whether pods share each: by a number of them under any strategy, which may not be known, or
    by a strategy alone."""
    strategy = fact.if_known.strategy
    if strategy == _NO_STRATEGY:
        return False
    clients = fact.clients
    return fact.strategy is not None if clients is None else clients > 1


_NO_STRATEGY = "GPU_SHARING_STRATEGY_UNSPECIFIED"
"""GKE's word for none (GKE API, GPUSharingConfig)."""
