"""GKE's node pool: the machines that a cluster holds, and their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Fact, Located, Scaling
from lichen_policies.facts.machine import bare, serves
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import accelerators

CLOUD = "google"
TYPES = ("gcp:container/nodePool:NodePool", "google_container_node_pool")


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located, what its machines carry, and a Scaling where it serves models.

    Its counts are of one zone, except the ``total`` ones: a pool of a regional cluster may run
    more, which it does not say.
    """
    node, bounds = properties.block("node_config"), properties.block("autoscaling")
    machine = bare(node.text("machine_type"))
    counts = ("node_count", "initial_node_count")
    floors = ("total_min_node_count", "min_node_count")
    ceilings = ("total_max_node_count", "max_node_count")
    floor = bounds.whole(*floors)
    held = floor if bounds else properties.whole(*counts)
    yield Located(**about, region_at=properties.at("location"), machine=machine, machines=held or 1)
    if bounds:
        yield from accelerators(node, about, bounds.whole(*ceilings), bounds.at(*ceilings))
    else:
        yield from accelerators(node, about, held, properties.at(*counts))
    if bounds and (serves(about, machine) or node.given("guest_accelerators") is True):
        yield Scaling(**about, path=bounds.at(*floors), floor=floor, machine=machine)
