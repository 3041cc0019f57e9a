"""Which hostings a workload allows on each cloud."""

from __future__ import annotations

import pytest

from lichen.document import InputError
from lichen.placing.allowed import allowed_ways, check_where
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Question
from lichen.words import Mode
from lichen.workload import Where, as_workload
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
        (["tpu"], ("sagemaker", "", "tpu-vm", "azure-vm")),
        (["tpu-vm"], ("sagemaker", "", "tpu-vm", "azure-vm")),
        (["sagemaker"], ("sagemaker", "compute-engine", "tpu-vm", "azure-vm")),
        (["vertex"], ("sagemaker", "vertex", "", "azure-vm")),
        (["compute"], ("ec2", "compute-engine", "", "azure-vm")),
        (["ec2", "tpu"], ("ec2", "", "tpu-vm", "azure-vm")),
        (["sagemaker", "compute"], ("sagemaker ec2", "compute-engine", "", "azure-vm")),
        (["ecs", "sagemaker"], ("sagemaker ecs", "compute-engine", "tpu-vm", "azure-vm")),
    ],
)
def test_hostings_that_are_named_are_compared_and_of_others_the_first_is_taken(
    hosting: list[str], expected: tuple[str, ...]
) -> None:
    ways = allowed_ways(Where(hosting=tuple(hosting)), CATALOGUE, mode="real-time")
    found = (ways.of(CATALOGUE.machine(name), CATALOGUE) for name in CLOUDS.values())
    assert tuple(" ".join(way.name for way in each) for each in found) == expected


def test_a_hosting_is_taken_for_the_modes_that_it_serves() -> None:
    def way(machine: str, mode: Mode, *hosting: str) -> str | None:
        ways = allowed_ways(Where(hosting=hosting), CATALOGUE, mode=mode)
        found = ways.of(CATALOGUE.machine(machine), CATALOGUE)
        return found[0].name if found else None

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
    assert one.of(machine, CATALOGUE) == ()
    assert one.why_none(machine, CATALOGUE) == "SageMaker does not offer this machine"
    several = allowed_ways(Where(hosting=("sagemaker", "lambda")), CATALOGUE, mode="real-time")
    assert several.why_none(machine, CATALOGUE) == "none of SageMaker, Lambda offers this machine"


def test_a_wrong_hosting_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        check_where(Where(hosting=("compute", "sagemakr")), CATALOGUE)
    assert str(refused.value) == (
        "where.hosting[1]: 'sagemakr' is not a known hosting. Fix: did you mean 'sagemaker'?"
    )


def placed(*hosting: str, **workload: object) -> Placement | NoPlacement:
    """Where an assistant goes in Stockholm."""
    chat = {
        "name": "chat",
        "model": "meta-llama/Llama-3.1-8B",
        "traffic": {"peak_rps": 1, "mean_rps": 0.2, "input_tokens": 300, "output_tokens": 100},
        "environment": "dev",
        "where": {"clouds": ["aws"], "regions": ["eu-north-1"], "hosting": hosting},
        **workload,
    }
    return place(Question.of(as_workload(chat), catalogue=CATALOGUE))


def test_a_machine_is_placed_on_the_cheapest_hosting_that_is_named() -> None:
    usd_month = {}
    for named in ("sagemaker", "ec2", "sagemaker ec2"):
        answer = placed(*named.split())
        assert isinstance(answer, Placement)
        usd_month[named] = answer.chosen.usd_month
        assert answer.chosen.hosting == named.split()[-1]
    assert usd_month["sagemaker ec2"] == usd_month["ec2"] < usd_month["sagemaker"]


def test_no_replica_sleeps_where_no_request_wakes_it() -> None:
    asleep = {"availability": {"minimum_replicas": 0}}
    assert isinstance(placed("sagemaker", **asleep), Placement)
    answer = placed("ec2", **asleep)
    assert isinstance(answer, NoPlacement)
    assert answer.nearest[0].reason == "no request wakes EC2 from zero machines"
    both = placed("sagemaker", "ec2", **asleep)
    assert isinstance(both, Placement)
    assert both.chosen.hosting == "sagemaker"
    assert isinstance(placed("ec2"), Placement)
