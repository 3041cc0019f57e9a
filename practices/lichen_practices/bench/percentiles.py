"""Quantiles of measured times with confidence intervals from order statistics.

Of ``n`` sorted times, the number below the true ``q``-quantile is binomial with ``n`` and ``q``.
The times of ranks ``l`` and ``u`` therefore enclose it with the probability that the number is at
least ``l`` and below ``u``: exact for every distribution of times (W. J. Conover, Practical
Nonparametric Statistics, 3rd edition, section 3.2). An end that would need a rank that no time has
is None: so few times cannot show it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from lichen.evidence import Percentile, Percentiles

TAIL = 0.025
"""What may lie beyond either end: both together leave 95 %."""


def percentiles(times_ms: Sequence[float]) -> Percentiles | None:
    """Median, 95th and 99th percentile of times in milliseconds; None without any."""
    if not times_ms:
        return None
    ordered = sorted(times_ms)
    return Percentiles(
        count=len(ordered),
        p50=percentile(ordered, 0.50),
        p95=percentile(ordered, 0.95),
        p99=percentile(ordered, 0.99),
    )


def percentile(ordered: Sequence[float], q: float) -> Percentile:
    """The ``q``-quantile, 0 to 1, of times in ascending order, of which there is at least one.

    It lies in its interval: of few times the lower end may be the largest, and what is between two
    ranks falls short of that.
    """
    low, high = _ranks(len(ordered), q)
    low_ms = None if low is None else ordered[low - 1]
    high_ms = None if high is None else ordered[high - 1]
    at = _at(ordered, q)
    return Percentile(ms=at if low_ms is None else max(at, low_ms), low_ms=low_ms, high_ms=high_ms)


def _at(ordered: Sequence[float], q: float) -> float:
    """Between the two nearest ranks, in proportion."""
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _ranks(n: int, q: float) -> tuple[int | None, int | None]:
    """The ranks, from 1, that enclose the quantile with 95 % at least; None beyond the times."""
    low: int | None = None
    high: int | None = None
    below = 0.0  # the probability that at most k - 1 times lie below the quantile
    for k in range(n + 1):
        if k >= 1 and below <= TAIL:
            low = k
        if k >= 1 and high is None and below >= 1.0 - TAIL:
            high = k
            break
        below += _binomial(n, k, q)
    return low, high


def _binomial(n: int, k: int, q: float) -> float:
    """The probability of ``k`` of ``n``."""
    log = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    return math.exp(log + k * math.log(q) + (n - k) * math.log1p(-q))
