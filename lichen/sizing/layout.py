"""A model on a machine at one precision, for a workload: made once, and the source of its size,
the arithmetic of it, other ways to run the replicas, and the notes on benchmark records."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.evidence import (
    FEW_REQUESTS,
    Record,
    carried_over,
    contradicts,
    discord,
    left_by_others,
    narrower,
    surprise,
    weigh,
)
from lichen.figures import amount
from lichen.interval import Interval
from lichen.sizing.answers import Misfit, Origin, ReplicasAtLoad, Sizing, Step
from lichen.sizing.arrangement import Arrangement, arrange
from lichen.sizing.capacity import Capacity, best_within
from lichen.sizing.coefficients import Knowledge, Spreads, knowledge
from lichen.sizing.confidence import FAST, LIKELY, SLOW
from lichen.sizing.draw import ChipPower, chip_power
from lichen.sizing.memory import serverless_gib
from lichen.sizing.prediction import prediction_at
from lichen.sizing.receipt import capacity_steps, copy_steps, replica_steps
from lichen.sizing.replicas import (
    HOURS,
    SMALL_VCPU,
    Replicas,
    day_of,
    replicas_over_day,
    start_up_of,
)
from lichen.sizing.savings import QUEUED, WITHOUT_HEADROOM, Saving, savings_of
from lichen.words import Precision
from lichen.workload import Latency, ModelCard, Workload

_NO_BOUNDS = Latency()
HOPELESS = 5.0
"""More than so many times the planned replicas are no answer to a slow machine (design choice)."""


class Carried(NamedTuple):
    """A record of the model on another machine, and its times over those predicted there.

    Nothing carries over from one that contradicts the prediction there, since something else was
    measured, nor from another family of chips.
    """

    record: Record
    ratio: float
    contradicts: bool
    family: str
    is_of_family: bool

    @property
    def counts(self) -> bool:
        return self.is_of_family and not self.contradicts


class Layout(msgspec.Struct, frozen=True):
    """A workload's model on one machine at one precision, at the capacity that keeps its bounds.

    ``arrangement`` uses the fewest chips a copy. ``records`` are those of this model, machine,
    precision and stack, which narrowed it, and ``unmeasured`` what they were measured on, before
    any of them. ``carried`` are records of the model on other machines, where there is none of this
    one. ``share`` of a machine's saturation may be used. ``small``: it has few vCPU, see
    :func:`replicas_over_day`.
    """

    workload: Workload
    card: ModelCard
    precision: Precision
    unmeasured: Arrangement
    records: tuple[Record, ...]
    arrangement: Arrangement
    share: float
    small: bool
    capacity: Capacity
    replicas: Replicas
    power: ChipPower | None
    carried: tuple[Carried, ...] = ()

    @property
    def replicas_mean(self) -> float:
        """Replicas that run, on average over the day."""
        return self.replicas.hours / HOURS

    def load(self, slow: float = 1.0) -> float:
        """The mean share of saturation over the replica-hours, of machines whose times are
        ``slow`` times the likely ones."""
        rps, hours = sum(day_of(self.workload.traffic)), self.replicas.hours
        return min(1.0, rps * slow / (hours * self.capacity.saturated_rps)) if hours else 0.0

    def draw(self, slow: float = 1.0) -> float:
        """How far the watts of a replica are from idle (0) to full (1) at :meth:`load`."""
        load = self.load(slow)
        return load if self.power is None else self.power.draw(self.capacity, load)

    def at(self, confidence: float, arrangement: Arrangement | None = None) -> Layout | Misfit:
        """The same with its bounds and traffic met with another confidence; ``arrangement``
        takes the place of its own."""
        return _layout_of(
            self.workload,
            self.card,
            self.precision,
            self.unmeasured,
            self.records,
            arrangement or self.arrangement,
            self.share,
            self.small,
            self.power,
            confidence,
        )

    def ends(self) -> tuple[Layout, Layout]:
        """What the traffic takes of machines at the slow and at the fast end of their interval.

        Where a machine at the slow end would not keep its latency bounds with a sensible number of
        replicas, those counted keep up with the traffic alone: see :attr:`misses_when_slow`.
        """
        slow, fast = self.at(SLOW), self.at(FAST)
        if self._is_hopeless(slow):
            unbound = replace(self, workload=replace(self.workload, latency=_NO_BOUNDS))
            slow = unbound.at(SLOW)
        return (
            self if isinstance(slow, Misfit) else slow,
            self if isinstance(fast, Misfit) else fast,
        )

    @property
    def misses_when_slow(self) -> bool:
        """Whether a machine at the slow end of its interval misses the latency bounds, however
        many replicas there are (or more than HOPELESS times those planned)."""
        return self._is_hopeless(self.at(SLOW))

    def _is_hopeless(self, slow: Layout | Misfit) -> bool:
        return isinstance(slow, Misfit) or slow.capacity.rps * HOPELESS < self.capacity.rps

    def measured(self) -> Layout | Misfit:
        """What the layout would be after a good benchmark that finds the likely speed."""
        return self.at(
            self.capacity.confidence,
            replace(self.arrangement, spreads=narrowed_spreads(self.arrangement.spreads)),
        )

    def rps_per_replica(self) -> Interval:
        """What one machine serves within its bounds: slow, likely and fast."""
        slow, likely, fast = (
            0.0 if isinstance(one, Misfit) else one.rps
            for one in (
                _capacity_of(self.workload, self.arrangement, self.share, confidence)
                for confidence in (SLOW, LIKELY, FAST)
            )
        )
        return Interval(min(slow, likely), likely, max(likely, fast))

    def sizing(self) -> Sizing:
        """How many machines, hour by hour, and what each does."""
        capacity, replicas = self.capacity, self.replicas
        arrangement, curve, point = capacity.arrangement, capacity.curve, capacity.point
        in_flight = max(1.0, point.in_flight)
        batch = min(curve.room, math.ceil(in_flight)) * curve.items
        compiled = arrangement.compiled_batch
        return Sizing(
            prediction=prediction_at(
                arrangement,
                self.precision,
                batch,
                in_flight * arrangement.copies,
                curve.items,
            ),
            chips_per_replica=arrangement.chips.count * arrangement.copies,
            confidence=capacity.confidence,
            rps_per_replica=self.rps_per_replica(),
            rps_planned=capacity.rps,
            headroom=min(1.0, capacity.likely_rps / capacity.saturated_rps),
            at_mean=self._served(sum(day_of(self.workload.traffic)) / HOURS, self.replicas_mean),
            at_peak=self._served(self.workload.traffic.peak_rps, float(replicas.peak)),
            replicas_minimum=replicas.minimum,
            replicas_peak=replicas.peak,
            replicas_maximum=replicas.maximum,
            replicas_needed=self._replicas_needed(),
            replica_hours_by_hour=replicas.by_hour,
            load=self.load(),
            draw=self.draw(),
            longest_tokens=self._longest_tokens(arrangement) if curve.llm else None,
            artifact_bytes=arrangement.need.weight_bytes,
            start_up_s=start_up_of(arrangement),
            compiled_batch=None if compiled is None else int(compiled),
            compiled_sequence_tokens=int(arrangement.sequence_tokens)
            if compiled is not None and (curve.llm or arrangement.compiled_tokens)
            else None,
            tensor_parallel=None if compiled is None else round(arrangement.chips.degree),
        )

    @staticmethod
    def _longest_tokens(arrangement: Arrangement) -> int:
        """The longest request that is served: as compiled, or as asked."""
        if arrangement.stack.static_shapes:
            return int(arrangement.sequence_tokens)
        return int(arrangement.longest_request or arrangement.context_tokens)

    def _replicas_needed(self) -> Interval:
        """Replicas of the peak: if the machine is fast, as planned, if it is slow."""
        slow, fast = self.ends()
        planned = self.replicas.peak
        return Interval(min(fast.replicas.peak, planned), planned, max(slow.replicas.peak, planned))

    def _served(self, rps: float, replicas: float) -> ReplicasAtLoad | None:
        """``replicas`` at ``rps`` together, at the likely speed."""
        if rps <= 0 or replicas <= 0 or self.workload.mode in QUEUED:
            return None
        arrangement, curve = self.capacity.arrangement, self.capacity.curve
        point = curve.serving(rps / replicas / arrangement.copies)
        spreads = arrangement.spreads
        return ReplicasAtLoad(
            rps=rps,
            replicas=replicas,
            in_flight=point.in_flight * arrangement.copies,
            time_to_first_token_ms=time_ms(point.first_s, spreads.first) if curve.llm else None,
            time_per_output_token_ms=time_ms(point.token_s, spreads.token) if curve.llm else None,
            p95_ms=time_ms(point.request_s, spreads.request),
        )

    def origin(self, catalogue: Catalogue) -> Origin:
        """What the predicted speed and its interval rest on."""
        row, spreads = self.arrangement.speed.row, self.arrangement.spreads
        kind = self.arrangement.chips.kind
        drawn = knowledge(catalogue).spread_row(row, kind, "rate")
        return Origin(
            family=row.family,
            stack=row.stack,
            basis=row.basis,
            rows=row.rows,
            clusters=row.clusters,
            publishers=row.publishers,
            apart_pct=row.apart_pct,
            sources=row.sources,
            error_pct=row.cv_error_pct,
            leans_on=row.leans_on,
            interval_rows=0 if drawn is None else drawn.rows,
            interval_publishers=0 if drawn is None else drawn.publishers,
            records=len(self.records),
            work=row.work,
            rate_factors=spreads.rate,
            first_token_factors=spreads.first,
            token_factors=spreads.token,
            request_factors=spreads.request,
        )

    def steps(self) -> tuple[Step, ...]:
        """The arithmetic behind :meth:`sizing`, line by line."""
        curve, point = self.capacity.curve, self.capacity.point
        batch = min(curve.room, max(1.0, point.in_flight)) * curve.items
        return (
            *copy_steps(self.capacity.arrangement, self.card, batch),
            *capacity_steps(self.capacity),
            *replica_steps(self.workload, self.capacity, self.replicas, self.small),
        )

    def savings(self) -> tuple[Saving, ...]:
        """Other ways to run the replicas on this machine, the largest saving first."""
        unbound = best_within(
            self.arrangement,
            _NO_BOUNDS,
            1.0,
            self.workload.traffic.items,
            self.capacity.confidence,
        )
        return savings_of(
            self.workload,
            self.replicas,
            self.capacity,
            None if isinstance(unbound, Misfit) else unbound,
            small=self.small,
        )

    def notes(self) -> Iterator[str]:
        """What each benchmark record says of the prediction, those before it counted, clearly
        where it contradicts; and whether the bounds are out of reach of a slow machine."""
        arrangement = self.unmeasured
        for record in self.records:
            predicted = _predicted_times(arrangement, record)
            ratio = math.exp(surprise(predicted, record))
            found = (
                f"the record of {record.measured_on} took {amount(ratio)} times what was predicted"
            )
            if contradicts(predicted, record, arrangement.spreads.token):
                yield (
                    f"{found}, outside the 80 % interval: it CONTRADICTS the prediction, so "
                    "measure again before you trust either"
                )
            else:
                yield f"{found}, and narrows it"
            arrangement = narrowed(arrangement, record)
        for carried in self.carried:
            record = carried.record
            found = (
                f"the record of {record.measured_on} on {record.machine} took "
                f"{amount(carried.ratio)} "
                "times what was predicted there"
            )
            if carried.contradicts:
                yield f"{found}, outside the 80 % interval: nothing of it carries over"
            elif not carried.is_of_family:
                yield (
                    f"{found}: nothing of it carries over from {carried.family} to "
                    f"{arrangement.chips.family}, so measure this machine too"
                )
            else:
                yield (
                    f"{found}, of which little carries over to this machine: a record of it would "
                    "say far more"
                )
        bounded = self.workload.latency != _NO_BOUNDS and self.workload.mode not in QUEUED
        if bounded and self.misses_when_slow:
            yield (
                "at the slow end of its interval, one time in ten, the machine misses the latency "
                "bounds however many replicas run"
            )


_INSTEAD: Mapping[Precision, tuple[Precision, ...]] = {"bf16": ("fp16", "fp32")}
"""What serves as well where a chip does not run a precision: none is narrower."""


def precisions_to_try(usual: Precision) -> tuple[Precision, ...]:
    """The precision that a model is usually served in, and what does as well on a chip that lacks
    it, the nearest first: fp16 for bf16 is what a T4 does."""
    return usual, *_INSTEAD.get(usual, ())


def lay_out_as_usual(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
    evidence: Sequence[Record] = (),
) -> Layout | Misfit:
    """:func:`lay_out`, at the first of :func:`precisions_to_try` that the chip runs where the
    workload names no precision."""
    layout = lay_out(workload, card, machine, precision, catalogue, evidence)
    for each in () if workload.precisions else precisions_to_try(precision)[1:]:
        if isinstance(layout, Layout) or layout.kind != "precision":
            break
        layout = lay_out(workload, card, machine, each, catalogue, evidence)
    return layout


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
    if evidence:
        return _laid_out(workload, card, machine, precision, catalogue, evidence)
    alone = catalogue.once(_WithoutRates).of(workload, card, machine, precision)
    if isinstance(alone, Misfit):
        return alone
    replicas = _replicas_of(workload, alone.capacity, alone.arrangement, alone.small)
    return replace(alone, workload=workload, replicas=replicas)


def without_rates(workload: Workload) -> Workload:
    """What of a workload decides what one machine serves: how often it is asked, where it may be
    and what it is called do not."""
    return Workload(
        name="",
        model="",  # its card says more
        traffic=replace(workload.traffic, peak_rps=1.0, mean_rps=None, hourly_rps=None),
        precisions=workload.precisions,
        latency=workload.latency,
        mode=workload.mode,
        environment=workload.environment,
        confidence=workload.confidence,
        compiled=workload.compiled,
    )


class _WithoutRates:
    """What machines serve of the last workloads that were asked for, on one catalogue.

    A fleet has many endpoints that differ in their traffic alone: how fast a machine is for them is
    computed once, and of each only how many machines it takes.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._found: dict[tuple[Workload, ModelCard, Machine, Precision], Layout | Misfit] = {}

    def of(
        self, workload: Workload, card: ModelCard, machine: Machine, precision: Precision
    ) -> Layout | Misfit:
        key = without_rates(workload), card, machine, precision
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST_KEPT:
                self._found.clear()
            # Of the key alone: nothing else of the workload can have a part in it.
            found = self._found[key] = _laid_out(*key, self._catalogue)
        return found


