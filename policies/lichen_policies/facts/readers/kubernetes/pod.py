"""The template of pods: what one pod asks for, and the nodes that it may run on.

An accelerator counts once for a pod: its containers together, or one that runs before them
(Kubernetes documentation, "Init Containers": the effective request of a pod).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from lichen.clouds import region_of
from lichen_policies.facts.devices import is_device
from lichen_policies.facts.numbers import quantity, whole_in
from lichen_policies.facts.placeholders import placeholder
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes import accelerators
from lichen_policies.facts.unknown import Maybe, Unknown, is_left_out, is_unknown

REGIONS = ("topology.kubernetes.io/region", "failure-domain.beta.kubernetes.io/region")
ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
MACHINES = ("node.kubernetes.io/instance-type", "beta.kubernetes.io/instance-type")
ARCHITECTURES = ("kubernetes.io/arch", "beta.kubernetes.io/arch")
TPU_ACCELERATOR = "cloud.google.com/gke-tpu-accelerator"
TPU_TOPOLOGY = "cloud.google.com/gke-tpu-topology"
CHIPS = (
    "cloud.google.com/gke-accelerator",
    TPU_ACCELERATOR,
    "eks.amazonaws.com/instance-gpu-name",
    "karpenter.k8s.aws/instance-gpu-name",
    "nvidia.com/gpu.product",
)
SPOT = {
    "karpenter.sh/capacity-type": "spot",
    "eks.amazonaws.com/capacityType": "SPOT",
    "cloud.google.com/gke-spot": "true",
    "cloud.google.com/gke-preemptible": "true",
    "cloud.google.com/gke-provisioning": "spot",
    "kubernetes.azure.com/scalesetpriority": "spot",
}
"""Labels of nodes on spare capacity. Sources: Karpenter documentation, "NodePools"; Amazon EKS,
"Managed node groups"; GKE documentation, "Spot VMs"; AKS documentation, "Spot node pools"."""
_PARTITION = "cloud.google.com/gke-gpu-partition-size"
_CLIENTS = "cloud.google.com/gke-max-shared-clients-per-gpu"
_CHIP = re.compile(r"(?i)(?:nvidia|amd|tpu)[a-z0-9._-]*|[tlahb]\d{1,3}[a-z]{0,2}")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
FAMILIES = (
    "karpenter.k8s.aws/instance-family",
    "eks.amazonaws.com/instance-family",
    "cloud.google.com/machine-family",
)
_ARM_FAMILY = re.compile(r"a1|[a-z]{1,3}\d{1,2}g[a-z]{0,3}|t2a|c4a|n4a")
"""Families of machines with Arm processors: Graviton's have a "g" after their generation (Amazon
EC2, "Instance type naming conventions"); Google's are T2A, and Axion's C4A and N4A."""
_PROCESSORS = {"amd64": "x86_64", "arm64": "arm64"}


Label = tuple[str, tuple[str, ...] | Unknown, str]
"""A label that nodes must have: its name, its values, of which one is enough, and its path."""


class Asked(NamedTuple):
    """Accelerators of one pod: how many, of which chip, and the property that asks for them.

    ``number`` is None where only the cluster knows how large a share is; ``devices`` is how many
    the containers see, whole or shares.
    """

    number: Maybe[float]
    chip: str
    path: str
    devices: Maybe[float] = None


class Pod:
    """One pod, as its template describes it; ``spec`` is the pod's own.

    ``serves`` says that it plainly serves models: then limits that are not known may hold
    accelerators. Elsewhere they are taken to hold none, as in most pods.
    """

    def __init__(
        self, spec: Properties, serves: bool = False, containers: list[Properties] | None = None
    ) -> None:
        self.spec, self.serves = spec, serves
        self.containers = (
            spec.blocks("containers", "container") if containers is None else containers
        )

    @cached_property
    def machine(self) -> Stated[str]:
        """The one machine that its nodes must be."""
        return self._selected(*MACHINES)

    @cached_property
    def architecture(self) -> Stated[str]:
        """The one processor that its nodes must have, as the catalogue names it."""
        value, path = self._selected(*ARCHITECTURES)
        if value is None:
            return self._of_family or Stated(value, path)
        return Stated(_PROCESSORS.get(value, value) if isinstance(value, str) else value, path)

    @property
    def by_family(self) -> bool:
        """Whether the family of its nodes' machines alone says which processor they have."""
        return self._of_family is not None and self._selected(*ARCHITECTURES).value is None

    @cached_property
    def _of_family(self) -> Stated[str] | None:
        """Arm, where all families that its nodes may be of have it."""
        for key, values, path in self._labels:
            if key not in FAMILIES or is_unknown(values) or not values:
                continue
            if all(_ARM_FAMILY.fullmatch(value) for value in values):
                return Stated("arm64", path)
        return None

    @cached_property
    def tpu_accelerator(self) -> Stated[str]:
        """The one kind of slices of TPUs that its nodes must be of."""
        return self._selected(TPU_ACCELERATOR)

    @cached_property
    def tpu_topology(self) -> Stated[str]:
        """The one topology that its nodes' slice must have."""
        return self._selected(TPU_TOPOLOGY)

    @cached_property
    def spot(self) -> Stated[bool]:
        """Whether its nodes must be on spare capacity; None where they may be others too."""
        for key, values, path in self._labels:
            if key in SPOT and not is_unknown(values):
                return Stated(set(values) == {SPOT[key]}, path)
        return Stated(None, "")

    @cached_property
    def region(self) -> Stated[str]:
        """The region that its nodes must be in; the property to state it in, where none does."""
        own = region_in(self._labels)
        return own or Stated(None, _at(self.spec.at("node_selector"), REGIONS[0]))

    @cached_property
    def asked(self) -> Asked | None:
        """Its accelerators; None where it asks for none."""
        together = _sum([found for each in self.containers for found in self._of(each)])
        before = [
            found
            for each in self.spec.blocks("init_containers", "init_container")
            for found in self._of(each)
        ]
        return max((together, *before), key=_size) if together or before else None

    @cached_property
    def of_others(self) -> tuple[tuple[str, str], ...]:
        """The accelerators that it asks for of which nothing but the name is known, each with the
        property that asks for it."""
        found: dict[str, str] = {}
        for container in self.containers:
            resources = container.chosen_block("resources")
            for name in ("limits", "requests"):
                amounts = resources.tags(name)
                if amounts is None or is_unknown(amounts):
                    continue
                for resource, amount in amounts.items():
                    if accelerators.is_accelerator(resource) or amount in (0, "0", None):
                        continue
                    if is_device(resource):
                        found.setdefault(resource, _at(resources.at(name), resource))
        return tuple(found.items())

    def asked_by(self, container: Properties) -> Asked | None:
        """What one of its containers asks for."""
        return _sum(list(self._of(container)))

    def _of(self, container: Properties) -> Iterator[Asked]:
        """What one container asks for."""
        resources = container.chosen_block("resources")
        for name in ("limits", "requests"):
            amounts = resources.tags(name)
            if is_left_out(amounts):
                continue
            if is_unknown(amounts) and self.serves:
                yield Asked(amounts, "accelerator", resources.at(name))
                return
            if amounts is None or is_unknown(amounts):
                continue
            found = [
                self._asked(resource, amount, _at(resources.at(name), resource))
                for resource, amount in amounts.items()
                if accelerators.is_accelerator(resource) and amount not in (0, "0", None)
            ]
            if found:
                yield from found
                return

    def _asked(self, resource: str, amount: object, path: str) -> Asked:
        chip = self._chip or accelerators.chip_of(resource)
        devices = _number(amount)
        if is_unknown(devices):
            return Asked(devices, chip, path, devices)
        machine = self.machine.value
        part = accelerators.part_of_chip(resource, machine if isinstance(machine, str) else None)
        if part == 1:
            part = self._share
        if part is None:
            return Asked(None, chip, path, devices)
        return Asked(devices * part, chip, path, devices)

    @cached_property
    def _share(self) -> float | None:
        """How much of a chip its nodes give for one: less than 1 where they share it."""
        partition, clients = self._selected(_PARTITION).value, self._selected(_CLIENTS).value
        if isinstance(partition, str):
            return accelerators.part_of_gpu(partition)
        if isinstance(clients, str):
            return 1 / sharing if (sharing := whole_in(clients)) else None
        return 1.0

    @cached_property
    def _chip(self) -> str:
        """The chip that its nodes must have, by a name that is a chip's; empty where none is."""
        value = self._selected(*CHIPS).value
        return value if isinstance(value, str) and _CHIP.fullmatch(value) else ""

    @property
    def chip_at(self) -> str:
        """The property that says which chip its nodes must have; empty where none does."""
        return self._selected(*CHIPS).path if self._chip else ""

    def _selected(self, *keys: str) -> Stated[str]:
        """The one value of a label that its nodes must have."""
        for key, values, path in self._labels:
            if key in keys:
                if is_unknown(values):
                    return Stated(values, path)
                if len(values) == 1:
                    return Stated(values[0], path)
        return Stated(None, "")

    @cached_property
    def _labels(self) -> list[Label]:
        """The labels that its nodes must have: each with its values and the property."""
        found = list(self._selectors())
        affinity = self.spec.block("affinity").block("node_affinity")
        terms = affinity.block("required_during_scheduling_ignored_during_execution").blocks(
            "node_selector_terms", "node_selector_term"
        )
        if len(terms) == 1:  # of several, one is enough
            found += requirements(terms[0].blocks("match_expressions"))
        return found

    def _selectors(self) -> Iterator[Label]:
        selector = self.spec.tags("node_selector")
        if isinstance(selector, Mapping):
            for key, value in selector.items():
                yield key, _values([value]), _at(self.spec.at("node_selector"), key)


