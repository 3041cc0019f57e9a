"""What a row measured of a model that is not a language model: passes over batches of items."""

from __future__ import annotations

from lichen.measured.duration import Duration, Quantity, bound, mode, not_a_quantity, tail
from lichen.measured.names import NotPredicted
from lichen.measured.row import Measure
from lichen.measured.run import Run
from lichen.sizing.terms import item_terms

OFFLINE_BATCH = 256.0
"""Items that fill a chip: beyond this the fixed part of a pass no longer shows."""


def of_items(measure: Measure, run: Run) -> Quantity | NotPredicted:
    """A throughput or the time of a request, or why the row has neither."""
    load, speech = run.load, run.need.work == "speech"
    unsaid = load.batch is None and not run.at_once and measure.metric != "latency"
    offline = load.protocol in ("offline", "server") or unsaid
    batch = OFFLINE_BATCH if offline else float(load.batch or 1.0)
    requests = batch
    # A long recording is read window by window, as many at a time as the batch has.
    turns = max(1.0, run.items / batch) if speech else 1.0
    if not speech:
        batch *= run.items
    at_work, waiting = _workers(run, batch, offline)
    one = Duration(item_terms(run.need, run.chips, batch))
    if measure.metric == "throughput":
        each = 1.0
        if measure.of_tokens:
            each = max(1.0, run.output_tokens)
        elif measure.of_steps:
            each = run.need.passes
        elif measure.of_audio:
            each = run.audio_s
        chips = run.system_chips if measure.per_chip else 1.0
        return Quantity("rate", mode(run), one, at_work * requests * each / chips, True)
    if measure.metric == "latency":
        if load.protocol == "server":
            return bound(run.bound_ms("request"), measure, "latency")
        shared = requests if measure.per_item else 1.0
        scale = measure.scale / shared
        return Quantity("pass", tail(measure, "pass"), one.times(waiting * turns), scale, False)
    return not_a_quantity(measure, run)


def _workers(run: Run, batch: float, offline: bool) -> tuple[float, float]:
    """Copies at work, and passes that a request waits for, its own included.

    The Neuron benchmarks keep one batch in flight for each NeuronCore (two for vision, so that
    one waits), and in their lowest-latency rows one in all.
    """
    if run.at_once:
        return min(float(run.at_once), float(run.copies)), 1.0
    copies = float(run.copies)
    if run.hardware.kind == "neuron" and not offline:
        if run.need.work == "vision":
            return (1.0, 1.0) if batch == 1 else (copies, 2.0)
        if run.stack.benchmark_passes > 1.0:
            return (1.0, 1.0) if batch <= 3 else (copies, run.stack.benchmark_passes)
    return copies, 1.0
