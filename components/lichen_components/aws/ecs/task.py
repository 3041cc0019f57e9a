"""A task: one container copies the model's files, then another serves."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen_components.aws.access import (
    Statement,
    pull_image,
    read_objects,
    use_keys,
    write_logs,
)
from lichen_components.aws.balancer import PORT
from lichen_components.aws.locations import Objects, Repository
from lichen_components.aws.sagemaker.settings import DIRECTORY
from lichen_components.aws.serving import COPIER, copy_command
from lichen_components.aws.site import Site

CONTAINER = "server"
_VOLUME = "model"
ATTEMPT = "lichen.attempt"
"""A label of the server: the same containers as in a roll-out that was taken back, once more."""

_STOP_S = 120
"""How long a task may take to end (Fargate's most)."""


def containers(
    site: Site,
    image: Repository,
    files: Objects,
    environment: Mapping[str, str],
    devices: Sequence[str] = (),
    attempt: int = 0,
) -> list[dict[str, Any]]:
    """The containers of a task, as ECS writes them. ``devices`` are paths on the machine that the
    server sees: without them it has no accelerator. ``attempt`` is above 0 after a roll-out that
    was taken back."""
    log = {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": site.log_group_name,
            "awslogs-region": site.region,
            "awslogs-stream-prefix": "task",
        },
    }
    mount = {"sourceVolume": _VOLUME, "containerPath": DIRECTORY}
    server: dict[str, Any] = {
        "name": CONTAINER,
        "image": image.uri,
        "essential": True,
        "command": ["serve"],
        "environment": [
            {"name": name, "value": value} for name, value in sorted(environment.items())
        ],
        "dependsOn": [{"containerName": "files", "condition": "SUCCESS"}],
        "mountPoints": [mount],
        "portMappings": [{"containerPort": PORT, "hostPort": PORT, "protocol": "tcp"}],
        "logConfiguration": log,
        "stopTimeout": _STOP_S,
    }
    if attempt:
        server["dockerLabels"] = {ATTEMPT: str(attempt)}
    if devices:
        server["linuxParameters"] = {
            "devices": [
                {"hostPath": path, "containerPath": path, "permissions": ["read", "write"]}
                for path in devices
            ]
        }
    copier = {
        "name": "files",
        "image": COPIER,
        "essential": False,
        "command": copy_command(files),
        "environment": [{"name": "AWS_REGION", "value": site.region}],
        "mountPoints": [mount],
        "logConfiguration": log,
    }
    return [copier, server]


def definition(
    site: Site,
    given: pulumi.Output[str],
    *,
    execution: aws.iam.Role,
    task: aws.iam.Role,
    needs: Sequence[pulumi.Resource],
    **more: Any,
) -> aws.ecs.TaskDefinition:
    """A revision of the task. Production keeps the ones before: a roll-out that is taken back
    starts their tasks again."""
    return aws.ecs.TaskDefinition(
        site.child("task"),
        family=site.identity,
        container_definitions=given,
        network_mode="awsvpc",
        volumes=[aws.ecs.TaskDefinitionVolumeArgs(name=_VOLUME)],
        execution_role_arn=execution.arn,
        task_role_arn=task.arn,
        region=site.region,
        tags=site.tags,
        opts=site.kept(*needs),
        **more,
    )


def written(
    site: Site,
    image: pulumi.Output[Repository],
    files: pulumi.Output[Objects],
    environment: Mapping[str, pulumi.Input[str]],
    devices: Sequence[str] = (),
    attempt: int = 0,
) -> pulumi.Output[str]:
    """The containers as JSON, once all in them is known."""
    return pulumi.Output.all(image, files, environment).apply(
        lambda known: json.dumps(containers(site, known[0], known[1], known[2], devices, attempt))
    )


def execution_statements(
    site: Site, partition: str, account: str, image: Repository, keys: Sequence[str]
) -> list[Statement]:
    """What ECS itself may do to start a task: pull the image, and write the log."""
    return [
        *pull_image(partition, image),
        *write_logs(partition, site.region, account, site.log_group_name),
        *use_keys(keys),
    ]


def task_statements(partition: str, files: Objects, keys: Sequence[str]) -> list[Statement]:
    """What the containers may do: read the model's files, and nothing else."""
    return [*read_objects(partition, files), *(use_keys(keys) if keys else ())]
