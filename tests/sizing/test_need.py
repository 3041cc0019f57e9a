"""What a model takes, from its card: weights that are read, cache that grows, operations."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lichen.sizing.answers import Misfit
from lichen.sizing.formats import Format
from lichen.sizing.need import Need, need_of
from lichen.workload import ModelCard

DENSE = ModelCard(
    name="dense",
    kind="llm",
    parameters=8e9,
    layers=32,
    hidden=4096,
    heads=32,
    kv_heads=8,
    head_dim=128,
)
SPARSE = replace(DENSE, parameters=30e9, active_parameters=3e9, experts=128, experts_per_token=8)


def need(card: ModelCard) -> Need:
    found = need_of(card, Format(16, "bf16"))
    assert not isinstance(found, Misfit)
    return found


def test_a_table_that_is_looked_up_is_stored_but_neither_read_nor_multiplied() -> None:
    whole, looked_up = need(DENSE), need(replace(DENSE, matmul_parameters_per_token=7.5e9))
    assert looked_up.weight_bytes == whole.weight_bytes == 16e9
    assert (whole.touched_bytes(1), looked_up.touched_bytes(1)) == (16e9, 15e9)
    assert (whole.flops_per_token, looked_up.flops_per_token) == (16e9, 15e9)


def test_of_experts_one_token_reads_its_own_and_many_read_all() -> None:
    found = need(replace(SPARSE, matmul_parameters_per_token=2.7e9))
    assert found.touched_bytes(1) == pytest.approx(2 * 2.7e9)
    assert found.touched_bytes(1e6) == pytest.approx(2 * 29.7e9)
    assert found.flops_per_token == 5.4e9


def test_layers_that_slide_keep_a_window_and_the_others_all() -> None:
    every = need(DENSE).kv_bytes(10_000)
    sliding = replace(DENSE, sliding_window_tokens=1000)
    assert need(replace(sliding, full_attention_layers=8)).kv_bytes(10_000) == pytest.approx(
        every * (0.25 + 0.75 * 0.1)
    )
    assert need(sliding).kv_bytes(10_000) == pytest.approx(every * 0.55)  # half, where not said
    assert need(sliding).kv_bytes(1000) == need(DENSE).kv_bytes(1000)


def test_a_prompt_meets_a_window_at_most_in_layers_that_slide() -> None:
    every = need(DENSE).met_pairs(10_000)
    assert every == 1e8
    found = need(replace(DENSE, sliding_window_tokens=1000, full_attention_layers=8))
    assert found.met_pairs(10_000) == pytest.approx(0.25 * every + 0.75 * (2e7 - 1e6))
    assert found.met_pairs(1000) == 1e6


def test_layers_without_a_cache_keep_a_state_of_one_size() -> None:
    found = need(replace(DENSE, full_attention_layers=8, state_bytes=7e7))
    assert found.kv_bytes(1) - found.kv_bytes(0) == pytest.approx(2 * 8 * 8 * 128 * 2)
    assert found.kv_bytes(0) == 7e7
    assert found.attention_layers == 8
    assert found.layers == 32


def test_an_encoder_multiplies_and_reads_what_is_not_looked_up() -> None:
    encoder = ModelCard(
        name="encoder", kind="encoder", parameters=278e6, layers=12, hidden=768,
        max_context_tokens=512,
    )  # fmt: skip
    usual = need_of(encoder, Format(16, "bf16"), 100)
    stated = need_of(replace(encoder, matmul_parameters_per_token=100e6), Format(16, "bf16"), 100)
    assert isinstance(usual, Need)
    assert isinstance(stated, Need)
    pairs = 4 * 12 * 768 * 100 * 100
    assert usual.flops_per_item == pytest.approx(100 * 24 * 12 * 768**2 + pairs)
    assert stated.flops_per_item == pytest.approx(100 * 2 * 100e6 + pairs)
    assert (usual.read_bytes, stated.read_bytes) == (556e6, 200e6)
    assert stated.weight_bytes == usual.weight_bytes == 556e6


def test_a_denoising_step_reads_its_network_and_the_rest_is_read_once() -> None:
    card = ModelCard(
        name="painter", kind="diffusion", parameters=17e9, matmul_parameters_per_token=12e9,
        layers=57, flops_per_item=7e13, steps=20,
    )  # fmt: skip
    found = need_of(card, Format(16, "bf16"))
    assert isinstance(found, Need)
    assert found.read_bytes == pytest.approx(2 * (20 * 12e9 + 5e9))
    assert found.weight_bytes == 34e9
