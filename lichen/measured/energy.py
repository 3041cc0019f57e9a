"""Watts and joules of a benchmark row, by what was metered: chips alone, or a server's socket.

The two boundaries never mix. A chip draws a share of its rated power that grows with how busy
its memory and its arithmetic are (lichen/power.py); a server adds its host. Joules are watts times
the predicted time. Data centre overhead and idle machines are in neither (they are emissions'
business).
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
from lichen.power import share_of_rated

OUTPUT = Measure(metric="throughput", of_tokens=True)
ITEMS = Measure(metric="throughput", of_requests=True)


class Draw(msgspec.Struct, frozen=True):
    """A run's speed and watts: units a second (tokens, images, samples), and watts of all chips
    or of the server. ``spread`` are the 80 % factors of its times."""

    rate: float
    watts: float
    request_s: float
    spread: tuple[float, float]
    basis: FitBasis


def energy_answer(row: Row, run: Run | NotPredicted, tables: Tables) -> Predicted | NotPredicted:
    """The prediction of an energy row, or why there is none.

    Joules are uncertain by watts and by time together, as if they erred apart.
    """
    boundary = row.boundary
    if boundary is None or boundary == "other":
        return NotPredicted(
            f"boundary {row.boundary_text!r} is not one that is predicted (chips, or the wall)"
        )
    if isinstance(run, NotPredicted):
        return run
    power, watts = tables.energy.power(boundary), tables.energy.spread(boundary, "power")
    if power is None or watts is None:
        return NotPredicted(f"no measured power at the boundary {boundary!r}")
    draw = draw_of(run, power, tables)
    if isinstance(draw, NotPredicted):
        return draw
    of_watts, of_time = (watts.low, watts.high), draw.spread
    match row.energy:
        case "power":
            return _between(draw.watts, of_watts, run, draw)
        case "item":
            return _between(draw.watts / draw.rate, _both(of_watts, of_time), run, draw)
        case "request":
            value = draw.watts / draw.rate * max(1.0, run.output_tokens)
            return _between(value, _both(of_watts, of_time), run, draw)
        case "rate":
            return _between(draw.rate, (1.0 / of_time[1], 1.0 / of_time[0]), run, draw)
        case "thousand queries":
            score = tables.energy.spread(boundary, "score")
            if score is None:
                return NotPredicted("no measured energy of single queries at this boundary")
            value = score.bias * draw.watts * draw.request_s * 1000 / 3600
            return _between(value, (score.low, score.high), run, draw)
        case _:
            return NotPredicted(f"unit {row.unit!r} is not one that is predicted")


def _between(value: float, factors: tuple[float, float], run: Run, draw: Draw) -> Predicted:
    doubt = shape_doubt(run)
    return Predicted(value, value * factors[0] / doubt, value * factors[1] * doubt, draw.basis)


def _both(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """Factors of a product whose two parts err apart."""
    low, high = (math.hypot(*map(math.log, ends)) for ends in zip(one, other, strict=True))
    return math.exp(-low), math.exp(high)


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
    watts = drawn_w(run, power, rated_w.likely, *busy(quantity, time.seconds))
    spread = tables.known.spread(time.speed, run.chips.kind, quantity.group)
    rate = quantity.scale / time.seconds
    return Draw(rate, watts, time.seconds, spread, time.speed.row.basis)


def drawn_w(run: Run, power: PowerModel, rated_w: float, move: float, compute: float) -> float:
    """Watts of a run's chips, or of its server, when they are so busy.

    A CPU's chips are its sockets: cores that no thread runs on still share their package.
    """
    share = share_of_rated(power, move, compute)
    if run.power_capped:
        share = min(share, power.capped_share)
    chips = run.system_chips
    if run.chips.kind == "cpu":
        chips = float(math.ceil(run.chips.cores / max(1, run.hardware.cores or 1)))
    return power.host_w + chips * (power.chip_host_w + rated_w * share)


def busy(quantity: Quantity, took_s: float) -> tuple[float, float]:
    """Shares of the time that memory and arithmetic would need at their peaks."""
    terms = quantity.duration.terms
    move = min(1.0, (terms.bandwidth + terms.cache) / took_s)
    return move, min(1.0, (terms.compute + terms.prefill + terms.attention) / took_s)