_MOST_KEPT = 2048
"""Layouts of machines: a placement over the whole catalogue makes fewer."""


def _replicas_of(
    workload: Workload, capacity: Capacity, arrangement: Arrangement, small: bool
) -> Replicas:
    return replicas_over_day(workload, capacity.rps, start_up_of(arrangement), small=small)


def _laid_out(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
    evidence: Sequence[Record] = (),
) -> Layout | Misfit:
    traffic = workload.traffic
    if card.generates and (traffic.input_tokens is None or not traffic.output_tokens):
        return Misfit("card", "traffic.input_tokens and traffic.output_tokens are not given")
    known = knowledge(catalogue)
    tokens = traffic.input_tokens or 0, traffic.output_tokens or 0
    longest = traffic.longest_request(card)
    if longest is not None and card.max_context_tokens and longest > card.max_context_tokens:
        return Misfit(
            "context",
            f"requests of {longest} tokens are longer than the {card.max_context_tokens} that "
            f"{card.name} accepts",
            longest / card.max_context_tokens,
        )
    compiled = workload.compiled
    if compiled is not None and traffic.longest_tokens is None:
        longest = sum(tokens) or None  # the files were made for what was the longest then
    fewest = arrange(card, machine, known, precision, None, None, *tokens, longest, compiled)
    if isinstance(fewest, Misfit):
        return fewest
    if workload.mode == "serverless":
        needed = serverless_gib(fewest.need)
        if machine.memory_gib is not None and needed > machine.memory_gib:
            return Misfit(
                "memory",
                f"serverless needs {needed:.1f} GiB of memory for its weights and their loading, "
                f"{machine.name} has {machine.memory_gib:.1f}",
                needed / machine.memory_gib,
            )
        fewest = replace(fewest, at_most=float(traffic.items) if fewest.need.work != "llm" else 1.0)
    records = tuple(
        record
        for record in evidence
        if catalogue.bare_name(record.machine) == machine.name
        and record.is_of(card.name, precision, fewest.stack.stack)
    )
    share = known.headroom(fewest.chips.kind, fewest.need.work).share
    if workload.mode in WITHOUT_HEADROOM:
        share = 1.0
    unmeasured = _as_run(workload, fewest, share) if records else fewest
    measured = unmeasured
    for record in records:
        measured = narrowed(measured, record)
    family = fewest.chips.family
    carried = (
        ()
        if records
        else tuple(_carried(card, machine, family, known, catalogue, evidence, tokens))
    )
    measured = _moved(measured, [one.ratio for one in carried if one.counts])
    chip = known.chips.of_machine(machine)
    layout = _layout_of(
        workload,
        card,
        precision,
        unmeasured,
        records,
        replace(fewest, pace=measured.pace, spreads=measured.spreads),
        share,
        machine.vcpu < SMALL_VCPU,
        chip_power(chip, known.chip_power) if chip and machine.accelerator else None,
        workload.wanted_confidence,
    )
    return replace(layout, carried=carried) if carried and isinstance(layout, Layout) else layout


