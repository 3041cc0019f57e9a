"""What a user wants served: a model, its traffic, how fast, and where it may live."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from lichen.clouds import CloudName
from lichen.defaults import LEAST_CONFIDENCE, MOST_CONFIDENCE, UNREAD
from lichen.document import InputError, convert, json_schema, read_document
from lichen.evaluation import Evaluation
from lichen.figures import whole
from lichen.parsing.content import text_in
from lichen.words import Environment, Mode, Precision, WayOfBuying

Country = Annotated[
    str, Meta(pattern="^[A-Z]{2}$", description="the two letters of a country, such as SE")
]
Name = Annotated[
    str,
    Meta(
        pattern=r"^[a-z][a-z0-9-]{0,39}$",
        description="lower-case letters, digits and hyphens, a letter first, at most 40",
    ),
]
Rate = Annotated[float, Meta(ge=0, le=1e6)]
Positive = Annotated[float, Meta(gt=0, le=1e9)]
Size = Annotated[float, Meta(gt=0, le=1e18)]
Count = Annotated[int, Meta(ge=1, le=10_000_000)]
Context = Annotated[int, Meta(ge=1, le=100_000_000)]
Replicas = Annotated[int, Meta(ge=0, le=10_000)]
Confidence = Annotated[float, Meta(ge=LEAST_CONFIDENCE, le=MOST_CONFIDENCE)]

CONFIDENCE: Mapping[Environment, float] = {"dev": 0.5, "staging": 0.5, "prod": 0.8}
"""How sure it is that the bounds hold, where a workload does not say (design choice). Staging is
like development: nobody waits for it, and it is where a prediction is measured."""


class ModelCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The size and shape of a model: all that sizing needs to know of it. Left out is unknown.

    Counts are in units, not billions. ``active_parameters`` are those of a token, embeddings
    included; ``matmul_parameters_per_token`` those that it is multiplied with, so without a table
    that is only looked up; of a diffusion model, those of the network that each step runs.
    ``layers`` are blocks, each with attention (or what is in its place) and a feed-forward part;
    all of them, ``decoder_layers`` of a speech model too.
    ``full_attention_layers`` are those whose cache grows to the whole sequence: the others slide
    (``sliding_window_tokens``) or have no cache. ``kv_bytes_per_token`` is at bf16, over all
    layers that have a cache, before any window; ``state_bytes`` are kept for each sequence of any
    length. ``flops_per_item`` is one forward pass over one ``item``: an image, 30 seconds of
    speech through the encoder, one denoising step with its guidance. A request's item takes
    ``steps`` of them and ``extra_flops_per_item`` once (text encoder and VAE). A speech model's
    decoder takes ``decoder_flops_per_token`` and reads ``cross_kv_bytes`` for each token.
    ``released_in`` is the checkpoint's precision and ``released_gib`` its size.
    A formula that needs a field left out names it.
    """

    name: str
    kind: Literal["llm", "encoder", "reranker", "vision", "speech", "diffusion", "vlm"]
    parameters: Size
    active_parameters: Size | None = None
    matmul_parameters_per_token: Size | None = None
    layers: Count | None = None
    full_attention_layers: Count | None = None
    decoder_layers: Count | None = None
    hidden: Count | None = None
    heads: Count | None = None
    kv_heads: Count | None = None
    head_dim: Count | None = None
    intermediate: Count | None = None
    vocabulary: Count | None = None
    max_context_tokens: Context | None = None
    sliding_window_tokens: Count | None = None
    experts: Count | None = None
    experts_per_token: Count | None = None
    expert_intermediate: Count | None = None
    shared_expert_intermediate: Count | None = None
    kv_bytes_per_token: Size | None = None
    state_bytes: Size | None = None
    cross_kv_bytes: Size | None = None
    item: str = ""
    flops_per_item: Size | None = None
    steps: Count | None = None
    extra_flops_per_item: Size | None = None
    decoder_flops_per_token: Size | None = None
    released_in: Precision | None = None
    released_gib: Size | None = None
    license: str = ""
    source: str = ""
    notes: str = ""

    @property
    def generates(self) -> bool:
        """Whether it is a language model, whose requests have output tokens."""
        return self.kind in ("llm", "vlm")


LONGEST_TIMES = 2
"""The longest request over a typical one, where a workload does not say (design choice)."""


