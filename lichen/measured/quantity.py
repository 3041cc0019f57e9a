"""What a row measured, as a sum of the same terms that predict it.

Every speed that the field reports is a time or the inverse of one, and every such time is linear
in the coefficients of an efficiency row. So one sum, ``seconds = weights . terms``, serves the
engine and the fit, and a ratio by kind of quantity is for what the sum leaves out: a 99th
percentile over a median, a Server run over an Offline one.
"""

from __future__ import annotations

import math
from operator import add
from typing import Literal, NamedTuple

import msgspec

from lichen.measured.names import NotPredicted
from lichen.measured.row import Measure
from lichen.measured.run import Run
from lichen.sizing.memory import most_sequences
from lichen.sizing.terms import (
    NOTHING,
    Terms,
    burst_terms,
    decode_terms,
    item_terms,
    prefill_terms,
    seconds,
)

Group = Literal["rate", "token", "first", "request", "pass", "tail", "bound", "prompt"]
"""Kinds of quantity whose errors are alike; intervals are kept for each."""


class Duration(NamedTuple):
    """What takes time: the terms of lichen.sizing.terms, and seconds that are given."""

    terms: Terms
    given_s: float = 0.0

    def times(self, factor: float) -> Duration:
        """``factor`` times as much."""
        return Duration(Terms(*(factor * term for term in self.terms)), factor * self.given_s)

    def plus(self, other: Duration) -> Duration:
        """Both, one after the other."""
        terms = Terms(*map(add, self.terms, other.terms))
        return Duration(terms, self.given_s + other.given_s)


GIVEN = Duration(NOTHING, 1.0)
OFFLINE_BATCH = 256.0
"""Items that fill a chip: beyond this the fixed part of a pass no longer shows."""
_READING = {"gpu": 2.0, "tpu": 3.0, "neuron": 10.0, "cpu": 3.0}
NOMINAL = {
    kind: Terms(
        step_ms=2.0,
        layer_us=20.0,
        sync_us=20.0,
        sequence_us=10.0,
        bandwidth=1.6,
        cache=2.0,
        compute=3.0,
        prefill_ms=5.0,
        prefill=factor,
        attention=3.0 * factor,
    )
    for kind, factor in _READING.items()
}
"""Rough weights, for nothing but how many prompts are in the way of one (prior medians)."""


class Quantity(msgspec.Struct, frozen=True):
    """``seconds = (weights . terms + given) x ratio``; the row's value is ``scale x seconds``, or
    ``scale / seconds`` for a rate. ``ratio`` names the factor; blank is 1."""

    group: Group
    ratio: str
    duration: Duration
    scale: float
    rate: bool


def quantity_of(measure: Measure, run: Run) -> Quantity | NotPredicted:
    """The quantity that was measured, or why it is not predicted."""
    return _of_llm(measure, run) if run.need.work == "llm" else _of_items(measure, run)


