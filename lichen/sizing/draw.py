"""How far a machine's accelerators are from rest to full batches, by watts, at a mean load.

The predicted speed says how many requests are in flight at that load, these how large the batches
are, and the batches how busy memory and arithmetic are; lichen/power.py has the watts of that.
"""

from __future__ import annotations

import msgspec

from lichen.catalogue.schema import Chip, PowerModel
from lichen.power import share_of_rated
from lichen.sizing.capacity import Capacity
from lichen.sizing.compiled import read_tokens
from lichen.sizing.terms import prefill_terms


class ChipPower(msgspec.Struct, frozen=True):
    """An accelerator's power model, and what share of its rated watts it draws at rest."""

    model: PowerModel
    rest_share: float

    def draw(self, capacity: Capacity, load: float) -> float:
        """0 at rest, 1 at what full batches usually draw; more where they draw more.

        ``load`` is the mean share of saturation. A request that is alone leaves the chip at rest
        until the next one, and chips that no copy runs on rest always.
        """
        full = self.model.full_share - self.rest_share
        if load <= 0.0 or full <= 0.0:
            return 0.0
        rps = min(load, 0.999) * capacity.curve.saturated_rps
        in_flight = in_flight_at(capacity, rps)
        working = min(1.0, in_flight)
        move, compute = _use(capacity, rps, max(1.0, in_flight))
        busy = share_of_rated(self.model, min(1.0, move / working), min(1.0, compute / working))
        arrangement = capacity.arrangement
        used = arrangement.copies * arrangement.chips.count / arrangement.machine_chips.count
        return used * working * max(0.0, busy - self.rest_share) / full


def chip_power(chip: Chip, model: PowerModel | None) -> ChipPower | None:
    """None for a CPU, whose machines' watts are measured by load, and where watts are unknown."""
    if model is None or chip.kind == "cpu" or chip.tdp_w is None or chip.loaded_idle_w is None:
        return None
    return ChipPower(model, chip.loaded_idle_w.likely / chip.tdp_w.likely)


def in_flight_at(capacity: Capacity, rps: float) -> float:
    """Requests in flight in one copy that serves ``rps``: :meth:`Curve.at` solved for them."""
    curve = capacity.curve
    alpha, beta = curve.alpha, curve.beta
    output = curve.output
    alone = rps * (curve.prefill + output * (alpha + beta))
    if alone <= 1.0:
        return alone
    left = 1.0 - rps * (curve.prefill + output * beta)
    most = curve.room
    return min(most, rps * output * alpha / left) if left > 0.0 else most


def _use(capacity: Capacity, rps: float, in_flight: float) -> tuple[float, float]:
    """Shares of each second that one copy's memory and arithmetic would need at their peaks."""
    curve, arrangement = capacity.curve, capacity.arrangement
    step = arrangement.step_terms(in_flight * curve.items)
    steps = rps * curve.output / in_flight
    move, compute = steps * (step.bandwidth + step.cache), steps * step.compute
    if curve.llm and arrangement.input_tokens:
        tokens = read_tokens(arrangement.stack, float(arrangement.input_tokens))
        prompt = prefill_terms(arrangement.need, arrangement.chips, tokens)
        move += rps * prompt.bandwidth
        compute += rps * (prompt.prefill + prompt.attention)
    return move, compute
