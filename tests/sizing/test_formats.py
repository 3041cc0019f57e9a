"""Precisions: what weights take in each, on which chips and under which stacks it runs."""

from __future__ import annotations

from typing import get_args

import pytest
from msgspec.structs import replace

from lichen.catalogue import load
from lichen.catalogue.schema import PLAIN
from lichen.sizing import Misfit, Prediction, predict
from lichen.sizing.coefficients import knowledge
from lichen.sizing.formats import Format
from lichen.sizing.need import weights_gib
from lichen.words import Precision
from lichen.workload import ModelCard
from tests.fixed import fixed

LLAMA = replace(
    fixed().model("meta-llama/Llama-3.1-8B"),
    matmul_parameters_per_token=7504924672,
    vocabulary=128256,
)
FORMATS = knowledge(fixed()).formats

SPARSE = ModelCard(
    name="openai/gpt-oss-20b",
    kind="llm",
    parameters=20907924480,
    active_parameters=4186414080,
    matmul_parameters_per_token=3607280640,
    layers=24,
    hidden=2880,
    heads=64,
    kv_heads=8,
    head_dim=64,
    experts=32,
    experts_per_token=4,
    released_in="mxfp4",
)


def on(precision: Precision, machine: str, stack: str | None = None) -> Prediction | Misfit:
    return predict(
        LLAMA,
        fixed().machine(machine),
        fixed(),
        precision=precision,
        stack=stack,
        input_tokens=200,
        output_tokens=100,
    )


def form(precision: Precision, chip: str) -> Format:
    found = FORMATS.on(precision, load().chips[chip], "llm")
    assert isinstance(found, Format), found
    return found


@pytest.mark.parametrize(
    ("card", "precision", "gib"),
    [
        (LLAMA, "bf16", 14.96),
        # RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8: 8.5 GiB, the tables in 16 bits.
        (LLAMA, "fp8", 8.46),
        (LLAMA, "awq", 5.33),
        # llama-quantize's own table of Llama-3.1-8B.
        (LLAMA, "q4_k_m", 4.58),
        (LLAMA, "q5_k_m", 5.33),
        (LLAMA, "q8_0", 7.95),
        # The checkpoint that OpenAI released: experts in mxfp4, the rest in 16 bits.
        (SPARSE, "mxfp4", 12.8),
    ],
)
def test_weights_are_as_large_as_published_checkpoints(
    card: ModelCard, precision: Precision, gib: float
) -> None:
    assert weights_gib(card, precision, FORMATS) == pytest.approx(gib, rel=0.005)


def test_a_checkpoint_that_says_its_size_has_it() -> None:
    larger = replace(SPARSE, released_gib=14.0)
    assert weights_gib(larger, "mxfp4", FORMATS) == pytest.approx(14.0)
    assert weights_gib(larger, "bf16", FORMATS) == pytest.approx(38.94, rel=0.001)


def test_four_bit_floats_are_computed_in_what_the_chip_has_a_unit_for() -> None:
    assert form("nvfp4", "NVIDIA B200").compute == "fp4"
    assert form("nvfp4", "NVIDIA H100 SXM 80GB").compute == "bf16"
    assert form("mxfp4", "NVIDIA L4").compute == "bf16"


def test_weights_of_fp8_are_computed_in_bf16_where_a_gpu_has_no_unit_for_them() -> None:
    """vLLM runs them on Ampere with its Marlin kernels, as weights alone."""
    installed, chips = knowledge(load()).formats, load().chips
    ada, ampere = (
        installed.on("fp8", chips[name], "llm") for name in ("NVIDIA L4", "NVIDIA A100 SXM4 80GB")
    )
    assert isinstance(ada, Format)
    assert isinstance(ampere, Format)
    assert (ada.compute, ampere.compute) == ("fp8", "bf16")
    assert ampere.bits == ada.bits
    for without in ("NVIDIA T4", "Google TPU v6e"):
        assert isinstance(installed.on("fp8", chips[without], "llm"), Misfit)


def test_a_precision_is_refused_where_no_stack_runs_it_on_the_chip() -> None:
    assert isinstance(FORMATS.on("mxfp4", load().chips["NVIDIA T4"], "llm"), Misfit)
    assert isinstance(FORMATS.on("awq", load().chips["AWS Inferentia2"], "llm"), Misfit)
    assert isinstance(FORMATS.on("fp8-kv8", load().chips["NVIDIA A10G"], "llm"), Misfit)
    assert isinstance(FORMATS.on("q4_k_m", load().chips["NVIDIA L4"], "vision"), Misfit)


def test_a_cache_in_8_bits_takes_half() -> None:
    assert form("fp8-kv8", "NVIDIA L4").kv_bits == 8
    assert form("fp8", "NVIDIA L4").kv_bits == 16


def test_gguf_is_served_by_llama_cpp_and_the_others_by_the_usual_stack() -> None:
    for precision, stack in (("q4_k_m", "llama.cpp"), ("awq", "vllm"), ("gptq", "vllm")):
        answer = on(precision, "g6.xlarge")  # type: ignore[arg-type]
        assert isinstance(answer, Prediction), answer
        assert answer.stack == stack


def test_a_stack_that_does_not_run_a_precision_says_which_it_runs() -> None:
    answer = on("q4_k_m", "g6.xlarge", "vllm")
    assert isinstance(answer, Misfit)
    assert answer.kind == "precision"
    assert "vllm does not run q4_k_m: it runs" in answer.reason


def test_every_precision_has_a_row_and_a_stack() -> None:
    known = knowledge(load())
    for precision in get_args(Precision):
        kinds = [kind for kind in ("gpu", "cpu") if known.formats.row(precision, kind, "llm")]
        assert kinds, precision
        for kind in kinds:
            assert any(
                precision in (stack.precisions or PLAIN)
                for stack in known.stacks
                if stack.kind == kind and "llm" in stack.works
            ), (precision, kind)
