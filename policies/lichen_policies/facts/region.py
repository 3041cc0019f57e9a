"""Which region a resource is in: what it says itself, what is beside it, what the stack says.

The ladder: ``region``, ``location``, ``zone`` or ``availabilityZone`` of the resource; the region
in an ARN that it names; the provider's; the stack's configuration; the environment variables that
a provider reads. Nothing found is None, and that is a finding of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import is_unknown

_OWN = ("region", "location", "availability_zone", "zone")
_ARNS = ("kms_key_arn", "kms_key_id", "cluster_arn", "role_arn", "service_role", "resource_arn")
_AWS_ZONE = re.compile(r"^([a-z]{2}(?:-[a-z]+)+-\d)[a-z]$")
_GOOGLE_ZONE = re.compile(r"^([a-z]+-[a-z]+\d+)-[a-z]$")


def region_of(zone: str) -> str:
    """The region of a zone: ``us-east-1`` of ``us-east-1a``, ``us-central1`` of ``us-central1-a``;
    anything else as it is."""
    zone = zone.rsplit("/", 1)[-1]
    match = _AWS_ZONE.match(zone) or _GOOGLE_ZONE.match(zone)
    return match[1] if match else zone


def stated(properties: Properties) -> Any:
    """``str | None``: the region that a resource states, itself or in an ARN beside it."""
    for name in _OWN:
        place = properties.text(name)
        if is_unknown(place):
            return place
        if place:
            return region_of(place)
    zones = properties.texts("availability_zones")
    if isinstance(zones, tuple) and zones:
        return region_of(zones[0])
    return next(_in_arns(properties), None)


def _in_arns(properties: Properties) -> Iterator[str]:
    for name in _ARNS:
        arn = properties.text(name)
        if isinstance(arn, str) and arn.startswith("arn:"):
            parts = arn.split(":", 5)
            if len(parts) == 6 and parts[3]:
                yield parts[3]


_CONFIG = {
    "aws": ("aws:region", "aws-native:region"),
    "google": ("gcp:region", "gcp:zone", "google-native:region", "google-native:zone"),
}
_VARIABLES = {
    "aws": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "google": ("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION", "GOOGLE_ZONE"),
}


def of_stack(cloud: str, config: Mapping[str, str], variables: Mapping[str, str]) -> str | None:
    """The region that a Pulumi stack's configuration gives, else the process's variables."""
    for names, values in ((_CONFIG, config), (_VARIABLES, variables)):
        for name in names.get(cloud, ()):
            if values.get(name):
                return region_of(values[name])
    return None
