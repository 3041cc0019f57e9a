"""Watts of a machine at a load, and energy for each token or item, at the socket.

Power is charged by the time a machine is held and how busy it is, never by the token alone: an
H100 with eight requests in flight already draws 64 % of its rated power (ML.ENERGY, public rows).
"""

from __future__ import annotations

from lichen.catalogue.tables import Machine
from lichen.interval import Interval


def machine_watts(machine: Machine, load: float) -> Interval | None:
    """Watts of the whole machine at ``load``, 0 to 1, on straight lines idle - half - full.

    Idle is with a model loaded. None where nobody publishes enough to say.
    """
    idle, half, full = machine.idle_w, machine.half_load_w, machine.full_load_w
    if idle is None or full is None:
        return None
    load = min(1.0, max(0.0, load))
    if half is None:
        return idle * (1.0 - load) + full * load
    if load <= 0.5:
        return idle * (1.0 - 2.0 * load) + half * (2.0 * load)
    return half * (2.0 - 2.0 * load) + full * (2.0 * load - 1.0)
