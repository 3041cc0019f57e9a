"""Watts and joules of a benchmark row, by what was metered: chips alone, or a server's socket.

The two boundaries never mix. A chip draws a share of its rated power that grows with how busy
its memory and its arithmetic are; a server adds its host. Joules are watts times the predicted
time. Data centre overhead and idle machines are in neither (they are emissions' business).
"""

from __future__ import annotations

import math

import msgspec

from lichen.catalogue.schema import FitBasis, PowerModel
from lichen.measured.duration import Quantity
from lichen.measured.names import NotPredicted, Tables
from lichen.measured.quantity import quantity_of
from lichen.measured.row import Measure, Row
from lichen.measured.run import Run
from lichen.measured.speed import Predicted, shape_doubt, timed

OUTPUT = Measure(metric="throughput", of_tokens=True)
ITEMS = Measure(metric="throughput", of_requests=True)


class Draw(msgspec.Struct, frozen=True):
    """A run's speed and watts: units a second (tokens, images, samples), and watts of all chips
    or of the server."""

    rate: float
    watts: float
    move: float
    compute: float
    request_s: float
    basis: FitBasis


def energy_answer(row: Row, run: Run | NotPredicted, tables: Tables) -> Predicted | NotPredicted:
    """The prediction of an energy row, or why there is none."""
    boundary = row.boundary
    if boundary is None or boundary == "other":
        return NotPredicted(
            f"boundary {row.boundary_text!r} is not one that is predicted (chips, or the wall)"
        )
    if isinstance(run, NotPredicted):
        return run
    power = tables.energy.power(boundary, run.family, run.need.work)
    if power is None:
        return NotPredicted(f"no measured {boundary} power of {run.family}")
    draw = draw_of(run, power, tables)
    if isinstance(draw, NotPredicted):
        return draw
    quantity, value = "energy", draw.watts / draw.rate
    match row.energy:
        case "power":
            quantity, value = "power", draw.watts
        case "item":
            pass
        case "request":
            value *= max(1.0, run.output_tokens)
        case "thousand queries":
            quantity, value = "score", draw.watts * draw.request_s * 1000 / 3600
        case "rate":
            quantity, value = "rate", draw.rate
        case _:
            return NotPredicted(f"unit {row.unit!r} is not one that is predicted")
    spread = tables.energy.spread(boundary, run.family, run.need.work, quantity)
    if spread is None:
        return NotPredicted(f"no measured {quantity} at this boundary")
    value *= spread.bias
    doubt = shape_doubt(run)
    return Predicted(value, value * spread.low / doubt, value * spread.high * doubt, draw.basis)


def draw_of(run: Run, power: PowerModel, tables: Tables) -> Draw | NotPredicted:
    """Predicted speed and watts of a run."""
    rated_w = run.hardware.tdp_w
    if rated_w is None:
        return NotPredicted(f"nobody publishes the watts of {run.hardware.name}")
    quantity = quantity_of(OUTPUT if run.need.work == "llm" else ITEMS, run)
    if isinstance(quantity, NotPredicted):
        return quantity
    time = timed(run, quantity, tables)
    if isinstance(time, NotPredicted):
        return time
    move, compute = busy(quantity, time.seconds)
    share = min(
        1.0,
        power.idle_share + power.move_share * move + power.compute_share * math.sqrt(compute),
    )
    chips = run.system_chips if run.chips.kind != "cpu" else 1.0
    watts = power.host_w + chips * (power.chip_host_w + rated_w.likely * share)
    rate = quantity.scale / time.seconds
    return Draw(rate, watts, move, compute, time.seconds, time.speed.row.basis)


def busy(quantity: Quantity, took_s: float) -> tuple[float, float]:
    """Shares of the time that memory and arithmetic would need at their peaks."""
    terms = quantity.duration.terms
    move = min(1.0, (terms.bandwidth + terms.cache) / took_s)
    return move, min(1.0, (terms.compute + terms.prefill) / took_s)
