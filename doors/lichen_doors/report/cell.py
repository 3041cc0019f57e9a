"""How one cell of a table is written: as everywhere, and an unknown value as a dash."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from lichen.figures import UNKNOWN, figure, span
from lichen.interval import Interval

Value = TypeVar("Value")


def cell(value: Value | None, written: Callable[[Value], str]) -> str:
    """A value as ``written`` writes it; a dash where it is unknown."""
    return UNKNOWN if value is None else written(value)


def likely(value: Interval | None) -> str:
    """The likely value."""
    return UNKNOWN if value is None else figure(value.likely)


def ends(value: Interval | None) -> str:
    """An interval's ends, or its one value."""
    return UNKNOWN if value is None else span(value.low, value.high, "-")


def rounded(value: float | None) -> float | None:
    """Three digits behind the point, for programs."""
    return None if value is None else round(value, 3)


def bar(value: float | None, most: float, width: int = 8) -> str:
    """A bar in eighths of a column, so that close values differ."""
    if value is None or most <= 0:
        return ""
    eighths = round(value / most * width * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