def of_group(first: Pod, others: Pod, size: int | Unknown) -> Asked | None:
    """What a group of ``size`` pods asks for together, of which one is another than the rest."""
    rest = others.asked
    if rest is None or size == 1:
        return first.asked
    if is_unknown(size):
        return rest._replace(number=size, devices=size)
    return _sum([each for each in (first.asked, times(rest, size - 1)) if each is not None])


def times(asked: Asked, pods: int) -> Asked:
    """What several pods of one kind ask for together."""
    number, devices = (
        value if value is None or is_unknown(value) else value * pods
        for value in (asked.number, asked.devices)
    )
    return asked._replace(number=number, devices=devices)


def region_in(labels: list[Label]) -> Stated[str] | None:
    """The one region that labels of nodes name, or that all of their zones are in."""
    for key, values, path in labels:
        if key not in REGIONS and key not in ZONES:
            continue
        if is_unknown(values):
            return Stated(values, path)
        regions = {region_of(value) for value in values}
        if len(regions) == 1:
            return Stated(regions.pop(), path)
    return None


def requirements(expressions: list[Properties]) -> list[Label]:
    """The labels of ``key``, ``operator: In`` and ``values``."""
    found: list[Label] = []
    for expression in expressions:
        key = expression.text("key")
        if isinstance(key, str) and expression.text("operator") == "In":
            values = expression.each_text("values")
            found.append((key, _values(list(values)), expression.at("values")))
    return found


