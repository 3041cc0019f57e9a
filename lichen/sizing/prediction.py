"""One model on one machine at one concurrency: does it fit, and how fast, with 80 % intervals."""

from __future__ import annotations

import math

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.figures import whole
from lichen.interval import Interval
from lichen.sizing.answers import Misfit, Prediction
from lichen.sizing.arrangement import Arrangement, arrange
from lichen.sizing.coefficients import knowledge
from lichen.sizing.memory import available_gib, needed_gib
from lichen.words import Precision
from lichen.workload import ModelCard

MEMORY_LOW, MEMORY_HIGH = 0.95, 1.15
"""Memory in use, against the formula's: buffers and fragmentation differ between engines."""


def predict(
    card: ModelCard,
    machine: Machine,
    catalogue: Catalogue,
    *,
    precision: Precision,
    stack: str | None = None,
    chips: float | None = None,
    input_tokens: int = 0,
    output_tokens: int = 0,
    items: int = 1,
    concurrency: float = 1,
) -> Prediction | Misfit:
    """How ``machine`` serves ``card`` with ``concurrency`` requests in flight.

    ``chips`` are those of one copy (tensor parallel); by default the fewest that it fits on with
    all the requests.
    ``items`` are an item model's per request. Never raises for a card or machine of the schema:
    a Misfit says what is missing.
    """
    known, tokens = knowledge(catalogue), (input_tokens, output_tokens)
    arrangement = arrange(card, machine, known, precision, stack, chips, *tokens)
    if isinstance(arrangement, Misfit):
        return arrangement
    if chips is None:
        arrangement = arrangement.with_room_for(concurrency)
    batch = max(1.0, math.ceil(concurrency / arrangement.copies))
    if batch > arrangement.room:
        return Misfit(
            "memory",
            f"{whole(concurrency)} requests at once are more than the "
            f"{whole(arrangement.room * arrangement.copies)} that fit into its memory and "
            f"{arrangement.stack.stack}",
            batch / arrangement.room,
        )
    return prediction_at(arrangement, precision, batch, concurrency, items)


def prediction_at(
    arrangement: Arrangement,
    precision: Precision,
    batch: float,
    concurrency: float,
    items: int,
) -> Prediction:
    """The prediction with ``batch`` requests (or a batch of items) on each copy."""
    llm = arrangement.need.work == "llm"
    slots, degree = arrangement.slots(batch), arrangement.chips.degree
    copy_gib = needed_gib(arrangement.need, slots, arrangement.sequence_tokens, degree)
    needed = copy_gib * arrangement.copies
    available = available_gib(arrangement.chips, arrangement.stack) * arrangement.copies
    if llm:
        request_s = arrangement.request_s(batch)
        rps = min(concurrency, batch * arrangement.copies) / max(request_s, 1e-9)
    else:
        # A pass carries ``batch`` items; a request takes as many passes as its items fill.
        pass_s = arrangement.step_s(batch)
        request_s = arrangement.around_s + pass_s * math.ceil(items / batch)
        # Copies beyond what is in flight have nothing to do.
        at_work = min(arrangement.copies, math.ceil(concurrency * items / batch))
        rps = at_work * batch / items / max(pass_s, 1e-9)
    spreads = arrangement.spreads
    return Prediction(
        precision=precision,
        stack=arrangement.stack.stack,
        chips=arrangement.chips.count * arrangement.copies,
        copies=arrangement.copies,
        concurrency=concurrency,
        memory_gib=Interval(needed * MEMORY_LOW, needed, needed * MEMORY_HIGH),
        memory_available_gib=available,
        time_to_first_token_ms=_time(arrangement.first_s() * 1e3, spreads.first) if llm else None,
        time_per_output_token_ms=_time(arrangement.token_s(batch) * 1e3, spreads.token)
        if llm
        else None,
        request_ms=_time(request_s * 1e3, spreads.request),
        output_tokens_per_s=_rate(rps * arrangement.output_tokens, spreads.rate) if llm else None,
        requests_per_s=_rate(rps, spreads.rate),
        basis=arrangement.speed.row.basis,
    )


def _time(value: float, spread: tuple[float, float]) -> Interval:
    return Interval(value * spread[0], value, value * spread[1])


def _rate(value: float, spread: tuple[float, float]) -> Interval:
    """A rate is slow where a time is long."""
    return Interval(value / spread[1], value, value / spread[0])
