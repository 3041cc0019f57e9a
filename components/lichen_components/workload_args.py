"""The workload as other languages write it: the fields of :mod:`lichen.workload`, with a sentence
each. A test compares the two.

In TypeScript and YAML the names are in camelCase, `peakRps` for `peak_rps`: the field of a file is
the name with an underscore before each capital, in small letters. One field differs: a model that
no list has is `model` in a file and `model_card` here, since a schema has one kind for each name.
"""

from typing import Literal, NotRequired, TypedDict

from lichen.clouds import CloudName
from lichen.words import Environment, Mode, Precision, WayOfBuying

ModelKind = Literal["llm", "encoder", "reranker", "vision", "speech", "diffusion", "vlm"]


class TrafficArgs(TypedDict):
    """Requests per second, and what one of them carries."""

    peak_rps: float
    """Requests per second at the peak."""
    mean_rps: NotRequired[float]
    """Requests per second on average. The default is the peak, all day. Not with `hourly_rps`."""
    hourly_rps: NotRequired[list[float]]
    """A day's profile instead of the mean: 24 mean rates, one for each hour."""
    input_tokens: NotRequired[int]
    """Tokens of a typical prompt, or of a text that is embedded."""
    output_tokens: NotRequired[int]
    """Tokens of a typical answer of a language model."""
    longest_tokens: NotRequired[int]
    """Tokens of the longest request that must be served, prompt and answer together. The default is
    twice a typical one."""
    items: NotRequired[int]
    """Items in a request of any model but a language model, such as images. The default is 1."""


class LatencyArgs(TypedDict, total=False):
    """Bounds in milliseconds. The default is none."""

    time_to_first_token_ms: float
    """The time to the first token of a language model's answer."""
    time_per_output_token_ms: float
    """The time for each further token."""
    p95_ms: float
    """The time that 95 of 100 requests stay under, from end to end."""


class NearArgs(TypedDict):
    """A place that users are at, and how far away serving may be."""

    region: str
    """The region that is nearest to them, such as `eu-west-3`."""
    within_ms: float
    """The most milliseconds from there and back."""


class WhereArgs(TypedDict, total=False):
    """Where the workload may live. What is left out is not restricted."""

    clouds: list[CloudName]
    """Clouds by name. The default is all."""
    hosting: list[str]
    """Hostings by name or by group, such as `sagemaker` or `kubernetes`. The default is all but
    those that are used only where they are named."""
    regions: list[str]
    """Regions by name, such as `eu-north-1`. The default is all."""
    countries: list[str]
    """Countries by the two letters of ISO 3166-1, such as `SE`. The default is all."""
    residency: str
    """A named group of countries, such as `EU`."""
    near: list[NearArgs]
    """Places that it must be near to."""
    sold: list[WayOfBuying]
    """The ways in which a machine may be bought. The default is `on-demand`. Production needs one
    that cannot be taken back."""


class AvailabilityArgs(TypedDict, total=False):
    """Zones and replicas."""

    zones: int
    """Zones to spread over, at most 6. The default is 1."""
    minimum_replicas: int
    """The fewest replicas. The default is 1, and 0 outside production where requests may wait."""


class PromptArgs(TypedDict):
    """A named prompt that is sent with every request."""

    name: str
    """Its name."""
    text: NotRequired[str]
    """The prompt itself."""
    file: NotRequired[str]
    """The path of a file with it, instead of `text`."""


class PromptsArgs(TypedDict, total=False):
    """Prompts of the workload; `lichen prompts` counts their tokens. A workload whose prompts are
    surely over their budget is refused."""

    budget_tokens: int
    """The most tokens that they may take together."""
    tokenizer: str
    """The path of the model's `tokenizer.json`. Without it the tokens are an estimate."""
    templates: list[PromptArgs]
    """The prompts."""


class EvaluationArgs(TypedDict):
    """The score of one evaluation of a variant of the workload."""

    variant: str
    """A precision such as `fp8`, another model by name, `prefix-caching` or
    `speculative-decoding`."""
    name: str
    """What was run, such as `MMLU-Pro`."""
    score: float
    """Its score; of prefix caching the hit rate, of speculative decoding the acceptance rate."""
    at_least: NotRequired[float]
    """The score that is good enough, where more is better."""
    at_most: NotRequired[float]
    """The score that is good enough, where less is better, such as a rate of errors."""
    evaluated_on: NotRequired[str]
    """The day, such as `2026-11-26`."""


class CompiledArgs(TypedDict):
    """The one shape that a model's files are compiled for (AWS Neuron): `neuron_config.json`."""

    batch: int
    """Requests that run together."""
    sequence_tokens: int
    """Tokens of a prompt with its answer, or of a text."""
    tensor_parallel: int
    """The cores that a copy of the model is split over."""


