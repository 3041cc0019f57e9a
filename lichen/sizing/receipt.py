"""The arithmetic of a size, line by line: every figure with its unit, its formula, its source."""

from __future__ import annotations

from collections.abc import Iterator

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Work
from lichen.figures import amount, percent, whole
from lichen.sizing.answers import Misfit, Step
from lichen.sizing.arrangement import Arrangement, arrange
from lichen.sizing.capacity import Capacity
from lichen.sizing.coefficients import knowledge
from lichen.sizing.compiled import read_tokens
from lichen.sizing.memory import ACTIVATION_SHARE, available_gib, needed_gib, reserves
from lichen.sizing.need import GIB, Need
from lichen.sizing.replicas import SMALL_VCPU, Replicas, day_of, floor_of, start_up_of
from lichen.words import Precision
from lichen.workload import ModelCard, Workload

FIT = "efficiencies.csv"


def explain_prediction(
    card: ModelCard,
    machine: Machine,
    catalogue: Catalogue,
    *,
    precision: Precision,
    stack: str | None = None,
    chips: float | None = None,
    input_tokens: int = 0,
    output_tokens: int = 0,
    concurrency: float = 1,
) -> tuple[Step, ...] | Misfit:
    """The steps behind ``predict()`` with the same arguments."""
    arrangement = arrange(
        card, machine, knowledge(catalogue), precision, stack, chips, input_tokens, output_tokens
    )
    if isinstance(arrangement, Misfit):
        return arrangement
    if chips is None:
        arrangement = arrangement.with_room_for(concurrency)
    return tuple(copy_steps(arrangement, card, max(1.0, concurrency / arrangement.copies)))


def copy_steps(arrangement: Arrangement, card: ModelCard, batch: float) -> Iterator[Step]:
    """Memory and speed of one copy with ``batch`` in flight."""
    need, chips, stack, row = (
        arrangement.need,
        arrangement.chips,
        arrangement.stack,
        arrangement.speed.row,
    )
    context, slots = arrangement.sequence_tokens, arrangement.slots(batch)
    yield Step(
        "weights",
        need.weight_bytes / GIB,
        "GiB",
        f"{card.parameters:.4g} parameters x "
        f"{8 * need.weight_bytes / card.parameters:.3g} bits / 8",
        card.source or "model card",
    )
    if need.kv_bytes_per_token:
        yield Step(
            "cache of one sequence",
            need.kv_bytes(context, chips.degree) / GIB,
            "GiB",
            f"{need.kv_bytes_per_token:,.0f} bytes a token x {context:,.0f} tokens"
            + _of_window(need)
            + _of_heads(need, chips.degree)
            + (f" + {need.state_bytes:,.0f} bytes of state" if need.state_bytes else ""),
            card.source or "model card",
        )
    yield Step(
        "memory needed",
        needed_gib(need, slots, context, chips.degree),
        "GiB",
        f"weights x {1 + ACTIVATION_SHARE:g} + {amount(slots)} caches",
        "sizing/memory.py",
    )
    yield Step(
        "memory available",
        available_gib(chips, stack),
        "GiB",
        f"{chips.memory_gib:g} GiB x {stack.memory_share:g} - "
        f"{stack.reserve_gib:g} GiB per chip x {reserves(chips):g}",
        f"stacks.csv: {stack.source}",
    )
    yield Step(
        "coefficients",
        float(row.rows),
        "rows",
        f"{row.family} under {row.stack}: {row.basis}"
        + (f", from {row.leans_on}" if row.leans_on else "")
        + (f"; error on unseen clusters {row.cv_error_pct:g} %" if row.cv_error_pct else ""),
        "; ".join(row.sources) or FIT,
    )
    if arrangement.pace != 1.0:
        yield Step(
            "pace by evidence",
            arrangement.pace,
            "x time",
            "measured / predicted, weighted by how sure each is",
            "benchmark records",
        )
    yield from _step_terms(arrangement, batch)
    yield Step(
        "around the model",
        arrangement.around_s * 1e3,
        "ms",
        f"of one of {arrangement.vcpu:g} vCPU, for a request of one item: its server, "
        f"{AROUND[need.work]}",
        "around.csv",
    )
    if need.work != "llm":
        return
    yield Step(
        "prompt",
        arrangement.prefill_s() * 1e3,
        "ms",
        f"{read_tokens(stack, float(arrangement.input_tokens)):,.0f} tokens x "
        f"{need.flops_per_token:.3g} FLOP / "
        f"({chips.peak(need.compute):.3g} FLOP/s x {1 / arrangement.speed.weights.prefill:.3g}) "
        f"+ {arrangement.speed.weights.prefill_ms:.3g} ms + layers, weights and attention",
        FIT,
    )
    yield Step(
        "request",
        arrangement.request_s(batch) * 1e3,
        "ms",
        f"prompt + {arrangement.output_tokens:,} tokens x (step + "
        f"{max(0.0, batch - 1):.3g} prompts of others / {arrangement.output_tokens:,})",
        "sizing/arrangement.py",
    )


AROUND: dict[Work, str] = {
    "llm": "tokens",
    "encoder": "tokens",
    "vision": "a picture decoded",
    "speech": "30 seconds made into a spectrogram",
    "diffusion": "and nothing else",
}


