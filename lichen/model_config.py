"""A model's card from its Hugging Face config.json: shape, parameters, cache and operations.

Parameters follow from the shape (weight matrices; norms and biases are left out), which is within
1 % of the published number for the architectures that are read. A vision tower beside a language
model, and layers that predict several tokens at once, are not counted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from lichen.document import InputError, read_document
from lichen.words import Precision

Config = Mapping[str, Any]
Values = dict[str, float | int | str | None]
"""Fields of a :class:`lichen.workload.ModelCard`; None is unknown."""

WHISPER_FRAMES = 1500
"""Frames of a 30 s window after Whisper's convolutions; twice as many before the second one."""
IMAGE_MODELS = ("vit", "deit", "beit", "dinov2", "dinov2_with_registers", "dinov3_vit", "vit_mae")
ENCODERS = (
    "bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "electra", "camembert", "deberta",
    "deberta-v2", "modernbert", "nomic_bert", "new",
)  # fmt: skip
UNREAD = {
    "block_configs": "its layers differ from each other",
    "hybrid_layer_pattern": "its layers attend in ways that differ",
    "linear_attn_config": "this kind of linear attention is not known",
    "compress_ratios": "its cache is compressed layer by layer",
}
"""Keys of architectures that the formulae here do not hold for."""
_TWO_MATRICES = frozenset(
    {"opt", "gpt2", "gpt_neox", "gptj", "falcon", "bloom", "phi", "starcoder2", "nemotron_h", "mpt"}
)
"""Decoders whose feed-forward layers have no gate."""
_TIED = ("gemma", "cohere", "gpt2", "opt", "bloom", "falcon")
"""Decoders whose head is the table of the vocabulary unless they say otherwise."""
_DTYPES: dict[str, Precision] = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}


def read_model_config(path: Path) -> Values:
    """What a config.json says of its model, as fields of a card.

    :class:`InputError` names the key that is missing or that cannot be read.
    """
    config = read_document(path)
    if not isinstance(config, dict):
        raise InputError("is not a model's configuration", document=str(path))
    beside = path.with_name("hf_quant_config.json")
    if "quantization_config" not in config and beside.exists():
        config["quantization_config"] = read_document(beside)
    try:
        found = values_of_config(config, path.absolute().parent.name)
    except InputError as error:
        raise error.within(str(path)) from None
    return {name: value for name, value in found.items() if value is not None}


def values_of_config(config: Config, name: str) -> Values:
    """What a parsed configuration says of a model, as fields of a card."""
    text = _text(config)
    for key, why in UNREAD.items():
        if text.get(key):
            raise InputError(f"is not read: {why}", fix="write the card itself", field=key)
    kind = str(config.get("model_type", ""))
    name = str(config.get("_name_or_path") or name)
    if kind == "whisper":
        return _whisper(config, name)
    if kind in IMAGE_MODELS:
        return _image_model(config, name)
    if kind in ENCODERS:
        return _encoder(config, name)
    if not kind or ("hidden_size" not in text and "n_embd" not in text):
        raise InputError(
            f"{kind!r} is not a kind of model that is read",
            fix="name a model of `lichen catalogue models`, or write a card in place of config: "
            "its kind, parameters and, of an item model, flops_per_item",
            field="model_type",
        )
    return _decoder(text, "vlm" if _sees(config) else "llm", name)


def _text(config: Config) -> Config:
    """The language part of a model, with the keys that all its parts share."""
    outer = {key: value for key, value in config.items() if not isinstance(value, dict)}
    thinker = config.get("thinker_config")
    for part in (config, thinker if isinstance(thinker, dict) else {}):
        for key in ("text_config", "llm_config", "language_config"):
            if isinstance(part.get(key), dict):
                quantized = config.get("quantization_config")
                whole = {"quantization_config": quantized} if quantized else {}
                return {**outer, **whole, **part[key]}
    return config


def _sees(config: Config) -> bool:
    return any(key in config for key in ("vision_config", "image_token_id", "thinker_config"))


def _number(config: Config, *keys: str, default: float | None = None) -> int:
    """The first of these keys that has a number; without any, the default or an InputError."""
    for key in keys:
        value = config.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise InputError(f"{value!r} is not a number", fix="give a count", field=key)
        return int(value)
    if default is None:
        raise InputError("is missing", fix="give the model's own config.json, whole", field=keys[0])
    return int(default)


