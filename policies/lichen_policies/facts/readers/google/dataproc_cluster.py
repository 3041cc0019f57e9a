"""Dataproc's cluster, and a workflow's own, as far as their machines carry accelerators."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.machine import bare, names_accelerators
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import (
    HOSTING,
    accelerators,
    attached_to,
)

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:dataproc/cluster:Cluster",
        "gcp:dataproc/workflowTemplate:WorkflowTemplate",
    ),
    "terraform": ("google_dataproc_cluster", "google_dataproc_workflow_template"),
}
FACTS = (Located, Machines)

_ROLES = ("master_config", "worker_config", "preemptible_worker_config", "secondary_worker_config")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and Machines for each role that has accelerators; nothing for a cluster without."""
    made = properties.block("placement").block("managed_cluster").block("config")
    cluster = made or properties.chosen_block("cluster_config")
    accelerated = [role for name in _ROLES if _carries(role := cluster.chosen_block(name))]
    if accelerated:
        yield Located(region_at=properties.at("region", "location"), hosting=HOSTING)
    for role in accelerated:
        yield from accelerators(role, role.stated_whole("num_instances"))


def _carries(role: Properties) -> bool:
    machine = bare(role.text("machine_type"))
    named = isinstance(machine, str) and names_accelerators(machine)
    return named or any(attached_to(role))
