"""When requests are due: an open loop's arrivals do not wait for the answers to earlier ones."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence


def poisson(rates_rps: Sequence[float], seconds: float, seed: int) -> Iterator[float]:
    """Seconds from the start at which requests are due, in ascending order.

    Arrivals are Poisson. ``rates_rps`` share ``seconds`` evenly: one rate is steady load, the 24 of
    a day are that day in little. The same seed gives the same arrivals.
    """
    draw = random.Random(seed)
    slice_s = seconds / len(rates_rps)
    for number, rate in enumerate(rates_rps):
        begin, end = number * slice_s, (number + 1) * slice_s
        if rate <= 0:
            continue
        due = begin + draw.expovariate(rate)
        while due < end:  # memoryless: each slice may begin anew
            yield due
            due += draw.expovariate(rate)