# --- language models ---


class _Attention(NamedTuple):
    """Of one layer: parameters, bytes of cache a token at bf16, bytes of state."""

    parameters: float
    cache_bytes: float = 0.0
    state_bytes: float = 0.0


class _Experts(NamedTuple):
    """Of one layer with experts: parameters of all, and of those that one token meets."""

    every: float
    met: float


def _decoder(config: Config, kind: str, name: str) -> Values:
    hidden = _number(config, "hidden_size", "n_embd")
    pattern = _pattern(config)
    layers = len(pattern) if pattern else _number(config, "num_hidden_layers", "n_layer")
    heads = _number(config, "num_attention_heads", "n_head")
    vocabulary = _number(config, "vocab_size")
    model_type = str(config.get("model_type", ""))
    kinds = _layer_kinds(config, layers)
    attention = {each: _attention(config, each) for each in set(kinds)}
    blocks = _feed_forwards(config, layers)
    experts = _number(config, *_EXPERTS, default=0)
    tied = config.get("tie_word_embeddings", model_type.startswith(_TIED))
    table = float(vocabulary * hidden)
    body = sum(attention[each].parameters for each in kinds) + _per_layer_tables(config, layers)
    every = body + table * (1 if tied else 2) + sum(block.every for block in blocks)
    active = body + table * (1 if tied else 2) + sum(block.met for block in blocks)
    window = _window(config, kinds)
    cached = [each for each in kinds if attention[each].cache_bytes]
    full = sum(each == "full_attention" for each in kinds)
    return {
        "name": name,
        "kind": "vlm" if kind == "vlm" else "llm",
        "parameters": every,
        "active_parameters": active if experts else None,
        "matmul_parameters_per_token": active if tied else active - table,
        "layers": len(kinds) - kinds.count("none"),
        "full_attention_layers": full if full and full < layers else None,
        "hidden": hidden,
        "heads": heads,
        "kv_heads": _number(config, "num_key_value_heads", "num_kv_heads", default=heads) or heads,
        "head_dim": _head_dim(config),
        "intermediate": _number(config, "intermediate_size", "n_inner", "ffn_dim", default=0)
        or None,
        "vocabulary": vocabulary,
        "max_context_tokens": _number(
            config, "max_position_embeddings", "n_positions", "max_seq_len", default=0
        )
        or None,
        "sliding_window_tokens": window,
        "experts": experts or None,
        "experts_per_token": _number(config, *_PER_TOKEN) if experts else None,
        "expert_intermediate": _expert_width(config) if experts else None,
        "kv_bytes_per_token": sum(attention[each].cache_bytes for each in cached) or None,
        "state_bytes": sum(attention[each].state_bytes for each in kinds) or None,
        "released_in": _released_in(config),
        "source": "config.json",
        "notes": "language part only" if kind == "vlm" else "",
    }


_EXPERTS = ("num_experts", "n_routed_experts", "num_local_experts", "moe_num_experts")
_PER_TOKEN = ("num_experts_per_tok", "experts_per_token", "num_experts_per_token", "top_k_experts")


def _head_dim(config: Config) -> int:
    heads = _number(config, "num_attention_heads", "n_head")
    hidden = _number(config, "hidden_size", "n_embd")
    return _number(config, "head_dim", default=0) or hidden // max(1, heads)


def _layer_kinds(config: Config, layers: int) -> list[str]:
    """What each layer attends with: all of a sequence, a window of it, a state, or nothing."""
    pattern = _pattern(config)
    if pattern:
        return [{"M": "mamba", "*": "full_attention"}.get(each, "none") for each in pattern]
    listed = config.get("layer_types")
    if isinstance(listed, list) and len(listed) >= layers:
        return [str(each) for each in listed[:layers]]
    every = _number(config, "full_attention_interval", default=0)
    if every:
        return ["linear_attention" if (i + 1) % every else "full_attention" for i in range(layers)]
    if _window_of(config):
        if config.get("attention_chunk_size"):
            every = 4  # Llama 4: of four layers, three attend within a chunk
        else:
            every = _number(config, "sliding_window_pattern", "_sliding_window_pattern", default=0)
            if not every and str(config.get("model_type", "")).startswith("gemma3"):
                every = 6
        if every:
            return [
                "sliding_attention" if (i + 1) % every else "full_attention" for i in range(layers)
            ]
        return ["sliding_attention"] * layers
    return ["full_attention"] * layers


