"""Floor above zero outside production.

Why: A development or test deployment is idle most of the day and all night. A floor keeps its
machines running and paid for through every hour: three quarters of the week are outside working
hours.

Fix: Set the floor to zero, as the message says for this kind of resource.

Exceptions: Only resources that clearly serve models are judged: those of SageMaker, Vertex and
Azure Machine Learning, those with accelerators, and those with ``lichen:*`` tags. A fixed count
without scaling is not a floor, but the fewest replicas of a Vertex endpoint (``minReplicaCount``, 1
at the least) and of a KServe service (``minReplicas``, 1 where it is left out) are, since these
scale: where the platform allows no lower one, the finding says what to do instead. KServe sets
Knative's own bound from ``minReplicas``, so an annotation ``autoscaling.knative.dev/minScale`` on a
service of KServe lowers nothing. The first pool of an AKS cluster keeps one machine at the least.
Workers of Ray that ask for accelerators, or carry ``lichen.dev/*``, have a floor where the cluster
scales itself (``enableInTreeAutoscaling``), but for a job that shuts its cluster down when it ends.
A model of ModelMesh has no pods of its own. A resource that states no environment is judged as in
production. A group whose machine is not known and that has no ``lichen:*`` tag says nothing:
too-many-accelerators says that it cannot be checked. Where its tags are not known either it is
unverified.

Tags: Without ``lichen:*`` tags it judges the endpoints of SageMaker, Vertex and Azure Machine
Learning and what has accelerators. With one, such as ``lichen:model``, it judges general machines
too. ``lichen:environment`` says that a resource is not production.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import Scaling
from lichen_policies.provisioned import month_of
from lichen_policies.rule import (
    LOWER_IS_STRICTER,
    MINIMUM_REPLICAS,
    UNSTATED,
    Change,
    Finding,
    Known,
    NotApplicable,
    rule,
)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The highest floor that is allowed outside production, in the resource's own unit."""

    floor: Annotated[int, Meta(ge=0, le=100_000), LOWER_IS_STRICTER] = 0


@rule(severity="high", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def idle_floor(fact: Scaling, limits: Limits, known: Known) -> Iterator[Finding]:
    if (fact.environment or UNSTATED) == "prod":
        return
    if not fact.for_models:
        raise NotApplicable("nothing says that it serves models")
    most = max(limits.floor, fact.least)
    if fact.floor is None or fact.floor <= (limits.floor if fact.below_least else most):
        return
    cost, sources = month_of(
        fact,
        fact.if_known.machine,
        fact.floor,
        fact.hosting,
        known,
        chips_each=fact.if_known.chips_each,
    )
    running = f"{fact.unit.removesuffix('s')} runs" if fact.floor == 1 else f"{fact.unit} run"
    yield Finding(
        what=f"{fact.path} is {'left out' if fact.floor_by_default else fact.floor}, so "
        f"{fact.floor} {running} in {fact.environment} even without traffic{cost}",
        limit=f"the limit outside production is {most if fact.floor > most else limits.floor}",
        changes=(
            Change(
                path=fact.path,
                to=most,
                at_most=bool(most),
                why=fact.to_zero,
                safe=bool(most) or not fact.to_zero,
                workload=MINIMUM_REPLICAS,
            ),
        )
        if fact.floor > most
        else (),
        or_else=fact.below_least,
        path=fact.path,
        sources=sources,
    )
