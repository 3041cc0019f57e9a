"""GKE's node pool: the machines that a cluster holds, and their bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Fact, Located, Scaling
from lichen_policies.facts.guest import accelerators
from lichen_policies.facts.machine import bare, serves
from lichen_policies.facts.properties import Properties

CLOUD = "google"
TYPES = ("gcp:container/nodePool:NodePool", "google_container_node_pool")


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located, what its machines carry, and a Scaling where it serves models.

    Its counts are of one zone, except the ``total`` ones: a pool of a regional cluster may run
    more, which it does not say.
    """
    node, bounds = properties.block("node_config"), properties.block("autoscaling")
    machine, machine_at = bare(node.text("machine_type")), node.at("machine_type")
    floors, ceilings = (
        ("total_min_node_count", "min_node_count"),
        (
            "total_max_node_count",
            "max_node_count",
        ),
    )
    if bounds:
        floor, floor_at = bounds.whole(*floors), bounds.at(*floors)
        most, most_at = bounds.whole(*ceilings), bounds.at(*ceilings)
    else:
        counts = ("node_count", "initial_node_count")
        floor = most = properties.whole(*counts)
        floor_at = most_at = properties.at(*counts)
    yield Located(
        **about, region_at=properties.at("location"), machine=machine, machines=floor or 1
    )
    yield from accelerators(
        node, about, machine=machine, machine_at=machine_at, machines=most, machines_at=most_at
    )
    if serves(about, machine) or node.given("guest_accelerators") is True:
        yield Scaling(
            **about,
            path=floor_at,
            floor=floor,
            unit="machines",
            floor_at=floor_at,
            to_zero=f"set {bounds.at('min_node_count')} to 0",
            machine=machine,
        )