def _pattern(config: Config) -> str:
    """Of a model whose layers do one thing each: M for Mamba, * for attention, E for experts, and
    - for a dense feed-forward layer; blank for others."""
    pattern = config.get("hybrid_override_pattern")
    if isinstance(pattern, str):
        return pattern
    listed = config.get("layers_block_type")
    letters = {"mamba": "M", "attention": "*", "moe": "E", "mlp": "-"}
    if isinstance(listed, list) and config.get("model_type") == "nemotron_h":
        return "".join(letters.get(str(each), "-") for each in listed)
    return ""


def _window_of(config: Config) -> int:
    if config.get("use_sliding_window") is False:
        return 0
    return _number(config, "sliding_window", "attention_chunk_size", default=0)


def _window(config: Config, kinds: list[str]) -> int | None:
    slides = any(each in ("sliding_attention", "chunked_attention") for each in kinds)
    return (_window_of(config) or None) if slides else None


def _attention(config: Config, kind: str) -> _Attention:
    """One layer that attends in a way of its own."""
    if kind == "none":
        return _Attention(0.0)
    if kind == "mamba":
        return _mamba(config)
    if kind == "linear_attention":
        return _delta_net(config)
    if "kv_lora_rank" in config:
        return _latent(config)
    hidden, head = _number(config, "hidden_size", "n_embd"), _head_dim(config)
    heads = _number(config, "num_attention_heads", "n_head")
    groups = _number(config, "num_key_value_heads", "num_kv_heads", default=heads) or heads
    values = 1.0
    if kind == "full_attention" and config.get("global_head_dim"):
        head = _number(config, "global_head_dim")
        groups = _number(config, "num_global_key_value_heads", default=groups) or groups
        values = 0.0 if config.get("attention_k_eq_v") else 1.0
    gate = 1 if config.get("attn_output_gate") else 0
    width = heads * head
    parameters = hidden * (width * (2 + gate) + groups * head * (1 + values))
    return _Attention(parameters, 2.0 * groups * head * 2)


def _latent(config: Config) -> _Attention:
    """Multi-head latent attention: one vector a token is kept for all heads."""
    hidden, heads = _number(config, "hidden_size"), _number(config, "num_attention_heads")
    rank, rope = _number(config, "kv_lora_rank"), _number(config, "qk_rope_head_dim")
    plain, value = _number(config, "qk_nope_head_dim"), _number(config, "v_head_dim")
    query_rank = _number(config, "q_lora_rank", default=0)
    query = heads * (plain + rope)
    queries = query_rank * (hidden + query) if query_rank else hidden * query
    parameters = (
        queries + hidden * (rank + rope) + rank * heads * (plain + value) + heads * value * hidden
    )
    return _Attention(float(parameters), 2.0 * (rank + rope))


def _delta_net(config: Config) -> _Attention:
    """A gated delta net: a state in 32 bits for each value head, and taps of a convolution."""
    hidden = _number(config, "hidden_size")
    key_heads = _number(config, "linear_num_key_heads")
    key = key_heads * _number(config, "linear_key_head_dim")
    value_heads = _number(config, "linear_num_value_heads")
    value = value_heads * _number(config, "linear_value_head_dim")
    taps = _number(config, "linear_conv_kernel_dim", default=4)
    mixed = 2 * key + value
    parameters = hidden * (2 * key + 2 * value + 2 * value_heads) + mixed * taps + value * hidden
    state = value * _number(config, "linear_key_head_dim") * 4 + mixed * (taps - 1) * 2
    return _Attention(float(parameters), 0.0, float(state))


def _mamba(config: Config) -> _Attention:
    """A Mamba-2 layer: a state in 32 bits, and three taps of a convolution."""
    hidden = _number(config, "hidden_size")
    heads = _number(config, "mamba_num_heads")
    inner = heads * _number(config, "mamba_head_dim")
    state = _number(config, "ssm_state_size")
    groups = _number(config, "n_groups")
    taps = _number(config, "conv_kernel", default=4)
    mixed = inner + 2 * groups * state
    parameters = hidden * (inner + mixed + heads) + mixed * taps + inner * hidden
    return _Attention(float(parameters), 0.0, float(inner * state * 4 + mixed * (taps - 1) * 2))


