"""The table of models: every card is large enough to place, and its figures agree."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from lichen.catalogue import load
from lichen.document import InputError
from lichen.sizing import Misfit
from lichen.sizing.formats import Format
from lichen.sizing.need import need_of
from lichen.workload import ModelCard

CARDS = load().models
LANGUAGE = [card for card in CARDS.values() if card.kind in ("llm", "vlm")]


def test_there_are_cards_of_every_class() -> None:
    of_kind = Counter(card.kind for card in CARDS.values())
    assert sum(of_kind.values()) >= 220
    for kind in ("llm", "vlm", "encoder", "reranker", "vision", "speech", "diffusion"):
        assert of_kind[kind] >= 10, kind


def test_every_name_is_an_owner_and_a_model() -> None:
    odd = [name for name in CARDS if not re.fullmatch(r"[\w.-]+/[\w.-]+", name)]
    assert odd == []
    untagged = [n for n in CARDS if n.startswith("timm/") and "." not in n]
    assert untagged == []  # timm's pages carry the weights' tag


@pytest.mark.parametrize("card", CARDS.values(), ids=lambda card: card.name)
def test_every_card_has_what_its_formula_needs(card: ModelCard) -> None:
    need = need_of(card, Format(16, "bf16"), 128)
    assert not isinstance(need, Misfit), need.reason


@pytest.mark.parametrize("card", LANGUAGE, ids=lambda card: card.name)
def test_what_a_token_meets_is_part_of_the_whole(card: ModelCard) -> None:
    active = card.active_parameters or card.parameters
    assert active <= card.parameters
    assert (card.matmul_parameters_per_token or active) <= active
    assert (card.active_parameters is None) == (card.experts is None)
    if card.full_attention_layers and card.layers:
        assert card.full_attention_layers <= card.layers


@pytest.mark.parametrize("card", LANGUAGE, ids=lambda card: card.name)
def test_a_table_that_is_only_looked_up_is_as_large_as_its_vocabulary(card: ModelCard) -> None:
    if not (card.vocabulary and card.hidden and card.matmul_parameters_per_token):
        return
    looked_up = (card.active_parameters or card.parameters) - card.matmul_parameters_per_token
    if looked_up > 0:
        assert looked_up == pytest.approx(card.vocabulary * card.hidden, rel=0.02)


def test_a_typo_gives_the_nearest_name() -> None:
    with pytest.raises(InputError) as error:
        load().model("meta-llama/Llama-3.1-8B-Instuct")
    assert "meta-llama/Llama-3.1-8B-Instruct" in error.value.fix


def test_models_released_in_few_bits_say_so() -> None:
    assert CARDS["openai/gpt-oss-120b"].released_in == "mxfp4"
    assert CARDS["deepseek-ai/DeepSeek-R1"].released_in == "fp8"
    assert CARDS["moonshotai/Kimi-K2-Thinking"].released_in == "int4"
