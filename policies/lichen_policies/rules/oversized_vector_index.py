"""Vector index on larger machines, or on more of them, than it needs.

Why: A deployed index keeps its machines day and night, and cannot go to zero. The size of its
shards says which machine holds one; a larger machine is idle beside the data, and so do
replicas that no traffic asks for.

Fix: Use the machine and the number of replicas that the message names.

Exceptions: It advises only: much traffic may need more. Indexes on the cloud's automatic resources
are not judged. The machine is judged where the index is deployed in the same stack; elsewhere the
size of its shards is not known.

Tags: It reads none but ``lichen:environment``, which chooses the limit of replicas.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import VectorIndex
from lichen_policies.rule import Change, Finding, Known, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``replicas`` that an index may always keep; ``times``: how many times the vCPUs of the
    smallest machine for its shards are allowed."""

    replicas: Annotated[int, Meta(ge=1, le=1000)] = 2
    times: Annotated[float, Meta(ge=1, le=1000)] = 1.0


@rule(
    severity="low",
    dev="advisory",
    staging="advisory",
    prod="advisory",
    theme="size",
    limits={"dev": {"replicas": 1}, "staging": {"replicas": 1}},
)
def oversized_vector_index(fact: VectorIndex, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.replicas is not None and fact.replicas > limits.replicas:
        environment = fact.if_known.environment
        where = f" in {environment}" if environment else ""
        yield Finding(
            what=f"{fact.replicas_at} is {fact.replicas}, so {fact.replicas} replicas of each "
            "shard always run",
            limit=f"the limit{where} is {limits.replicas}",
            changes=(Change(path=fact.replicas_at, to=limits.replicas, at_most=True),),
            path=fact.replicas_at,
        )
    if fact.vcpus is None or fact.least_machine is None:
        return
    if fact.vcpus > limits.times * (fact.least_vcpus or fact.vcpus):
        yield Finding(
            what=f"a machine of {fact.vcpus:g} vCPUs holds each shard of {fact.shard_gb:g} GB, and "
            f"{fact.least_machine} with {fact.least_vcpus:g} is enough for one",
            limit="a shard needs the smallest machine that holds it"
            if limits.times == 1
            else f"the limit is {limits.times:g} times the vCPUs that a shard needs",
            changes=(Change(path=fact.machine_at, to=fact.least_machine),),
            path=fact.machine_at,
            sources=("Vertex AI API, DeployedIndex",),
        )
