"""What one engine's resource carries whole for another: an object of Kubernetes, or a resource of
Azure's API."""

from __future__ import annotations

from lichen_policies.dialects import azure, kubernetes
from lichen_policies.facts.resource import Resource


def carried(found: Resource) -> Resource:
    """What is inside of another engine's resource, under that resource's address; any other, and
    one that cannot be read, as it is."""
    if found.type in azure.CARRIERS:
        from lichen_policies.dialects.azure.carried import of_azure  # few deployments have one

        return of_azure(found)
    return kubernetes.carried(found)
