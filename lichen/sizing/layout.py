"""A model on a machine at one precision, for a workload: made once, and the source of its size,
the arithmetic of it, other ways to run the replicas, and the notes on benchmark records."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.evidence import Record, contradicts, surprise, weigh
from lichen.interval import Interval
from lichen.sizing.answers import Misfit, Sizing, Step
from lichen.sizing.arrangement import Arrangement, arrange
from lichen.sizing.capacity import Capacity, best_within
from lichen.sizing.coefficients import Spreads, knowledge
from lichen.sizing.draw import ChipPower, chip_power
from lichen.sizing.prediction import prediction_at
from lichen.sizing.receipt import capacity_steps, copy_steps, replica_steps
from lichen.sizing.replicas import Replicas, day_of, replicas_over_day, start_up_of
from lichen.sizing.savings import Saving, savings_of
from lichen.words import Precision
from lichen.workload import Latency, ModelCard, Workload

_NO_BOUNDS = Latency()


class Layout(msgspec.Struct, frozen=True):
    """A workload's model on one machine at one precision, at the capacity that keeps its bounds.

    ``arrangement`` uses the fewest chips a copy. ``unmeasured`` is the same before any benchmark
    record; ``records`` are those of this model, machine, precision and stack, which narrowed it.
    """

    workload: Workload
    card: ModelCard
    precision: Precision
    unmeasured: Arrangement
    records: tuple[Record, ...]
    arrangement: Arrangement
    capacity: Capacity
    replicas: Replicas
    power: ChipPower | None

    def sizing(self) -> Sizing:
        """How many machines, hour by hour, and what each does."""
        capacity, replicas = self.capacity, self.replicas
        arrangement, curve, point = capacity.arrangement, capacity.curve, capacity.point
        (low, high), (p95_low, p95_high) = arrangement.spreads.rate, arrangement.spreads.request
        in_flight = max(1.0, point.in_flight)
        batch = min(curve.room, math.ceil(in_flight)) * curve.items
        static = arrangement.stack.static_shapes
        requests = sum(day_of(self.workload.traffic)) * 3600.0
        p95_ms = point.request_s * 1e3
        hours, saturated_rps = replicas.hours, capacity.saturated_rps
        load = min(1.0, requests / (hours * 3600.0 * saturated_rps)) if hours else 0.0
        return Sizing(
            prediction=prediction_at(
                arrangement,
                self.precision,
                batch,
                in_flight * arrangement.copies,
                curve.items,
            ),
            chips_per_replica=arrangement.chips.count * arrangement.copies,
            rps_per_replica=Interval(capacity.rps / high, capacity.rps, capacity.rps / low),
            headroom=min(1.0, capacity.rps / saturated_rps),
            p95_ms=Interval(p95_ms * p95_low, p95_ms, p95_ms * p95_high),
            replicas_minimum=replicas.minimum,
            replicas_peak=replicas.peak,
            replicas_maximum=replicas.maximum,
            replica_hours_by_hour=replicas.by_hour,
            load=load,
            draw=load if self.power is None else self.power.draw(capacity, load),
            compiled_batch=math.ceil(curve.crowd(point.in_flight) * curve.items)
            if static
            else None,
            compiled_sequence_tokens=_bucket(arrangement.context_tokens)
            if static and curve.llm
            else None,
        )

    def steps(self) -> tuple[Step, ...]:
        """The arithmetic behind :meth:`sizing`, line by line."""
        curve, point = self.capacity.curve, self.capacity.point
        batch = min(curve.room, max(1.0, point.in_flight)) * curve.items
        return (
            *copy_steps(self.capacity.arrangement, self.card, batch),
            *capacity_steps(self.capacity),
            *replica_steps(self.workload, self.capacity, self.replicas),
        )

    def savings(self) -> tuple[Saving, ...]:
        """Other ways to run the replicas on this machine, the largest saving first."""
        unbound = best_within(self.arrangement, _NO_BOUNDS, 1.0, self.workload.traffic.items)
        return savings_of(
            self.workload,
            self.replicas,
            self.capacity,
            None if isinstance(unbound, Misfit) else unbound,
        )

    def notes(self) -> Iterator[str]:
        """What the benchmark records say of the prediction, clearly where they contradict it."""
        for record in self.records:
            predicted = _predicted_times(self.unmeasured, record)
            ratio = math.exp(surprise(predicted, record))
            found = f"the record of {record.measured_on} took {ratio:.2g} times what was predicted"
            if contradicts(predicted, record, self.unmeasured.spreads.token):
                yield (
                    f"{found}, outside the 80 % interval: it CONTRADICTS the prediction, so "
                    "measure again before you trust either"
                )
            else:
                yield f"{found}, and narrows it"


def lay_out(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
    evidence: Sequence[Record] = (),
) -> Layout | Misfit:
    """``workload`` on ``machine`` at ``precision``, or why the machine cannot serve it.

    ``evidence`` narrows what is predicted for the model, machine and precision it was measured on.
    """
    traffic = workload.traffic
    if card.kind in ("llm", "vlm") and (traffic.input_tokens is None or not traffic.output_tokens):
        return Misfit("card", "traffic.input_tokens and traffic.output_tokens are not given")
    known = knowledge(catalogue)
    tokens = traffic.input_tokens or 0, traffic.output_tokens or 0
    unmeasured = arrange(card, machine, known, precision, None, None, *tokens)
    if isinstance(unmeasured, Misfit):
        return unmeasured
    records = tuple(
        record
        for record in evidence
        if catalogue.bare_name(record.machine) == machine.name
        and record.is_of(card.name, precision, unmeasured.stack.stack)
    )
    arrangement = unmeasured
    for record in records:
        arrangement = narrowed(arrangement, record)
    latency, share = (
        workload.latency,
        known.headroom(arrangement.chips.kind, arrangement.need.work).share,
    )
    if workload.mode in ("asynchronous", "batch"):
        latency, share = _NO_BOUNDS, 1.0
    capacity = best_within(arrangement, latency, share, traffic.items)
    if isinstance(capacity, Misfit):
        return capacity
    replicas = replicas_over_day(workload, capacity.rps, start_up_of(arrangement))
    chip = known.chips.of_machine(machine)
    power = chip_power(chip, known.chip_power) if chip and machine.accelerator else None
    return Layout(
        workload, card, precision, unmeasured, records, arrangement, capacity, replicas, power
    )


def narrowed(arrangement: Arrangement, record: Record) -> Arrangement:
    """The arrangement at the pace that a record and the prediction agree on, and its interval."""
    predicted = _predicted_times(arrangement, record)
    pace, spread = weigh(predicted, record, arrangement.spreads.token)
    spreads = Spreads(spread, spread, spread, spread)
    return replace(arrangement, pace=arrangement.pace * pace, spreads=spreads)


def _predicted_times(arrangement: Arrangement, record: Record) -> dict[str, float]:
    """Milliseconds predicted for the times of a record, at its concurrency."""
    batch = max(1.0, record.concurrency / arrangement.copies)
    return {
        "time_per_output_token_ms": arrangement.token_s(batch) * 1e3,
        "time_to_first_token_ms": arrangement.prefill_s() * 1e3,
        "request_ms": arrangement.request_s(batch) * 1e3,
    }


def _bucket(tokens: float) -> int:
    """The compiled sequence length: the next power of two, 128 at least."""
    return int(max(128, 2 ** math.ceil(math.log2(max(1.0, tokens)))))
