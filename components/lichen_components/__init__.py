"""Pulumi components: say what you serve, get a right-sized endpoint on efficient hardware.

``Endpoint`` is the one to use, and the only one that chooses; makers make what it chose.
"""

from lichen_components.args import EndpointArgs
from lichen_components.endpoint import Endpoint

__all__ = ["Endpoint", "EndpointArgs"]