class Traffic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Requests per second at the peak and on average, and what one request carries.

    ``hourly_rps`` is a day's profile: 24 mean rates, one an hour; it replaces ``mean_rps``.
    A language model's request carries input and output tokens; every other model's, items.
    Tokens are those of a typical request; ``longest_tokens`` is the longest that must be served,
    prompt and answer together: left out, twice the typical one.
    """

    peak_rps: Rate
    mean_rps: Rate | None = None
    hourly_rps: Annotated[tuple[Rate, ...], Meta(min_length=24, max_length=24)] | None = None
    input_tokens: Annotated[int, Meta(ge=0, le=10_000_000)] | None = None
    output_tokens: Annotated[int, Meta(ge=0, le=1_000_000)] | None = None
    longest_tokens: Count | None = None
    items: Count = 1

    def __post_init__(self) -> None:
        typical = (self.input_tokens or 0) + (self.output_tokens or 0)
        if self.longest_tokens is not None and self.longest_tokens < typical:
            raise ValueError(
                f"longest_tokens ({self.longest_tokens}) is below the {typical} tokens of a "
                "typical request: raise it"
            )
        if self.mean_rps is not None and self.hourly_rps is not None:
            raise ValueError("give mean_rps or hourly_rps, not both")
        most = max(self.profile_rps)
        if most > self.peak_rps:
            of = (
                "mean_rps"
                if self.hourly_rps is None
                else f"hourly_rps[{self.hourly_rps.index(most)}]"
            )
            raise ValueError(
                f"{of} ({whole(most)}) is above peak_rps ({whole(self.peak_rps)}): raise peak_rps "
                "or lower it"
            )

    def longest_request(self, card: ModelCard) -> int | None:
        """Tokens of the longest request that must be served, prompt and answer together; None where
        no tokens are given. What is left out is no longer than the model accepts."""
        typical = (self.input_tokens or 0) + ((self.output_tokens or 0) if card.generates else 0)
        if self.longest_tokens is not None or not typical:
            return self.longest_tokens
        most = card.max_context_tokens or LONGEST_TIMES * typical
        return max(typical, min(LONGEST_TIMES * typical, most))

    @property
    def profile_rps(self) -> tuple[float, ...]:
        """24 hourly mean rates; where no profile is given, the mean all day, else the peak."""
        if self.hourly_rps is not None:
            return self.hourly_rps
        return (self.peak_rps if self.mean_rps is None else self.mean_rps,) * 24


class Latency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds in milliseconds: a token's for language models, a request's p95 for all."""

    time_to_first_token_ms: Positive | None = None
    time_per_output_token_ms: Positive | None = None
    p95_ms: Positive | None = None


