"""Benchmark rows of language models on CPUs: the chip, its cores and its NUMA nodes."""

from __future__ import annotations

import pytest

from lichen.catalogue import load
from lichen.measured.names import NotPredicted, Tables, chip_name, hardware_of
from lichen.measured.row import parse_row
from lichen.measured.run import USUAL_ANSWER, USUAL_PROMPT, Run, run_of

TABLES = Tables(load())

ROW = {
    "model": "Llama-3.1-8B-Instruct",
    "model_class": "LLM",
    "accelerator": "Intel Xeon Platinum 8488C",
    "precision": "Q4_K_M",
    "serving_stack": "llama.cpp",
    "batch_or_concurrency": "1",
    "output_tokens": "128",
    "metric": "decode speed",
    "unit": "tokens/s",
}


def run(**changed: str) -> Run:
    found = run_of(parse_row({**ROW, **changed}), TABLES)
    assert not isinstance(found, NotPredicted)
    return found


@pytest.mark.parametrize(
    ("accelerator", "hardware", "chip"),
    [
        ("AMD EPYC 7763 64-Core Processor", "", "AMD EPYC 7763"),
        ("Intel(R) Xeon(R) Platinum 8370C CPU @ 2.80GHz", "", "Intel Xeon Platinum 8370C"),
        ("", "m7i.4xlarge", "Intel Xeon Platinum 8488C"),
        ("16 vCPU", "m7i.4xlarge", "Intel Xeon Platinum 8488C"),
        ("NVIDIA A100 80GB of another make", "", "A100"),
    ],
)
def test_the_chip_is_known_by_its_name_or_by_the_machine(
    accelerator: str, hardware: str, chip: str
) -> None:
    row = parse_row({**ROW, "accelerator": accelerator, "hardware": hardware})
    found = hardware_of(row, TABLES)
    assert found is not None
    assert chip in (found.name, found.family)


def test_threads_of_one_core_are_no_more_than_the_core() -> None:
    assert run(hardware="m7i.4xlarge").chips.cores == 8
    assert run(hardware="m7i.4xlarge", notes="16 threads").chips.cores == 8
    assert run(hardware="m7i.4xlarge", notes="4 threads").chips.cores == 4


def test_two_sockets_read_weights_with_the_bandwidth_of_one() -> None:
    one, two = run(hardware="m7i.24xlarge"), run(hardware="m7i.48xlarge")
    assert two.chips.nodes == 2
    assert two.chips.cores == 2 * one.chips.cores
    assert two.chips.bandwidth_bytes_s == pytest.approx(one.chips.bandwidth_bytes_s, rel=0.1)


def test_vllm_on_a_cpu_is_a_stack_of_its_own_and_runs_on_one_node() -> None:
    found = run(hardware="m7i.48xlarge", serving_stack="vLLM 0.22.1", precision="bfloat16")
    assert found.stack.stack == "vllm-cpu"
    assert found.chips.cores == 48
    assert found.need.compute == "bf16"


def test_a_prompt_of_which_no_length_is_said_is_the_usual_one_and_doubted() -> None:
    found = run(metric="prefill speed", input_tokens="")
    assert found.input_tokens == USUAL_PROMPT
    assert any("how long the prompt is" in each for each in found.caveats)
    assert run(metric="prefill speed", input_tokens="64").input_tokens == 64


def test_where_nobody_says_any_length_the_usual_ones_are_taken_and_doubted() -> None:
    """An answer of one token would be charged the whole prompt."""
    found = run(metric="output throughput", input_tokens="", output_tokens="")
    assert (found.input_tokens, found.output_tokens) == (USUAL_PROMPT, USUAL_ANSWER)
    assert any("how long the answer is" in each for each in found.caveats)
    short = run(metric="output throughput", input_tokens="", output_tokens="52")
    assert (short.input_tokens, short.output_tokens) == (0, 52)
    assert run(metric="decode speed", input_tokens="", output_tokens="").output_tokens == 0


def test_a_processor_s_name_is_without_marks_and_clocks() -> None:
    assert chip_name("INTEL(R) XEON(R) PLATINUM 8573C") == "INTEL XEON PLATINUM 8573C"
    assert chip_name("AMD EPYC 7763 64-Core Processor") == "AMD EPYC 7763"
