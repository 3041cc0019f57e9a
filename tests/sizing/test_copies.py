"""How many chips a copy of a model takes, where nobody says so and where somebody does."""

from __future__ import annotations

import pytest

from lichen.sizing import Misfit, Prediction, explain_prediction, predict
from tests.fixed import fixed

LARGE = fixed().model("meta-llama/Llama-3.1-70B")
SMALL = fixed().model("meta-llama/Llama-3.1-8B")


def of_70b(concurrency: float, chips: float | None = None) -> Prediction | Misfit:
    return predict(
        LARGE,
        fixed().machine("p5.48xlarge"),
        fixed(),
        precision="bf16",
        chips=chips,
        input_tokens=2000,
        output_tokens=500,
        concurrency=concurrency,
    )


def test_copies_are_as_large_as_the_requests_in_flight_need() -> None:
    """Two H100 hold the weights of 70B and few sequences more; four or eight hold them all."""
    few, many = of_70b(1), of_70b(64)
    assert isinstance(few, Prediction)
    assert isinstance(many, Prediction)
    assert many.copies < few.copies
    assert many == of_70b(64, chips=8 / many.copies)
    refused = of_70b(64, chips=8 / few.copies)
    assert isinstance(refused, Misfit)
    assert refused.kind == "memory"


def test_the_arithmetic_is_that_of_the_copies_that_were_chosen() -> None:
    shape = {"precision": "bf16", "input_tokens": 2000, "output_tokens": 500, "concurrency": 64}
    machine = fixed().machine("p5.48xlarge")
    many = of_70b(64)
    assert isinstance(many, Prediction)
    assert explain_prediction(LARGE, machine, fixed(), **shape) == explain_prediction(  # type: ignore[arg-type]
        LARGE,
        machine,
        fixed(),
        chips=8 / many.copies,
        **shape,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(("machine", "has"), [("g5.xlarge", 1), ("g5.12xlarge", 4)])
def test_more_chips_a_copy_than_the_machine_has_are_refused(machine: str, has: int) -> None:
    refused = predict(
        SMALL,
        fixed().machine(machine),
        fixed(),
        precision="bf16",
        chips=8,
        input_tokens=100,
        output_tokens=100,
    )
    assert isinstance(refused, Misfit)
    assert refused.reason == f"8 chips a copy are more than the {has} of {machine}"