def _carried(
    card: ModelCard,
    machine: Machine,
    family: str,
    known: Knowledge,
    catalogue: Catalogue,
    evidence: Sequence[Record],
    usual: tuple[int, int],
) -> Iterator[Carried]:
    """The records of a model on other machines whose own roofline is known. ``family`` is of this
    machine's chips, ``usual`` the lengths of a request, where a record does not say them."""
    for record in evidence:
        there = _machine_of(record, catalogue)
        if record.model != card.name or there is None or there.name == machine.name:
            continue
        tokens = record.input_tokens or usual[0], record.output_tokens or usual[1]
        for stack in dict.fromkeys((record.stack, None)):
            arrangement = arrange(card, there, known, record.precision, stack, None, *tokens)
            if not isinstance(arrangement, Misfit):
                there_ms = _predicted_times(arrangement, record)
                spread = arrangement.spreads.token
                yield Carried(
                    record,
                    math.exp(surprise(there_ms, record)),
                    contradicts(there_ms, record, spread),
                    arrangement.chips.family,
                    arrangement.chips.family == family,
                )
                break


def _machine_of(record: Record, catalogue: Catalogue) -> Machine | None:
    """The machine of a record: the catalogue's, or one made of the chip that the record names."""
    known = catalogue.machines.get(catalogue.bare_name(record.machine))
    chip = None if known or record.chip is None else knowledge(catalogue).chips.get(record.chip)
    if known is not None or chip is None:
        return known
    is_cpu, count = chip.kind == "cpu", record.chips or 1.0
    return Machine(
        name=f"{record.chip} x {count:g}",
        cloud="",
        family="",
        vcpu=count * (chip.threads_per_core or 1.0) if is_cpu else 8.0,
        architecture="x86_64",
        memory_gib=None if not is_cpu else 1024.0,
        cpu=chip.name if is_cpu else None,
        processor="",
        accelerator=None if is_cpu else chip.name,
        accelerators=0 if is_cpu else count,
        accelerator_memory_gib=None,
        current_generation=None,
        successor=None,
        arm_alternative=None,
        hostings=(),
        source="",
    )


