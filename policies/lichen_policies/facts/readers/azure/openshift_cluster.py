"""Azure Red Hat OpenShift's cluster: pools of workers, each of one size.

Source: Microsoft Learn, "Microsoft.RedHatOpenShift openShiftClusters".
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Part
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.azure.parts import in_its_group, where_its_whole_is
from lichen_policies.facts.readers.azure.sizes import size, so_many

CLOUD = "azure"
TYPES = {
    "pulumi": (
        "azure-native:redhatopenshift:OpenShiftCluster",
        "azure:redhatopenshift/cluster:Cluster",
    ),
    "terraform": ("azurerm_redhat_openshift_cluster",),
    "azure": ("Microsoft.RedHatOpenShift/openShiftClusters",),
}
FACTS = (Located, Machines, Part)

complete = where_its_whole_is


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Located and a Machines for each pool of workers; what steers the cluster is general."""
    yield from in_its_group(properties, context, _facts(properties))


def _facts(properties: Properties) -> Iterator[Fact]:
    for pool in properties.blocks("worker_profiles", "worker_profile"):
        machine = size(pool, "vm_size")
        count = pool.stated_whole("count", "node_count")
        if count.value == 0:
            continue
        yield from so_many(machine, count, properties.at("location"))
