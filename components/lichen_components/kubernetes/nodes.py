"""The table of nodes: which labels, taints, devices and room a machine has in each cluster.

One table for pools and pods, so that they agree. Sources: GKE documentation, "Plan TPUs in GKE",
"Prepare an Arm workload for deployment", "Run GPUs in Standard node pools" and "Plan node sizes"
(memory and processors that the system keeps); Amazon EKS User Guide, "Use AWS Neuron instances";
Kubernetes documentation, "Well-Known Labels, Annotations and Taints".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.clouds.gke.tpu_slices import GENERATIONS, Slice
from lichen.document import InputError
from lichen_components.kubernetes.shapes import check_slice, slice_of

ARCHITECTURE = "kubernetes.io/arch"
INSTANCE_TYPE = "node.kubernetes.io/instance-type"
REGION = "topology.kubernetes.io/region"
_ARM_FAMILIES = {"c4a": "c4a", "n4a": "n4a"}
_GPU_LABELS = {
    "NVIDIA L4": "nvidia-l4",
    "NVIDIA A100 SXM4 40GB": "nvidia-tesla-a100",
    "NVIDIA A100 SXM4 80GB": "nvidia-a100-80gb",
    "NVIDIA H100 SXM 80GB": "nvidia-h100-80gb",
    "NVIDIA H200 SXM 141GB": "nvidia-h200-141gb",
    "NVIDIA B200": "nvidia-b200",
    "NVIDIA RTX PRO 6000 Blackwell SE": "nvidia-rtx-pro-6000",
}
"""Chip -> GKE's label ``cloud.google.com/gke-accelerator``, also a pool's accelerator type."""

_RESOURCES = {"gpu": "nvidia.com/gpu", "tpu": "google.com/tpu", "neuron": "aws.amazon.com/neuron"}
_FOR_PODS = 0.9
"""What of a node's allocatable room a pod of ours asks for: daemons of the cluster get the rest
(design choice)."""


_SHARED_CORES = ("e2-micro", "e2-small", "e2-medium")
"""Machines of GKE whose cores are shared with others."""
_KEPT_OF_SHARED_CORES = 1.06
"""Processors that GKE keeps of one of them."""


class Taint(NamedTuple):
    """A taint of nodes, and what a pod tolerates. ``value`` "" tolerates any."""

    key: str
    value: str
    effect: str = "NoSchedule"


@dataclass(frozen=True)
class NodeRow:
    """A machine as a node of a cluster.

    ``selector`` are the labels that a pod names, ``taints`` those that it tolerates, ``resource``
    and ``count`` the devices that it asks for: all of its node's. ``cpu_m`` are thousandths of a
    processor and ``memory_mib`` what a pod asks for besides. ``part`` is the slice of TPUs.
    """

    machine: Machine
    architecture: str
    cpu_m: int
    memory_mib: int
    selector: dict[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    resource: str | None = None
    count: int = 0
    part: Slice | None = None

    @property
    def scarce(self) -> bool:
        """Whether a second one beside the first cannot be counted on during a roll-out."""
        return self.part is not None


def node_of(
    hosting: str,
    machine: Machine,
    catalogue: Catalogue,
    topology: str | None = None,
    need_gib: float = 0.0,
) -> NodeRow:
    """The row of a machine on a hosting.

    ``need_gib`` is what one copy of the model needs. :class:`InputError` where a cluster has no
    such node, or where a ``topology`` that is asked for does not fit it.
    """
    architecture = "arm64" if machine.architecture == "arm64" else "amd64"
    selector, taints = {ARCHITECTURE: architecture}, []
    if architecture == "arm64":
        taints.append(Taint(ARCHITECTURE, "arm64"))
    chip = catalogue.accelerator_of(machine)
    part, resource, count = None, None, 0
    if chip is not None:
        if chip.kind not in _RESOURCES or (chip.kind == "gpu" and chip.vendor != "NVIDIA"):
            raise InputError(
                f"no component asks a cluster for {chip.name}",
                fix="allow in where.machines machines with NVIDIA GPUs, TPUs or Inferentia",
                field="workload.where.machines",
            )
        resource, count = _RESOURCES[chip.kind], round(machine.accelerators)
        taints.append(Taint(resource, ""))
        if chip.name in GENERATIONS:
            part = slice_of(machine.name, chip.name, topology)
            if topology is not None:
                check_slice(part, machine.name, chip.name, chip.memory_gib or 0, need_gib)
            count, machine = part.chips, catalogue.machine(part.machine)
    if topology is not None and part is None:
        raise InputError(
            f"is of TPUs, and {machine.name} has none",
            fix="leave topology out, or allow TPUs in where",
            field="kubernetes.topology",
        )
    if hosting in ("gke", "gke-tpu"):
        selector = _gke(machine, None if chip is None else chip.name, part, selector)
    elif hosting == "eks":
        selector = {**selector, INSTANCE_TYPE: machine.name}
    cpu_m, memory_mib = room(machine)
    return NodeRow(
        machine=machine,
        architecture=architecture,
        cpu_m=cpu_m,
        memory_mib=memory_mib,
        selector=selector,
        taints=tuple(taints),
        resource=resource,
        count=count,
        part=part,
    )


def gpu_label(chip: str) -> str:
    """GKE's name of an NVIDIA GPU; :class:`InputError` where the table has none."""
    if chip not in _GPU_LABELS:
        raise InputError(
            f"no row says what GKE calls {chip}",
            fix="allow in where.machines machines with one of: " + ", ".join(_GPU_LABELS),
            field="workload.where.machines",
        )
    return _GPU_LABELS[chip]


def room(machine: Machine) -> tuple[int, int]:
    """Thousandths of processors, and MiB, that a pod may ask for on a machine of its own.

    The system keeps 6 % of the first processor, 1 % of the second, 0.5 % of two more, 0.25 % of the
    rest; 25 % of the first 4 GiB, 20 % of 4 more, 10 % of 8 more, 6 % up to 128, 2 % above, and
    100 MiB; of E2 machines that share cores 1.06 processors (GKE documentation, "Plan node sizes").
    """
    keeps_cpu = (
        _KEPT_OF_SHARED_CORES
        if machine.name in _SHARED_CORES
        else _kept(machine.vcpu, ((1, 0.06), (1, 0.01), (2, 0.005), (math.inf, 0.0025)))
    )
    gib = machine.memory_gib or 0
    steps = ((4, 0.25), (4, 0.2), (8, 0.1), (112, 0.06), (math.inf, 0.02))
    keeps_mib = 1024 * _kept(gib, steps) + 100
    cpu = _FOR_PODS * (machine.vcpu - keeps_cpu) * 1000
    return math.floor(cpu / 10) * 10, math.floor(_FOR_PODS * (1024 * gib - keeps_mib))


def _kept(amount: float, steps: tuple[tuple[float, float], ...]) -> float:
    kept = 0.0
    for width, share in steps:
        kept += share * min(width, max(0.0, amount))
        amount -= width
    return kept


def _gke(
    machine: Machine, chip: str | None, part: Slice | None, selector: dict[str, str]
) -> dict[str, str]:
    if part is not None:
        return {
            "cloud.google.com/gke-tpu-accelerator": part.accelerator,
            "cloud.google.com/gke-tpu-topology": part.topology,
        }
    if chip is not None:
        return {"cloud.google.com/gke-accelerator": gpu_label(chip)}
    family = _ARM_FAMILIES.get(machine.family, machine.family)
    # The family says the processor; Arm is named too, since GKE then adds the toleration.
    arm = selector if machine.architecture == "arm64" else {}
    return {**arm, "cloud.google.com/machine-family": family}
