"""What a replica serves at once, how long a queue may be, and how long a batch takes.

All from a :class:`Sizing`: its planned rate holds with the workload's confidence.
"""

from __future__ import annotations

import math

from lichen.sizing.answers import Sizing


def concurrency_of(sizing: Sizing) -> int:
    """Requests that one replica has in flight at most, within the latency bounds, at least 1.

    Of compiled shapes it is the compiled batch of every copy, since no more run at once; of others
    the mean in flight at the busiest point that keeps the bounds, rounded up. It is the target of a
    scaling that tracks concurrency, and what an asynchronous endpoint sends to a machine at once.
    """
    copies = sizing.prediction.copies
    generates = sizing.prediction.time_to_first_token_ms is not None
    if sizing.compiled_batch is not None and generates:
        return max(1, sizing.compiled_batch * copies)
    return max(1, math.ceil(sizing.prediction.concurrency))


def backlog_within(sizing: Sizing, delay_s: float) -> float:
    """Requests that may wait for each replica so that the last is answered within ``delay_s``: the
    planned rate times the delay, 1 at least."""
    return max(1.0, sizing.rps_planned * delay_s)


def batch_hours(sizing: Sizing, requests: float, replicas: int, start_s: float = 0.0) -> float:
    """Hours that ``replicas`` take for so many requests, at the planned rate, the start included
    once. Replicas below 1 count as 1."""
    seconds = start_s + requests / (sizing.rps_planned * max(1, replicas))
    return seconds / 3600.0
