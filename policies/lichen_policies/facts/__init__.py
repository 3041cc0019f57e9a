"""What rules may know: resources of every dialect read into the same few kinds of fact.

A reader is a module in ``readers/<cloud>/``: ``CLOUD``; ``TYPES``, each dialect's words for the
kind of resource; and ``read(properties, context)``, which yields facts. A new kind of resource is
one such file.
"""

from lichen_policies.facts.fact import Accelerated, Context, Fact, Located, Scaling, Serving
from lichen_policies.facts.resource import Dialect, Resource
from lichen_policies.facts.unknown import (
    UNKNOWN,
    Maybe,
    NotApplicable,
    NotYetKnown,
    Unknown,
    Unverified,
    is_unknown,
)

__all__ = [
    "UNKNOWN",
    "Accelerated",
    "Context",
    "Dialect",
    "Fact",
    "Located",
    "Maybe",
    "NotApplicable",
    "NotYetKnown",
    "Resource",
    "Scaling",
    "Serving",
    "Unknown",
    "Unverified",
    "is_unknown",
]
