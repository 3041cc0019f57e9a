"""Pulumi components: say what you serve, get a right-sized endpoint on efficient hardware.

``Endpoint`` is the one to use, and the only one that chooses; the others realise what it chose.
"""

from lichen_components.asked import EndpointArgs
from lichen_components.endpoint import Endpoint

__all__ = ["Endpoint", "EndpointArgs"]
