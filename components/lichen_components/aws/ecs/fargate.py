"""A service of Fargate tasks on Graviton: nothing is chosen here."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from lichen_components.args import EndpointArgs
from lichen_components.aws.args import aws_args
from lichen_components.aws.ecs.service import TaskGround, TaskHost, check_tasks, serve_tasks
from lichen_components.aws.ecs.sizes import check_size, disk_gib
from lichen_components.aws.quota import check_quota
from lichen_components.aws.sagemaker.model import files_gib
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

TYPE = "lichen:index:FargateService"


class FargateService(HostedEndpoint):
    """Cluster, task, service, load balancer, roles, key, log, scaling and alarms in the chosen
    region."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {}, opts)
        _check_quota(plan)
        serve_tasks(self, name, plan, title="ECS service", on=_fargate)

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where Fargate cannot do what was decided, or lacks an argument."""
        check_size(decision.machine)
        check_tasks(decision, args)


def _fargate(plan: Plan, _: TaskGround) -> TaskHost:
    machine, disk = plan.decision.machine, disk_gib(files_gib(plan))
    return TaskHost(
        task={
            "cpu": f"{machine.vcpu * 1024:.0f}",
            "memory": f"{(machine.memory_gib or 0) * 1024:.0f}",
            "requires_compatibilities": ["FARGATE"],
            "runtime_platform": aws.ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture="ARM64" if machine.architecture == "arm64" else "X86_64",
                operating_system_family="LINUX",
            ),
            "ephemeral_storage": None
            if disk is None
            else aws.ecs.TaskDefinitionEphemeralStorageArgs(size_in_gib=disk),
        },
        service={"launch_type": "FARGATE"},
    )


def _check_quota(plan: Plan) -> None:
    """The account's vCPUs on Fargate: all tasks twice while a new version takes over."""
    if not aws_args(plan.args).get("check_quota", True):
        return
    sizing, vcpu = plan.decision.sizing, plan.decision.machine.vcpu
    tasks = max(sizing.replicas_maximum, 2 * max(1, sizing.replicas_minimum))
    check_quota(
        "Fargate On-Demand vCPU resource count",
        round(tasks * vcpu),
        plan.region,
        service="fargate",
        why=f" ({tasks} tasks of {vcpu:g} vCPU)",
    )
