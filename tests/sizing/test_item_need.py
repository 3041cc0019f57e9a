"""What one item takes: an encoder once, a decoder token by token, a denoiser step by step."""

from __future__ import annotations

import pytest

from lichen.sizing.answers import Misfit
from lichen.sizing.item_need import TEXT_TOKENS, ItemNeed, item_need
from lichen.workload import ModelCard

WHISPER = ModelCard(
    name="whisper",
    kind="speech",
    parameters=1.55e9,
    layers=64,
    decoder_layers=32,
    hidden=1280,
    heads=20,
    item="30 s window",
    flops_per_item=2.6e12,
    decoder_flops_per_token=1.85e9,
    cross_kv_bytes=2.46e8,
)
SDXL = ModelCard(
    name="sdxl",
    kind="diffusion",
    parameters=3.5e9,
    layers=157,
    item="one step of one 1024x1024 image",
    flops_per_item=1.35e13,
    steps=50,
    extra_flops_per_item=1.1e13,
)
RESNET = ModelCard(
    name="resnet50",
    kind="vision",
    parameters=2.56e7,
    layers=53,
    item="one image of 224x224",
    flops_per_item=8.2e9,
)


def need(card: ModelCard, work: str, tokens: int | None = None, bits: float = 16) -> ItemNeed:
    found = item_need(card, work, bits, bits / 8, tokens)  # type: ignore[arg-type]
    assert not isinstance(found, Misfit)
    return found


def test_speech_runs_its_encoder_once_and_its_decoder_for_each_token() -> None:
    whisper = need(WHISPER, "speech")
    assert whisper.passes == 1 + TEXT_TOKENS
    assert whisper.layers == 32 + TEXT_TOKENS * 32
    assert whisper.flops == pytest.approx(2.6e12 + TEXT_TOKENS * 1.85e9)
    assert whisper.text_cache_bytes == pytest.approx(TEXT_TOKENS * 2.46e8)
    # The decoder's weights, some 0.8e9, are read for each token; the encoder's only once.
    read = (whisper.read_bytes - 2 * 1.55e9) / TEXT_TOKENS / 2
    assert read == pytest.approx(0.8e9, rel=0.01)


def test_a_shorter_text_costs_its_tokens_less_and_the_encoder_the_same() -> None:
    short, long = need(WHISPER, "speech", 20), need(WHISPER, "speech", 100)
    assert long.flops - short.flops == pytest.approx(80 * 1.85e9)
    assert long.activation_bytes == short.activation_bytes


def test_diffusion_takes_its_steps_and_the_rest_once() -> None:
    sdxl = need(SDXL, "diffusion")
    assert sdxl.flops == pytest.approx(50 * 1.35e13 + 1.1e13)
    assert (sdxl.passes, sdxl.layers) == (50, 50 * 157)
    assert sdxl.read_bytes == pytest.approx(50 * 3.5e9 * 2)


def test_convolutions_count_for_less_than_blocks_of_a_transformer() -> None:
    assert need(RESNET, "vision").layers == pytest.approx(53 / 5)
    vit = ModelCard(
        name="vit", kind="vision", parameters=8.7e7, layers=12, hidden=768, flops_per_item=3.5e10
    )
    assert need(vit, "vision").layers == 12


def test_activations_of_an_image_are_within_a_factor_of_two_of_the_counted() -> None:
    """timm counts 11.1 million numbers in ResNet-50 at 224 x 224."""
    assert 11.1e6 / 2 < need(RESNET, "vision").activation_bytes / 2 < 11.1e6 * 2


def test_flops_that_nobody_says_are_those_of_the_usual_proportion() -> None:
    unsaid = ModelCard(name="a", kind="vision", parameters=2.56e7, item="one image of 224x224")
    larger = ModelCard(name="a", kind="vision", parameters=2.56e7, item="one image of 448x448")
    assert need(unsaid, "vision").flops == pytest.approx(8.2e9, rel=0.3)
    assert need(larger, "vision").flops == pytest.approx(4 * need(unsaid, "vision").flops)


def test_an_encoder_without_shape_names_what_it_lacks() -> None:
    bare = ModelCard(name="bare", kind="encoder", parameters=1e8)
    found = item_need(bare, "encoder", 16, 2, None)
    assert isinstance(found, Misfit)
    assert "layers and hidden and max_context_tokens" in found.reason
