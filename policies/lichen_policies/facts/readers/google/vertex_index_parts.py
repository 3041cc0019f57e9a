"""Vertex AI's vector search: an index and an endpoint, which run machines once it is deployed."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, VectorData, Whole
from lichen_policies.facts.names import names
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:vertex/aiIndex:AiIndex",
        "gcp:vertex/aiIndexEndpoint:AiIndexEndpoint",
    ),
    "terraform": ("google_vertex_ai_index", "google_vertex_ai_index_endpoint"),
}
FACTS = (Located, VectorData, Whole)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located; what deployed indexes call it by, and the size of an index's shards."""
    own = names(properties, "name", "id")
    yield Located(region_at=properties.at("region"), hosting="vertex-index")
    yield Whole(names=own)
    config = properties.block("metadata").block("config")
    if config:
        yield VectorData(names=own, shard=field(config.text("shard_size")))