def _moved(arrangement: Arrangement, ratios: Sequence[float]) -> Arrangement:
    """The arrangement at the pace that records of other machines leave likely."""
    if not ratios:
        return arrangement
    spreads = arrangement.spreads
    return replace(
        arrangement,
        pace=arrangement.pace * carried_over(ratios),
        spreads=Spreads(
            rate=left_by_others(spreads.rate),
            first=left_by_others(spreads.first),
            token=left_by_others(spreads.token),
            request=left_by_others(spreads.request),
        ),
    )


def _as_run(workload: Workload, arrangement: Arrangement, share: float) -> Arrangement:
    """The chips of a copy and the batch that the workload is run with, which is what its records
    were measured on."""
    found = _capacity_of(workload, arrangement, share, workload.wanted_confidence)
    return arrangement if isinstance(found, Misfit) else found.arrangement


def _capacity_of(
    workload: Workload, arrangement: Arrangement, share: float, confidence: float
) -> Capacity | Misfit:
    """The machine at its busiest point that keeps the workload's bounds with a confidence."""
    bounds = _NO_BOUNDS if workload.mode in QUEUED else workload.latency
    return best_within(arrangement, bounds, share, workload.traffic.items, confidence)


def _layout_of(
    workload: Workload,
    card: ModelCard,
    precision: Precision,
    unmeasured: Arrangement,
    records: tuple[Record, ...],
    arrangement: Arrangement,
    share: float,
    small: bool,
    power: ChipPower | None,
    confidence: float,
) -> Layout | Misfit:
    """The layout at the capacity that holds with a confidence."""
    capacity = _capacity_of(workload, arrangement, share, confidence)
    if isinstance(capacity, Misfit):
        return capacity
    replicas = _replicas_of(workload, capacity, arrangement, small)
    return Layout(
        workload,
        card,
        precision,
        unmeasured,
        records,
        arrangement,
        share,
        small,
        capacity,
        replicas,
        power,
    )


