"""How a number is written, in reports and in rules' messages alike.

Three significant figures, thousands grouped, the unit behind, and the interval's ends in brackets:
``8.17 kg CO2e (3.99 to 14.9)``, ``$1,126``, ``84.8 W (35.4 to 137)``. Money is US dollars and
carries its sign; an unknown value in a table is a dash. Nothing else in Lichen formats a number
that a person reads.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lichen.interval import Interval

UNKNOWN = "-"


def figure(value: float) -> str:
    """Three significant figures, thousands grouped: ``1,230``, ``12.3``, ``0.0123``."""
    if value == 0:
        return "0"
    size = abs(float(f"{value:.3g}"))
    if size >= 100:
        return f"{value:,.0f}"
    digits = 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    return f"{value:.{digits}f}" if size >= 0.001 else f"{value:.2g}"


def amount(value: float) -> str:
    """The same, without zeros that end a fraction: ``10``, ``0.5``, ``1,230``, ``12.3``."""
    text = figure(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def usd(value: float) -> str:
    """Money: ``$1,234``, ``$0.83``, ``$0.00042``."""
    if value >= 100 or value == 0:
        return f"${value:,.0f}"
    return f"${value:.2f}" if value >= 0.1 else f"${value:.2g}"


def whole(value: float) -> str:
    """A number of things, without a decimal point where it is whole: ``1,024``, ``0.5``."""
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.6f}".rstrip("0").rstrip(".") if abs(value) >= 1e-4 else f"{value:g}"


def many(count: int, noun: str) -> str:
    """A count with its noun: ``1 finding``, ``1,200 findings``."""
    return f"{count:,} {noun}" + ("" if count == 1 else "s")


def percent(share: float) -> str:
    """A share: ``34 %`` of 0.34."""
    return f"{share * 100:.0f} %"


def listed(words: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def span(low: float, high: float, to: str = " to ") -> str:
    """From the lowest to the highest: ``3.99 to 14.9``; one figure where both are written alike.

    A column of a table, where width counts, takes ``to="-"``: ``3.99-14.9``.
    """
    first, last = figure(low), figure(high)
    return first if first == last else f"{first}{to}{last}"


def between(interval: Interval, unit: str) -> str:
    """``18.2 ms (12.1 to 25.3)``: the likely value, its unit and the interval's ends."""
    ends = "" if interval.low == interval.high else f" ({span(interval.low, interval.high)})"
    return f"{figure(interval.likely)} {unit}{ends}"


LONG_MS = 10_000.0
"""From here on a time is written in seconds."""


def lasting(ms: Interval) -> str:
    """A time from milliseconds: ``93.5 ms (54.3 to 214)``, and ``33.5 s (9.42 to 92.7)`` of a long
    one."""
    return between(ms / 1e3, "s") if ms.likely >= LONG_MS else between(ms, "ms")


def grams(value: float) -> str:
    """A mass from grams, in the unit that suits it: ``850 g``, ``13.1 kg``, ``2.40 t``."""
    unit, factor = _mass_unit(value)
    return f"{figure(value / factor)} {unit}"


def co2e(value: Interval) -> str:
    """Emissions from grams, in the unit that suits the likely value:
    ``8.17 kg CO2e (3.99 to 14.9)``.
    """
    unit, factor = _mass_unit(value.likely)
    return between(value / factor, f"{unit} CO2e")


def _mass_unit(grams: float) -> tuple[str, float]:
    """The unit that suits a mass, and the grams in it."""
    if abs(grams) >= 1e6:
        return "t", 1e6
    return ("kg", 1e3) if abs(grams) >= 1e3 else ("g", 1.0)


def billions(count: float) -> str:
    """A count in billions or millions: ``8.03 B``, ``335 M``."""
    return f"{figure(count / 1e9)} B" if count >= 1e9 else f"{figure(count / 1e6)} M"


def kib(size_bytes: float) -> str:
    """A size in KiB: ``128 KiB``."""
    return f"{figure(size_bytes / 1024)} KiB"
