"""What a model takes, from its card and a precision: bytes to store, bytes to move, FLOPs to do.

Formulae: shared method notes 1 to 7 of docs/accuracy.md (LLM-Viewer, llm-analysis, GenZ).
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from lichen.catalogue.schema import Compute, Kind, Work
from lichen.sizing.answers import Misfit
from lichen.sizing.formats import Format, Formats
from lichen.sizing.item_need import ItemNeed, item_need
from lichen.words import Precision
from lichen.workload import ModelCard

GIB = 1024.0**3

WORK: dict[str, Work] = {
    "llm": "llm",
    "vlm": "llm",
    "encoder": "encoder",
    "reranker": "encoder",
    "vision": "vision",
    "diffusion": "diffusion",
    "speech": "speech",
}


_NUMBER_BYTES: dict[Compute, float] = {"int8": 1.0, "fp8": 1.0}
"""Bytes of an activation; two where they are left out."""
NO_ITEM = ItemNeed(0.0, 0.0, 0.0, 0.0)


class Need(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A model at a precision. Weights in bytes, all experts; FLOPs per token of the active ones.

    ``active_bytes`` are the weights that one token meets; of them, ``looked_up_bytes`` are a table
    from which it takes one row. A mixture sends a token to ``routed`` experts.
    ``kv_bytes_per_token`` is at the cache's precision, before any window, and ``full_share`` of it
    grows to the whole sequence; it is divided into ``kv_heads`` (0: nobody says into how many);
    ``heads`` are those of the queries.
    ``attention_layers`` are those that have a cache; ``hidden`` is the width of a token between
    layers. ``state_bytes`` are those of a sequence of any length.
    Of every model but a language model: ``flops_per_item``, ``passes`` through the network and the
    bytes of weights read in them, and for each item bytes of activations and of what its text is
    written from (lichen.sizing.item_need). Where its card does not say its FLOPs they are those of
    the usual proportion, and not ``flops_known``.
    """

    work: Work
    compute: Compute
    weight_bytes: float
    active_bytes: float
    looked_up_bytes: float
    expert_share: float
    routed: float
    flops_per_token: float
    kv_bytes_per_token: float
    kv_heads: float
    heads: float
    window_tokens: float
    full_share: float
    attention_width: float
    hidden: float
    layers: float
    attention_layers: float
    flops_per_item: float
    passes: float
    read_bytes: float
    activation_bytes: float
    text_cache_bytes: float
    flops_known: bool
    state_bytes: float

    def touched_bytes(self, batch: float) -> float:
        """Weights read in one step: a batch of B tokens meets 1-(1-k/E)^B of the experts."""
        if self.active_bytes >= self.weight_bytes:
            return self.weight_bytes - self.looked_up_bytes
        met = 1.0 - float((1.0 - self.expert_share) ** batch)
        resident = self.active_bytes - self.expert_share * self._experts_bytes
        return resident + met * self._experts_bytes - self.looked_up_bytes

    @property
    def _experts_bytes(self) -> float:
        if self.expert_share >= 1.0:
            return 0.0
        return (self.weight_bytes - self.active_bytes) / (1.0 - self.expert_share)

    def kv_bytes(self, context: float, degree: float = 1.0) -> float:
        """Cache of one sequence over all of ``degree`` chips or cores that a copy is split over,
        and its state: in layers that slide, of a window at most."""
        times = self.cache_heads(degree) / self.kv_heads if self.kv_heads else 1.0
        return times * self.kv_bytes_per_token * self.kept_tokens(context) + self.state_bytes

    def cache_heads(self, degree: float) -> float:
        """Heads of keys and values that ``degree`` parts keep together, where nobody says how many
        there are 0.

        Each part has the same number. Where the heads do not divide into the parts, each is kept by
        several parts; where the parts do not divide into the heads either, one is kept for every
        head of the queries, padded to a multiple of the parts (``get_shardable_head_counts``:
        huggingface/optimum-neuron, NxD Inference, gqa.py).
        """
        heads = self.kv_heads
        if not heads or degree <= 1.0 or heads % degree == 0:
            return heads
        if degree % heads == 0:
            return degree
        return degree * math.ceil(max(self.heads, heads) / degree)

    def kept_tokens(self, context: float) -> float:
        """Tokens of a sequence that are in the cache, on average over the layers that have one."""
        if self.window_tokens and context > self.window_tokens:
            return self.full_share * context + (1.0 - self.full_share) * self.window_tokens
        return context

    def met_pairs(self, tokens: float) -> float:
        """Twice the pairs of a prompt's tokens that meet: each token meets those before it, in
        layers that slide no more than a window of them."""
        every, window = tokens * tokens, self.window_tokens
        if not window or tokens <= window:
            return every
        sliding = 2.0 * tokens * window - window * window
        return self.full_share * every + (1.0 - self.full_share) * sliding


