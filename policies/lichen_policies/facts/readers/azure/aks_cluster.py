"""AKS's cluster, with the pools that are written into it."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part, ReservationUse, Scaling, Whole
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.aks_pools import pool_facts
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is, whole
from lichen_policies.facts.readers.azure.sizes import HOSTING

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:containerservice:ManagedCluster",
        "azure:containerservice/kubernetesCluster:KubernetesCluster",
    ),
    "terraform": ("azurerm_kubernetes_cluster",),
    "azure": ("Microsoft.ContainerService/managedClusters",),
}
FACTS = (Located, Machines, Part, ReservationUse, Scaling, Whole)

complete = where_its_whole_is

STEPS = (("managedclusters", ("resource_name", "name")),)


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Whole, and the facts of each pool; a Located where it has none."""
    yield from in_its_group(properties, context, _facts(properties, context))


def _facts(properties: Properties, context: Context) -> Iterator[Fact]:
    yield whole(properties, STEPS)
    region_at = properties.at("location")
    default = properties.block("default_node_pool")
    pools = [default] if default else properties.blocks("agent_pool_profiles")
    for pool in pools:
        yield from pool_facts(pool, context, region_at=region_at, is_default=bool(default))
    if not pools:
        yield Located(region_at=region_at, hosting=HOSTING)
