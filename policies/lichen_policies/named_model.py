"""What the model of a name takes: by its card, else by the size in its name.

A name such as ``someone/chat-7B-AWQ`` says how many parameters a model has and how many bits each
of them takes. Of several numbers the largest counts, of several precisions the widest: a rule that
finds too much memory must not take a model for smaller than it is.
"""

from __future__ import annotations

import re

import msgspec

from lichen.words import Precision
from lichen.workload import ModelCard
from lichen_policies.facts import ServingContainer
from lichen_policies.facts.image import image_name
from lichen_policies.rule import Known
from lichen_policies.served import SERVERS, Setting, model_setting, server_of, setting

GIB = 2**30

_SIZE = re.compile(
    r"(?<![a-z0-9.])(?:(?P<experts>\d{1,3})x)?(?P<number>\d{1,4}(?:\.\d{1,3})?)(?P<unit>[bm])"
    r"(?P<tenths>\d)?(?:-(?P<shared>\d{1,3})e)?(?![a-z0-9])"
)
"""``8B``, ``0.5b``, ``8x7B``, ``7b1``, ``17B-16E``; not ``A3B`` and ``E4B``, which count a part."""

_UNITS = {"b": 1e9, "m": 1e6}
_BITS = (
    (32.0, re.compile(r"fp32|float32|f32")),
    (16.0, re.compile(r"bf16|fp16|float16|bfloat16|f16|half")),
    (9.0, re.compile(r"fp8|int8|8bit|w8a\d+|q8(?:_\w+)?|gptq|bitsandbytes|bnb|eetq")),
    (7.0, re.compile(r"q[56](?:_\w+)?|5bit|6bit")),
    (5.0, re.compile(r"awq|int4|4bit|w4a\d+|(?:mx|nv)?fp4|i?q4(?:_\w+)?|nf4")),
)
"""Bits of one parameter with its scales, rounded up, by words of a name or of a setting."""

_WIDTHS: dict[Precision, float] = {"fp32": 32.0, "bf16": 16.0, "fp16": 16.0, "fp8": 9.0}
_QUANTIZED = (
    "SM_VLLM_QUANTIZATION",
    "OPTION_QUANTIZE",
    "SM_SGLANG_QUANTIZATION",
    "HF_MODEL_QUANTIZE",
    "QUANTIZE",
    "--quantization",
    "--quantize",
)
_USUAL_BITS = 16.0
"""Servers of language models load in 16 bits what is not quantised, 32-bit checkpoints too."""


class NamedModel(msgspec.Struct, frozen=True, kw_only=True):
    """A model with its weights in GiB. ``text`` is what a message calls it: a name that only the
    document has is not repeated. ``card`` is the catalogue's; None where the name alone says the
    size."""

    text: str
    weights_gib: float
    card: ModelCard | None = None
    source: str = ""


def model_served(fact: ServingContainer, known: Known) -> NamedModel | None:
    """The model that a container's settings, its command line or its image name; None where none
    does, or where nobody can say how large it is.

    Raises :class:`Unverified` where a setting is not known.
    """
    named = model_setting(fact) or _packed(fact)
    if named is None:
        return None
    return model_of_name(named.value, named.path, _stated_bits(fact), known)


def model_of_name(name: str, path: str, bits: float | None, known: Known) -> NamedModel | None:
    """The model of a name that the property at ``path`` has, at so many bits a parameter where
    these are stated; None where nobody can say how large it is."""
    card = card_of(name, known)
    if card is not None:
        return NamedModel(
            text=card.name,
            weights_gib=_weights_gib(card, bits),
            card=card,
            source=card.source,
        )
    parameters = parameters_in(name)
    if parameters is None:
        return None
    bits = bits or _bits_in(name) or _USUAL_BITS
    return NamedModel(
        text=f"the model that {path} names, with {_counted(parameters)} parameters,",
        weights_gib=parameters * bits / 8 / GIB,
    )


def card_of(name: str, known: Known) -> ModelCard | None:
    """The card of a name, however it is written: small letters, ``hf://`` before it."""
    plain = name.removeprefix("hf://").strip("/")
    return known.catalogue.find_model(plain) or known.catalogue.once(_folded).get(plain.casefold())


def _folded(catalogue: object) -> dict[str, ModelCard]:
    return {name.casefold(): card for name, card in catalogue.models.items()}  # type: ignore[attr-defined]


def parameters_in(name: str) -> float | None:
    """The number of parameters that a name says; None where it says none.

    Only the last part of a path counts: a bucket or a folder may be called anything.
    """
    last = name.rstrip("/").rsplit("/", 1)[-1].lower()
    found = []
    for match in _SIZE.finditer(last):
        number = float(match["number"]) + float(match["tenths"] or 0) / 10
        times = int(match["experts"] or 1) * int(match["shared"] or 1)
        found.append(number * times * _UNITS[match["unit"]])
    return max(found, default=0.0) or None


def _bits_in(text: str) -> float | None:
    words = re.split(r"[^a-z0-9_]+", text.lower())
    for bits, pattern in _BITS:
        if any(pattern.fullmatch(word) for word in words):
            return bits
    return None


def _stated_bits(fact: ServingContainer) -> float | None:
    """What a setting or the tags say; None where neither says a precision."""
    server = server_of(fact)
    precision = SERVERS[server].precision if server else ("DTYPE", "--dtype")
    for stated in (setting(fact, *_QUANTIZED), setting(fact, *precision)):
        found = None if stated is None else _bits_in(stated.value)
        if found is not None:
            return found
    passport = fact.if_known.passport
    declared = None if passport is None else passport.precision
    return None if declared is None else _WIDTHS.get(declared, 9.0)


def _weights_gib(card: ModelCard, stated: float | None) -> float:
    if stated is None and card.released_in not in (None, "fp32") and card.released_gib:
        return card.released_gib
    return card.parameters * (stated or _USUAL_BITS) / 8 / GIB


def _packed(fact: ServingContainer) -> Setting | None:
    """The model that is packed into an image: NVIDIA's inference microservices are called by it."""
    image = image_name(fact.if_known.image or "")
    if image.registry == "nvcr.io" and "/nim/" in image.path:
        return Setting(image.repository, fact.image_at)
    return None


def _counted(parameters: float) -> str:
    if parameters >= 1e9:
        return f"{parameters / 1e9:.3g} billion"
    return f"{parameters / 1e6:.3g} million"
