"""ConfigMaps: settings that containers of the same deployment take.

Source: Kubernetes documentation, "Configure a Pod to Use a ConfigMap".
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import ConfigValues
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.naming import name_of_target
from lichen_policies.facts.unknown import field

CLOUD = "kubernetes"
TYPES = types(
    Api("", ("v1",), "ConfigMap", ("kubernetes_config_map", "kubernetes_config_map_v1")),
)
FACTS = (ConfigValues,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A ConfigValues, where it has a name."""
    name = name_of_target(properties, "ConfigMap", properties.block("metadata").text("name"))
    if name is not None:
        yield ConfigValues(path="data", names=(name,), values=field(properties.tags("data")))