def _values(values: list[object]) -> tuple[str, ...] | Unknown:
    """Labels' values; unknown where one is, or is no label's value and so not rendered yet."""
    texts = []
    for value in values:
        if is_unknown(value):
            return value
        text = str(value)
        if not _LABEL.fullmatch(text):
            return placeholder(text)
        texts.append(text)
    return tuple(texts)


def _sum(asked: list[Asked]) -> Asked | None:
    """What several containers ask for together, under the path of the first."""
    if len(asked) < 2:
        return asked[0] if asked else None
    number = devices = 0.0
    for each in asked:
        if each.number is None or is_unknown(each.number):
            return each
        number += each.number
        devices += each.devices if isinstance(each.devices, float) else 0
    return asked[0]._replace(number=number, devices=devices)


def _number(amount: object) -> float | Unknown:
    """A number of whole devices, which may be written as text."""
    number = quantity(amount)
    if isinstance(number, float) and number.is_integer():
        return number
    return number if is_unknown(number) else Unknown("is not a number of devices")


def _size(asked: Asked | None) -> float:
    """For the larger of two; what is not known goes before any number."""
    if asked is None:
        return -1.0
    return float("inf") if asked.number is None or is_unknown(asked.number) else asked.number


def _at(path: str, key: str) -> str:
    """The path of a key that is no name: ``nodeSelector["kubernetes.io/arch"]``."""
    return f'{path}["{key}"]'
