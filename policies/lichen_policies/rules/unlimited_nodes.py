"""Pool of nodes with accelerators that nothing limits.

Why: Karpenter makes a node for each pod that finds no room. A deployment that scales too far, a
loop that starts jobs, or one wrong number of replicas then makes GPUs until the account's quota is
used up, and each is paid for and draws power.

Fix: Set ``spec.limits`` to the most that the pool should have, such as ``nvidia.com/gpu: 8``.

Exceptions: It advises only, and only of pools whose nodes plainly carry accelerators. A limit of
any resource is enough: of processors, memory, nodes or accelerators. A pool that Karpenter keeps at
a fixed number of nodes (``spec.replicas``) is limited by that.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import NodePool
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def unlimited_nodes(fact: NodePool, known: Known) -> Iterator[Finding]:
    if not fact.accelerated:
        raise NotApplicable("nothing says that its nodes carry accelerators")
    if fact.limited is False:
        yield Finding(
            what=f"{fact.limited_at} sets no limit to the nodes with accelerators that are made",
            limit="a pool of accelerators must end somewhere",
            or_else=f"set {fact.limited_at} to the most that it should have, such as "
            '"nvidia.com/gpu": 8',
            path=fact.path,
        )
