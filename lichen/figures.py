"""How a quantity is written: three figures, its unit, and the interval behind it."""

from __future__ import annotations

from lichen.interval import Interval


def figure(value: float) -> str:
    """Three significant figures, thousands grouped: ``1,230``, ``12.3``, ``0.0123``."""
    if value == 0:
        return "0"
    size = abs(value)
    if size >= 100:
        return f"{value:,.0f}"
    digits = 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    return f"{value:.{digits}f}" if size >= 0.001 else f"{value:.2g}"


def usd(value: float) -> str:
    """Money: ``$1,234``, ``$0.83``, ``$0.00042``."""
    if value >= 100 or value == 0:
        return f"${value:,.0f}"
    return f"${value:.2f}" if value >= 0.1 else f"${value:.2g}"


def between(interval: Interval, unit: str) -> str:
    """``18.2 ms (12.1-25.3)``: the likely value, its unit and the interval's ends."""
    ends = f" ({figure(interval.low)}-{figure(interval.high)})"
    return f"{figure(interval.likely)} {unit}" + ("" if interval.low == interval.high else ends)


def grams(value: float) -> str:
    """``850 g``, ``13.1 kg``, ``2.40 t`` of CO2e."""
    if value >= 1e6:
        return f"{figure(value / 1e6)} t"
    return f"{figure(value / 1e3)} kg" if value >= 1e3 else f"{figure(value)} g"


def grams_between(interval: Interval) -> str:
    """Grams as an interval, in the unit that suits the likely value."""
    for unit, factor in (("t", 1e6), ("kg", 1e3)):
        if interval.likely >= factor:
            return between(interval / factor, unit)
    return between(interval, "g")
