"""ECS: what a service's deployments are, and the tasks and agreements that ECS refuses.

(ECS Developer Guide: task definition parameters for Fargate, service definition parameters.)
"""

from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.ecs.exceptions import EcsClientException, InvalidParameterException
from moto.ecs.models import CapacityProvider, Cluster, EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.elbv2.models import elbv2_backends
from moto.servicequotas.models import servicequotas_backends

from sandbox.aws.emulator import tasks
from sandbox.aws.emulator.extensions import Method, extends
from sandbox.aws.emulator.quotas import FARGATE, granted

_GB = 1024
_PAIRS: dict[int, tuple[int, ...]] = {
    256: (512, 1 * _GB, 2 * _GB),
    512: tuple(_GB * each for each in range(1, 5)),
    1024: tuple(_GB * each for each in range(2, 9)),
    2048: tuple(_GB * each for each in range(4, 17)),
    4096: tuple(_GB * each for each in range(8, 31)),
    8192: tuple(_GB * each for each in range(16, 61, 4)),
    16384: tuple(_GB * each for each in range(32, 121, 8)),
}
_KEPT = {
    "deploymentConfiguration": "deployment_configuration",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
    "availabilityZoneRebalancing": "availability_zone_rebalancing",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "capacityProviderStrategy": "capacity_provider_strategy",
    "placementConstraints": "placement_constraints",
    "placementStrategy": "placement_strategy",
}


@extends(EC2ContainerServiceBackend)
def register_task_definition(
    before: Method, self: EC2ContainerServiceBackend, *given: Any, **named: Any
) -> Any:
    if "FARGATE" in (named.get("requires_compatibilities") or ()):
        cpu, memory = int(named.get("cpu") or 0), int(named.get("memory") or 0)
        if memory not in _PAIRS.get(cpu, ()):
            raise EcsClientException("No Fargate configuration exists for given values.")
        if named.get("network_mode") != "awsvpc":
            raise EcsClientException("Fargate only supports network mode 'awsvpc'.")
        storage = (named.get("ephemeral_storage") or {}).get("sizeInGiB", 21)
        if not 21 <= storage <= 200:
            raise EcsClientException("ephemeralStorage must be between 21 and 200 GiB.")
    return before(self, *given, **named)


@extends(EC2ContainerServiceResponse)
def create_service(before: Method, self: EC2ContainerServiceResponse) -> ActionResult:
    cluster = self.ecs_backend._get_cluster(self._get_param("cluster", "default"))
    pair = f"{cluster.name}:{self._get_param('serviceName')}"
    standing = self.ecs_backend.services.get(pair)
    if standing is not None and standing.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    _check_agreement(self, self._get_param("taskDefinition"), self._get_param("loadBalancers"))
    result: ActionResult = before(self)
    _remember(self, self.ecs_backend.services[pair])
    try:
        _check_vcpus(self, self.ecs_backend.services[pair])
    except Exception:
        del self.ecs_backend.services[pair]
        raise
    tasks.scaled(self.ecs_backend.services[pair])
    return result


@extends(EC2ContainerServiceResponse)
def update_service(before: Method, self: EC2ContainerServiceResponse) -> ActionResult:
    cluster = self.ecs_backend._get_cluster(self._get_param("cluster", "default"))
    service = self.ecs_backend.services[f"{cluster.name}:{self._get_param('service')}"]
    if definition := self._get_param("taskDefinition"):
        _check_agreement(self, definition, service.load_balancers)
    running = service.task_definition
    result: ActionResult = before(self)
    _remember(self, service)
    _check_vcpus(self, service)
    if _rings(self, service):
        # The alarm takes the roll-out back: the revision before runs again, as if nothing was.
        service.task_definition = running
        for deployment in service.deployments:
            deployment["taskDefinition"] = running
    elif service.task_definition != running:
        tasks.replaced(service)
    tasks.scaled(service)
    return result


@extends(EC2ContainerServiceBackend)
def delete_service(
    before: Method, self: EC2ContainerServiceBackend, cluster: str, name: str, force: bool
) -> Service:
    service: Service = before(self, cluster, name, force)
    tasks.ended(service)
    return service


