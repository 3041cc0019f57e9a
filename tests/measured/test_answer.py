"""Rows of a benchmark table: each answered in its own unit, or answer why not."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.catalogue import DIRECTORY, load
from lichen.catalogue.schema import path_of
from lichen.document import InputError
from lichen.measured.answer import COLUMNS, answer_cases
from lichen.measured.file import read_cases, write_answers

CATALOGUE = load()

CHAT = {
    "row_id": "1",
    "hw_family": "H100",
    "accelerator": "H100 80GB SXM",
    "accelerator_count": "1",
    "model": "Llama-3.1-8B-Instruct",
    "model_class": "LLM",
    "params_b": "8.03",
    "precision": "bf16",
    "serving_stack": "vLLM",
    "batch_or_concurrency": "16",
    "input_tokens": "512",
    "output_tokens": "256",
    "tensor_parallel": "1",
    "metric": "output throughput (aggregate over batch)",
    "unit": "tokens/s",
}


def answered(**changed: str) -> float:
    (answer,) = answer_cases([CHAT | changed], CATALOGUE)
    assert answer.predicted is not None, answer.reason
    assert answer.low80 is not None
    assert answer.high80 is not None
    assert answer.low80 <= answer.predicted <= answer.high80
    assert answer.unit == (CHAT | changed)["unit"]
    return answer.predicted


def refused(**changed: str) -> str:
    (answer,) = answer_cases([CHAT | changed], CATALOGUE)
    assert answer.predicted is None
    return answer.reason


@pytest.mark.parametrize("table", ["measurements", "energy_measurements"])
def test_every_measured_row_is_answered_or_has_a_reason(table: str) -> None:
    rows = read_cases(path_of(table, DIRECTORY))
    answers = answer_cases(rows, CATALOGUE)
    assert [answer.row_id for answer in answers] == [row["row_id"] for row in rows]
    fine = [a for a, row in zip(answers, rows, strict=True) if row["use_flag"] == "ok"]
    assert sum(answer.predicted is not None for answer in fine) > 0.99 * len(fine)
    # Four in five of what publishers measured that the fit has not seen (tests/derive): of the
    # rows that it has seen, more.
    inside = [
        answer.low80 <= float(row["value"]) <= answer.high80
        for answer, row in zip(answers, rows, strict=True)
        if row["use_flag"] == "ok" and answer.low80 is not None and answer.high80 is not None
    ]
    assert sum(inside) / len(inside) > 0.8


def test_units_agree_with_each_other() -> None:
    tokens = answered()
    requests = answered(metric="request throughput", unit="requests/s")
    each = answered(metric="output throughput per GPU", unit="tokens/s/GPU")
    assert requests * 256 == pytest.approx(tokens)
    assert each == pytest.approx(tokens)
    assert answered(metric="TTFT mean", unit="s") * 1e3 == pytest.approx(
        answered(metric="TTFT mean", unit="ms")
    )


def test_what_was_measured_is_not_read() -> None:
    answer = answered()
    assert answered(value="1", notes="throughput 1 tok/s, median ITL 900 ms") == answer


def test_more_in_flight_brings_more_tokens_and_longer_steps() -> None:
    assert answered(batch_or_concurrency="64") > answered()
    token = {"metric": "TPOT mean", "unit": "ms/token"}
    assert answered(batch_or_concurrency="64", **token) > answered(**token)


def test_an_unknown_model_is_sized_by_its_parameters_and_says_so() -> None:
    (answer,) = answer_cases([CHAT | {"model": "Somebody-9B", "params_b": "9"}], CATALOGUE)
    assert answer.predicted is not None
    assert "not known by name" in answer.reason
    assert "params_b" in refused(model="Somebody", params_b="")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("PyTorch", "transformers"),
        ("pytorch 2.11", "transformers"),
        ("HF Transformers (PyTorch)", "transformers"),
        ("PyTorch (torch.compile)", "vLLM"),
        ("SGLANG", "sglang"),
        ("SGLang (torch.compile)", "sglang"),
        ("Transformers (torch.compile)", "transformers"),
        ("TensorRT 10", "tensorrt-llm"),
        ("", "vLLM"),
    ],
)
def test_a_stack_is_known_by_its_name_however_it_is_written(one: str, other: str) -> None:
    assert answered(serving_stack=one) == answered(serving_stack=other)


def test_pytorch_is_not_vllm() -> None:
    assert answered(serving_stack="PyTorch") < 0.8 * answered(serving_stack="vLLM")


@pytest.mark.parametrize("boundary", ["", "GPU only"])
@pytest.mark.parametrize("stack", ["PyTroch", "TEI", "diffusers"])
def test_a_stack_that_is_not_known_is_refused_with_those_that_are(
    stack: str, boundary: str
) -> None:
    reason = refused(serving_stack=stack, boundary=boundary)
    assert f"serving stack {stack.casefold()!r} is not known for llm on H100" in reason
    assert "write one of vllm, tensorrt-llm, llama.cpp" in reason
    assert "pytorch" in reason


def test_what_is_not_predicted_has_its_reason() -> None:
    assert "Cerebras" in refused(accelerator="Cerebras WSE-3", hw_family="")
    assert "not a quantity" in refused(metric="accuracy", unit="%")
    assert "boundary" in refused(boundary="full stack", unit="Wh/prompt")


def test_joules_are_watts_over_speed() -> None:
    chip = {"boundary": "GPU only, steady state"}
    watts = answered(metric="GPU power", unit="W", **chip)
    joules = answered(metric="GPU energy per output token", unit="J/token", **chip)
    assert joules == pytest.approx(watts / answered(), rel=0.02)
    wall = answered(metric="power", unit="W", boundary="whole server at the wall (AC power meter)")
    assert wall > watts


def test_a_file_of_cases_is_answered_to_a_file(tmp_path: Path) -> None:
    cases, output = tmp_path / "cases.csv", tmp_path / "answers.csv"
    with cases.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(CHAT))
        writer.writeheader()
        writer.writerows([CHAT, CHAT | {"row_id": "2", "accelerator": "nothing", "hw_family": ""}])
    write_answers(answer_cases(read_cases(cases), CATALOGUE), output)
    with output.open() as file:
        first, second = csv.DictReader(file)
    assert tuple(first) == COLUMNS
    assert float(first["predicted"]) > 0
    assert second["predicted"] == ""
    assert second["reason"]


def test_a_file_without_its_columns_is_refused(tmp_path: Path) -> None:
    cases = tmp_path / "cases.csv"
    cases.write_text("row_id,model,unit\n1,x,ms\n")
    with pytest.raises(InputError, match="no column 'metric'"):
        read_cases(cases)
    with pytest.raises(InputError, match="cannot be read"):
        read_cases(tmp_path / "absent.csv")


ROWS = read_cases(path_of("measurements", DIRECTORY)) + read_cases(
    path_of("energy_measurements", DIRECTORY)
)
ODD = ("", "0", "-1", "1e9", "nan", "(8)", "1k", "0 (threads)", "99999999999", "None", "\u00e9")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(ROWS),
    st.dictionaries(st.sampled_from(sorted(CHAT)), st.sampled_from(ODD), max_size=4),
)
def test_odd_cells_never_break_an_answer(row: dict[str, str], odd: dict[str, str]) -> None:
    (answer,) = answer_cases([row | odd], CATALOGUE)
    if answer.predicted is None:
        assert answer.reason
        return
    assert answer.low80 is not None
    assert answer.high80 is not None
    assert 0 <= answer.low80 <= answer.predicted <= answer.high80
    assert math.isfinite(answer.high80)
