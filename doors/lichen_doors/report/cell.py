"""How one cell of a table is written: an unknown one as a dash."""

from __future__ import annotations

from lichen.figures import figure, usd
from lichen.interval import Interval


def rounded(value: float | None) -> float | None:
    """Three digits behind the point."""
    return None if value is None else round(value, 3)


def shown(value: float | None) -> str:
    """Three significant figures."""
    return "-" if value is None else figure(value)


def dollars(value: float | None) -> str:
    """Dollars."""
    return "-" if value is None else usd(value)


def likely(value: Interval | None) -> str:
    """The likely value."""
    return "-" if value is None else figure(value.likely)


def ends(value: Interval | None) -> str:
    """An interval's ends, or its one value."""
    if value is None:
        return "-"
    if value.low == value.high:
        return figure(value.likely)
    return f"{figure(value.low)}-{figure(value.high)}"


def spread(low: float | None, high: float | None) -> str:
    """From the lowest to the highest."""
    if low is None or high is None:
        return "-"
    return figure(low) if low == high else f"{figure(low)}-{figure(high)}"


def billions(value: float | None) -> str:
    """A count in billions or millions."""
    if value is None:
        return ""
    return f"{figure(value / 1e9)} B" if value >= 1e9 else f"{figure(value / 1e6)} M"


def kib(value: float | None) -> str:
    """Bytes in KiB; blank where there are none."""
    return "" if value is None else f"{figure(value / 1024)} KiB"


def bar(value: float | None, most: float, width: int = 8) -> str:
    """A bar in eighths of a column, so that close values differ."""
    if value is None or most <= 0:
        return ""
    eighths = round(value / most * width * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def count(value: float | None) -> str:
    """A number of things: no point behind a whole one."""
    return "-" if value is None else f"{value:,.0f}" if value.is_integer() else f"{value:g}"
