"""What rules may know: resources of every dialect read into the same few kinds of fact.

A reader is a module in ``readers/``: ``CLOUD``, ``TYPES`` (every dialect's word for the kind of
resource) and ``read``, which yields facts. A new kind of resource is one such file.
"""

from lichen_policies.facts.fact import Accelerated, Fact, Located, Scaling, Serving
from lichen_policies.facts.resource import Dialect, Resource
from lichen_policies.facts.unknown import (
    UNKNOWN,
    NotApplicable,
    NotYetKnown,
    Unknown,
    Unverified,
    is_unknown,
)

__all__ = [
    "UNKNOWN",
    "Accelerated",
    "Dialect",
    "Fact",
    "Located",
    "NotApplicable",
    "NotYetKnown",
    "Resource",
    "Scaling",
    "Serving",
    "Unknown",
    "Unverified",
    "is_unknown",
]