class ModelCardArgs(TypedDict):
    """The size and shape of a model that the catalogue does not have. Counts are in units.

    What is left out is not known; a formula that needs it says so.
    """

    name: str
    """The model's name."""
    kind: ModelKind
    """What it is."""
    parameters: float
    """All its parameters."""
    active_parameters: NotRequired[float]
    """Parameters that a token uses, embeddings included."""
    matmul_parameters_per_token: NotRequired[float]
    """Parameters that a token is multiplied with: without a table that is only looked up. Of a
    diffusion model: those of the network that each step runs."""
    layers: NotRequired[int]
    """All blocks, each with attention, or what replaces it, and a feed-forward part."""
    full_attention_layers: NotRequired[int]
    """Blocks whose cache grows to the whole sequence."""
    decoder_layers: NotRequired[int]
    """Blocks of a speech model's decoder."""
    hidden: NotRequired[int]
    """The width of a token's vector."""
    heads: NotRequired[int]
    """Heads of queries."""
    kv_heads: NotRequired[int]
    """Heads of keys and values."""
    head_dim: NotRequired[int]
    """The width of a head."""
    intermediate: NotRequired[int]
    """The width of the feed-forward part."""
    vocabulary: NotRequired[int]
    """Tokens that there are."""
    max_context_tokens: NotRequired[int]
    """Tokens of the longest sequence that it takes."""
    sliding_window_tokens: NotRequired[int]
    """Tokens that a block with a sliding window sees."""
    experts: NotRequired[int]
    """Experts of a block."""
    experts_per_token: NotRequired[int]
    """Experts that a token uses."""
    expert_intermediate: NotRequired[int]
    """The width of an expert."""
    shared_expert_intermediate: NotRequired[int]
    """The width of the expert that every token uses."""
    kv_bytes_per_token: NotRequired[float]
    """Bytes of cache for a token at bf16, over all blocks that have one, before any window."""
    state_bytes: NotRequired[float]
    """Bytes that are kept for each sequence of any length."""
    cross_kv_bytes: NotRequired[float]
    """Bytes that a speech model's decoder reads for each token."""
    item: NotRequired[str]
    """What one item is, such as an image of 224 by 224."""
    flops_per_item: NotRequired[float]
    """Operations of one forward pass over an item."""
    steps: NotRequired[int]
    """Forward passes for an item of a request."""
    extra_flops_per_item: NotRequired[float]
    """Operations that an item takes once, such as those of a text encoder."""
    decoder_flops_per_token: NotRequired[float]
    """Operations of a speech model's decoder for a token."""
    released_in: NotRequired[Precision]
    """The precision of the published weights."""
    released_gib: NotRequired[float]
    """Their size in GiB."""
    license: NotRequired[str]
    """The model's licence."""
    source: NotRequired[str]
    """Where these figures are from."""
    notes: NotRequired[str]
    """What else a reader should know."""


class WorkloadArgs(TypedDict):
    """What is served: a model, its traffic, how fast, and where it may live."""

    name: str
    """Its name: small letters, digits and hyphens, a letter first, at most 40."""
    model: NotRequired[str]
    """The model by its name in the catalogue, such as `BAAI/bge-small-en-v1.5`. It or `model_card`
    is required."""
    model_card: NotRequired[ModelCardArgs]
    """A model that the catalogue does not have, by its size and shape."""
    traffic: TrafficArgs
    """Requests per second, and what one of them carries."""
    precisions: NotRequired[list[Precision]]
    """What weights may be stored in, the best first. The default is what it is released in."""
    latency: NotRequired[LatencyArgs]
    """How fast it must answer. The default is no bound."""
    mode: NotRequired[Mode]
    """The way of serving. The default is `real-time`."""
    where: NotRequired[WhereArgs]
    """Where it may live. The default is anywhere that a component makes."""
    environment: NotRequired[Environment]
    """What it is for. The default is `dev`."""
    confidence: NotRequired[float]
    """The probability with which bounds and traffic are to be met, 0.5 to 0.99. The default is 0.8
    in production, else 0.5."""
    compiled: NotRequired[CompiledArgs]
    """The shape of files that are compiled for AWS Neuron already."""
    availability: NotRequired[AvailabilityArgs]
    """Zones and replicas."""
    prompts: NotRequired[PromptsArgs]
    """Prompts that are sent with every request."""
    evidence: NotRequired[list[str]]
    """Files with measurements of this model. Their paths are from the program's directory."""
    evaluations: NotRequired[list[EvaluationArgs]]
    """Scores of variants: another precision, a smaller model, prefix caching, speculative decoding.
    They become the tag `lichen:evaluated`."""
