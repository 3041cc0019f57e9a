"""How slow a machine is with a stated probability: quantiles of a predicted time's interval."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from lichen.evidence import Z80

if TYPE_CHECKING:
    from lichen.sizing.coefficients import Spreads

LIKELY = 0.5
SLOW, FAST = 0.9, 0.1
"""The ends of an 80 % interval of a time, as probabilities that it is no longer than that."""


class Slowness(msgspec.Struct, frozen=True, gc=False):
    """Factors on likely times that are not exceeded with one probability, by what is timed."""

    rate: float
    first: float
    token: float
    request: float


def slowness(spreads: Spreads, probability: float) -> Slowness:
    """The factors on times that hold with ``probability``, 0 to 1, both excluded."""
    if probability == LIKELY:
        return _LIKELY
    return Slowness(
        factor_at(spreads.rate, probability),
        factor_at(spreads.first, probability),
        factor_at(spreads.token, probability),
        factor_at(spreads.request, probability),
    )


_LIKELY = Slowness(1.0, 1.0, 1.0, 1.0)


def factor_at(spread: tuple[float, float], probability: float) -> float:
    """The factor that a time keeps below with ``probability``.

    ``spread`` are the 80 % factors, low and high. A time is log-normal around its likely value,
    each half with its own width.
    """
    low, high = spread
    share = normal_quantile(probability) / Z80
    return float(high**share if share >= 0 else low**-share)


@lru_cache(maxsize=64)
def normal_quantile(probability: float) -> float:
    """Standard deviations below which a normal value lies with ``probability``."""
    low, high = -8.0, 8.0
    for _ in range(60):
        middle = (low + high) / 2.0
        if math.erfc(-middle / math.sqrt(2.0)) / 2.0 < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0
