"""Ceiling many times above the floor.

Why: A loop that retries, a client with a fault or an attack then buys as many machines as the
ceiling allows before anybody looks. A ceiling that nobody reached in earnest protects nothing.

Fix: Lower the ceiling to what the busiest hour needed, with some room, or raise the floor.

Exceptions: A floor of zero is not judged: any ceiling is far above it. Nor is a ceiling that is
left out, as KServe's ``maxReplicas`` may be. An autoscaler of pods (a HorizontalPodAutoscaler, a
ScaledObject of KEDA) is judged where the pods that it scales are in the same deployment: elsewhere
they may be anything, and it says nothing. So it does of a group whose machine is not known and that
has no ``lichen:*`` tag; where its tags are not known either it is unverified. It only advises,
since traffic may differ that much. How many accelerators a ceiling may allow is judged by
too-many-accelerators.

Tags: Without ``lichen:*`` tags it judges the endpoints of SageMaker, Vertex and Azure Machine
Learning and what has accelerators. With one, such as ``lichen:model``, it judges general machines
too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import Scaling
from lichen_policies.rule import LOWER_IS_STRICTER, Change, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``times``: how many times the floor the ceiling may be."""

    times: Annotated[float, Meta(ge=1, le=100_000), LOWER_IS_STRICTER] = 10.0


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="size")
def far_ceiling(fact: Scaling, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.floor is None or fact.floor < 1 or fact.ceiling is None:
        raise NotApplicable("it states no floor of one or more, or no ceiling")
    if not fact.for_models:
        raise NotApplicable("nothing says that it serves models")
    if fact.ceiling <= limits.times * fact.floor:
        return
    # Outside production a floor goes down, not up: see idle-floor.
    is_lower = fact.if_known.environment in ("dev", "staging")
    yield Finding(
        what=f"{fact.ceiling_at} is {fact.ceiling}, {fact.ceiling / fact.floor:g} times the floor "
        f"of {fact.floor}",
        limit=f"the limit is {limits.times:g} times the floor",
        changes=(Change(path=fact.ceiling_at, to=int(limits.times * fact.floor), at_most=True),),
        or_else="" if is_lower else f"raise {fact.path} if traffic is that high",
        path=fact.ceiling_at,
    )
