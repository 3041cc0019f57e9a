"""What a row measured, as a sum of the same terms that predict it.

Every speed that the field reports is a time or the inverse of one, and every such time is linear
in the coefficients of an efficiency row. So one sum, ``seconds = weights . terms``, serves the
engine and the fit, and a ratio by kind of quantity is for what the sum leaves out: a 99th
percentile over a median, a Server run over an Offline one.
"""

from __future__ import annotations

import math

import msgspec

from lichen.measured.duration import (
    GIVEN,
    Duration,
    Group,
    Quantity,
    bound,
    mode,
    not_a_quantity,
    tail,
)
from lichen.measured.items import of_items
from lichen.measured.names import NotPredicted
from lichen.measured.row import Measure
from lichen.measured.run import Run
from lichen.sizing.compiled import read_tokens
from lichen.sizing.memory import most_sequences
from lichen.sizing.terms import Terms, burst_terms, decode_terms, prefill_terms, seconds

_READING = {"gpu": 2.0, "tpu": 3.0, "neuron": 7.0, "cpu": 3.0}
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
MOST_BUSY = 0.9
"""A queue that is busier than this never reaches the state that its formula describes."""
FIRST_WAVE = 0.04
"""A run begins with all of its requests at once, each of which waits for half of the others: with a
dozen requests for each in flight that is a twenty-fifth of them, on average over the run. It fits
the measured rows best as well, of 0, 0.03, 0.06, 0.1 and 0.15 tried with publishers left out."""


def quantity_of(measure: Measure, run: Run) -> Quantity | NotPredicted:
    """The quantity that was measured, or why it is not predicted."""
    return _of_llm(measure, run) if run.need.work == "llm" else of_items(measure, run)


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
            return Quantity("rate", mode(run) + sampling, request, total, True)
        case "first-token":
            if served:
                return bound(run.bound_ms("first"), measure, "ttft")
            return _first_token(measure, run, batch, prompt, prompts, step, request)
        case "prompt-speed":
            tokens = max(1.0, run.input_tokens)
            return Quantity("prompt", "", _prefill(run, batch), batch * tokens, True)
        case "tpot" | "itl":
            if served:
                return bound(run.bound_ms("token"), measure, "tpot")
            what = "together" if stack.prompts_together else measure.metric
            name = tail(measure, what) + sampling
            duration = _between_tokens(measure, run, batch, step, prompt, name)
            group: Group = "tail" if "p99" in name else "token"
            return Quantity(group, name, duration, measure.scale, False)
        case "latency":
            if served:
                return bound(run.bound_ms("request"), measure, "latency")
            return Quantity("request", tail(measure, "request"), request, measure.scale, False)
        case _:
            return not_a_quantity(measure, run)


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
        return Quantity("first", tail(measure, "together"), prompts, measure.scale, False)
    names = {"saturated": "saturated first", "open": "open first"}
    name = names.get(load.protocol, "first")
    # A prompt also waits for the step under way, and is read in one with the others' tokens.
    duration = prompt.times(_crowd(run, batch, prompt, step))
    if batch == 1:
        return Quantity("first", "", duration, measure.scale, False)
    duration = duration.plus(step.times((batch - 1.0) / batch))
    return Quantity("first", tail(measure, name), duration, measure.scale, False)


def _crowd(run: Run, batch: float, prompt: Duration, step: Duration) -> float:
    """Time until a prompt is read, over the time to read it alone.

    Where ``batch`` requests are in flight, by mean value analysis of a closed queue: each is read,
    one at a time, then answers beside the others, whose prompts stop it in between. Where they
    arrive at a rate, by that of a queue with one server and a fixed time (Pollaczek-Khinchine).
    """
    weights = NOMINAL[run.chips.kind]
    read_s = seconds(weights, prompt.terms)
    if run.load.arrival_rps:
        busy = min(MOST_BUSY, run.load.arrival_rps * read_s / run.copies)
        return 1.0 + busy / (2.0 * (1.0 - busy))
    answer_s = seconds(weights, step.terms) * max(1.0, run.output_tokens) + (batch - 1.0) * read_s
    crowd = 1.0
    for _ in range(30):
        passing = batch * read_s / (crowd * read_s + answer_s)
        ahead = crowd * passing - passing / 2.0  # of the one being read, half is left
        crowd = 1.0 + max(0.0, ahead) * (batch - 1.0) / batch
    return crowd + FIRST_WAVE * (batch - 1.0)


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


def _prefill(run: Run, batch: float) -> Duration:
    tokens = read_tokens(run.stack, max(1.0, run.input_tokens))
    tile = run.stack.prompt_tile
    return Duration(prefill_terms(run.need, run.chips, tokens, batch, tile))
