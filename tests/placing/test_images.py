"""What can be made differs by region: an image that is not published there is its own reason."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.placing.choose import place
from lichen.placing.images import not_published
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Question
from lichen.workload import as_workload
from tests.fixed import FIXED, fixed


class OnlyInferentia(Catalogue):
    """The fixed catalogue with Inferentia2 alone."""

    @property
    def machines(self) -> dict[str, Machine]:  # type: ignore[override]
        return {
            name: machine
            for name, machine in fixed().machines.items()
            if machine.accelerator == "AWS Inferentia2"
        }


CHAT: dict[str, Any] = {
    "name": "chat",
    "model": "meta-llama/Llama-3.1-8B",
    "traffic": {"peak_rps": 0.5, "input_tokens": 600, "output_tokens": 200},
    "where": {"hosting": ["sagemaker"], "clouds": ["aws"]},
}


def asked(*, own_registry: bool = False, **change: Any) -> Question:
    return Question.of(
        as_workload({**CHAT, **change}),
        catalogue=OnlyInferentia(FIXED),
        own_registry=own_registry,
    )


def test_a_region_without_the_image_loses_for_that_with_what_a_copy_would_save() -> None:
    answer = place(asked())
    assert isinstance(answer, Placement)
    assert answer.chosen.region != "eu-north-1"
    assert answer.chosen.unmade is None
    lost = [one for one in answer.rejected if one.region == "eu-north-1" and one.kind == "image"]
    assert lost
    assert lost[0].reason == (
        "AWS does not publish huggingface-vllm-inference-neuronx there: copy it with `lichen "
        "images copy --to eu-north-1`, and give the registry of the copies (registry)"
    )
    assert any(
        "in eu-north-1 at bf16 would emit " in sentence and "% less" in sentence
        for sentence in answer.because
    ), answer.because


def test_a_registry_of_copies_makes_it_possible_there() -> None:
    answer = place(asked(own_registry=True))
    assert isinstance(answer, Placement)
    assert answer.chosen.region == "eu-north-1"
    assert not [one for one in answer.rejected if one.kind == "image"]


def test_where_nothing_else_is_allowed_it_is_chosen_and_said() -> None:
    answer = place(asked(where={**CHAT["where"], "regions": ["eu-north-1"]}))
    assert isinstance(answer, Placement)
    assert answer.chosen.unmade is not None
    assert "AWS does not publish huggingface-vllm" in answer.chosen.unmade


def test_without_asking_what_is_made_no_image_counts() -> None:
    answer = place(replace(asked(), makes=None))
    assert isinstance(answer, Placement)
    assert answer.chosen.region == "eu-north-1"


def test_a_published_image_and_a_kind_without_one_are_no_reason() -> None:
    where = ("sagemaker", "Inferentia2", "llm")
    assert not_published(fixed(), *where, "eu-west-3") is None
    assert not_published(fixed(), "sagemaker", "Inferentia2", "vision", "eu-north-1") is None


def test_the_command_that_compiles_is_said_once_and_only_without_a_shape() -> None:
    answer = place(asked())
    assert isinstance(answer, Placement)
    assert answer.compile_command is not None
    notes = [note for note in answer.notes if "must be compiled" in note]
    assert notes == [
        f"the model's files must be compiled for this one shape: {answer.compile_command}"
    ]


def test_a_shape_that_serves_no_more_is_answered_with_the_command_for_another() -> None:
    shape = {"batch": 1, "sequence_tokens": 512, "tensor_parallel": 2}
    answer = place(asked(compiled=shape))
    assert isinstance(answer, NoPlacement)
    assert answer.compile_command is not None
    assert "--sequence_length 2048" in answer.compile_command
    assert any("compiled for 512 tokens" in miss.reason for miss in answer.nearest)
