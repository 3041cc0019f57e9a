"""Seconds of a quantity, from the coefficients of its chips and stack, and how sure they are."""

from __future__ import annotations

import math

import msgspec

from lichen.catalogue.schema import FitBasis
from lichen.measured.duration import Quantity
from lichen.measured.names import NotPredicted, Tables
from lichen.measured.run import Run
from lichen.sizing.coefficients import Speed
from lichen.sizing.terms import seconds

NOW = 2026.0


class Predicted(msgspec.Struct, frozen=True):
    """A prediction in the row's unit, the ends of its 80 % interval, and what it rests on."""

    value: float
    low: float
    high: float
    basis: FitBasis


class Time(msgspec.Struct, frozen=True):
    """Seconds, and the coefficients that they come from."""

    seconds: float
    speed: Speed


def timed(run: Run, quantity: Quantity, tables: Tables) -> Time | NotPredicted:
    """Seconds of a quantity."""
    known, need = tables.known, run.need
    kind, family, stack = run.chips.kind, run.family, run.stack.stack
    sparse = need.expert_share < 1.0
    speed = known.speed(family, kind, stack, need.work, need.compute, sparse)
    if speed is None:
        return NotPredicted(f"no coefficients for {stack} on {family}")
    took_s = seconds(speed.weights, quantity.duration.terms) + quantity.duration.given_s
    took_s *= known.ratio(quantity.ratio, kind, family, stack, need.work)
    took_s *= (1.0 + speed.row.drift_pct_year / 100.0) ** (NOW - run.year)
    if not math.isfinite(took_s) or took_s <= 0:
        return NotPredicted("the sum of terms is not a time")
    return Time(took_s, speed)


def predicted(run: Run, quantity: Quantity, tables: Tables) -> Predicted | NotPredicted:
    """A quantity in its own unit, with its interval."""
    time = timed(run, quantity, tables)
    if isinstance(time, NotPredicted):
        return time
    low, high = tables.known.spread(time.speed, run.chips.kind, quantity.group)
    low, high = low / shape_doubt(run), high * shape_doubt(run)
    basis = time.speed.row.basis
    if quantity.rate:
        value = quantity.scale / time.seconds
        return Predicted(value, value / high, value / low, basis)
    value = quantity.scale * time.seconds
    return Predicted(value, value * low, value * high, basis)


def shape_doubt(run: Run) -> float:
    """A factor on both ends of an interval."""
    return run.model.doubt