def narrowed(arrangement: Arrangement, record: Record) -> Arrangement:
    """The arrangement at the pace that a record and the prediction agree on, and its interval."""
    predicted, spreads = _predicted_times(arrangement, record), arrangement.spreads
    pace, _ = weigh(predicted, record, spreads.token)
    wider = discord(predicted, record, spreads.token)
    return replace(
        arrangement,
        pace=arrangement.pace * pace,
        spreads=narrowed_spreads(spreads, record.requests, wider),
    )


def narrowed_spreads(spreads: Spreads, requests: int = FEW_REQUESTS, wider: float = 1.0) -> Spreads:
    """What a record of so many requests leaves of each interval; see :func:`narrower`."""
    return Spreads(
        rate=narrower(spreads.rate, requests, wider),
        first=narrower(spreads.first, requests, wider),
        token=narrower(spreads.token, requests, wider),
        request=narrower(spreads.request, requests, wider),
    )


def _predicted_times(arrangement: Arrangement, record: Record) -> dict[str, float]:
    """Milliseconds predicted for the times of a record, at its concurrency and, of a model that
    generates, with requests as long as its own. What does not fit at once waits for its turn, as
    where a benchmark sends everything at the start."""
    if arrangement.need.work == "llm":
        arrangement = replace(
            arrangement,
            input_tokens=record.input_tokens or arrangement.input_tokens,
            output_tokens=record.output_tokens or arrangement.output_tokens,
        )
    in_flight = max(1.0, record.concurrency / arrangement.copies)
    batch = max(1.0, min(in_flight, arrangement.room))
    return {
        "time_per_output_token_ms": arrangement.token_s(batch) * 1e3,
        "time_to_first_token_ms": arrangement.first_s() * 1e3,
        "request_ms": arrangement.request_s(batch) * 1e3 * in_flight / batch,
    }


def time_ms(likely_s: float, spread: tuple[float, float]) -> Interval:
    """Seconds, likely, as milliseconds with their 80 % interval."""
    return Interval(likely_s * 1e3 * spread[0], likely_s * 1e3, likely_s * 1e3 * spread[1])
