"""Rows of other models than language models: which model, how large an item, which quantity."""

from __future__ import annotations

import pytest

from lichen.catalogue import load
from lichen.measured.duration import Quantity
from lichen.measured.items import of_items
from lichen.measured.names import NotPredicted, Tables
from lichen.measured.row import parse_row
from lichen.measured.run import Run, run_of

TABLES = Tables(load())
VISION = {
    "row_id": "1",
    "hw_family": "T4",
    "accelerator": "NVIDIA T4",
    "accelerator_count": "1",
    "model": "ResNet-50",
    "model_class": "vision",
    "precision": "fp16",
    "serving_stack": "TensorRT 10",
    "batch_or_concurrency": "1",
    "metric": "throughput",
    "unit": "images/s",
}
SPEECH = VISION | {
    "model": "whisper-large-v3",
    "model_class": "speech",
    "serving_stack": "faster-whisper",
    "metric": "end-to-end latency",
    "unit": "s",
}


def run(row: dict[str, str], **changed: str) -> Run:
    found = run_of(parse_row(row | changed), TABLES)
    assert not isinstance(found, NotPredicted), found.reason
    return found


def quantity(row: dict[str, str], **changed: str) -> Quantity:
    parsed = parse_row(row | changed)
    found = run_of(parsed, TABLES)
    assert not isinstance(found, NotPredicted), found.reason
    measured = of_items(parsed.measure, found)
    assert not isinstance(measured, NotPredicted), measured.reason
    return measured


@pytest.mark.parametrize(
    ("name", "gflops"),
    [
        ("ResNet-50 v1.5", 8.2),
        ("resnet50", 8.2),
        ("YOLOv6-N", 11.4),
        ("yolov8s", 28.6),
        ("EfficientNet-B4", 6.26),
        ("RT-DETR-R101", 259),
        ("SAM ViT-H", 5964),
        ("ViT-B/16", 35.2),
    ],
)
def test_a_model_is_known_by_letters_and_digits_of_its_name(name: str, gflops: float) -> None:
    found = run(VISION, model=name)
    assert found.need.flops_per_item == pytest.approx(gflops * 1e9, rel=0.02)
    assert found.model.doubt == 1.0


@pytest.mark.parametrize(
    ("changed", "share"),
    [
        ({"notes": "448x448"}, 4.0),
        ({"model": "ResNet-50 (448)"}, 4.0),
        ({"notes": "batch of 32x16 streams"}, 1.0),
    ],
)
def test_flops_grow_with_the_pixels_of_the_row(changed: dict[str, str], share: float) -> None:
    usual = run(VISION).need.flops_per_item
    assert run(VISION, **changed).need.flops_per_item == pytest.approx(share * usual)


def test_tf32_has_half_the_rate_of_bf16() -> None:
    a100 = VISION | {"accelerator": "NVIDIA A100 80GB", "hw_family": "A100"}
    half, full = run(a100, precision="tf32"), run(a100, precision="fp16")
    assert half.need.flops_per_item == 2 * full.need.flops_per_item
    # TensorRT takes it for fp32, but not on a chip that has none.
    assert run(a100, precision="fp32").need == half.need
    assert run(VISION, precision="fp32").need.compute == "fp32"


def test_a_model_of_unknown_flops_has_a_wide_interval() -> None:
    known = run(VISION)
    unknown = run(VISION, model="Nobody's detector", params_b="0.02", notes="640x640")
    blind = run(VISION, model="Nobody's network", params_b="0.02")
    assert known.model.doubt < unknown.model.doubt < blind.model.doubt
    assert "taken from its size" in unknown.caveats[0]


def test_steps_that_nobody_says_are_the_usual_ones_and_doubted() -> None:
    sdxl = VISION | {"model": "SDXL base 1.0", "model_class": "diffusion", "unit": "s"}
    said = run(sdxl, notes="1024x1024, 20 steps")
    unsaid = run(sdxl, notes="1024x1024")
    assert (said.need.passes, unsaid.need.passes) == (20, 50)
    assert said.model.doubt < unsaid.model.doubt


def test_a_long_recording_is_read_window_by_window() -> None:
    one = quantity(SPEECH, notes="30 s of audio")
    four = quantity(SPEECH, notes="120 s of audio")
    together = quantity(SPEECH, notes="120 s of audio", batch_or_concurrency="4")
    assert four.duration.terms.step_ms == pytest.approx(4 * one.duration.terms.step_ms)
    assert together.duration.terms.step_ms == pytest.approx(one.duration.terms.step_ms)
    assert together.duration.terms.compute == pytest.approx(four.duration.terms.compute)


def test_speech_without_windows_takes_as_much_as_it_is_long() -> None:
    jasper = SPEECH | {"model": "Jasper 10x5", "serving_stack": "PyTorch"}
    short = run(jasper, notes="audio of 5 s each").need.flops_per_item
    assert run(jasper, notes="audio of 15 s each").need.flops_per_item == pytest.approx(3 * short)


def test_seconds_of_audio_a_second_are_thirty_a_window() -> None:
    windows = quantity(SPEECH, metric="throughput", unit="samples/s")
    audio = quantity(SPEECH, metric="throughput", unit="audio seconds per second (RTFx)")
    assert audio.scale == 30 * windows.scale


def test_a_time_may_be_that_of_one_image_of_a_batch() -> None:
    batch = VISION | {"batch_or_concurrency": "8", "unit": "ms"}
    whole = quantity(batch, metric="batch latency")
    each = quantity(batch, metric="latency per image")
    assert whole.scale == 8 * each.scale


def test_parallel_tasks_take_a_core_each() -> None:
    cpu = SPEECH | {
        "accelerator": "Intel Xeon Platinum 8369B (16 cores)",
        "hw_family": "Xeon AVX",
        "model": "Paraformer-large",
        "serving_stack": "ONNX Runtime",
        "metric": "throughput",
        "unit": "samples/s",
    }
    one, many = run(cpu, notes="1 parallel tasks"), run(cpu, notes="32 parallel tasks")
    assert (one.chips.cores, many.chips.cores) == (1, 16)


@pytest.mark.parametrize(
    ("kind", "words", "stack"),
    [
        ("vision", "PyTorch (AMP)", "pytorch"),
        ("vision", "PyTorch (torch.compile)", "torch-compile"),
        ("vision", "FasterTransformer", "tensorrt"),
        ("vision", "ONNX Runtime (CUDA)", "onnxruntime"),
        ("encoder/embedding", "text-embeddings-inference 1.5", "tei"),
        ("diffusion", "PyTorch (diffusers)", "diffusers"),
        ("diffusion", "OneDiff", "diffusers-compile"),
        ("speech", "faster-whisper (CTranslate2)", "faster-whisper"),
        ("encoder/embedding", "sentence-transformers (ONNX backend)", "onnxruntime"),
        ("speech", "insanely-fast-whisper", "pytorch"),
        ("LLM", "SGLang 0.4", "sglang"),
        ("LLM", "TGI", "tgi"),
    ],
)
def test_a_stack_is_known_by_the_words_that_people_use(kind: str, words: str, stack: str) -> None:
    found = run(VISION, model_class=kind, params_b="1", model="any 1b", serving_stack=words)
    assert found.stack.stack == stack
