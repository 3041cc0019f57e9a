"""What a request costs around the model, on the fixed catalogue; and the stacks that are known."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from lichen.interval import Interval
from lichen.sizing import predict
from lichen.sizing.answers import Misfit, Prediction
from lichen.sizing.coefficients import knowledge
from lichen.workload import ModelCard
from tests.fixed import fixed

SMALL = ModelCard(
    name="small",
    kind="vision",
    parameters=1.17e7,
    layers=20,
    item="one image of 224x224",
    flops_per_item=3.6e9,
)


@dataclass(frozen=True)
class Served:
    rps: float
    request_ms: float


def served(machine: str, vcpu: float | None = None, batch: float = 64) -> Served:
    row = fixed().machine(machine)
    if vcpu is not None:
        row = replace(row, vcpu=vcpu)
    found = predict(SMALL, row, fixed(), precision="fp16", concurrency=batch)
    assert isinstance(found, Prediction), found
    return Served(found.requests_per_s.likely, found.request_ms.likely)


def test_pictures_are_not_served_faster_than_the_host_decodes_them() -> None:
    four = served("g5.xlarge")
    assert four.rps == pytest.approx(4 / 9e-3, rel=0.01)  # 1 ms a request and 8 a picture
    assert served("g5.xlarge", vcpu=8).rps == pytest.approx(2 * four.rps, rel=0.01)


def test_with_cores_enough_the_chips_decide() -> None:
    assert served("g5.xlarge", vcpu=1000).rps == pytest.approx(served("g5.xlarge", vcpu=2000).rps)


def test_a_request_waits_for_its_own_picture() -> None:
    alone = served("g5.xlarge", vcpu=1000, batch=1)
    assert alone.request_ms > 9


def test_on_a_machine_without_accelerator_the_same_cores_do_both() -> None:
    row = fixed().machine("m7i.4xlarge")
    found = predict(SMALL, row, fixed(), precision="fp32", concurrency=8)
    assert isinstance(found, Prediction)
    assert found.requests_per_s.likely < row.vcpu / 9e-3


def test_flops_that_nobody_says_make_a_wide_interval() -> None:
    def width(card: ModelCard) -> float:
        found = predict(card, fixed().machine("g5.xlarge"), fixed(), precision="fp16")
        assert isinstance(found, Prediction)
        return spread(found.request_ms)

    assert width(replace(SMALL, flops_per_item=None)) == pytest.approx(4 * width(SMALL))


def spread(interval: Interval) -> float:
    return interval.high / interval.low


def test_a_refused_stack_names_those_that_are_known_there() -> None:
    found = predict(
        SMALL, fixed().machine("g5.xlarge"), fixed(), precision="fp16", stack="torchserving"
    )
    assert isinstance(found, Misfit)
    assert "with torchserving on A10G; known there: tensorrt" in found.reason


@pytest.mark.parametrize(
    ("name", "stack"),
    [("text-generation-inference", "tgi"), ("Ollama", "llama.cpp"), ("vLLM", "vllm")],
)
def test_a_stack_answers_to_the_names_that_people_use(name: str, stack: str) -> None:
    row = knowledge(fixed()).stack(name, "gpu", "llm")
    assert row is not None
    assert row.stack == stack


def test_a_stack_of_whisper_serves_no_other_speech_model() -> None:
    whisper = ModelCard(
        name="whisper",
        kind="speech",
        parameters=1.55e9,
        layers=64,
        decoder_layers=32,
        hidden=1280,
        flops_per_item=2.6e12,
        decoder_flops_per_token=1.85e9,
        cross_kv_bytes=2.46e8,
    )
    encoder = replace(whisper, cross_kv_bytes=None, decoder_flops_per_token=None)
    machine = fixed().machine("g5.xlarge")

    def stack_of(card: ModelCard) -> str:
        found = predict(card, machine, fixed(), precision="fp16")
        assert isinstance(found, Prediction)
        return found.stack

    assert (stack_of(whisper), stack_of(encoder)) == ("faster-whisper", "pytorch")
    refused = predict(encoder, machine, fixed(), precision="fp16", stack="faster-whisper")
    assert isinstance(refused, Misfit)
    assert refused.kind == "card"
