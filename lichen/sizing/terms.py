"""Seconds, as a sum of physical terms each weighed by one fitted coefficient.

A decode step is ``t0 + layers + bytes / (bandwidth x eta) + flops / (peak x mu) + ...``: the terms
here hold the physics, :class:`lichen.sizing.coefficients.Efficiency` the coefficients, and
``seconds`` is their product. The sum rather than the maximum of the two roofs: on a real engine
they do not overlap fully, and a sum is what a linear fit can know (docs/accuracy.md).
"""

from __future__ import annotations

from operator import mul

from lichen.sizing.hardware import Rig
from lichen.sizing.need import Need

COEFFICIENTS = (
    "step_ms",
    "layer_us",
    "sync_us",
    "sequence_us",
    "bandwidth",
    "cache",
    "compute",
    "prefill_ms",
    "prefill",
    "attention",
    "burst",
)
"""What each term is weighed by: milliseconds a step and a prompt, microseconds a layer, a layer
in step with other chips, a sequence; and factors on weights over the bandwidth, cache over the
bandwidth, operations over the peak: in decode, in prompts, in their attention, and in prompts
that interrupt one step in a hundred."""

SHARES = frozenset({"bandwidth", "cache", "compute", "prefill", "attention"})
"""Coefficients that are one over a share of a peak, so never below one."""

Terms = tuple[float, ...]
"""Seconds at coefficient one, in the order of COEFFICIENTS."""

NOTHING: Terms = (0.0,) * len(COEFFICIENTS)


def decode_terms(need: Need, rig: Rig, batch: float, context: float) -> Terms:
    """One step of a language model: one token for each of ``batch`` sequences of ``context``."""
    attention = 4.0 * need.layers * need.attention_width * context
    layers = 1e-6 * need.layers
    return (
        1e-3,
        layers,
        layers if rig.chips > 1 else 0.0,
        1e-6 * batch,
        need.touched_bytes(batch) / rig.bandwidth_bytes_s,
        batch * need.kv_bytes(context) / rig.bandwidth_bytes_s,
        batch * (need.flops_per_token + attention) / rig.peak(need.compute),
        0.0,
        0.0,
        0.0,
        0.0,
    )


def prefill_terms(need: Need, rig: Rig, tokens: float, batch: float = 1.0) -> Terms:
    """Reading ``batch`` prompts of ``tokens`` at once; the causal mask halves attention."""
    peak = rig.peak(need.compute)
    attention = 2.0 * need.layers * need.attention_width * tokens * tokens
    layers = 1e-6 * need.layers
    return (
        0.0,
        layers,
        layers if rig.chips > 1 else 0.0,
        0.0,
        need.touched_bytes(batch * tokens) / rig.bandwidth_bytes_s,
        0.0,
        0.0,
        1e-3,
        batch * tokens * need.flops_per_token / peak,
        batch * attention / peak,
        0.0,
    )


def burst_terms(need: Need, rig: Rig, tokens: float) -> Terms:
    """Prompt tokens read within one decode step in a hundred."""
    read = tokens * need.flops_per_token / rig.peak(need.compute)
    return (*NOTHING[:-1], read)


def item_terms(need: Need, rig: Rig, batch: float) -> Terms:
    """One pass over ``batch`` items of a model that is not a language model."""
    return (
        1e-3,
        1e-6 * need.layers,
        0.0,
        1e-6 * batch,
        need.weight_bytes / rig.bandwidth_bytes_s,
        0.0,
        batch * need.flops_per_item / rig.peak(need.compute),
        0.0,
        0.0,
        0.0,
        0.0,
    )


def seconds(weights: Terms, terms: Terms) -> float:
    """The weighed sum of terms."""
    return float(sum(map(mul, weights, terms)))
