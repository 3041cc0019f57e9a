"""ECS: task definitions, services and capacity providers (ECS API; ECS Developer Guide, "Task
definition parameters", for Fargate too)."""

from typing import Any

from moto.autoscaling.models import autoscaling_backends
from moto.ecs.models import ecs_backends

from sandbox.aws.emulator.requests import Check, Request, refuse

_CODE, _INVALID = "ClientException", "InvalidParameterException"
_LONGEST_STOP_S = 120
_MOST_SUBNETS, _MOST_GROUPS = 16, 5
_OF_FARGATE = ("FARGATE", "FARGATE_SPOT")


def _number(value: Any) -> int | None:
    """CPU units or MiB, where they are written as a number."""
    return int(value) if value is not None and str(value).isdigit() else None


def _register_task(request: Request) -> None:
    containers = request["containerDefinitions"]
    names = [container.get("name") for container in containers]
    fargate = "FARGATE" in (request["requiresCompatibilities"] or ())
    volumes = {volume.get("name") for volume in request["volumes"] or []}
    cpu, memory = _number(request["cpu"]), _number(request["memory"])
    essential = {one["name"] for one in containers if one.get("essential", True)}
    refuse(
        _CODE,
        (len(set(names)) < len(names), "Container names must be unique in a task definition."),
        (not essential, "At least one container of a task definition must be essential."),
        (
            fargate and request["placementConstraints"],
            "Placement constraints are not supported for Fargate tasks.",
        ),
        (
            cpu and sum(one.get("cpu", 0) for one in containers) > cpu,
            "The cpu of all containers is above the cpu of the task.",
        ),
    )
    for container in containers:
        _check_container(container, request, fargate=fargate, memory=memory)
        for mount in container.get("mountPoints") or []:
            source = mount.get("sourceVolume")
            refuse(_CODE, (source not in volumes, f"Unknown volume '{source}'."))
        for need in container.get("dependsOn") or []:
            first = need["containerName"]
            refuse(
                _CODE,
                (first not in names, f"dependsOn names no container of the task: {first}"),
                (
                    need["condition"] in ("SUCCESS", "COMPLETE") and first in essential,
                    f"{first} is an essential container: no other waits for its end.",
                ),
            )


def _check_container(
    container: dict[str, Any], request: Request, *, fargate: bool, memory: int | None
) -> None:
    log = container.get("logConfiguration") or {}
    awslogs = log.get("logDriver") == "awslogs"
    own = container.get("memory") or container.get("memoryReservation")
    in_network = request["networkMode"] == "awsvpc"
    refuse(
        _CODE,
        (not container.get("image"), "Container.image should not be null or empty."),
        (
            memory is None and own is None,
            f"Invalid setting for container '{container.get('name')}'. At least one of 'memory' or "
            f"'memoryReservation' must be specified.",
        ),
        (
            memory and (container.get("memory") or 0) > memory,
            f"The memory of container '{container.get('name')}' is above that of the task.",
        ),
        (
            awslogs and "awslogs-group" not in (log.get("options") or {}),
            "Log driver awslogs requires option awslogs-group.",
        ),
        (
            awslogs and fargate and not request["executionRoleArn"],
            "Fargate requires task definition to have execution role ARN to support log driver "
            "awslogs.",
        ),
        (
            fargate
            and ".dkr.ecr." in (container.get("image") or "")
            and not request["executionRoleArn"],
            "Fargate requires task definition to have execution role ARN to support ECR images.",
        ),
        (
            fargate and (container.get("linuxParameters") or {}).get("devices"),
            "The devices parameter is not supported for Fargate tasks.",
        ),
        (fargate and container.get("privileged"), "privileged is not supported on Fargate."),
        (
            fargate and (container.get("stopTimeout") or 0) > _LONGEST_STOP_S,
            f"stopTimeout must be at most {_LONGEST_STOP_S} on Fargate.",
        ),
    )
    for port in container.get("portMappings") or []:
        outside = port.get("hostPort")
        refuse(
            _CODE,
            (
                in_network and outside not in (None, port.get("containerPort")),
                "When networkMode=awsvpc, the host ports and container ports in port mappings must "
                "match.",
            ),
        )