@extends(EC2ContainerServiceBackend)
def delete_cluster(before: Method, self: EC2ContainerServiceBackend, name: str) -> Cluster:
    cluster = self._get_cluster(name)
    services = [
        service
        for pair, service in self.services.items()
        if pair.startswith(f"{cluster.name}:") and service.status == "ACTIVE"
    ]
    if services:
        raise JsonRESTError(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        )
    before(self, name)
    self.clusters.pop(cluster.name, None)
    return cluster


@extends(EC2ContainerServiceBackend)
def delete_capacity_provider(
    before: Method, self: EC2ContainerServiceBackend, name_or_arn: str
) -> CapacityProvider:
    """Refuse one that is not there, or that a cluster has."""
    provider = self._get_provider(name_or_arn)
    if provider is None:
        raise JsonRESTError(
            "ResourceNotFoundException", "The specified capacity provider does not exist."
        )
    if any(provider.name in (each.capacity_providers or []) for each in self.clusters.values()):
        raise JsonRESTError(
            "ResourceInUseException",
            "The specified capacity provider is in use and cannot be removed.",
        )
    gone: CapacityProvider = before(self, name_or_arn)
    return gone


def _rings(response: EC2ContainerServiceResponse, service: Service) -> bool:
    """Whether an alarm that takes roll-outs of a service back is in ALARM."""
    watched = (getattr(service, "deployment_configuration", None) or {}).get("alarms") or {}
    if not (watched.get("enable") and watched.get("rollback")):
        return False
    alarms = cloudwatch_backends[response.current_account][response.region].alarms
    return any(
        name in alarms and alarms[name].state_value == "ALARM"
        for name in watched.get("alarmNames") or []
    )


def _check_vcpus(response: EC2ContainerServiceResponse, service: Service) -> None:
    """Refuse more vCPUs than the account has on Fargate. (AWS takes the service, whose tasks then
    do not start: an `up` that waits for them fails with these words.)"""
    if service.launch_type != "FARGATE":
        return
    backend = response.ecs_backend
    wanted = sum(
        int(each.desired_count)
        * int(backend.describe_task_definition(str(each.task_definition)).cpu or 0)
        for each in backend.services.values()
        if each.launch_type == "FARGATE" and each.status == "ACTIVE"
    )
    quotas = servicequotas_backends[response.current_account][response.region]
    most = granted(quotas, FARGATE, "fargate")
    if wanted / 1024 > most:
        raise InvalidParameterException(
            f"You've reached the limit on the number of vCPUs you can run concurrently: "
            f"{wanted / 1024:g} are asked for, and {FARGATE} is {most:g}."
        )


def _check_agreement(
    response: EC2ContainerServiceResponse, definition: str, balancers: list[dict[str, Any]] | None
) -> None:
    """The port that a target group is given is one of the task's, and its targets are addresses
    where each task has one."""
    task: Any = response.ecs_backend.describe_task_definition(definition)
    groups = elbv2_backends[response.current_account][response.region].target_groups
    for balancer in balancers or []:
        container = next(
            (c for c in task.container_definitions if c["name"] == balancer["containerName"]), None
        )
        ports = {each["containerPort"] for each in (container or {}).get("portMappings", [])}
        if balancer["containerPort"] not in ports:
            raise InvalidParameterException(
                f"The container {balancer['containerName']} did not have a container port "
                f"{balancer['containerPort']} defined."
            )
        group = groups.get(balancer["targetGroupArn"])
        if group is None:
            raise InvalidParameterException("The specified target group does not exist.")
        if task.network_mode == "awsvpc" and group.target_type != "ip":
            raise InvalidParameterException(
                "The provided target group has target type instance, which is incompatible with "
                "the awsvpc network mode specified in the task definition."
            )
        if not group.load_balancer_arns:
            raise InvalidParameterException(
                "The target group does not have an associated load balancer."
            )


def _remember(response: EC2ContainerServiceResponse, service: Service) -> None:
    """Have Describe answer with what the request said of deployments."""
    for parameter, attribute in _KEPT.items():
        value = response._get_param(parameter)
        if value is not None:
            setattr(service, attribute, value)
    deployment = getattr(service, "deployment_configuration", None) or {}
    alarms = deployment.get("alarms") or {}
    if alarms.get("enable") and not alarms.get("alarmNames"):
        raise InvalidParameterException("Deployment alarms need alarm names.")
