"""Vertex AI's vector search: an index, the endpoint it is deployed to, and its machines there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.joined import found, where_its_whole_is
from lichen_policies.facts.kinds import Located, Part, VectorData, VectorIndex
from lichen_policies.facts.machine import bare, vcpus_named
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Unknown, field, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:vertex/aiIndexEndpointDeployedIndex:AiIndexEndpointDeployedIndex",),
    "terraform": ("google_vertex_ai_index_endpoint_deployed_index",),
}
FACTS = (Located, Part, VectorIndex)

_HOSTING = "vertex-index"
_LEAST = {
    "SHARD_SIZE_SMALL": ("e2-standard-2", 2.0, 2.0),
    "SHARD_SIZE_MEDIUM": ("e2-standard-16", 16.0, 20.0),
    "SHARD_SIZE_LARGE": ("e2-highmem-16", 16.0, 50.0),
}
"""The smallest machine for each size of shard, its vCPUs, and the shard's size in GB. Source:
Vertex AI API, ``Index`` and ``DeployedIndex``."""

_OUTSIDE = Unknown("names an index that is not among these resources")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and a Part of its endpoint; a VectorIndex where it has machines of its own."""
    dedicated = properties.block("dedicated_resources")
    spec = dedicated.block("machine_spec")
    machine = bare(spec.text("machine_type"))
    replicas, replicas_at = (
        dedicated if dedicated else properties.block("automatic_resources")
    ).stated_whole("min_replica_count")
    yield Located(
        region_at=properties.at("region", "index_endpoint"),
        machine=field(machine),
        machines=field(replicas) or 1,
        hosting=_HOSTING,
        waits_for="its endpoint",
    )
    yield Part(
        whole=field(properties.text("index_endpoint")), placed=False, waits_for="its endpoint"
    )
    if not dedicated:
        return
    yield VectorIndex(
        path=dedicated.path,
        index=field(properties.text("index")),
        machine=field(machine),
        machine_at=spec.at("machine_type"),
        replicas=field(replicas),
        replicas_at=replicas_at,
        vcpus=vcpus_named(machine) if isinstance(machine, str) else None,
        least_machine=field(_OUTSIDE),
        least_machine_at=properties.at("index"),
        waits_for="its index",
    )


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts in the region of the endpoint, with the size of the index's shards."""
    return tuple(_sized(fact, stack) for fact in where_its_whole_is(facts, stack, "endpoint"))


def _sized(fact: Fact, stack: Stack) -> Fact:
    if not isinstance(fact, VectorIndex):
        return fact
    index = found(stack, fact.as_read("index"), VectorData, "names")
    if index is None or is_unknown(index):
        return fact
    shard = index.fact.as_read("shard")
    if is_unknown(shard):
        return msgspec.structs.replace(fact, least_machine=shard)
    machine, vcpus, shard_gb = _LEAST.get(str(shard), (None, None, None))
    return msgspec.structs.replace(
        fact, least_machine=machine, least_vcpus=vcpus, shard_gb=shard_gb
    )
