"""What a row measured, as a sum of the same terms that predict it.

Every speed that the field reports is a time or the inverse of one, and every such time is linear
in the coefficients of an efficiency row. So one sum, ``seconds = weights . terms``, serves the
engine and the fit, and a ratio by kind of quantity stands for what the sum does not hold: a 99th
percentile over a median, a Server run over an Offline one.
"""

from __future__ import annotations

import math
from typing import Literal

import msgspec

from lichen.measured.names import Row
from lichen.measured.run import Run
from lichen.sizing.memory import most_sequences
from lichen.sizing.terms import (
    NOTHING,
    burst_terms,
    decode_terms,
    item_terms,
    prefill_terms,
)

Group = Literal["rate", "token", "first", "request", "pass", "tail", "bound", "prompt"]
"""Kinds of quantity whose errors are alike; intervals are kept for each."""

Vector = tuple[float, ...]
"""The terms of lichen.sizing.terms, and seconds that are given."""

GIVEN: Vector = (*NOTHING, 1.0)
OFFLINE_BATCH = 256.0
"""Items that fill a chip: beyond this the fixed part of a pass no longer shows."""
QUEUE_SHARE = 0.15
"""A prompt waits for this share of the others that are in flight with it (measured rows)."""


class Quantity(msgspec.Struct, frozen=True):
    """``seconds = weights . terms x ratio``; the row's value is ``scale x seconds``, or
    ``scale / seconds`` for a rate. ``ratio`` names the factor; blank is 1."""

    group: Group
    ratio: str
    terms: Vector
    scale: float
    rate: bool


def quantity_of(row: Row, run: Run) -> Quantity | str:
    """The quantity of a row, or why nothing honest can be said of it."""
    metric, unit = row["metric"].casefold(), row["unit"].casefold()
    if run.need.work == "llm":
        return _of_llm(metric, unit, run)
    return _of_items(metric, unit, run)


def _of_llm(metric: str, unit: str, run: Run) -> Quantity | str:
    batch = batch_on_copy(run)
    if batch < 1:
        return "the model does not fit in the memory of these chips"
    width = run.dataset.decode_width if run.dataset else 1
    together = run.stack.stack in _TOGETHER
    outputs = max(1.0, run.output_tokens)
    context = run.compiled_tokens or (run.input_tokens + run.output_tokens / 2)
    slots = batch
    if run.stack.static_shapes and run.stack.stack in _ALL_SLOTS:
        slots = max(batch, _compiled_batch(run))
    step: Vector = (*decode_terms(run.need, run.rig, slots * width, context), 0.0)
    prompt = _prefill(run, 1.0)
    prompts = _prefill(run, batch) if together else _times(prompt, batch)
    milli = 1e3 if unit.startswith("ms") else 1.0
    served = run.dataset is not None and run.protocol == "server"
    request = _sum(_times(step, outputs), prompts)
    copies = min(run.copies, batch) if run.protocol == "closed" else run.copies
    sampling = " cpu sampling" if run.cpu_sampling else ""
    if "throughput" in metric or "decode speed" in metric:
        if "decode speed" in metric:
            return Quantity("rate", "", step, batch if "aggregate" in metric else 1.0, True)
        each = 1.0 if ("request" in unit or "sample" in unit) else outputs
        total = batch * copies * each
        if run.protocol == "open" and run.arrival_rps:
            return Quantity("bound", "open rate", GIVEN, run.arrival_rps * each, True)
        per_chip = run.chips if ("per gpu" in metric or "per chip" in metric) else 1.0
        return Quantity("rate", _mode(run) + sampling, request, total / per_chip, True)
    if metric.startswith(("ttft", "first-token", "encoding")):
        if served:
            return _bound(run.bound_ms("first"), metric, "ttft")
        if run.at_once and run.protocol == "saturated":
            share = 0.98 if "p99" in metric else 0.5
            waits = share * run.at_once / (batch * run.copies)
            return Quantity("first", "queue", _times(request, waits), milli, False)
        if together:
            return Quantity("first", _tail(metric, "first"), prompts, milli, False)
        crowd = 1.0 + QUEUE_SHARE * (batch - 1.0)
        terms = _times(prompt, crowd)
        name = "saturated first" if run.protocol in ("saturated", "open") else "first"
        if run.protocol == "open":
            name = "open first"
        return Quantity("first", _tail(metric, name), terms, milli, False)
    if metric.startswith("prefill"):
        tokens = max(1.0, run.input_tokens)
        return Quantity("prompt", "", _prefill(run, batch), batch * tokens, True)
    if metric.startswith(("tpot", "itl")):
        if served:
            return _bound(run.bound_ms("token"), metric, "tpot")
        between = metric.startswith("tpot") or "mean" in metric
        if between and not together:
            step = _sum(step, _times(prompt, max(0.0, batch - 1.0) / outputs))
        name = _tail(metric, metric[:4].strip()) + sampling
        if name.endswith("p99") and not together:
            # A hundredth of steps also reads prompts that have just arrived, more at a time the
            # more are in flight: the 99th percentile of a Poisson count, as a smooth function.
            rate = batch / outputs
            tail = float((run.dataset and run.dataset.tail_tokens) or run.input_tokens)
            read = rate * run.input_tokens + 2.33 * math.sqrt(rate) * tail
            burst = burst_terms(run.need, run.rig, read * rate / (rate + 0.01))
            step = _sum(step, (*burst, 0.0))
        return Quantity("tail" if "p99" in name else "token", name, step, milli, False)
    if metric.startswith(("latency", "end-to-end")):
        if served:
            return _bound(run.bound_ms("request"), metric, "latency")
        return Quantity("request", _tail(metric, "request"), request, milli, False)
    return f"{metric!r} of a language model is not a quantity that is predicted"


