"""Node pools of GKE: the nodes that a pool puts into the Kubernetes that is its cluster."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from sandbox.errors import Refused
from sandbox.google.emulator.store import Body, RefusedRequest
from sandbox.kubernetes.api import Api
from sandbox.kubernetes.nodes import gke_nodes

COLLECTION = "container.projects.locations.clusters.nodePools"

_GIB_OF_A_CPU = {"standard": 4, "highcpu": 2, "highmem": 8}
# GKE documentation, "Plan TPUs in GKE": processors and GiB of a machine with TPUs.
_TPU_ROOM = {
    "ct5lp-hightpu-1t": (24, 48), "ct5lp-hightpu-4t": (112, 192), "ct5lp-hightpu-8t": (224, 384),
    "ct6e-standard-1t": (44, 176), "ct6e-standard-4t": (180, 720), "ct6e-standard-8t": (180, 1440),
    "ct5p-hightpu-4t": (208, 448), "tpu7x-standard-1t": (56, 240), "tpu7x-standard-4t": (224, 960),
}  # fmt: skip
# GKE documentation, "Plan node sizes": what the system keeps of processors and of GiB, in steps.
_KEPT_CPU = ((1, 0.06), (1, 0.01), (2, 0.005), (10_000, 0.0025))
# Of a machine that shares cores it keeps 1.06 of its 2 processors.
_SHARED_CORES = {"e2-micro": 1, "e2-small": 2, "e2-medium": 4}
_KEPT_GIB = ((4, 0.25), (4, 0.2), (8, 0.1), (112, 0.06), (1_000_000, 0.02))


@dataclass
class Clusters:
    """The Kubernetes behind each cluster's name; a cluster without one has no nodes to show."""

    apis: dict[str, Api] = field(default_factory=dict)

    def attach(self, query: str) -> Body:
        """``name``, ``server`` and ``token`` of a cluster."""
        given = dict(parse_qsl(query))
        self.apis[given["name"]] = Api(given["server"], given["token"])
        return {}

    def register(self, name: str, pool: Body, topology: str | None) -> None:
        """The nodes of a new pool, in a topology where it is a slice of several machines;
        :class:`RefusedRequest` where GKE has no such shape."""
        api = self._of(name)
        if api is None:
            return
        config, last = pool.get("config", {}), name.rpartition("/")[2]
        cpus, gib = _room(config.get("machineType", ""))
        try:
            zones = _zones(name, pool)
            for zone in zones:
                nodes = gke_nodes(
                    f"{last}-{zone.rpartition('-')[2]}" if len(zones) > 1 else last,
                    config,
                    zone=zone,
                    topology=topology or "",
                    count=_most(pool, len(zones)),
                    vcpu=cpus,
                    memory_gib=gib,
                )
                for node in nodes:
                    made = node.as_object()
                    made["metadata"]["labels"]["cloud.google.com/gke-nodepool"] = last
                    api.call("POST", "/api/v1/nodes", made)
        except Refused as refused:
            raise RefusedRequest(str(refused)) from None

    def forget(self, name: str) -> None:
        """Take a pool's nodes out."""
        api = self._of(name)
        if api is None:
            return
        label = f"cloud.google.com/gke-nodepool={name.rpartition('/')[2]}"
        for node in api.items("v1", "Node", None, labelSelector=label):
            api.call("DELETE", f"/api/v1/nodes/{node['metadata']['name']}")

    def _of(self, name: str) -> Api | None:
        return self.apis.get(name.split("/")[5])


def _zones(name: str, pool: Body) -> list[str]:
    """The pool's own zones, the cluster's zone, or one zone of its region."""
    location = name.split("/")[3]
    whole = location if location.count("-") == 2 else f"{location}-a"
    return list(pool.get("locations") or [whole])


def _most(pool: Body, zones: int) -> int:
    """The nodes of a zone at the pool's greatest size: nothing here adds them as an autoscaler
    would."""
    bounds = pool.get("autoscaling", {})
    total = -(-int(bounds.get("totalMaxNodeCount", 0)) // zones)
    return max(int(pool.get("initialNodeCount", 0)), total, int(bounds.get("maxNodeCount", 0)))


def _room(machine: str) -> tuple[float, float]:
    """Processors and GiB of a machine that pods may have."""
    if machine in _SHARED_CORES:
        gib = _SHARED_CORES[machine]
        return 2 - 1.06, gib - _kept(gib, _KEPT_GIB) - 0.1
    if machine in _TPU_ROOM:
        cpus, gib = _TPU_ROOM[machine]
    else:
        found = re.fullmatch(r"\w+-(standard|highcpu|highmem)-(\d+)(?:-\w+)?", machine)
        if found is None:
            raise RefusedRequest(f"Machine type {machine!r} is invalid")
        cpus = int(found[2])
        gib = cpus * _GIB_OF_A_CPU[found[1]]
    return cpus - _kept(cpus, _KEPT_CPU), gib - _kept(gib, _KEPT_GIB) - 0.1


def _kept(amount: float, steps: tuple[tuple[float, float], ...]) -> float:
    kept = 0.0
    for width, share in steps:
        kept += share * min(width, max(0.0, amount))
        amount -= width
    return kept
