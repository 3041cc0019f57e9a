"""The arithmetic of a size, line by line: every figure with its unit, its formula, its source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.evidence import Record
from lichen.sizing.answers import Misfit, Step
from lichen.sizing.capacity import Curve, Point
from lichen.sizing.coefficients import knowledge
from lichen.sizing.layout import Setting, setting_of
from lichen.sizing.memory import ACTIVATION_SHARE, available_gib, held_gib
from lichen.sizing.need import GIB
from lichen.sizing.replicas import day_of, floor_of, hold, settle, start_up_s
from lichen.words import Precision
from lichen.workload import ModelCard, Workload

FIT = "efficiencies.csv"


def explain(
    workload: Workload,
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    catalogue: Catalogue,
    evidence: Sequence[Record] = (),
) -> tuple[Step, ...] | Misfit:
    """The steps behind ``size()`` with the same arguments."""
    settled = settle(workload, card, machine, precision, catalogue, evidence)
    if isinstance(settled, Misfit):
        return settled
    setting, curve, point, share = settled
    batch = min(curve.room, max(1.0, point.in_flight)) * curve.items
    return (
        *setting_steps(setting, card, batch),
        *_load_steps(setting, curve, point, share),
        *_replica_steps(workload, setting, curve, point),
    )


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
    setting = setting_of(
        card, machine, knowledge(catalogue), precision, stack, chips, input_tokens, output_tokens
    )
    if isinstance(setting, Misfit):
        return setting
    return tuple(setting_steps(setting, card, max(1.0, concurrency / setting.copies)))


def setting_steps(setting: Setting, card: ModelCard, batch: float) -> Iterator[Step]:
    """Memory and speed of one copy with ``batch`` in flight."""
    need, rig, stack, row = setting.need, setting.rig, setting.stack, setting.speed.row
    context = setting.context_tokens
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
            need.kv_bytes(context) / GIB,
            "GiB",
            f"{need.kv_bytes_per_token:.0f} bytes a token x {context:.0f} tokens"
            + (f", half the layers at most {need.window_tokens:.0f}" if need.window_tokens else ""),
            card.source or "model card",
        )
    yield Step(
        "memory held",
        held_gib(need, batch, context),
        "GiB",
        f"weights x {1 + ACTIVATION_SHARE:g} + {batch:g} caches",
        "memory.py",
    )
    yield Step(
        "memory available",
        available_gib(rig, stack),
        "GiB",
        f"{rig.memory_gib:g} GiB x {stack.memory_share:g} - "
        f"{stack.reserve_gib:g} GiB for each of {max(1.0, rig.chips):g} chips",
        f"stacks.csv: {stack.source}",
    )
    yield Step(
        "coefficients",
        float(row.rows),
        "rows",
        f"{row.family} under {row.stack}: {row.basis}"
        + (f", from {row.kin}" if row.kin else "")
        + (f"; error on unseen clusters {row.cv_error_pct:g} %" if row.cv_error_pct else ""),
        "; ".join(row.sources) or FIT,
    )
    if setting.pace != 1.0:
        yield Step(
            "pace by evidence",
            setting.pace,
            "x time",
            "measured over predicted, weighed by how sure each is",
            "benchmark records",
        )
    yield from _step_terms(setting, batch)
    if need.work != "llm":
        return
    yield Step(
        "prompt",
        setting.prefill_s() * 1e3,
        "ms",
        f"{setting.input_tokens} tokens x {need.flops_per_token:.3g} FLOP / "
        f"({rig.peak(need.compute):.3g} FLOP/s x {1 / setting.speed.weights[8]:.3g}) "
        f"+ {setting.speed.weights[7]:.3g} ms + layers, weights and attention",
        FIT,
    )
    yield Step(
        "request",
        setting.request_s(batch) * 1e3,
        "ms",
        f"prompt + {setting.output_tokens} tokens x (step + "
        f"{max(0.0, batch - 1):.3g} prompts of others / {setting.output_tokens})",
        "predict.py",
    )


def _step_terms(setting: Setting, batch: float) -> Iterator[Step]:
    need, rig = setting.need, setting.rig
    weights, terms = setting.speed.weights, setting.step_terms(batch)
    told = (
        ("fixed part", f"{weights[0]:.3g} ms"),
        ("layers", f"{need.layers:.0f} x {weights[1]:.3g} us"),
        ("layers in step between chips", f"{need.layers:.0f} x {weights[2]:.3g} us"),
        ("sequences", f"{batch:g} x {weights[3]:.3g} us"),
        (
            "weights read",
            f"{need.touched_bytes(batch):.3g} B / "
            f"({rig.bandwidth_bytes_s:.3g} B/s x {1 / weights[4]:.3g})",
        ),
        (
            "cache read",
            f"{terms[5] * rig.bandwidth_bytes_s:.3g} B / "
            f"({rig.bandwidth_bytes_s:.3g} B/s x {1 / weights[5]:.3g})",
        ),
        (
            "arithmetic",
            f"{terms[6] * rig.peak(need.compute):.3g} FLOP / "
            f"({rig.peak(need.compute):.3g} FLOP/s x {1 / weights[6]:.3g})",
        ),
    )
    for place, (name, formula) in enumerate(told):
        if terms[place]:
            yield Step(f"step: {name}", weights[place] * terms[place] * 1e3, "ms", formula, FIT)
    yield Step(
        "step",
        setting.step_s(batch) * 1e3,
        "ms",
        f"the sum, with {batch:g} in flight on a copy",
        FIT,
    )


def _load_steps(setting: Setting, curve: Curve, point: Point, share: float) -> Iterator[Step]:
    saturated = curve.saturated_rps * setting.copies
    yield Step(
        "saturation",
        saturated,
        "requests/s",
        f"{setting.copies} copies x {curve.room:g} in flight / request",
        "load.py",
    )
    yield Step(
        "headroom allowed",
        share,
        "share of saturation",
        "MLPerf Server over Offline for this kind and work",
        "headrooms.csv",
    )
    yield Step(
        "borne by a replica",
        point.rps * setting.copies,
        "requests/s",
        f"{setting.copies} copies, {point.in_flight:.3g} in flight each, where 95th percentiles "
        "keep their bounds (in flight one time in 20: b + 1.645 sqrt b)",
        "load.py",
    )
    yield Step(
        "request, 95th percentile",
        point.request_s * 1e3,
        "ms",
        "wait for the prompt's turn (M/D/1 tail) + prompt + tokens at the crowded step",
        "load.py",
    )


def _replica_steps(
    workload: Workload, setting: Setting, curve: Curve, point: Point
) -> Iterator[Step]:
    rps = point.rps * setting.copies
    held = hold(workload, rps, start_up_s(setting))
    day = day_of(workload.traffic)
    yield Step(
        "start-up of a replica",
        start_up_s(setting),
        "s",
        "machine and image, then weights / 0.3 GB/s",
        "replicas.py",
    )
    yield Step(
        "replicas at peak",
        float(held.peak),
        "replicas",
        f"{workload.traffic.peak_rps:g} requests/s / {rps:.3g}"
        + (", spared for a zone or a failure" if workload.environment == "prod" else ""),
        "replicas.py",
    )
    yield Step(
        "replicas at least",
        float(held.minimum),
        "replicas",
        f"floor {floor_of(workload)}; and enough in the quietest hour for its bursts and for the "
        "rise while a new one starts",
        "replicas.py",
    )
    yield Step(
        "replica-hours",
        sum(held.by_hour),
        "hours a day",
        f"held hour by hour for {min(day):.3g} to {max(day):.3g} requests/s",
        "replicas.py",
    )
