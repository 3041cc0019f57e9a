"""Each worked example goes where its workload fares best, of the hostings that it allows."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from lichen_components.args import EndpointArgs
from lichen_components.endpoint import plan_of
from lichen_components.makers import maker_of, row_of

from lichen.catalogue import load
from lichen.workload import read_workload

STACKS = Path(__file__).parents[2] / "stacks"
MODES = ("chat", "drafts", "summaries", "rare", "nightly")
"""Those of SageMaker: the workload's mode, traffic and floor say which kind it is."""
HOSTINGS = {
    "tasks": ("sagemaker", "ecs-fargate"),
    "answers": ("sagemaker", "ecs"),
    "cluster": ("sagemaker", "ecs"),
    "machines": ("sagemaker", "ec2"),
    "functions": ("sagemaker", "ecs", "lambda"),
    "passages": ("vertex", "cloud-run", "compute-engine"),
    "questions": ("vertex", "cloud-run"),
    "library": ("vertex", "cloud-run", "compute-engine"),
}
CHOSEN = {
    "tasks": ("ecs-fargate", "FargateService"),
    "answers": ("ecs", "MachineTasks"),
    "cluster": ("ecs", "MachineTasks"),
    "machines": ("ec2", "MachineFleet"),
    "functions": ("lambda", "ServingFunction"),
    "passages": ("cloud-run", "RunService"),
    "questions": ("cloud-run-gpu", "RunService"),
    "library": ("compute-engine", "ManagedGroup"),
}


@pytest.mark.parametrize("stack", CHOSEN)
def test_placement_picks_an_examples_hosting_among_several(stack: str) -> None:
    config = yaml.safe_load((STACKS / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    file = STACKS / config["lichen:workload"]
    assert read_workload(file).where.hosting == HOSTINGS[stack]
    given = {name: config.get(f"lichen:{name}") for name in ("artifacts", "image", "registry")}
    given |= {"google": config.get("lichen:google")}
    given |= {"aws": {"check_quota": False, **config.get("lichen:aws", {})}}
    asked = {name: value for name, value in given.items() if value is not None}
    args = EndpointArgs(workload_file=str(file), **asked)  # type: ignore[typeddict-item]
    placed = plan_of(args, load()).decision
    hosting = placed.placement.chosen.hosting
    maker = maker_of(row_of(hosting, placed.workload))
    assert (hosting, maker.__name__) == CHOSEN[stack]


def test_every_workload_of_the_examples_is_of_one_of_these() -> None:
    files = {path.stem for path in (STACKS / "workloads").glob("*.yaml")}
    elsewhere = {"embeddings", "wasteful"}
    assert files == {*MODES, *CHOSEN, *elsewhere}
