"""Serverless endpoint with far too little memory for its model, or far too much.

Why: A copy that is too small does not load the model, and every request fails. One that is too
large is paid for by its size, each second of each request.

Fix: Set the memory that the message names.

Exceptions: Only SageMaker's serverless endpoints are judged: no other has a size of memory that is
chosen for a model. The memory that a model needs is half as much again as its weights, and 1 GiB
for the server (a design choice of Lichen). A size within the limit ``times`` of that passes, since
memory brings processors too; too little is a finding only where the weights alone do not fit. It
only advises.

Tags: It needs ``lichen:model``, and finds nothing without it. With ``lichen:precision`` its figures
are nearer to the truth; without it weights are taken for fp32, and bf16 for what is too little.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import Serving
from lichen_policies.model_memory import host_need_gib, host_weights_gib
from lichen_policies.rule import (
    LOWER_IS_STRICTER,
    Change,
    Finding,
    Known,
    NotApplicable,
    rule,
)

STEPS_MIB = (1024, 2048, 3072, 4096, 5120, 6144)
"""What SageMaker offers (SageMaker Developer Guide, Deploy models with Serverless Inference)."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``times``: how many times the memory that the model needs may be given."""

    times: Annotated[float, Meta(ge=1, le=1000), LOWER_IS_STRICTER] = 2.0


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="size")
def wrong_serverless_memory(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    if not fact.serverless:
        raise NotApplicable("it is not serverless")
    passport = fact.passport
    if passport is None or passport.model is None:
        raise NotApplicable("no lichen:model tag says which model it serves")
    if fact.memory_mib is None:
        return
    card = known.declared_model(fact)
    given_gib = fact.memory_mib / 1024
    smallest_gib = host_weights_gib(card, passport.precision or "bf16", known)
    if smallest_gib > given_gib:
        fits = _step(host_need_gib(smallest_gib))
        yield Finding(
            what=f"{fact.memory_mib_at} is {fact.memory_mib:g} MB, and the weights of {card.name} "
            f"alone take {smallest_gib * 1024:,.0f} MB",
            limit="a copy holds its model",
            changes=() if fits is None else (Change(path=fact.memory_mib_at, to=fits),),
            or_else="serve it on a machine" if fits is None else "",
            path=fact.memory_mib_at,
        )
        return
    needed_gib = host_need_gib(host_weights_gib(card, passport.precision or "fp32", known))
    enough = _step(needed_gib)
    if enough is None or fact.memory_mib <= max(limits.times * needed_gib * 1024, enough):
        return
    yield Finding(
        what=f"{fact.memory_mib_at} is {fact.memory_mib:g} MB, and {card.name} needs about "
        f"{needed_gib * 1024:,.0f} MB",
        limit=f"the limit is {limits.times:g} times that",
        changes=(Change(path=fact.memory_mib_at, to=enough),),
        path=fact.memory_mib_at,
    )


def _step(gib: float) -> int | None:
    """The smallest size that SageMaker offers and that is enough."""
    return next((step for step in STEPS_MIB if step >= gib * 1024), None)