def _expert_width(config: Config) -> int:
    return _number(config, "moe_intermediate_size", "expert_ffn_hidden_size", "intermediate_size")


def _shared_width(config: Config) -> int:
    """The width of experts that every token meets, together."""
    if config.get("enable_moe_block"):
        return _number(config, "intermediate_size")  # Gemma 4: a dense layer beside the experts
    if str(config.get("model_type", "")).startswith("llama4"):
        return _number(config, "intermediate_size")
    width = _number(
        config,
        "moe_shared_expert_intermediate_size",
        "shared_expert_intermediate_size",
        "share_expert_dim",
        "shared_intermediate_size",
        default=0,
    )
    if width:
        return width
    return _number(config, "n_shared_experts", "num_shared_experts", default=0) * _expert_width(
        config
    )


def _feed_forwards(config: Config, layers: int) -> list[_Experts]:
    """The feed-forward part of every layer that has one."""
    hidden = _number(config, "hidden_size", "n_embd")
    matrices = 2 if config.get("model_type") in _TWO_MATRICES else 3
    experts = _number(config, *_EXPERTS, default=0)
    pattern = _pattern(config)
    if not experts:
        return [_dense(config, matrices)] * (pattern.count("-") if pattern else layers)
    met = _number(config, *_PER_TOKEN)
    latent = _number(config, "moe_latent_size", default=0)
    one = float(matrices * (latent or hidden) * _expert_width(config))
    always = float(
        matrices * hidden * _shared_width(config) + hidden * experts + 2 * hidden * latent
    )
    sparse = _Experts(always + experts * one, always + met * one)
    if pattern:
        dense = [_dense(config, matrices)] * pattern.count("-")
        return [sparse] * pattern.count("E") + dense
    return [
        sparse if _has_experts(config, layer) else _dense(config, matrices)
        for layer in range(layers)
    ]


def _dense(config: Config, matrices: int) -> _Experts:
    hidden = _number(config, "hidden_size", "n_embd")
    usual = 4.0 * hidden if matrices == 2 else None
    own = "intermediate_size_mlp"  # Llama 4's, of layers without experts
    keys = ("intermediate_size", "n_inner", "ffn_dim")
    width = _number(config, *((own, *keys) if own in config else keys), default=usual)
    one = float(matrices * hidden * width)
    return _Experts(one, one)


def _has_experts(config: Config, layer: int) -> bool:
    if layer < _number(config, "first_k_dense_replace", "num_dense_layers", default=0):
        return False
    only_dense = config.get("mlp_only_layers")
    if isinstance(only_dense, list) and layer in only_dense:
        return False
    listed = config.get("moe_layer_freq")
    if isinstance(listed, list):
        return layer < len(listed) and bool(listed[layer])
    step = _number(
        config, "interleave_moe_layer_step", "decoder_sparse_step", "moe_layer_freq", default=1
    )
    return (layer + 1) % max(1, step) == 0


def _per_layer_tables(config: Config, layers: int) -> float:
    """Tables that each layer looks a token up in (Gemma 3n and 4 E)."""
    width = _number(config, "hidden_size_per_layer_input", default=0)
    if not width:
        return 0.0
    vocabulary = _number(config, "vocab_size_per_layer_input", "vocab_size")
    hidden = _number(config, "hidden_size")
    return float(layers * (vocabulary * width + 3 * hidden * width))


def _released_in(config: Config) -> Precision | None:
    """The precision of the checkpoint; None where the file does not say, or in words unknown."""
    found = config.get("quantization_config")
    if isinstance(found, dict):
        return _quantised(found)
    return _DTYPES.get(str(config.get("torch_dtype") or config.get("dtype") or ""))


def _quantised(found: Config) -> Precision | None:
    words = json.dumps(found).casefold()
    method = str(found.get("quant_method", "")).casefold()
    inner = found.get("quantization")
    told = inner if isinstance(inner, dict) else found
    kept = told.get("kv_cache_scheme") or told.get("kv_cache_quant_algo")
    if method in ("awq", "gptq", "mxfp4"):
        return method  # type: ignore[return-value]
    for word, precision in (("nvfp4", "nvfp4"), ("mxfp4", "mxfp4")):
        if word in words:
            return precision  # type: ignore[return-value]
    if method == "fp8" or "float-quantized" in words or '"quant_algo": "fp8"' in words:
        return "fp8-kv8" if kept else "fp8"
    if '"num_bits": 4' in words or '"load_in_4bit": true' in words:
        return "int4"
    if '"num_bits": 8' in words or '"load_in_8bit": true' in words:
        return "int8"
    return None


