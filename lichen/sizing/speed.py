"""Seconds, as a sum of physical terms each weighed by one fitted coefficient.

A decode step is ``t0 + layers + bytes / (bandwidth x eta) + flops / (peak x mu) + ...``: the terms
here hold the physics, :class:`Efficiency` the coefficients, and ``seconds`` is their product. The
sum rather than the maximum of the two roofs: on a real engine they do not overlap fully, and on
the measured rows the sum predicts unseen models better (docs/accuracy.md).
"""

from __future__ import annotations

from lichen.sizing.need import Need
from lichen.sizing.rig import Rig

Terms = tuple[float, float, float, float, float, float]
"""Seconds at coefficient one: fixed (ms), layers (us), layers in sync with other chips (us),
sequences (us), bytes over the bandwidth, operations over the peak."""

Prefill = tuple[float, float, float]
"""Seconds at coefficient one: fixed (ms), operations over the peak, attention's over the peak."""


def decode_terms(need: Need, rig: Rig, batch: float, context: float) -> Terms:
    """One step of a language model: one token for each of ``batch`` sequences of ``context``."""
    moved = need.touched_bytes(batch) + batch * need.kv_bytes(context)
    attention = 4.0 * need.layers * need.attention_width * context
    return (
        1e-3,
        1e-6 * need.layers,
        1e-6 * need.layers if rig.chips > 1 else 0.0,
        1e-6 * batch,
        moved / rig.bandwidth_bytes_s,
        batch * (need.flops_per_token + attention) / rig.peak(need.compute),
    )


def prefill_terms(need: Need, rig: Rig, tokens: float, batch: float = 1.0) -> Prefill:
    """Reading ``batch`` prompts of ``tokens`` at once; the causal mask halves attention."""
    peak = rig.peak(need.compute)
    attention = 2.0 * need.layers * need.attention_width * tokens * tokens
    return (1e-3, batch * tokens * need.flops_per_token / peak, batch * attention / peak)


def item_terms(need: Need, rig: Rig, batch: float) -> Terms:
    """One pass over ``batch`` items of a model that is not a language model."""
    return (
        1e-3,
        1e-6 * need.layers,
        0.0,
        1e-6 * batch,
        need.weight_bytes / rig.bandwidth_bytes_s,
        batch * need.flops_per_item / rig.peak(need.compute),
    )
