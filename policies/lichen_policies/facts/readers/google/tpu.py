"""What a TPU's type or topology asks for: which chip, how many, on which machines.

Source: Google Cloud TPU documentation, "TPU configurations" and the pages of each version; xpk's
table of systems. A type counts TensorCores, two a chip, for v2, v3, v4, v5p and v7x; chips for
v5e and v6e.
"""

from __future__ import annotations

import math
import re

from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

_TYPE = re.compile(r"^(?P<version>v2|v3|v4|v5p|v5litepod|v5e|v6e|tpu7x|v7x)-(?P<count>\d{1,6})$")
_CORES_COUNTED = ("v2", "v3", "v4", "v5p", "tpu7x", "v7x")
_TOPOLOGY = re.compile(r"^\d{1,4}(x\d{1,4}){1,2}$")
_CHIPS = {
    "v2": "Google TPU v2",
    "v3": "Google TPU v3",
    "v4": "Google TPU v4",
    "v5e": "Google TPU v5e",
    "v5p": "Google TPU v5p",
    "v6e": "Google TPU v6e",
    "v7x": "Google TPU v7x",
}
_VERSIONS = {"v5litepod": "v5e", "v5lite_pod": "v5e", "tpu7x": "v7x"}
_MACHINES = {
    "v3": (("ct3-hightpu-4t", 4),),
    "v4": (("ct4p-hightpu-4t", 4),),
    "v5e": (("ct5lp-hightpu-1t", 1), ("ct5lp-hightpu-4t", 4), ("ct5lp-hightpu-8t", 8)),
    "v5p": (("ct5p-hightpu-4t", 4),),
    "v6e": (("ct6e-standard-1t", 1), ("ct6e-standard-4t", 4), ("ct6e-standard-8t", 8)),
    "v7x": (("tpu7x-standard-1t", 1), ("tpu7x-standard-4t", 4)),
}
"""The machines of each version by the catalogue's names, with their chips; a slice of several
machines is made of those of four."""

_TYPES = {"v5e": "v5litepod-{}", "v6e": "v6e-{}"}
"""How a type is written in which the number is that of the chips."""

_TOPOLOGIES = {1: "1x1", 4: "2x2", 8: "2x4", 16: "4x4", 32: "4x8", 64: "8x8"}
"""The shapes of the versions whose chips lie in a plane."""


def version_of(accelerator_type: Maybe[str]) -> str | None:
    """The version of a type (``v5litepod-8``) or of a configuration (``V5LITE_POD``)."""
    if not isinstance(accelerator_type, str):
        return None
    name = accelerator_type.lower()
    match = _TYPE.match(name)
    version = match["version"] if match else name
    version = _VERSIONS.get(version, version)
    return version if version in _CHIPS else None


def chip_of(version: str | None) -> str | None:
    """The catalogue's name of a version's chip."""
    return None if version is None else _CHIPS[version]


def machines_of(version: str | None, chips: Maybe[float]) -> tuple[str | None, int]:
    """The machine that a slice of so many chips is made of, and how many; None where either is not
    known."""
    if version is None or not isinstance(chips, float):
        return None, 1
    machines = _MACHINES.get(version, ())
    for name, each in machines:
        if each == chips:
            return name, 1
    of_four = next((name for name, each in machines if each == 4), None)
    return of_four, max(int(chips // 4), 1)


def shapes_of(version: str | None, *, as_topology: bool) -> tuple[tuple[float, str], ...]:
    """The slices that a version can have, by chips, with the text that asks for each."""
    if version not in _TYPES:
        return ()
    return tuple(
        (float(chips), shape if as_topology else _TYPES[version].format(chips))
        for chips, shape in _TOPOLOGIES.items()
    )


def chips_of_type(accelerator_type: Maybe[str]) -> Maybe[float]:
    """Chips of a type: 4 of ``v5p-8``, 8 of ``v5litepod-8``."""
    if accelerator_type is None or is_unknown(accelerator_type):
        return accelerator_type
    match = _TYPE.match(accelerator_type)
    if match is None:
        return Unknown("is not a known TPU type")
    count = int(match["count"])
    return count / 2 if match["version"] in _CORES_COUNTED else float(count)


def chips_of_topology(topology: Maybe[str]) -> Maybe[float]:
    """Chips of a topology: 8 of ``2x4``, 16 of ``2x2x4``."""
    if topology is None or is_unknown(topology):
        return topology
    if not _TOPOLOGY.match(topology):
        return Unknown("is not a topology such as 2x4")
    return float(math.prod(int(side) for side in topology.split("x")))
