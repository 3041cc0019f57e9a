"""Nodes with accelerators that Karpenter never takes away.

Why: Karpenter makes a node when a pod needs one, and takes it away when none does. Where that is
turned off, every GPU that a pod once needed stays: an idle one still draws 50 to 100 W and is paid
for by the hour.

Fix: Set ``consolidateAfter`` to a short wait, which keeps a node for the next pod and no longer. To
protect running work, use ``consolidationPolicy: WhenEmpty``, a budget with a schedule, or the
annotation ``karpenter.sh/do-not-disrupt`` on the pods: an empty node is taken away all the same.

Exceptions: Only pools whose nodes plainly carry accelerators are judged: by their requirements,
their taints or their limits. ``WhenEmpty`` is no offence, nor a budget of 0 nodes that holds on a
schedule or for underutilized nodes only. A pool that Karpenter keeps at a fixed number of nodes
(``spec.replicas``) is not judged.

Tags: It reads none but ``lichen:environment``, which chooses the limit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import NodePool
from lichen_policies.rule import LOWER_IS_STRICTER, Change, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many hours an empty node with accelerators may stay."""

    hours: Annotated[float, Meta(ge=0, le=8760), LOWER_IS_STRICTER] = 24


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def karpenter_consolidation_off(fact: NodePool, limits: Limits, known: Known) -> Iterator[Finding]:
    if not fact.accelerated:
        raise NotApplicable("nothing says that its nodes carry accelerators")
    if fact.idle_h is None or fact.idle_h <= limits.hours:
        return
    never = math.isinf(fact.idle_h)
    yield Finding(
        what=f"{fact.idle_h_at} keeps a node with accelerators "
        + ("for ever" if never else f"for {fact.idle_h:g} hours")
        + " after the last pod needed it",
        limit=f"the limit is {limits.hours:g} hours",
        changes=(
            Change(
                path=fact.idle_h_at,
                to=fact.idle_fix,
                why="Karpenter then takes empty nodes away",
                safe=True,
            ),
        ),
        path=fact.idle_h_at,
    )
