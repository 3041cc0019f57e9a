"""How many TPU chips a name or a topology asks for.

Source: Google Cloud TPU documentation, "TPU configurations": ``v2-8``, ``v3-8``, ``v4-8`` and
``v5p-8`` count TensorCores, two a chip; ``v5litepod-8`` and ``v6e-8`` count chips.
"""

from __future__ import annotations

import math
import re

from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

_TYPE = re.compile(r"^(?P<generation>v2|v3|v4|v5p|v5litepod|v5e|v6e|tpu7x)-(?P<count>\d+)$")
_CORES_COUNTED = {"v2", "v3", "v4", "v5p"}
_TOPOLOGY = re.compile(r"^\d+(x\d+){1,2}$")


def chips_of_type(accelerator_type: Maybe[str]) -> Maybe[float]:
    """Chips of a type: 4 of ``v5p-8``, 8 of ``v5litepod-8``."""
    if accelerator_type is None or is_unknown(accelerator_type):
        return accelerator_type
    match = _TYPE.match(accelerator_type)
    if match is None:
        return Unknown("is not a known TPU type")
    count = int(match["count"])
    return count / 2 if match["generation"] in _CORES_COUNTED else float(count)


def chips_of_topology(topology: Maybe[str]) -> Maybe[float]:
    """Chips of a topology: 8 of ``2x4``, 16 of ``2x2x4``."""
    if topology is None or is_unknown(topology):
        return topology
    if not _TOPOLOGY.match(topology):
        return Unknown("is not a topology such as 2x4")
    return float(math.prod(int(side) for side in topology.split("x")))
