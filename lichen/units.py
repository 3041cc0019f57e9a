"""Conversions between units, each named once."""

from __future__ import annotations

from typing import TypeVar

from lichen.interval import Interval

Quantity = TypeVar("Quantity", float, Interval)


def kwh(watts: Quantity, hours: float = 1.0) -> Quantity:
    """The energy that a power of ``watts`` takes in ``hours``, in kWh."""
    return watts * (hours / 1000)


def grams(kilograms: Quantity) -> Quantity:
    """Kilograms in grams."""
    return kilograms * 1000.0