def _of_llm(measure: Measure, run: Run) -> Quantity | NotPredicted:
    batch = batch_on_copy(run)
    if batch < 1:
        return NotPredicted("the model does not fit in the memory of these chips")
    width = run.dataset.decode_width if run.dataset else 1
    load, stack = run.load, run.stack
    outputs = max(1.0, run.output_tokens)
    context = run.compiled_tokens or (run.input_tokens + run.output_tokens / 2)
    slots = batch
    if stack.static_shapes and stack.all_slots:
        slots = max(batch, _compiled_batch(run))
    step = Duration(decode_terms(run.need, run.chips, slots * width, context))
    prompt = _prefill(run, 1.0)
    prompts = _prefill(run, batch) if stack.prompts_together else prompt.times(batch)
    served = run.dataset is not None and load.protocol == "server"
    request = step.times(outputs).plus(prompts)
    copies = min(run.copies, batch) if load.protocol == "closed" else run.copies
    sampling = " cpu sampling" if run.cpu_sampling else ""
    match measure.metric:
        case "decode-speed":
            return Quantity("rate", "", step, batch if measure.aggregate else 1.0, True)
        case "throughput":
            each = 1.0 if measure.of_requests else outputs
            if load.protocol == "open" and load.arrival_rps:
                return Quantity("bound", "open rate", GIVEN, load.arrival_rps * each, True)
            total = batch * copies * each / (run.system_chips if measure.per_chip else 1.0)
            return Quantity("rate", _mode(run) + sampling, request, total, True)
        case "first-token":
            if served:
                return _bound(run.bound_ms("first"), measure, "ttft")
            return _first_token(measure, run, batch, prompt, prompts, step, request)
        case "prompt-speed":
            tokens = max(1.0, run.input_tokens)
            return Quantity("prompt", "", _prefill(run, batch), batch * tokens, True)
        case "tpot" | "itl":
            if served:
                return _bound(run.bound_ms("token"), measure, "tpot")
            what = "together" if stack.prompts_together else measure.metric
            name = _tail(measure, what) + sampling
            duration = _between_tokens(measure, run, batch, step, prompt, name)
            group: Group = "tail" if "p99" in name else "token"
            return Quantity(group, name, duration, measure.scale, False)
        case "latency":
            if served:
                return _bound(run.bound_ms("request"), measure, "latency")
            return Quantity("request", _tail(measure, "request"), request, measure.scale, False)
        case _:
            return _not_a_quantity(measure, run)


def _first_token(
    measure: Measure,
    run: Run,
    batch: float,
    prompt: Duration,
    prompts: Duration,
    step: Duration,
    request: Duration,
) -> Quantity:
    load = run.load
    if load.at_once and load.protocol == "saturated":
        share = 0.98 if measure.percentile == "p99" else 0.5
        waits = share * load.at_once / (batch * run.copies)
        return Quantity("first", "queue", request.times(waits), measure.scale, False)
    if run.stack.prompts_together:
        return Quantity("first", _tail(measure, "together"), prompts, measure.scale, False)
    names = {"saturated": "saturated first", "open": "open first"}
    name = names.get(load.protocol, "first")
    crowd = _crowd(run, batch, prompt, step)
    # A prompt also waits for the step under way, and is read in one with the others' tokens.
    duration = prompt.times(crowd).plus(step.times((batch - 1.0) / batch))
    return Quantity("first", _tail(measure, name), duration, measure.scale, False)


def _crowd(run: Run, batch: float, prompt: Duration, step: Duration) -> float:
    """Time until a prompt is read, over reading it alone: mean value analysis of a closed queue.

    ``batch`` requests take turns: each is read (one at a time), then answers beside the others.
    """
    weights = NOMINAL[run.chips.kind]
    read_s = seconds(weights, prompt.terms)
    answer_s = seconds(weights, step.terms) * max(1.0, run.output_tokens)
    crowd = 1.0
    for _ in range(30):
        passing = batch * read_s / (crowd * read_s + answer_s)
        ahead = crowd * passing - passing / 2.0  # of the one being read, half is left
        crowd = 1.0 + max(0.0, ahead) * (batch - 1.0) / batch
    return crowd


def _between_tokens(
    measure: Measure, run: Run, batch: float, step: Duration, prompt: Duration, name: str
) -> Duration:
    """A decode step with the prompts that are read between two of them."""
    outputs = max(1.0, run.output_tokens)
    if run.stack.prompts_together:
        return step
    if measure.metric == "tpot" or measure.mean:
        step = step.plus(prompt.times(max(0.0, batch - 1.0) / outputs))
    if name.endswith("p99"):
        # A hundredth of steps also reads prompts that have just arrived, more at a time the
        # more are in flight: the 99th percentile of a Poisson count, as a smooth function.
        rate = batch / outputs
        tail = float((run.dataset and run.dataset.tail_tokens) or run.input_tokens)
        read = rate * run.input_tokens + 2.33 * math.sqrt(rate) * tail
        burst = burst_terms(run.need, run.chips, read * rate / (rate + 0.01))
        step = step.plus(Duration(burst))
    return step


