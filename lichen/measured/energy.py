"""Watts and joules of a benchmark row, by what was metered: chips alone, or a server's socket.

The two boundaries never mix. A chip draws a share of its rated power that grows with how busy
its memory and its arithmetic are; a server adds its host. Joules are watts times the predicted
time. Data centre overhead and idle machines are in neither (they are emissions' business).
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from lichen.measured.names import Row, Tables
from lichen.measured.quantity import Quantity, quantity_of
from lichen.measured.run import Run
from lichen.sizing.coefficients import Speed
from lichen.sizing.terms import Terms, seconds

Boundary = Literal["chip", "wall"]
NOW = 2026.0
UNKNOWN_SHAPE = 1.2
"""Wider by this where the shape of a model is taken from its size alone."""


class Power(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``powers.csv``: what share of rated watts a busy chip draws, and its host.

    ``share = idle + move x (memory's use) + compute x sqrt(arithmetic's use)``, at most 1; at the
    wall ``host_w`` for the server and ``chip_host_w`` for each chip come on top. Blank family or
    work holds for all.
    """

    boundary: Boundary
    family: str | None
    work: str | None
    idle_share: float
    move_share: float
    compute_share: float
    host_w: float
    chip_host_w: float
    rows: int
    source: str


class EnergySpread(msgspec.Struct, frozen=True, kw_only=True):
    """80 % factors of watts and joules: a row of ``energy_spreads.csv``."""

    boundary: Boundary
    family: str | None
    work: str | None
    quantity: Literal["power", "energy", "rate", "score"]
    bias: float
    low: float
    high: float
    rows: int
    cv_error_pct: float


class EnergyTables:
    """Power rows by boundary, narrowest first."""

    def __init__(self, tables: Tables) -> None:
        self._powers = {
            (row.boundary, row.family, row.work): row
            for row in tables.catalogue.table("powers", Power)
        }
        self._spreads = {
            (row.boundary, row.family, row.work, row.quantity): row
            for row in tables.catalogue.table("energy_spreads", EnergySpread)
        }

    def power(self, boundary: Boundary, family: str, work: str) -> Power | None:
        for key in (
            (boundary, family, work),
            (boundary, None, work),
            (boundary, None, None),
        ):
            if key in self._powers:
                return self._powers[key]
        return None

    def spread(
        self, boundary: Boundary, family: str, work: str, quantity: str
    ) -> EnergySpread | None:
        for key in (
            (boundary, family, work, quantity),
            (boundary, None, work, quantity),
            (boundary, None, None, quantity),
        ):
            if key in self._spreads:
                return self._spreads[key]
        return None


class Draw(msgspec.Struct, frozen=True):
    """A run's speed and watts: units a second (tokens, images, samples), and watts of all chips
    or of the server."""

    rate: float
    watts: float
    move: float
    compute: float
    request_s: float
    basis: str


def boundary_of(row: Row) -> Boundary | None:
    words = row["boundary"].casefold()
    if words.startswith("gpu"):
        return "chip"
    return "wall" if "whole server at the wall" in words else None


def energy_answer(
    row: Row, run: Run | str, tables: Tables
) -> tuple[float, float, float, str] | str:
    """Value, low, high and basis of an energy row, or why nothing honest can be said."""
    boundary = boundary_of(row)
    if boundary is None:
        return f"boundary {row['boundary']!r} is not one that is predicted (chips, or the wall)"
    if isinstance(run, str):
        return run
    energy = energy_tables(tables)
    power = energy.power(boundary, run.family, run.need.work)
    if power is None:
        return f"no measured {boundary} power of {run.family}"
    draw = draw_of(row, run, power, tables)
    if isinstance(draw, str):
        return draw
    return _in_unit(row, run, draw, boundary, energy)


def _in_unit(
    row: Row, run: Run, draw: Draw, boundary: Boundary, energy: EnergyTables
) -> tuple[float, float, float, str] | str:
    unit = row["unit"].casefold()
    if unit == "w":
        quantity, value = "power", draw.watts
    elif unit in ("j/token", "j/image", "j/sample"):
        quantity, value = "energy", draw.watts / draw.rate
    elif unit == "j/request":
        quantity, value = "energy", draw.watts / draw.rate * max(1.0, run.output_tokens)
    elif unit == "wh/1000 queries":
        quantity, value = "score", draw.watts * draw.request_s * 1000 / 3600
    elif unit in ("tokens/s", "samples/s"):
        quantity, value = "rate", draw.rate
    else:
        return f"unit {row['unit']!r} is not one that is predicted"
    spread = energy.spread(boundary, run.family, run.need.work, quantity)
    if spread is None:
        return f"no measured {quantity} at this boundary"
    value *= spread.bias
    doubt = shape_doubt(run)
    return value, value * spread.low / doubt, value * spread.high * doubt, draw.basis


def draw_of(row: Row, run: Run, power: Power, tables: Tables) -> Draw | str:
    """Predicted speed and watts of a run."""
    rated = run.hardware.tdp_w
    if rated is None:
        return f"nobody publishes the watts of {run.hardware.name}"
    llm = run.need.work == "llm"
    metric, unit = ("output throughput", "tokens/s") if llm else ("throughput", "samples/s")
    quantity = quantity_of({**row, "metric": metric, "unit": unit}, run)
    if isinstance(quantity, str):
        return quantity
    found = timed(run, quantity, tables)
    if isinstance(found, str):
        return found
    took, speed = found
    move, compute = busy(quantity, took)
    share = min(
        1.0,
        power.idle_share + power.move_share * move + power.compute_share * math.sqrt(compute),
    )
    chips = run.chips if run.rig.kind != "cpu" else 1.0
    watts = power.host_w + chips * (power.chip_host_w + rated.likely * share)
    return Draw(quantity.scale / took, watts, move, compute, took, speed.row.basis)


def busy(quantity: Quantity, took: float) -> tuple[float, float]:
    """Shares of the time that memory and arithmetic would need at their peaks."""
    terms = quantity.terms
    move = min(1.0, (terms[4] + terms[5]) / took)
    return move, min(1.0, (terms[6] + terms[8]) / took)


def timed(run: Run, quantity: Quantity, tables: Tables) -> tuple[float, Speed] | str:
    """Seconds of a quantity, and the coefficients that say so."""
    known, need = tables.known, run.need
    kind, family, stack = run.rig.kind, run.family, run.stack.stack
    sparse = need.expert_share < 1.0
    speed = known.speed(family, kind, stack, need.work, need.compute, sparse)
    if speed is None:
        return f"no coefficients for {stack} on {family}"
    took = seconds(speed.weights, Terms(*quantity.terms[:-1])) + quantity.terms[-1]
    took *= known.ratio(quantity.ratio, kind, family, stack, need.work)
    took *= (1.0 + speed.row.drift_pct_year / 100.0) ** (NOW - run.year)
    if not math.isfinite(took) or took <= 0:
        return "the sum of terms is not a time"
    return took, speed


def shape_doubt(run: Run) -> float:
    return UNKNOWN_SHAPE if any("not known by name" in each for each in run.caveats) else 1.0


def energy_tables(tables: Tables) -> EnergyTables:
    if tables.energy is None:
        tables.energy = EnergyTables(tables)
    assert isinstance(tables.energy, EnergyTables)
    return tables.energy
