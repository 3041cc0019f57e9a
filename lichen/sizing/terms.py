"""Seconds, as a sum of physical terms each weighed by one fitted coefficient.

A decode step is ``t0 + layers + bytes / (bandwidth x eta) + flops / (peak x mu) + ...``: the terms
here are the physics, :class:`lichen.catalogue.schema.Efficiency` has the coefficients, and
``seconds`` is their product. The sum rather than the maximum of the two roofs: on a real engine
they do not overlap fully, and a sum is what a linear fit can know (docs/accuracy.md).
"""

from __future__ import annotations

from operator import mul
from typing import NamedTuple

from lichen.sizing.hardware import Chips
from lichen.sizing.need import Need


class Terms(NamedTuple):
    """One number for each coefficient: seconds with that coefficient at one, or its weight.

    Milliseconds a step and a prompt; microseconds a layer, a layer in step with other chips (on a
    CPU: with each eight cores), a sequence; factors on weights over the bandwidth, cache over the
    bandwidth, what chips exchange over their link, and operations over the peak: in decode, in
    prompts, in their attention, and in prompts that interrupt one step in a hundred.
    """

    step_ms: float = 0.0
    layer_us: float = 0.0
    sync_us: float = 0.0
    sequence_us: float = 0.0
    bandwidth: float = 0.0
    cache: float = 0.0
    link: float = 0.0
    compute: float = 0.0
    prefill_ms: float = 0.0
    prefill: float = 0.0
    attention: float = 0.0
    burst: float = 0.0


COEFFICIENTS = Terms._fields

SHARES = frozenset({"bandwidth", "cache", "link", "compute", "prefill", "attention"})
"""Coefficients that are one over a share of a peak, so never below one."""

NOTHING = Terms()

ALL_REDUCES = 2.0
"""All-reduces of a layer that is split over chips (tensor parallel): attention, then the rest."""
ACTIVATION_BYTES = 2.0
"""Of one value between two layers: 16 bits."""


def exchanged_s(need: Need, chips: Chips, tokens: float) -> float:
    """Seconds in which the layers of ``tokens`` are exchanged between chips, at the link's rate.

    Split over chips, each layer ends in two all-reduces: a ring sends ``2 (n - 1) / n`` times the
    16-bit activations over every chip's link. Experts may be split by expert instead, with the
    attention of every chip on its own sequences (data parallel): then each chip sends its share
    of the tokens to their experts and back. An engine takes what sends less.
    """
    n = chips.count
    if n <= 1 or not chips.link_bytes_s:
        return 0.0
    away = (n - 1.0) / n * ACTIVATION_BYTES * tokens * need.hidden
    sent = ALL_REDUCES * 2.0 * away
    if need.routed:
        sent = min(sent, 2.0 * need.routed / n * away)
    return need.layers * sent / chips.link_bytes_s


def decode_terms(
    need: Need, chips: Chips, batch: float, context: float, tokens_each: float = 1.0
) -> Terms:
    """One step of a language model: ``tokens_each`` tokens for each of ``batch`` sequences of
    ``context``. Those of a sequence are computed one by one, and its cache is read once."""
    tokens = batch * tokens_each
    attention = 4.0 * need.attention_layers * need.attention_width * need.kept_tokens(context)
    layers = 1e-6 * need.layers
    return Terms(
        step_ms=1e-3,
        layer_us=layers,
        sync_us=layers * _in_step(chips),
        sequence_us=1e-6 * batch,
        bandwidth=need.touched_bytes(tokens) / chips.bandwidth_bytes_s,
        cache=batch * need.kv_bytes(context, chips.degree) / chips.bandwidth_bytes_s,
        link=exchanged_s(need, chips, tokens),
        compute=tokens * (need.flops_per_token + attention) / chips.peak(need.compute),
    )


def prefill_terms(
    need: Need,
    chips: Chips,
    tokens: float,
    batch: float = 1.0,
    tile: float | None = None,
    cached: float = 0.0,
) -> Terms:
    """Reading ``batch`` prompts of ``tokens`` at once, each token with those before it; ``cached``
    tokens of each are before these, and their keys and values are kept already.

    A stack that multiplies ``tile`` tokens at a time reads the weights anew for each such tile.
    On CPUs attention is not quantised with the weights, nor run by their matrix units.
    """
    readings = max(1.0, batch * tokens / tile) if tile else 1.0
    peak = chips.peak(need.compute)
    pairs = need.met_pairs(cached + tokens) - need.met_pairs(cached)
    attention = 2.0 * need.attention_layers * need.attention_width * pairs
    layers = 1e-6 * need.layers
    return Terms(
        layer_us=layers,
        sync_us=layers * _in_step(chips),
        bandwidth=readings * need.touched_bytes(batch * tokens) / chips.bandwidth_bytes_s,
        link=exchanged_s(need, chips, batch * tokens),
        prefill_ms=1e-3,
        prefill=batch * tokens * need.flops_per_token / peak,
        attention=batch * attention / (chips.fp32_flops if chips.kind == "cpu" else peak),
    )


CORES_IN_STEP = 8.0


def _in_step(chips: Chips) -> float:
    """Chips of one copy wait for each other once a layer; the threads of a CPU for each of the
    others (llama.cpp's and OpenMP's barriers take time in proportion to them)."""
    if chips.kind == "cpu":
        return chips.cores / CORES_IN_STEP
    return 1.0 if chips.count > 1 else 0.0


def burst_terms(need: Need, chips: Chips, tokens: float) -> Terms:
    """Prompt tokens read within one decode step in a hundred."""
    read = tokens * need.flops_per_token / chips.peak(need.compute)
    return Terms(burst=read)


def item_terms(need: Need, chips: Chips, batch: float) -> Terms:
    """One request of ``batch`` items to a model that is not a language model: every pass through
    its network, weights read in each, and what each item moves and computes.

    GPUs and TPUs move what their layers hand on. Cores of a CPU and NeuronCores keep an item's in
    their own memory, of a megabyte or two and of 24 MiB each.
    """
    layers = 1e-6 * need.layers
    moved = need.text_cache_bytes + (need.activation_bytes if chips.kind in ("gpu", "tpu") else 0.0)
    return Terms(
        step_ms=1e-3 * need.passes,
        layer_us=layers,
        sync_us=layers if chips.count > 1 else 0.0,
        sequence_us=1e-6 * batch,
        bandwidth=need.read_bytes / chips.bandwidth_bytes_s,
        cache=batch * moved / chips.bandwidth_bytes_s,
        compute=batch * need.flops_per_item / chips.peak(need.compute),
    )


def seconds(weights: Terms, terms: Terms) -> float:
    """The weighed sum of terms."""
    return float(sum(map(mul, weights, terms)))
