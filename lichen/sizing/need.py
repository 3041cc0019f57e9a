"""What a model takes, from its card and a precision: bytes to store, bytes to move, FLOPs to do.

Formulae: shared method notes 1 to 7 of docs/accuracy.md (LLM-Viewer, llm-analysis, GenZ).
"""

from __future__ import annotations

import msgspec

from lichen.catalogue.schema import Compute, Kind, Work
from lichen.sizing.answers import Misfit
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


class Format(msgspec.Struct, frozen=True):
    """How weights are stored, bits each with block scales, and in what format they are computed.

    ``slower`` divides the format's peak: TF32 runs at half the rate of bf16 on every GPU that has
    it.
    """

    bits: float
    compute: Compute
    kv_bits: float = 16.0
    slower: float = 1.0


# Block scales: AWQ/GPTQ groups of 128 carry a 16-bit scale and a zero point (+0.25 bit); GGUF
# Q4_0 and Q8_0 carry a 16-bit scale for 32 weights (+0.5 bit). Weight-only formats compute in
# bf16; int8 on a CPU runs through the dot-product or matrix unit, and so does int4 there.
_ACCELERATOR: dict[Precision, Format] = {
    "fp32": Format(32, "fp32", 32),
    "bf16": Format(16, "bf16"),
    "fp16": Format(16, "bf16"),
    "fp8": Format(8, "fp8"),
    "int8": Format(8, "bf16"),
    "int4": Format(4.25, "bf16"),
}
_CPU: dict[Precision, Format] = {
    **_ACCELERATOR,
    "int8": Format(8.5, "int8"),
    "int4": Format(4.5, "int8"),
}


def format_of(precision: Precision, kind: Kind, work: Work) -> Format:
    """Bits and compute format; GPUs and CPUs compute int8 of other than language models as int8."""
    if precision == "int8" and work != "llm" and kind in ("gpu", "cpu"):
        return Format(8, "int8")
    return (_CPU if kind == "cpu" else _ACCELERATOR)[precision]


NO_ITEM = ItemNeed(0.0, 0.0, 0.0, 0.0, 0.0)


class Need(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A model at a precision. Weights in bytes, all experts; FLOPs per token of the active ones.

    ``kv_bytes_per_token`` is at the cache's precision, before any window. ``flops_per_item`` is
    set for every model but a language model's, and so are ``passes`` through the network, bytes of
    weights read in them, and bytes moved for each item; ``state_bytes`` are those of a sequence of
    any length.
    """

    work: Work
    compute: Compute
    weight_bytes: float
    active_bytes: float
    expert_share: float
    flops_per_token: float
    kv_bytes_per_token: float
    window_tokens: float
    attention_width: float
    layers: float
    flops_per_item: float
    passes: float
    read_bytes: float
    moved_bytes: float
    state_bytes: float = 0.0

    def touched_bytes(self, batch: float) -> float:
        """Weights read in one step: a batch of B tokens meets 1-(1-k/E)^B of the experts."""
        if self.active_bytes >= self.weight_bytes:
            return self.weight_bytes
        met = 1.0 - float((1.0 - self.expert_share) ** batch)
        resident = self.active_bytes - self.expert_share * self._experts_bytes
        return resident + met * self._experts_bytes

    @property
    def _experts_bytes(self) -> float:
        if self.expert_share >= 1.0:
            return 0.0
        return (self.weight_bytes - self.active_bytes) / (1.0 - self.expert_share)

    def kv_bytes(self, context: float) -> float:
        """Cache of one sequence. Of a model with a window half the layers are taken to slide: so
        it is in Gemma 2 and gpt-oss, and never too little in Gemma 3 or Mistral 7B v0.1."""
        if self.window_tokens and context > self.window_tokens:
            context = (context + self.window_tokens) / 2
        return self.kv_bytes_per_token * context + self.state_bytes


def need_of(
    card: ModelCard, precision: Precision, kind: Kind, item_tokens: int | None = None
) -> Need | Misfit:
    """What ``card`` takes at ``precision``; a Misfit names the fields that a formula lacks."""
    work = WORK[card.kind]
    return need_at(card, format_of(precision, kind, work), item_tokens)


def need_at(
    card: ModelCard, form: Format, item_tokens: int | None = None, state_bytes: float = 0.0
) -> Need | Misfit:
    """What ``card`` takes with its weights in ``form``."""
    work = WORK[card.kind]
    active = card.active_parameters or card.parameters
    kv = width = 0.0
    layers, item = float(card.layers or 0), NO_ITEM
    if work == "llm":
        kv_bf16 = card.kv_bytes_per_token or _kv_bytes_bf16(card)
        if kv_bf16 is None or card.layers is None:
            lacking = _lacking(card, ("layers", "kv_heads", "head_dim"))
            return Misfit("card", f"{card.name} does not say {lacking}: its cache is unknown")
        kv = kv_bf16 * form.kv_bits / 16
        width = float((card.heads or 0) * (card.head_dim or 0) or card.hidden or 0)
    else:
        one = item_need(card, work, form.bits, item_tokens)
        if isinstance(one, Misfit):
            return one
        item, layers = one, one.layers
    share = 1.0
    if active < card.parameters:
        share = (
            card.experts_per_token / card.experts
            if card.experts and card.experts_per_token
            else active / card.parameters
        )
    return Need(
        work=work,
        compute=form.compute,
        weight_bytes=card.parameters * form.bits / 8,
        active_bytes=active * form.bits / 8,
        expert_share=min(1.0, share),
        flops_per_token=2.0 * active,
        kv_bytes_per_token=kv,
        window_tokens=float(card.sliding_window_tokens or 0),
        attention_width=width,
        layers=layers,
        flops_per_item=item.flops * form.slower,
        passes=item.passes,
        read_bytes=item.read_bytes,
        moved_bytes=item.moved_bytes,
        state_bytes=state_bytes,
    )


def _kv_bytes_bf16(card: ModelCard) -> float | None:
    """Keys and values of one token over all layers, 2 bytes each."""
    if card.layers and card.kv_heads and card.head_dim:
        return 2.0 * card.layers * card.kv_heads * card.head_dim * 2
    return None


def _lacking(card: ModelCard, fields: tuple[str, ...]) -> str:
    return " and ".join(field for field in fields if getattr(card, field) is None)