def _of_window(need: Need) -> str:
    if not need.window_tokens:
        return ""
    slide = "all" if not need.full_share else f"{percent(1 - need.full_share)} of"
    return f", {slide} layers at most {need.window_tokens:,.0f} tokens"


def _of_heads(need: Need, degree: float) -> str:
    """Why the cache is larger than a token's bytes."""
    if not need.kv_heads or degree <= need.kv_heads:
        return ""
    return f" x {degree / need.kv_heads:g}: {degree:g} parts hold a head each, of {need.kv_heads:g}"


def _step_terms(arrangement: Arrangement, batch: float) -> Iterator[Step]:
    need, chips, batch = arrangement.need, arrangement.chips, arrangement.slots(batch)
    weights, terms = arrangement.speed.weights, arrangement.step_terms(batch)
    parts = (
        ("fixed part", f"{weights.step_ms:.3g} ms"),
        ("layers", f"{need.layers:.0f} x {weights.layer_us:.3g} us"),
        ("layers in step between chips", f"{need.layers:.0f} x {weights.sync_us:.3g} us"),
        ("sequences", f"{amount(batch)} x {weights.sequence_us:.3g} us"),
        (
            "weights read",
            f"{need.touched_bytes(batch):.3g} B / "
            f"({chips.bandwidth_bytes_s:.3g} B/s x {1 / weights.bandwidth:.3g})",
        ),
        (
            "cache read",
            f"{terms.cache * chips.bandwidth_bytes_s:.3g} B / "
            f"({chips.bandwidth_bytes_s:.3g} B/s x {1 / weights.cache:.3g})",
        ),
        (
            "exchanged between chips",
            f"{terms.link * (chips.link_bytes_s or 0.0):.3g} B / "
            f"({chips.link_bytes_s or 0.0:.3g} B/s x {1 / weights.link:.3g})",
        ),
        (
            "arithmetic",
            f"{terms.compute * chips.peak(need.compute):.3g} FLOP / "
            f"({chips.peak(need.compute):.3g} FLOP/s x {1 / weights.compute:.3g})",
        ),
    )
    for (name, formula), weight, term in zip(parts, weights, terms, strict=False):
        if term:
            yield Step(f"step: {name}", weight * term * 1e3, "ms", formula, FIT)
    yield Step(
        "step",
        arrangement.step_s(batch) * 1e3,
        "ms",
        f"the sum, with {amount(batch)} in flight on a copy",
        FIT,
    )


def _copies(count: int) -> str:
    return "1 copy" if count == 1 else f"{count:,} copies"


def capacity_steps(capacity: Capacity) -> Iterator[Step]:
    """What one machine serves: its saturation, the share allowed, and the slowest requests."""
    copies, point = capacity.arrangement.copies, capacity.point
    yield Step(
        "saturation",
        capacity.saturated_rps,
        "requests/s",
        f"{_copies(copies)} x {amount(capacity.curve.room)} in flight / request",
        "sizing/capacity.py",
    )
    yield Step(
        "headroom allowed",
        capacity.share,
        "share of saturation",
        "MLPerf: rate of Server / rate of Offline, for this kind of model",
        "headrooms.csv",
    )
    slow = capacity.slow
    yield Step(
        "confidence",
        capacity.confidence,
        "probability",
        f"that a first token takes at most {slow.first:.3g}, a token {slow.token:.3g}, a request "
        f"{slow.request:.3g} times the likely time, and the rate is at least 1 / {slow.rate:.3g} "
        "of the likely one",
        "workload, spreads.csv",
    )
    yield Step(
        "served by a replica",
        capacity.rps,
        "requests/s",
        f"{_copies(copies)}, {amount(point.in_flight)} in flight each, "
        f"{amount(capacity.likely_rps)} at the likely speed / {slow.rate:.3g}: "
        "the most at which 95th percentiles are within their "
        "bounds (one time in 20, b + 1.645 sqrt b are in flight)",
        "sizing/capacity.py",
    )
    yield Step(
        "request, 95th percentile",
        point.request_s * 1e3,
        "ms",
        "wait for the prompt's turn (M/D/1 tail) + prompt + tokens at the crowded step",
        "sizing/capacity.py",
    )


def replica_steps(
    workload: Workload, capacity: Capacity, replicas: Replicas, small: bool
) -> Iterator[Step]:
    """How many machines over the day."""
    day = day_of(workload.traffic)
    yield Step(
        "start-up of a replica",
        start_up_of(capacity.arrangement),
        "s",
        "machine and image, then weights / 0.3 GB/s",
        "sizing/replicas.py",
    )
    yield Step(
        "replicas at peak",
        float(replicas.peak),
        "replicas",
        f"{whole(workload.traffic.peak_rps)} requests/s / {amount(capacity.rps)}"
        + (", and spares for a zone or a failure" if workload.environment == "prod" else ""),
        "sizing/replicas.py",
    )
    yield Step(
        "replicas at least",
        float(replicas.minimum),
        "replicas",
        f"floor {floor_of(workload)}"
        + (f", two in production of machines below {SMALL_VCPU} vCPU" if small else "")
        + "; enough in the quietest hour for bursts, and for the growth "
        "while a new replica starts",
        "sizing/replicas.py",
    )
    yield Step(
        "replica-hours",
        replicas.hours,
        "hours a day",
        f"the sum over the hours, for {amount(min(day))} to {amount(max(day))} requests/s",
        "sizing/replicas.py",
    )