class Near(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place that users are at, as a region's name, and how far away serving may be."""

    region: str
    within_ms: Positive


class Where(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a workload may live; what is left out is not restricted.

    ``clouds``, ``hosting`` and ``regions`` are names in the catalogue, which is where they are
    checked; a hosting may be named by its group. ``countries`` are ISO 3166-1 alpha-2 codes;
    ``residency`` is a named group of them. ``sold`` are the ways in which a machine may be bought,
    one word or a list. A production endpoint needs one way that cannot be taken back.
    """

    clouds: tuple[CloudName, ...] = ()
    hosting: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    countries: tuple[Country, ...] = ()
    residency: str | None = None
    near: tuple[Near, ...] = ()
    sold: WayOfBuying | Annotated[tuple[WayOfBuying, ...], Meta(min_length=1)] = "on-demand"

    @property
    def ways(self) -> tuple[WayOfBuying, ...]:
        """The ways in which a machine may be bought."""
        return self.sold if isinstance(self.sold, tuple) else (self.sold,)


class Availability(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Zones to spread over and replicas to keep; production keeps one at least."""

    zones: Annotated[int, Meta(ge=1, le=6)] = 1
    minimum_replicas: Replicas | None = None


class Prompt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A named prompt that is sent with every request."""

    name: str
    text: str | None = None
    file: str | None = None


class Prompts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prompts of the workload and the tokens that their fixed parts may take together.

    ``tokenizer`` is the model's tokenizer.json, relative to the workload's file; without it tokens
    are estimated. A workload that is surely over its budget is refused when it is placed, and by
    ``lichen prompts``.
    """

    budget_tokens: Count | None = None
    templates: tuple[Prompt, ...] = ()
    tokenizer: str | None = None


class Compiled(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The one shape that a model's files are compiled for (AWS Neuron).

    ``batch``: requests that run together; ``sequence_tokens``: of a prompt with its answer, or of a
    text; ``tensor_parallel``: the cores that a copy is split over. The files'
    ``neuron_config.json`` has all three.
    """

    batch: Count
    sequence_tokens: Count
    tensor_parallel: Count


class Workload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a user wants served.

    Precisions are choices in order of preference; the first is the reference of quality. Left out,
    the model is served in what it is released in (:func:`served_in`).
    ``compiled`` is the shape of files that exist already: the workload is then sized at that shape.
    ``confidence`` is the probability with which the latency bounds and the traffic are to be met:
    0.8 in production and 0.5 elsewhere if left out.
    ``evidence`` names benchmark records, relative to the workload's file; ``evaluations`` are the
    scores of variants: another precision, a smaller model, prefix caching, speculative decoding.
    """

    name: Name
    model: str | ModelCard
    traffic: Traffic
    precisions: Annotated[tuple[Precision, ...], Meta(min_length=1)] | None = None
    latency: Latency = Latency()
    mode: Mode = "real-time"
    where: Where = Where()
    environment: Environment = "dev"
    confidence: Confidence | None = None
    compiled: Compiled | None = None
    availability: Availability = Availability()
    prompts: Prompts = Prompts()
    evidence: tuple[str, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()

    def precisions_of(self, card: ModelCard) -> tuple[Precision, ...]:
        """The precisions to serve ``card`` in."""
        return self.precisions or (served_in(card),)

    @property
    def wanted_confidence(self) -> float:
        """The stated confidence, else that of the environment."""
        return CONFIDENCE[self.environment] if self.confidence is None else self.confidence


def served_in(card: ModelCard) -> Precision:
    """What a model is served in where nobody says: bf16 for a checkpoint of 32 or 16 bits, as
    servers load it, and a narrower one as it is."""
    released = card.released_in
    return "bf16" if released in (None, "fp32", "fp16") else released


def workload_schema() -> dict[str, Any]:
    """The JSON Schema of a workload's file, where a model may also be its config.json."""
    schema = json_schema(Workload)
    of_model = schema["$defs"]["Workload"]["properties"]["model"]["anyOf"]
    card = schema["$defs"]["ModelCard"]
    of_model.append(
        {
            "type": "object",
            "description": "A Hugging Face config.json, relative to the workload's file; any field "
            "of a card may stand beside it and is taken in place of what is read.",
            "properties": {"config": {"type": "string"}, **card["properties"]},
            "required": ["config"],
            "additionalProperties": False,
        }
    )
    return schema


def read_workload(path: Path) -> Workload:
    """Read a workload from YAML, TOML or JSON; :class:`InputError` names the field and the fix."""
    document = read_document(path)
    if not isinstance(document, dict):
        raise InputError(
            "a workload is a mapping", fix="begin with name:, model:, traffic:", document=str(path)
        )
    try:
        _check_replaced(path)
        return as_workload(document, path.parent)
    except InputError as error:
        raise error.within(str(path)) from None


def _check_replaced(path: Path) -> None:
    """Refuse a draft whose placeholders are still there: they are no facts."""
    if path.suffix.lower() not in (".yaml", ".yml"):
        return
    text = text_in(path, 16)
    found = list(re.finditer(rf"(?m)^[ \t]*(\w+):[^#\n]*#\s*{UNREAD}\b", text))
    keys = _keys_of(text) if found else frozenset()
    marked = [each[1] for each in found if (text.count("\n", 0, each.start(1)), each[1]) in keys]
    if marked:
        raise InputError(
            f"{'is' if len(marked) == 1 else 'are'} marked {UNREAD}: nobody said what holds",
            fix="write it in place of the number that is there, and remove the mark",
            field=", ".join(marked),
        )


def _keys_of(text: str) -> frozenset[tuple[int, str]]:
    """The keys of a YAML document, each with its line from 0: a line of a long text is none."""
    import yaml  # only a draft needs it

    nodes, seen, found = [yaml.compose(text, Loader=yaml.SafeLoader)], set[int](), set()
    while nodes:
        node = nodes.pop()
        if id(node) in seen:  # an alias
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            found |= {(key.start_mark.line, str(key.value)) for key, _ in node.value}
            nodes += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value
    return frozenset(found)


def as_workload(document: dict[str, Any], folder: Path = Path()) -> Workload:
    """A workload from plain values, as a program or a parsed file holds them; a config.json that
    its model names is looked for in ``folder``."""
    model = document.get("model")
    if isinstance(model, dict) and "config" in model:
        from lichen.model_config import read_model_config  # most workloads name a card

        named = model["config"]
        if not isinstance(named, str):
            raise InputError("is not a path", fix="name a config.json", field="model.config")
        stated = {key: value for key, value in model.items() if key != "config"}
        document = {**document, "model": {**read_model_config(folder / named), **stated}}
    return convert(document, Workload)
