"""What is secret beside what an engine marks as secret.

An engine marks the value that a program marked. A provider copies a resource's tags and labels
into others without the mark.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lichen_policies.facts.unknown import is_unknown

COPY_OF: Mapping[str, str] = {
    "tagsAll": "tags",
    "tags_all": "tags",
    "effectiveLabels": "labels",
    "effective_labels": "labels",
    "pulumiLabels": "labels",
    "terraform_labels": "labels",
}
"""Properties that a provider copies others into, in the spellings of Pulumi and Terraform."""


def hidden(copy: Any, original: Any, secret: Any) -> Any:
    """A copy with everything secret that is ``secret`` in what it was copied from."""
    if original is secret:
        return secret
    if not isinstance(copy, dict) or not isinstance(original, dict):
        return copy
    return {key: secret if original.get(key) is secret else part for key, part in copy.items()}


def without_copies(properties: dict[str, Any], secret: Any) -> dict[str, Any]:
    """A resource's properties, their copies with everything ``secret`` that the originals have."""
    for name, original in COPY_OF.items():
        if name in properties and not is_unknown(properties[name]):
            properties[name] = hidden(properties[name], properties.get(original), secret)
    return properties
