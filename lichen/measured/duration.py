"""A time or a rate that was measured: the terms that make it, and a factor for the rest."""

from __future__ import annotations

from operator import add
from typing import Literal, NamedTuple

import msgspec

from lichen.measured.names import NotPredicted
from lichen.measured.row import Measure
from lichen.measured.run import Run
from lichen.sizing.terms import NOTHING, Terms

Group = Literal["rate", "token", "first", "request", "pass", "tail", "bound", "prompt"]
"""Kinds of quantity whose errors are alike; intervals are kept for each."""


class Duration(NamedTuple):
    """What takes time: the terms of lichen.sizing.terms, and seconds that are given."""

    terms: Terms
    given_s: float = 0.0

    def times(self, factor: float) -> Duration:
        """``factor`` times as much."""
        return Duration(Terms(*(factor * term for term in self.terms)), factor * self.given_s)

    def plus(self, other: Duration) -> Duration:
        """Both, one after the other."""
        terms = Terms(*map(add, self.terms, other.terms))
        return Duration(terms, self.given_s + other.given_s)


GIVEN = Duration(NOTHING, 1.0)


class Quantity(msgspec.Struct, frozen=True):
    """``seconds = (weights . terms + given) x ratio``; the row's value is ``scale x seconds``, or
    ``scale / seconds`` for a rate. ``ratio`` names the factor; blank is 1."""

    group: Group
    ratio: str
    duration: Duration
    scale: float
    rate: bool


def bound(bound_ms: float | None, measure: Measure, name: str) -> Quantity | NotPredicted:
    """A run within a latency bound ends near it: the bound times a measured ratio."""
    if not bound_ms:
        return NotPredicted("no published latency bound of this benchmark")
    ratio = f"server {tail(measure, name) or name}"
    return Quantity("bound", ratio, GIVEN, bound_ms, False)


def mode(run: Run) -> str:
    """Name of the factor of a throughput: how the load was offered."""
    protocol = run.load.protocol
    name = protocol if protocol in ("offline", "server", "saturated") else ""
    return f"{name} capped" if name and run.power_capped else name


def tail(measure: Measure, name: str) -> str:
    """Medians and means are the prediction itself; other percentiles have a ratio of their own."""
    if measure.percentile:
        return f"{name} {measure.percentile}"
    return name if name in ("saturated first", "open first") else ""


def not_a_quantity(measure: Measure, run: Run) -> NotPredicted:
    """The reason for a row whose quantity no formula makes."""
    model = "language" if run.need.work == "llm" else run.need.work
    return NotPredicted(f"{measure.text!r} of a {model} model is not a quantity that is predicted")
