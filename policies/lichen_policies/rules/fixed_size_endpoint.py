"""Endpoint in production or staging whose machines never change in number.

Why: Traffic at night is a fraction of traffic at noon. A fleet that is made for noon and never
shrinks pays and draws power for noon all night, and one that never grows fails at the first day
that is busier than was thought.

Fix: Add what scales it, as the message says, with the fewest and the most machines.

Exceptions: As many machines as the limit ``machines`` may be fixed: of those, and where the number
is not known yet, a finding only advises. An endpoint whose model is on its variant keeps one
machine in any case, and two are for when one fails. Only an endpoint whose configuration is in the
same stack is judged. What scales it may lie in another stack: then exempt it. Serverless endpoints
scale by themselves; burstable machines of SageMaker cannot be scaled, so of a machine that comes by
a variable a finding only advises.

Tags: It reads none but ``lichen:environment``: it judges production, where it blocks above the
limit, and staging, where it only advises; it says nothing in dev.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import VariantInStack, is_unknown
from lichen_policies.provisioned import month_of
from lichen_policies.rule import LOWER_IS_STRICTER, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``machines``: how many may be fixed before the finding is more than advice."""

    machines: Annotated[int, Meta(ge=0, le=10_000), LOWER_IS_STRICTER] = 2


@rule(severity="high", dev="disabled", staging="advisory", prod="mandatory", theme="serving")
def fixed_size_endpoint(fact: VariantInStack, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.served is None:
        raise NotApplicable("it is judged with the rest of its stack")
    if not fact.served:
        raise NotApplicable("no endpoint of its stack uses it")
    if fact.unscalable:
        raise NotApplicable(fact.unscalable)
    if fact.serverless or fact.scales_itself or fact.scaled:
        return
    count = 1 if fact.as_read("machines") is None else fact.if_known.machines
    machine = fact.if_known.machine
    may_be_burstable = is_unknown(fact.as_read("machine"))
    allowed = count is None or count <= limits.machines or may_be_burstable
    cost, sources = month_of(fact, machine, count or 0, fact.hosting, known)
    run = "1 machine runs" if count == 1 else f"{count or 'the same'} machines run"
    yield Finding(
        what=f"nothing in the stack scales this variant: {run} at any traffic{cost}",
        limit=f"an endpoint must follow its traffic; at most {limits.machines} machines may "
        f"be fixed{_advises(allowed, may_be_burstable)}",
        or_else=fact.to_scale,
        path=fact.machines_at,
        sources=sources,
        advice=allowed,
    )


def _advises(allowed: bool, may_be_burstable: bool) -> str:
    if may_be_burstable:
        return "; this only advises, because a burstable machine could not be scaled"
    return ", so this only advises" if allowed else ""
