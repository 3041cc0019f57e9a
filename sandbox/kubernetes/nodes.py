"""Nodes as clouds make them: what a pool of GKE or a node group of EKS puts into its cluster.

Labels, taints and resources are those that the cloud's kubelets register. Sources: GKE
documentation, "Plan TPUs in GKE" and "About TPUs in GKE" (machine, topology, chips a node, labels
and taint), "Prepare an Arm workload for deployment" (taint), "Run GPUs in Standard node pools";
Amazon EKS User Guide, "Create a managed node group" and "Use AWS Neuron instances with Amazon EKS";
AI-Hypercomputer/xpk, ``system_characteristics.py``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sandbox.errors import Refused

_ARM_FAMILIES = ("c4a", "n4a", "t2a")
_GPUS = {"g2": "nvidia-l4", "a2": "nvidia-tesla-a100", "a3": "nvidia-h100-80gb"}
_GRAVITON = re.compile(r"[a-z]+\d+g[a-z]*\.")
_NEURON = re.compile(r"(?:inf|trn)\d")

TPU_TAINT = {"key": "google.com/tpu", "value": "present", "effect": "NoSchedule"}
ARM_TAINT = {"key": "kubernetes.io/arch", "value": "arm64", "effect": "NoSchedule"}
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}


@dataclass(frozen=True)
class Node:
    """A node: ``resources`` beside processors and memory, such as {"google.com/tpu": 4}."""

    name: str
    vcpu: float
    memory_gib: float
    architecture: str = "amd64"
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Mapping[str, str]] = ()
    resources: Mapping[str, int] = field(default_factory=dict)

    def as_object(self) -> dict[str, Any]:
        amounts = {
            "cpu": f"{round(1000 * self.vcpu)}m",
            "memory": f"{math.floor(1024 * self.memory_gib)}Mi",
            "ephemeral-storage": "100Gi",
            "pods": "110",
            **{name: str(count) for name, count in self.resources.items()},
        }
        own = {
            "kubernetes.io/hostname": self.name,
            "kubernetes.io/os": "linux",
            "kubernetes.io/arch": self.architecture,
        }
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": self.name, "labels": {**own, **self.labels}},
            "spec": {"taints": [dict(taint) for taint in self.taints]},
            "status": {
                "capacity": amounts,
                "allocatable": amounts,
                "conditions": [
                    {"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "ok"}
                ],
            },
        }


class Shape(NamedTuple):
    """A machine with TPUs in a topology: chips of each machine, and machines."""

    accelerator: str
    chips: int
    nodes: int


_TPUS = {
    "ct5lp-hightpu": ("tpu-v5-lite-podslice", {"1t": ("1x1",), "8t": ("2x4",)}, 4, 256),
    "ct6e-standard": ("tpu-v6e-slice", {"1t": ("1x1",), "8t": ("2x4",)}, 4, 256),
    "ct5p-hightpu": ("tpu-v5p-slice", {}, 4, 12_288),
    "tpu7x-standard": ("tpu7x", {"1t": ("1x1x1",)}, 4, 9_216),
}


def shape_of(machine: str, topology: str) -> Shape | None:
    """What GKE makes of a machine in a topology; None where it has no such pool."""
    family, _, size = machine.rpartition("-")
    if family not in _TPUS or not re.fullmatch(r"\d+(?:x\d+){1,2}", topology):
        return None
    accelerator, whole, chips, most = _TPUS[family]
    sides = [int(side) for side in topology.split("x")]
    total = math.prod(sides)
    if size != f"{chips}t":
        return Shape(accelerator, total, 1) if topology in whole.get(size, ()) else None
    flat = family in ("ct5lp-hightpu", "ct6e-standard")
    if len(sides) != (2 if flat else 3) or sides not in (sorted(sides), [2, 2, 1]):
        return None
    if total % chips or total > most or any(side & (side - 1) for side in sides):
        return None
    if flat and sides[-1] > 2 * sides[0]:
        return None
    return Shape(accelerator, chips, total // chips)


def gke_nodes(
    pool: str,
    config: Mapping[str, Any],
    *,
    zone: str,
    topology: str = "",
    count: int = 1,
    vcpu: float,
    memory_gib: float,
) -> list[Node]:
    """The nodes of a pool; ``config`` is its NodeConfig as the API has it.

    With TPUs the number of nodes is the topology's: such a pool is whole or empty. Raises Refused
    where GKE has no such shape.
    """
    machine = str(config["machineType"])
    family = machine.partition("-")[0]
    labels = {
        "cloud.google.com/gke-nodepool": pool,
        "cloud.google.com/machine-family": family,
        "node.kubernetes.io/instance-type": machine,
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": zone.rpartition("-")[0],
        **dict(config.get("labels") or {}),
    }
    taints = [_taint(taint) for taint in config.get("taints") or []]
    resources: dict[str, int] = {}
    architecture = "arm64" if family in _ARM_FAMILIES else "amd64"
    if family.startswith(("ct", "tpu")):
        single = {"1t": "1x1", "4t": "2x2", "8t": "2x4"} if family[:3] in ("ct5", "ct6") else {}
        if family in ("ct5p", "tpu7x"):
            single = {"1t": "1x1x1", "4t": "2x2x1"}
        topology = topology or single[machine.rpartition("-")[2]]
        shape = shape_of(machine, topology)
        if shape is None:
            raise Refused(f"topology {topology} is not one of {machine}")
        labels["cloud.google.com/gke-tpu-accelerator"] = shape.accelerator
        labels["cloud.google.com/gke-tpu-topology"] = topology
        taints.append(TPU_TAINT)
        resources["google.com/tpu"], count = shape.chips, shape.nodes
    elif family in _GPUS:
        given = (config.get("accelerators") or config.get("guestAccelerators") or [{}])[0]
        labels["cloud.google.com/gke-accelerator"] = _GPUS[family]
        taints.append(GPU_TAINT)
        # Without a driver's installation the device plugin finds nothing.
        if given.get("gpuDriverInstallationConfig"):
            resources["nvidia.com/gpu"] = int(given.get("acceleratorCount") or given["count"])
    behaviour = (config.get("taintConfig") or {}).get("architectureTaintBehavior", "ARM")
    if architecture == "arm64" and behaviour == "ARM":
        taints.append(ARM_TAINT)
    if config.get("spot"):
        labels["cloud.google.com/gke-spot"] = "true"
    return [
        Node(f"gke-{pool}-{n}", vcpu, memory_gib, architecture, labels, taints, resources)
        for n in range(count)
    ]


def eks_room(vcpu: int, memory_mib: int, addresses: tuple[int, int]) -> tuple[float, float]:
    """Processors, and GiB, of a machine of EKS that pods may have.

    ``addresses`` are its network interfaces, and the IPv4 addresses of each: they bound its pods.
    The system keeps 6 % of the first processor, 1 % of the second, 0.5 % of two more and 0.25 % of
    the rest; 255 MiB and 11 for each pod, and 100 before it evicts (Amazon EKS User Guide, "Amazon
    EKS optimized AMIs", ``/etc/eks/bootstrap.sh``); a machine shows 7.5 % less memory than it is
    sold with (Karpenter documentation, "vmMemoryOverheadPercent").
    """
    steps = ((1, 0.06), (1, 0.01), (2, 0.005), (max(0, vcpu - 4), 0.0025))
    kept, left = 0.0, vcpu
    for width, share in steps:
        kept += share * min(width, left)
        left -= min(width, left)
    interfaces, each = addresses
    pods = interfaces * (each - 1) + 2
    return vcpu - kept, (0.925 * memory_mib - 255 - 11 * pods - 100) / 1024


def eks_nodes(
    group: str,
    described: Mapping[str, Any],
    *,
    zone: str,
    vcpu: float,
    memory_gib: float,
    chips: int = 0,
    device_plugin: bool = True,
) -> list[Node]:
    """The nodes of a managed node group, as DescribeNodegroup has it.

    ``chips`` are those of its machine: they are seen only where the image of the machine has their
    driver, and where the cluster has the device plugin.
    """
    machine = str(described["instanceTypes"][0])
    image = str(described.get("amiType", ""))
    arm = _GRAVITON.match(machine) is not None
    if image != "CUSTOM" and ("ARM" in image.upper()) != arm:
        return []  # it does not start
    resources: dict[str, int] = {}
    neuron = _NEURON.match(machine) is not None
    if chips and device_plugin and ("NEURON" if neuron else "NVIDIA") in image:
        resources["aws.amazon.com/neuron" if neuron else "nvidia.com/gpu"] = chips
    labels = {
        "eks.amazonaws.com/nodegroup": group,
        "node.kubernetes.io/instance-type": machine,
        "topology.kubernetes.io/zone": zone,
        "topology.kubernetes.io/region": zone[:-1],
        "eks.amazonaws.com/capacityType": str(described.get("capacityType", "ON_DEMAND")),
        **dict(described.get("labels") or {}),
    }
    scaling = described.get("scalingConfig") or {}
    count = max(1, int(scaling.get("maxSize", scaling.get("desiredSize", 1))))
    taints = [_taint(taint) for taint in described.get("taints") or []]
    return [
        Node(
            f"eks-{group}-{zone}-{n}".lower(),
            vcpu,
            memory_gib,
            "arm64" if arm else "amd64",
            labels,
            taints,
            resources,
        )
        for n in range(count)
    ]


_EFFECTS = {
    "NO_SCHEDULE": "NoSchedule",
    "NO_EXECUTE": "NoExecute",
    "PREFER_NO_SCHEDULE": "PreferNoSchedule",
}


def _taint(taint: Mapping[str, str]) -> dict[str, str]:
    """A cloud's taint as Kubernetes spells it."""
    return {
        "key": taint["key"],
        "value": taint.get("value", ""),
        "effect": _EFFECTS.get(taint["effect"], taint["effect"]),
    }
