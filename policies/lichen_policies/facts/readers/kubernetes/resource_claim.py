"""Claims of devices (Dynamic Resource Allocation), which pods name in place of counting them.

Sources: Kubernetes documentation, "Dynamic Resource Allocation" (a request asks for one device
where it states no number), and the drivers of NVIDIA, AMD, Google, AWS and Intel, whose device
classes these are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ClaimedDevices, Machines
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.kubernetes.accelerators import part_of_gpu
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.naming import names_of
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

CLOUD = "kubernetes"
_VERSIONS = ("v1", "v1beta2", "v1beta1", "v1alpha3")
TYPES = types(
    Api("resource.k8s.io", _VERSIONS, "ResourceClaim"),
    Api("resource.k8s.io", _VERSIONS, "ResourceClaimTemplate"),
)
FACTS = (ClaimedDevices, Machines)

CLASSES: Mapping[str, str] = {
    "gpu.nvidia.com": "NVIDIA GPU",
    "mig.nvidia.com": "NVIDIA GPU",
    "gpu.amd.com": "AMD GPU",
    "tpu.google.com": "Google TPU",
    "neuron.aws.com": "AWS Neuron",
    "gaudi.intel.com": "Intel Gaudi",
}
"""What a device of each class is, or is a part of; devices of other classes are no accelerators."""

_MIG = "mig.nvidia.com"
_PROFILE = re.compile(r"profile\s*==\s*['\"](\d+g\.\d+gb)")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A ClaimedDevices of a template; a Machines of a claim, which is one for all that name it."""
    spec = properties.block("spec")
    template = bool(spec.block("spec"))
    requests = (spec.block("spec") if template else spec).block("devices").blocks("requests")
    found = [each for request in requests for each in _asked(request)]
    known = [each.value for each in found if isinstance(each.value, float)]
    unknown = next((each.value for each in found if is_unknown(each.value)), None)
    chips: Maybe[float | None] = unknown or (sum(known) if known else None)
    chip = _class_of(requests)
    if template:
        yield ClaimedDevices(
            path=spec.path, names=names_of(properties), chip=chip, chips=field(chips)
        )
    elif chips is not None:
        yield Machines(
            path=found[0].path,
            chip=chip,
            chips_each=field(chips),
            hosting="kubernetes",
            unit="claims",
        )


def _exact(request: Properties) -> Properties:
    """What a request asks for: itself, or the first of what it would take."""
    if request.given("first_available"):
        return next(iter(request.blocks("first_available")), request)
    return request.block("exactly") if request.given("exactly") else request


def _class_of(requests: list[Properties]) -> str | None:
    named = (_exact(request).text("device_class_name") for request in requests)
    return next(
        (CLASSES[name] for name in named if isinstance(name, str) and name in CLASSES), None
    )


def _asked(request: Properties) -> Iterator[Stated[float]]:
    """The accelerators of one request; nothing where it asks for other devices, or for a part of a
    size that only the cluster knows."""
    exact = _exact(request)
    name, count = exact.text("device_class_name"), exact.stated_whole("count")
    if not isinstance(name, str) or name not in CLASSES:
        return
    if exact.text("allocation_mode") == "All":
        yield Stated(Unknown("is all that a node has"), exact.at("allocation_mode"))
        return
    if is_unknown(count.value):
        yield Stated(count.value, count.path)
        return
    part: float | None = 1.0
    if name == _MIG:
        part = _part(exact)
    if part is not None:
        yield Stated((1 if count.value is None else count.value) * part, count.path)


def _part(exact: Properties) -> float | None:
    """How much of a GPU a partition is, by the profile that a selector names."""
    for selector in exact.blocks("selectors"):
        expression = selector.block("cel").text("expression")
        if isinstance(expression, str) and (found := _PROFILE.search(expression)):
            return part_of_gpu(found[1])
    return None
