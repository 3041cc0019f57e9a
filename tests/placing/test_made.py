"""What can be made, by rows: each reason is the whole sentence of the row that comes nearest."""

from __future__ import annotations

import pytest

from lichen.catalogue.schema import Made
from lichen.placing.made import Wanted, why_unmade
from tests.fixed import fixed

MAKES = fixed().table("makes", Made)
INFERENTIA = Wanted(
    machine="inf2.xlarge",
    hosting="sagemaker",
    hosting_title="SageMaker",
    family="Inferentia2",
    kind="llm",
    mode="real-time",
    to_zero=False,
    precision="bf16",
    copies=1,
)


def test_what_a_row_gives_can_be_made() -> None:
    assert why_unmade(INFERENTIA, MAKES) is None
    sleeping = INFERENTIA._replace(kind="reranker", mode="asynchronous", to_zero=True)
    assert why_unmade(sleeping, MAKES) is None
    assert why_unmade(INFERENTIA._replace(family="L4", precision="int4", copies=4), MAKES) is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"family": "Trainium2"}, "no component makes Trainium2 on SageMaker yet"),
        (
            {"hosting": "compute", "hosting_title": "virtual machines"},
            "no component makes Inferentia2 on virtual machines yet",
        ),
        ({"mode": "batch"}, "no component makes a batch endpoint yet"),
        (
            {"to_zero": True, "hosting": "ec2"},
            "no component makes a real-time endpoint that scales to zero replicas yet",
        ),
        ({"kind": "vision"}, "no published image serves models of kind vision on Inferentia2"),
        ({"precision": "int8"}, "the neuron image for Inferentia2 does not serve int8"),
        (
            {"copies": 2},
            "2 copies of the model share one inf2.xlarge, and the neuron image runs 1",
        ),
        (
            {"family": "V100"},
            "the published image needs CUDA 13, which does not run on a V100",
        ),
    ],
)
def test_what_no_row_gives_has_a_reason(change: dict[str, object], reason: str) -> None:
    assert why_unmade(INFERENTIA._replace(**change), MAKES) == reason


def test_what_starts_too_slowly_is_not_made_and_both_numbers_are_said() -> None:
    slow = INFERENTIA._replace(start_s=301.4, longest_start_s=240)
    assert why_unmade(slow, MAKES) == (
        "a copy takes about 301 s until it serves, and SageMaker ends a start after 240 s"
    )
    assert why_unmade(slow._replace(start_s=240), MAKES) is None
    assert why_unmade(slow._replace(longest_start_s=None), MAKES) is None