def batch_on_copy(run: Run) -> float:
    """Sequences in flight on one copy, as many as were set and memory allows; 0 if none fits."""
    tokens = run.compiled_tokens or max(1.0, run.input_tokens + run.output_tokens / 2)
    wide = msgspec.structs.replace(run.stack, most_sequences=max(2048, run.stack.most_sequences))
    stack = wide if run.load.batch or run.load.protocol in ("offline", "server") else run.stack
    room = most_sequences(run.need, run.chips, stack, tokens)
    if run.load.batch is None:
        width = run.dataset.decode_width if run.dataset else 1
        return max(1.0, math.floor(room / width)) if room else 0.0
    # A figure was measured, so the model did fit, even if the estimate of memory is against it.
    return min(run.load.batch, room) if room >= 8 else run.load.batch


def _compiled_batch(run: Run) -> float:
    return float(run.load.batch or 1.0) if run.compiled_batch is None else run.compiled_batch


def _of_items(measure: Measure, run: Run) -> Quantity | NotPredicted:
    load = run.load
    offline = load.protocol in ("offline", "server") or load.batch is None
    batch = OFFLINE_BATCH if offline else float(load.batch or 1.0)
    batch *= run.items
    at_work, waiting = _workers(run, batch, offline)
    one = Duration(item_terms(run.need, run.chips, batch))
    if measure.metric == "throughput":
        each = max(1.0, run.output_tokens) if measure.of_tokens else 1.0
        return Quantity("rate", _mode(run), one, at_work * batch * each / run.items, True)
    if measure.metric == "latency":
        if load.protocol == "server":
            return _bound(run.bound_ms("request"), measure, "latency")
        return Quantity("pass", _tail(measure, "pass"), one.times(waiting), measure.scale, False)
    return _not_a_quantity(measure, run)


def _workers(run: Run, batch: float, offline: bool) -> tuple[float, float]:
    """Copies at work, and passes that a request waits for, its own included.

    The Neuron benchmarks keep one batch in flight for each NeuronCore (two for vision, so that
    one waits), and in their lowest-latency rows one in all.
    """
    copies = float(run.copies)
    if run.hardware.kind == "neuron" and not offline:
        if run.need.work == "vision":
            return (1.0, 1.0) if batch == 1 else (copies, 2.0)
        if run.stack.benchmark_passes > 1.0:
            return (1.0, 1.0) if batch <= 3 else (copies, run.stack.benchmark_passes)
    return copies, 1.0


def _bound(bound_ms: float | None, measure: Measure, name: str) -> Quantity | NotPredicted:
    """A run within a latency bound ends near it: the bound times a measured ratio."""
    if not bound_ms:
        return NotPredicted("no published latency bound of this benchmark")
    ratio = f"server {_tail(measure, name) or name}"
    return Quantity("bound", ratio, GIVEN, bound_ms, False)


def _mode(run: Run) -> str:
    """Name of the factor of a throughput: how the load was offered."""
    protocol = run.load.protocol
    name = protocol if protocol in ("offline", "server", "saturated") else ""
    return f"{name} capped" if name and run.power_capped else name


def _tail(measure: Measure, name: str) -> str:
    """Medians and means are the prediction itself; other percentiles have a ratio of their own."""
    if measure.percentile:
        return f"{name} {measure.percentile}"
    return name if name in ("saturated first", "open first") else ""


def _prefill(run: Run, batch: float) -> Duration:
    return Duration(prefill_terms(run.need, run.chips, max(1.0, run.input_tokens), batch))


def _not_a_quantity(measure: Measure, run: Run) -> NotPredicted:
    model = "language" if run.need.work == "llm" else run.need.work
    return NotPredicted(f"{measure.text!r} of a {model} model is not a quantity that is predicted")