# --- other models ---


def _encoder(config: Config, name: str) -> Values:
    hidden = _number(config, "hidden_size", "dim", "n_embd")
    layers = _number(config, "num_hidden_layers", "n_layers", "n_layer")
    heads = _number(config, "num_attention_heads", "n_heads", "n_head")
    vocabulary = _number(config, "vocab_size")
    width = _number(config, "intermediate_size", "hidden_dim", "n_inner", default=4 * hidden)
    gated = config.get("model_type") in ("modernbert", "nomic_bert", "new")
    positions = _number(config, "max_position_embeddings", "n_positions")
    body = float(layers * (4 * hidden * hidden + (3 if gated else 2) * hidden * width))
    learned = 0 if gated else positions * hidden
    classes = str(config.get("architectures", ""))
    return {
        "name": name,
        "kind": "reranker" if "ForSequenceClassification" in classes else "encoder",
        "parameters": body + vocabulary * hidden + learned,
        "matmul_parameters_per_token": body,
        "layers": layers,
        "hidden": hidden,
        "heads": heads,
        "kv_heads": heads,
        "head_dim": hidden // max(1, heads),
        "intermediate": width,
        "vocabulary": vocabulary,
        "max_context_tokens": positions,
        "released_in": _released_in(config),
        "source": "config.json",
    }


def _whisper(config: Config, name: str) -> Values:
    width = _number(config, "d_model")
    encoder, decoder = _number(config, "encoder_layers"), _number(config, "decoder_layers")
    wide = _number(config, "encoder_ffn_dim", default=4 * width)
    wide_below = _number(config, "decoder_ffn_dim", default=4 * width)
    vocabulary = _number(config, "vocab_size")
    mels = _number(config, "num_mel_bins", default=80)
    frames = _number(config, "max_source_positions", default=WHISPER_FRAMES)
    heads = _number(config, "decoder_attention_heads", default=max(1, width // 64))
    square = width * width
    first, second = 3 * mels * width, 3 * square
    above = 4 * square + 2 * width * wide
    read_once = 2 * decoder * square  # keys and values of the frames, for every decoder layer
    written = decoder * (6 * square + 2 * width * wide_below) + vocabulary * width
    attended = 4 * frames * width
    return {
        "name": name,
        "kind": "speech",
        "parameters": first + second + encoder * above + read_once + written,
        "matmul_parameters_per_token": written,
        "layers": encoder + decoder,
        "decoder_layers": decoder,
        "hidden": width,
        "heads": heads,
        "kv_heads": heads,
        "head_dim": width // heads,
        "vocabulary": vocabulary,
        "max_context_tokens": _number(config, "max_target_positions", default=448),
        "kv_bytes_per_token": 4.0 * decoder * width,
        "cross_kv_bytes": 4.0 * decoder * frames * width,
        "item": "30 s window",
        "flops_per_item": 2.0
        * (2 * frames * first + frames * (second + encoder * above + read_once))
        + float(encoder * attended * frames),
        "decoder_flops_per_token": 2.0 * written + decoder * attended,
        "released_in": _released_in(config),
        "source": "config.json",
    }


def _image_model(config: Config, name: str) -> Values:
    hidden, layers = _number(config, "hidden_size"), _number(config, "num_hidden_layers")
    width = _number(
        config, "intermediate_size", default=hidden * _number(config, "mlp_ratio", default=4)
    )
    side, patch = _number(config, "image_size"), _number(config, "patch_size")
    patches = (side // max(1, patch)) ** 2
    tokens = patches + 1 + _number(config, "num_register_tokens", default=0)
    entry = patch * patch * _number(config, "num_channels", default=3) * hidden
    body = layers * (4 * hidden * hidden + 2 * hidden * width)
    heads = _number(config, "num_attention_heads")
    return {
        "name": name,
        "kind": "vision",
        "parameters": float(body + entry + tokens * hidden),
        "layers": layers,
        "hidden": hidden,
        "heads": heads,
        "item": f"one image of {side}x{side}",
        "flops_per_item": 2.0 * (tokens * body + patches * entry)
        + 4.0 * layers * tokens**2 * hidden,
        "released_in": _released_in(config),
        "source": "config.json",
    }
