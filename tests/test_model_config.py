"""A card from a model's config.json is the card of the table: shape, parameters, cache, FLOPs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from lichen.catalogue import load
from lichen.document import InputError, convert
from lichen.model_config import read_model_config, values_of_config
from lichen.workload import ModelCard, read_workload, workload_schema

CONFIGS: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "model_configs.json").read_text(encoding="utf-8")
)
CARDS = load().models


def card_of_config(config: dict[str, Any], name: str) -> ModelCard:
    values = values_of_config(config, name)
    return convert({key: value for key, value in values.items() if value is not None}, ModelCard)


LLAMA = CONFIGS["meta-llama/Llama-3.1-8B"]


@pytest.mark.parametrize("name", CONFIGS)
def test_parameters_are_within_one_percent_of_the_published(name: str) -> None:
    found, card = card_of_config(CONFIGS[name], name), CARDS[name]
    if card.kind == "speech" and name.endswith("tiny"):
        return  # a third of them are learned positions and biases, which are left out
    assert found.parameters == pytest.approx(card.parameters, rel=0.011)
    for field in ("active_parameters", "matmul_parameters_per_token"):
        theirs, ours = getattr(card, field), getattr(found, field)
        if theirs is not None and card.kind in ("llm", "vlm"):
            assert ours == pytest.approx(theirs, rel=0.02), field


@pytest.mark.parametrize("name", CONFIGS)
def test_shape_and_cache_are_those_of_the_table(name: str) -> None:
    found, card = card_of_config(CONFIGS[name], name), CARDS[name]
    assert found.kind == card.kind
    for field in ("kv_bytes_per_token", "state_bytes", "cross_kv_bytes", "flops_per_item",
                  "decoder_flops_per_token"):  # fmt: skip
        if getattr(card, field) is not None:
            assert getattr(found, field) == pytest.approx(getattr(card, field), rel=0.01), field
    for field in ("layers", "decoder_layers", "full_attention_layers", "sliding_window_tokens",
                  "experts", "experts_per_token"):  # fmt: skip
        if getattr(card, field) is not None:
            assert getattr(found, field) == getattr(card, field), field


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("meta-llama/Llama-3.1-8B", "bf16"),
        ("Qwen/Qwen3-32B-FP8", "fp8"),
        ("openai/gpt-oss-20b", "mxfp4"),
        ("moonshotai/Kimi-K2.5", "int4"),
    ],
)
def test_the_precision_is_that_of_the_checkpoint(name: str, precision: str) -> None:
    assert card_of_config(CONFIGS[name], name).released_in == precision


def test_nvidias_file_beside_it_says_the_precision(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    (tmp_path / "hf_quant_config.json").write_text(
        '{"quantization": {"quant_algo": "FP8", "kv_cache_quant_algo": "FP8"}}'
    )
    assert read_model_config(tmp_path / "config.json")["released_in"] == "fp8-kv8"


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"hidden_size": None, "model_type": "strange"}, "model_type"),
        ({"num_attention_heads": None}, "num_attention_heads"),
        ({"num_hidden_layers": "many"}, "num_hidden_layers"),
        ({"intermediate_size": None}, "intermediate_size"),
        ({"block_configs": [{}]}, "block_configs"),
        ({"compress_ratios": [4]}, "compress_ratios"),
    ],
)
def test_what_cannot_be_read_is_named(changed: dict[str, Any], key: str) -> None:
    config = {name: value for name, value in {**LLAMA, **changed}.items() if value is not None}
    with pytest.raises(InputError) as error:
        card_of_config(config, "any")
    assert error.value.field == key


def test_a_workload_names_a_config_and_what_it_states_counts(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(LLAMA))
    workload = {
        "name": "chat",
        "model": {"config": "config.json", "name": "acme/chat", "released_in": "awq"},
        "traffic": {"peak_rps": 1, "input_tokens": 600, "output_tokens": 200},
    }
    jsonschema.validate(workload, workload_schema())
    path = tmp_path / "workload.yaml"
    path.write_text(json.dumps(workload))
    card = read_workload(path).model
    assert isinstance(card, ModelCard)
    assert (card.name, card.released_in, card.layers) == ("acme/chat", "awq", 32)
    path.write_text(json.dumps({**workload, "model": {"config": "absent.json"}}))
    with pytest.raises(InputError, match=r"absent.json: cannot be read"):
        read_workload(path)
    path.write_text(json.dumps({**workload, "model": {"config": "config.json", "layer": 3}}))
    with pytest.raises(InputError, match="layers"):
        read_workload(path)
