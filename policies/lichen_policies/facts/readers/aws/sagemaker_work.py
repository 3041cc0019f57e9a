"""SageMaker's notebooks and training jobs: machines that are held for people and for training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact, Located
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties

CLOUD = "aws"
TYPES = (
    "aws:sagemaker/notebookInstance:NotebookInstance",
    "aws:sagemaker/trainingJob:TrainingJob",
    "aws-native:sagemaker:NotebookInstance",
    "aws_sagemaker_notebook_instance",
    "aws_sagemaker_training_job",
    "AWS::SageMaker::NotebookInstance",
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located and an Accelerated."""
    held = properties
    if properties.given("resource_config"):
        held = properties.block("resource_config")
    machine, machine_at = bare(held.text("instance_type")), held.at("instance_type")
    machines = held.whole("instance_count")
    yield Located(
        **about,
        region_at=properties.at("region"),
        machine=machine,
        machines=machines or 1,
        hosting="sagemaker",
    )
    if machine is not None:
        yield Accelerated(
            **about,
            machine=machine,
            machines=machines,
            path=machine_at,
            machines_at=held.at("instance_count"),
        )
