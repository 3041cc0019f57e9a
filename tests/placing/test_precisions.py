"""A model is served in what it is released in, and wider than that only with a warning."""

from __future__ import annotations

from msgspec.structs import replace

from lichen.placing.choose import place
from lichen.placing.placement import Placement
from lichen.placing.question import Question
from lichen.workload import ModelCard, Workload, as_workload, served_in
from tests.fixed import fixed

LLAMA = fixed().model("meta-llama/Llama-3.1-8B")
QUANTISED = replace(LLAMA, name="somebody/eight", released_in="gptq")


def placed(card: ModelCard, *precisions: str) -> Placement:
    workload: Workload = as_workload(
        {
            "name": "chat",
            "model": "any",
            "traffic": {"peak_rps": 3, "input_tokens": 600, "output_tokens": 200},
            **({"precisions": list(precisions)} if precisions else {}),
        }
    )
    workload = replace(workload, model=card)
    question = replace(Question.of(workload, catalogue=fixed()), makes=None)
    answer = place(question)
    assert isinstance(answer, Placement)
    return answer


def test_what_it_is_released_in_is_the_default() -> None:
    assert placed(QUANTISED).chosen.precision == "gptq"
    assert placed(LLAMA).chosen.precision == "bf16"


def test_checkpoints_of_16_and_32_bits_are_served_in_bf16() -> None:
    for released in ("fp32", "fp16", "bf16", None):
        assert served_in(replace(LLAMA, released_in=released)) == "bf16"  # type: ignore[arg-type]
    assert served_in(replace(LLAMA, released_in="mxfp4")) == "mxfp4"  # type: ignore[arg-type]


def test_widening_says_what_it_costs() -> None:
    answer = placed(QUANTISED, "bf16")
    (note,) = (note for note in answer.notes if "wider" in note)
    assert note.startswith(
        "bf16 is wider than the gptq that somebody/eight is released in: its weights take 15 GiB, "
        "not 3.89, and are no better for it; at the peak "
    )
    assert answer.chosen.machine in note


def test_no_warning_of_a_release_that_is_as_wide_or_that_nobody_knows() -> None:
    for released in ("fp32", None):
        card = replace(LLAMA, released_in=released)  # type: ignore[arg-type]
        assert not [note for note in placed(card, "fp32").notes if "wider" in note]
    half = replace(LLAMA, released_in="bf16")
    assert [note for note in placed(half, "fp32").notes if "wider" in note]


def test_no_warning_where_nothing_is_widened() -> None:
    for answer in (placed(QUANTISED), placed(QUANTISED, "gptq"), placed(LLAMA, "bf16", "int8")):
        assert not [note for note in answer.notes if "wider" in note]
