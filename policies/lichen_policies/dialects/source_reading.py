"""What is read of a deployment's source, where no tool has made a document of it."""

from __future__ import annotations

import msgspec

from lichen_policies.facts.resource import Resource
from lichen_policies.verdict import Skipped


class SourceReading(msgspec.Struct, frozen=True):
    """The resources, and what the source calls that is not here."""

    resources: tuple[Resource, ...]
    skipped: tuple[Skipped, ...]