_TOGETHER = frozenset({"transformers-neuronx", "neuronx-distributed", "llama.cpp", "pytorch"})
"""Stacks whose prompts are all read before any answer is written."""
_ALL_SLOTS = frozenset({"vllm-neuron"})
"""Stacks that compute every compiled slot, filled or not."""


def batch_on_copy(run: Run) -> float:
    """Sequences in flight on one copy, as many as were set and memory allows; 0 if none fits."""
    tokens = run.compiled_tokens or max(1.0, run.input_tokens + run.output_tokens / 2)
    wide = msgspec.structs.replace(run.stack, most_sequences=max(2048, run.stack.most_sequences))
    stack = wide if run.batch or run.protocol in ("offline", "server") else run.stack
    room = most_sequences(run.need, run.rig, stack, tokens)
    if run.batch is None:
        width = run.dataset.decode_width if run.dataset else 1
        return max(1.0, math.floor(room / width)) if room else 0.0
    # A figure was measured, so the model did fit, whatever the estimate of memory says.
    return min(run.batch, room) if room >= 8 else run.batch


def _compiled_batch(run: Run) -> float:
    return float(run.batch or 1.0) if run.compiled_batch is None else run.compiled_batch


def _of_items(metric: str, unit: str, run: Run) -> Quantity | str:
    offline = run.protocol in ("offline", "server") or run.batch is None
    batch = OFFLINE_BATCH if offline else float(run.batch or 1.0)
    batch *= run.items_per_request
    at_work, waiting = _workers(run, batch, offline)
    one: Vector = (*item_terms(run.need, run.rig, batch), 0.0)
    if "throughput" in metric:
        each = max(1.0, run.output_tokens) if "token" in unit else 1.0
        total = at_work * batch * each / run.items_per_request
        return Quantity("rate", _mode(run), one, total, True)
    if "latency" in metric:
        if run.protocol == "server":
            return _bound(run.bound_ms("request"), metric, "latency")
        milli = 1e3 if unit.startswith("ms") else 1.0
        return Quantity("pass", _tail(metric, "pass"), _times(one, waiting), milli, False)
    return f"{metric!r} of a {run.need.work} model is not a quantity that is predicted"


def _workers(run: Run, batch: float, offline: bool) -> tuple[float, float]:
    """Copies at work, and passes that a request waits for, its own included.

    The Neuron benchmarks keep one batch in flight for each NeuronCore (two for vision, so that
    one waits), and in their lowest-latency rows one in all.
    """
    copies = float(run.copies)
    if run.hardware.kind == "neuron" and not offline:
        if run.need.work == "vision":
            return (1.0, 1.0) if batch == 1 else (copies, 2.0)
        if run.hardware.family == "Inferentia1":
            return (1.0, 1.0) if batch <= 3 else (copies, 1.5)
    return copies, 1.0


def _bound(bound_ms: float | None, metric: str, name: str) -> Quantity | str:
    """A run held to a latency bound ends near it: the bound times a measured ratio."""
    if not bound_ms:
        return "no published latency bound of this benchmark"
    return Quantity("bound", f"server {_tail(metric, name) or name}", GIVEN, bound_ms, False)


def _mode(run: Run) -> str:
    """Name of the factor of a throughput: how the load was offered."""
    name = {"offline": "offline", "server": "server", "saturated": "saturated"}.get(
        run.protocol, ""
    )
    return f"{name} capped" if name and run.capped else name


def _tail(metric: str, name: str) -> str:
    """Medians and means are the prediction itself; other percentiles have a ratio of their own."""
    for percentile in ("p99", "p90", "p95"):
        if percentile in metric:
            return f"{name} {percentile}"
    if name in ("saturated first", "open first"):
        return name
    return ""


def _prefill(run: Run, batch: float) -> Vector:
    return (*prefill_terms(run.need, run.rig, max(1.0, run.input_tokens), batch), 0.0)


def _times(vector: Vector, factor: float) -> Vector:
    return tuple(factor * value for value in vector)


def _sum(one: Vector, other: Vector) -> Vector:
    return tuple(a + b for a, b in zip(one, other, strict=True))
