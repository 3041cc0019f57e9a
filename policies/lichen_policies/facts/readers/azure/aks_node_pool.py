"""AKS's node pool, which is where its cluster is."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part, ReservationUse, Scaling
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.aks_pools import pool_facts
from lichen_policies.facts.readers.azure.parts import in_its_whole, where_its_whole_is

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:containerservice:AgentPool",
        "azure:containerservice/kubernetesClusterNodePool:KubernetesClusterNodePool",
    ),
    "terraform": ("azurerm_kubernetes_cluster_node_pool",),
    "azure": ("Microsoft.ContainerService/managedClusters/agentPools",),
}
FACTS = (Located, Machines, Part, ReservationUse, Scaling)

complete = where_its_whole_is

_CLUSTER = (("managedclusters", ("kubernetes_cluster_id", "resource_name")),)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Part of its cluster, and the facts of a pool."""
    facts = pool_facts(properties, context, region_at="")
    yield from in_its_whole(properties, context, facts, _CLUSTER, "its cluster")
