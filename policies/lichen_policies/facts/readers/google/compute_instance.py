"""Compute Engine's machine."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Fact, Located
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import accelerators

CLOUD = "google"
TYPES = ("gcp:compute/instance:Instance", "google_compute_instance")


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located and what accelerators it carries."""
    machine = bare(properties.text("machine_type"))
    yield Located(**about, region_at=properties.at("zone"), machine=machine)
    yield from accelerators(properties, about)