@lru_cache(maxsize=128)
def need_of(card: ModelCard, form: Format, item_tokens: int | None = None) -> Need | Misfit:
    """What ``card`` takes with its weights in ``form``; a Misfit names the fields that a formula
    lacks."""
    work = WORK[card.kind]
    weights = _weights(card, form)
    kv = width = 0.0
    window, layers, item = float(card.sliding_window_tokens or 0), float(card.layers or 0), NO_ITEM
    if work == "llm":
        kv_bf16 = card.kv_bytes_per_token or _kv_bytes_bf16(card)
        if kv_bf16 is None or card.layers is None:
            lacking = _lacking(card, ("layers", "kv_heads", "head_dim"))
            return Misfit("card", f"{card.name} does not say {lacking}: its cache is unknown")
        kv = kv_bf16 * form.kv_bits / 16
        width = float((card.heads or 0) * (card.head_dim or 0) or card.hidden or 0)
    else:
        number_bytes = 4.0 if form.bits == 32 else _NUMBER_BYTES.get(form.compute, 2.0)
        one = item_need(card, work, form.bits, number_bytes, item_tokens)
        if isinstance(one, Misfit):
            return one
        item, layers = one, one.layers
    return Need(
        work=work,
        compute=form.compute,
        weight_bytes=weights.all_bytes,
        active_bytes=weights.active_bytes,
        looked_up_bytes=weights.looked_up_bytes,
        expert_share=weights.expert_share,
        routed=float(card.experts_per_token or 0),
        flops_per_token=2.0 * weights.multiplied,
        kv_bytes_per_token=kv,
        kv_heads=float(card.kv_heads or 0),
        heads=float(card.heads or 0),
        window_tokens=window,
        full_share=_full_share(card),
        attention_width=width,
        hidden=float(card.hidden or width),
        layers=layers,
        attention_layers=layers if window else float(card.full_attention_layers or layers),
        flops_per_item=item.flops * form.slower,
        passes=item.passes,
        read_bytes=item.read_bytes,
        activation_bytes=item.activation_bytes,
        text_cache_bytes=item.text_cache_bytes,
        flops_known=work in ("llm", "encoder") or bool(card.flops_per_item),
        state_bytes=card.state_bytes or 0.0,
    )


def weights_gib(
    card: ModelCard, precision: Precision, formats: Formats, kind: Kind = "gpu"
) -> float | None:
    """What the weights take at a precision; None where no chip of the kind runs it."""
    row = formats.row(precision, kind, WORK[card.kind])
    if row is None:
        return None
    form = as_released(card, precision, Format(row.bits, row.compute, row.cache_bits, row.kept))
    return _weights(card, form).all_bytes / GIB


def as_released(card: ModelCard, precision: Precision, form: Format) -> Format:
    """The bits of a weight that a card's checkpoint has, where it is released in this precision and
    says how large it is: experts in groups of 32 take more than those in groups of 128."""
    if precision != card.released_in or card.released_gib is None or form.bits >= 16:
        return form
    kept = _kept(card, form)
    narrow = card.parameters - kept
    bits = (card.released_gib * GIB * 8 - kept * 16) / narrow if narrow > 0 else form.bits
    return replace(form, bits=bits) if 0 < bits < 16 else form


class _Weights(NamedTuple):
    """Bytes of all weights, of those that one token meets, and of the table that it looks up; the
    share of the experts that it meets, and the parameters that it is multiplied with."""

    all_bytes: float
    active_bytes: float
    looked_up_bytes: float
    expert_share: float
    multiplied: float


def _weights(card: ModelCard, form: Format) -> _Weights:
    every = card.parameters
    active, multiplied = _met(card)
    narrow = form.bits / 8
    kept = _kept(card, form)
    more = kept * (2.0 - narrow)
    return _Weights(
        all_bytes=every * narrow + more,
        active_bytes=active * narrow + more,
        looked_up_bytes=(active - multiplied) * (2.0 if kept else narrow),
        expert_share=_expert_share(card),
        multiplied=multiplied,
    )


def _met(card: ModelCard) -> tuple[float, float]:
    """Parameters that a token meets, and those of them that it is multiplied with."""
    active = min(card.parameters, card.active_parameters or card.parameters)
    return active, min(active, card.matmul_parameters_per_token or active)


def _expert_share(card: ModelCard) -> float:
    """Of the experts, those that one token meets; 1 for a model without any."""
    if card.active_parameters is None or card.active_parameters >= card.parameters:
        return 1.0
    if card.experts and card.experts_per_token:
        return min(1.0, card.experts_per_token / card.experts)
    return card.active_parameters / card.parameters


def _kept(card: ModelCard, form: Format) -> float:
    """Parameters that stay in 16 bits: all but experts, or the tables of the vocabulary."""
    if form.kept is None or form.bits >= 16:
        return 0.0
    active, multiplied = _met(card)
    share = _expert_share(card)
    if form.kept == "all but experts" and share < 1.0:
        return max(0.0, (active - share * card.parameters) / (1.0 - share))
    # A table that is only looked up has a twin that is multiplied; a shared one is both.
    table = (active - multiplied) * 2 or float((card.vocabulary or 0) * (card.hidden or 0))
    return min(active, table)


def _full_share(card: ModelCard) -> float:
    """Of the layers that have a cache, those without a window. Where a card has a window and does
    not say how many layers slide, half: so it is in Gemma 2 and gpt-oss, and never too little in
    Gemma 3 or Mistral 7B v0.1."""
    if not card.sliding_window_tokens:
        return 1.0
    if card.full_attention_layers and card.layers:
        return min(1.0, card.full_attention_layers / card.layers)
    return 0.5


def _kv_bytes_bf16(card: ModelCard) -> float | None:
    """Keys and values of one token over all layers that have a cache, 2 bytes each."""
    layers = (
        card.layers if card.sliding_window_tokens else card.full_attention_layers or card.layers
    )
    if layers and card.kv_heads and card.head_dim:
        return 2.0 * layers * card.kv_heads * card.head_dim * 2
    return None


def _lacking(card: ModelCard, fields: tuple[str, ...]) -> str:
    return " and ".join(field for field in fields if getattr(card, field) is None)
