"""A chart of points on two axes: what the template places by percentages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import msgspec

LOGARITHMIC = 4.0
"""Values that differ by more than this factor are on a logarithmic axis."""
MARGIN = 0.08
"""Room beyond the outermost values, as a share of the axis."""
STEPS = (1.0, 2.0, 5.0)
"""What a tick may be, times a power of ten."""
MOST_TICKS = 7


class Tick(msgspec.Struct, frozen=True):
    """A line of the axis, at so many percent of its length."""

    at: float
    text: str


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """An axis from ``least`` to ``most``, with its ticks."""

    least: float
    most: float
    logarithmic: bool
    ticks: tuple[Tick, ...]

    def at(self, value: float) -> float:
        """Where a value is, in percent of the axis."""
        return round(100 * _share(value, self.least, self.most, self.logarithmic), 2)


def axis_of(values: Sequence[float], written: Callable[[float], str]) -> Axis:
    """The axis that has room for values, none below 0."""
    low, high = min(values), max(values)
    logarithmic = 0 < low * LOGARITHMIC < high
    if logarithmic:
        room = (high / low) ** MARGIN
        least, most = low / room, high * room
    else:
        room = (high - low) * MARGIN or high * MARGIN or 1.0
        least, most = max(0.0, low - room), high + room
    ticks = tuple(
        Tick(round(100 * _share(value, least, most, logarithmic), 2), written(value))
        for value in (_decades(least, most) if logarithmic else _even(least, most))
    )
    return Axis(least=least, most=most, logarithmic=logarithmic, ticks=ticks)


def _share(value: float, least: float, most: float, logarithmic: bool) -> float:
    if logarithmic:
        return math.log(value / least) / math.log(most / least)
    return (value - least) / (most - least)


def _decades(least: float, most: float) -> list[float]:
    """Round numbers a like factor apart: 1, 2, 5, 10, or the powers of ten where those are many."""
    powers = range(math.floor(math.log10(least)), math.ceil(math.log10(most)) + 1)
    for steps in (STEPS, (1.0, 3.0), (1.0,)):
        found = [
            value
            for power in powers
            for step in steps
            if least <= (value := step * 10**power) <= most
        ]
        if len(found) <= MOST_TICKS:
            break
    return found


def _even(least: float, most: float) -> Iterator[float]:
    """Round numbers a like distance apart."""
    rough = (most - least) / (MOST_TICKS - 1)
    power = 10 ** math.floor(math.log10(rough))
    step = next(step * power for step in (*STEPS, 10.0) if step * power >= rough)
    number = math.ceil(least / step)
    while number * step <= most:
        yield number * step
        number += 1
