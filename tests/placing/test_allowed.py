"""Which hostings a workload allows on each cloud."""

from __future__ import annotations

import pytest

from lichen.document import InputError
from lichen.placing.allowed import allowed_ways, check_where
from lichen.words import Mode
from lichen.workload import Where
from tests.fixed import fixed

CATALOGUE = fixed()
CLOUDS = {
    "aws": "inf2.xlarge", "google": "g2-standard-4", "tpu": "ct5lp-hightpu-1t",
    "azure": "Standard_D4s_v5",
}  # fmt: skip


@pytest.mark.parametrize(
    ("hosting", "expected"),
    [
        ([], ("sagemaker", "compute-engine", "tpu-vm", "azure-vm")),
        (["tpu"], ("sagemaker", None, "tpu-vm", "azure-vm")),
        (["tpu-vm"], ("sagemaker", None, "tpu-vm", "azure-vm")),
        (["sagemaker"], ("sagemaker", "compute-engine", "tpu-vm", "azure-vm")),
        (["vertex"], ("sagemaker", "vertex", None, "azure-vm")),
        (["compute"], ("ec2", "compute-engine", None, "azure-vm")),
        (["ec2", "tpu"], ("ec2", None, "tpu-vm", "azure-vm")),
        (["sagemaker", "compute"], ("sagemaker", "compute-engine", None, "azure-vm")),
    ],
)
def test_a_clouds_hosting_does_not_speak_of_other_clouds(
    hosting: list[str], expected: tuple[str | None, ...]
) -> None:
    ways = allowed_ways(Where(hosting=tuple(hosting)), CATALOGUE)
    found = (ways.of(CATALOGUE.machine(name), CATALOGUE) for name in CLOUDS.values())
    assert tuple(way and way.name for way in found) == expected


def test_a_hosting_is_taken_for_the_modes_that_it_serves() -> None:
    def way(machine: str, mode: Mode, *hosting: str) -> str | None:
        ways = allowed_ways(Where(hosting=hosting), CATALOGUE, mode=mode)
        found = ways.of(CATALOGUE.machine(machine), CATALOGUE)
        return found and found.name

    assert way("g5.xlarge", "real-time") == way("g5.xlarge", "asynchronous") == "sagemaker"
    assert way("g5.xlarge", "batch") == way("g5.xlarge", "batch", "sagemaker") == "sagemaker-batch"
    assert way("c7g.large", "batch", "sagemaker") is None  # no Graviton
    assert way("c7g.large", "batch") == "ec2"
    small = "serverless.2048mb"
    assert way(small, "serverless", "sagemaker") == way(small, "serverless") != way(small, "batch")
    ways = allowed_ways(Where(hosting=("sagemaker",)), CATALOGUE, mode="batch")
    assert ways.why_none(CATALOGUE.machine("c7g.large"), CATALOGUE) == (
        "SageMaker on this machine: real-time or asynchronous, not batch"
    )


def test_a_machine_that_no_allowed_hosting_offers_is_refused_by_their_titles() -> None:
    machine = CATALOGUE.machine("c6g.medium")
    one = allowed_ways(Where(hosting=("sagemaker",)), CATALOGUE, mode="real-time")
    assert one.of(machine, CATALOGUE) is None
    assert one.why_none(machine, CATALOGUE) == "SageMaker does not offer this machine"
    several = allowed_ways(Where(hosting=("sagemaker", "lambda")), CATALOGUE, mode="real-time")
    assert several.why_none(machine, CATALOGUE) == "none of SageMaker, Lambda offers this machine"


def test_a_wrong_hosting_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        check_where(Where(hosting=("compute", "sagemakr")), CATALOGUE)
    assert str(refused.value) == (
        "where.hosting[1]: 'sagemakr' is not a known hosting. Fix: did you mean 'sagemaker'?"
    )