def _create_service(request: Request) -> None:
    controller = (request["deploymentController"] or {}).get("type", "ECS")
    strategy = request["capacityProviderStrategy"]
    deployment = request["deploymentConfiguration"] or {}
    replica = (request["schedulingStrategy"] or "REPLICA") == "REPLICA"
    launch = request["launchType"]
    fargate = launch == "FARGATE" or any(
        one["capacityProvider"] in _OF_FARGATE for one in strategy or []
    )
    most, least = deployment.get("maximumPercent"), deployment.get("minimumHealthyPercent")
    refuse(
        _INVALID,
        (replica and request["desiredCount"] is None, "desiredCount is required for REPLICA."),
        (
            launch and strategy,
            "Specifying both a launch type and capacity provider strategy is not supported.",
        ),
        (
            fargate and request["placementConstraints"],
            "Placement constraints are not supported with Fargate.",
        ),
        (
            controller != "ECS" and (deployment.get("alarms") or {}).get("enable"),
            f"Deployment alarms are not supported with deployment controller {controller}.",
        ),
        (
            deployment.get("strategy", "ROLLING") != "ROLLING"
            and (deployment.get("deploymentCircuitBreaker") or {}).get("enable"),
            "The deployment circuit breaker is for rolling deployments alone.",
        ),
        (
            deployment.get("strategy") == "BLUE_GREEN" and "bakeTimeInMinutes" not in deployment,
            "bakeTimeInMinutes is required with the BLUE_GREEN deployment strategy.",
        ),
        (
            most is not None and least is not None and most <= least,
            "maximumPercent must be above minimumHealthyPercent.",
        ),
        (
            request["availabilityZoneRebalancing"] == "ENABLED" and most == 100,
            "Availability Zone rebalancing needs a maximumPercent above 100.",
        ),
    )
    _check_placing(request, fargate=fargate)


def _check_placing(request: Request, *, fargate: bool) -> None:
    """The task, the network and the cluster go together."""
    backend = ecs_backends[request.account][request.region]
    task: Any = None
    if request["taskDefinition"]:
        task = backend.describe_task_definition(request["taskDefinition"])
    network = (request["networkConfiguration"] or {}).get("awsvpcConfiguration")
    if task is not None:
        refuse(
            _INVALID,
            (
                task.network_mode == "awsvpc" and network is None,
                "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
            ),
            (
                fargate and "FARGATE" not in (task.requires_compatibilities or []),
                "Task definition does not support launch_type FARGATE: its compatibilities do not "
                "have it.",
            ),
            (
                request["enableExecuteCommand"] and not getattr(task, "task_role_arn", None),
                "The service couldn't be created because a valid taskRoleArn is not being used.",
            ),
        )
    refuse(
        _INVALID,
        (
            len((network or {}).get("subnets", [])) > _MOST_SUBNETS,
            f"subnets can have at most {_MOST_SUBNETS} items.",
        ),
        (
            len((network or {}).get("securityGroups", [])) > _MOST_GROUPS,
            f"securityGroups can have at most {_MOST_GROUPS} items.",
        ),
    )
    cluster = backend.clusters.get(str(request["cluster"] or "default").rpartition("/")[2])
    for one in request["capacityProviderStrategy"] or []:
        there = (cluster.capacity_providers if cluster else None) or []
        refuse(
            _INVALID,
            (
                one["capacityProvider"] not in there,
                f"The specified capacity provider strategy cannot contain a capacity provider that "
                f"is not associated with the cluster: {one['capacityProvider']}.",
            ),
        )


def _create_provider(request: Request) -> None:
    name, of = request["name"], request["autoScalingGroupProvider"] or {}
    arn = of.get("autoScalingGroupArn", "")
    groups = autoscaling_backends[request.account][request.region].autoscaling_groups
    group = groups.get(arn.rpartition("/")[2])
    refuse(
        _CODE,
        (
            name.startswith(("aws", "ecs", "fargate")),
            "The capacity provider name is invalid: it cannot have the prefix aws, ecs or fargate.",
        ),
        (arn and group is None, f"The specified Auto Scaling group does not exist: {arn}"),
        (
            of.get("managedTerminationProtection") == "ENABLED"
            and (of.get("managedScaling") or {}).get("status") != "ENABLED",
            "Managed termination protection needs managed scaling.",
        ),
        (
            group
            and of.get("managedTerminationProtection") == "ENABLED"
            and not group.new_instances_protected_from_scale_in,
            "The managed termination protection setting for the capacity provider is invalid. To "
            "enable managed termination protection for a capacity provider, the Auto Scaling group "
            "must have instance protection from scale in enabled.",
        ),
    )


def _put_providers(request: Request) -> None:
    backend = ecs_backends[request.account][request.region]
    for name in request["capacityProviders"] or []:
        known = name in _OF_FARGATE or backend._get_provider(name) is not None
        refuse(
            _INVALID,
            (not known, f"The specified capacity provider does not exist: {name}."),
        )


CHECKS: dict[str, Check] = {
    "CreateCapacityProvider": _create_provider,
    "CreateService": _create_service,
    "PutClusterCapacityProviders": _put_providers,
    "RegisterTaskDefinition": _register_task,
}
