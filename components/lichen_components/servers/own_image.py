"""An image of the user's own, with the model in it: nothing but threads is set."""

from __future__ import annotations

import math

from lichen_components.servers.container import Container, Decision

SERVER = "image"
"""Its name in makes.csv and images.csv."""

START_S = 10
"""How long Lambda lets a function initialise before it starts again within the request's own time
(Lambda Developer Guide, "Lambda runtime environment")."""


def serve(decision: Decision) -> Container:
    """The container of a model that its image has inside."""
    threads = max(1, math.floor(decision.machine.vcpu))
    environment = {"OMP_NUM_THREADS": f"{threads}"}
    return Container(server="image", options={}, environment=environment, start_s=START_S)
