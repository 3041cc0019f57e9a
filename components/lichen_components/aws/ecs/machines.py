"""A service of ECS on machines of its own, of Graviton or a Neuron chip: nothing is chosen here.

A capacity provider starts a machine for each task, and ends it after the task. (Fargate has no
accelerator.)
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws
from pulumi_aws.autoscaling import (
    GroupTagArgs as Tag,
)
from pulumi_aws.ecs import (
    CapacityProviderAutoScalingGroupProviderArgs as OfGroup,
)
from pulumi_aws.ecs import (
    CapacityProviderAutoScalingGroupProviderManagedScalingArgs as ManagedScaling,
)

from lichen_components.args import EndpointArgs
from lichen_components.aws.access import Statement, allow
from lichen_components.aws.args import aws_args
from lichen_components.aws.ec2.exchange import SAVED, exchanged
from lichen_components.aws.ec2.group import check_machines, mixed
from lichen_components.aws.ec2.machines import boots_from, check_driver, devices_of
from lichen_components.aws.ec2.template import newest_image, template
from lichen_components.aws.ecs.service import TaskGround, TaskHost, check_tasks, serve_tasks
from lichen_components.aws.role import role
from lichen_components.aws.sagemaker.model import files_gib, published_image
from lichen_components.aws.site import Site
from lichen_components.errors import input_errors
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

TYPE = "lichen:index:MachineTasks"

_KEPT_SHARE, _KEPT_MIB = 0.1, 256
"""Of a machine's memory, what the system and the agent of ECS keep: a task that asks for more is
placed on none (design choice)."""


class MachineTasks(HostedEndpoint):
    """Cluster, machines, capacity provider, task, service, load balancer, roles, key, log, scaling
    and alarms in the chosen region."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {}, opts)
        with input_errors():
            check_machines(plan)
            if "image" not in aws_args(plan.args):
                check_driver(plan.decision.machine, published_image(plan), plan.catalogue)
        serve_tasks(self, name, plan, title="ECS service", on=_machines, made_of=("machines",))

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where ECS cannot do what was decided, or lacks an argument."""
        check_tasks(decision, args)


def task_mib(memory_gib: float) -> int:
    """The memory of the one task of a machine."""
    return math.floor((1 - _KEPT_SHARE) * 1024 * memory_gib) - _KEPT_MIB


def _machines(plan: Plan, ground: TaskGround) -> TaskHost:
    site, machine = ground.site, plan.decision.machine
    provider = aws.ecs.CapacityProvider(
        site.child("provider"),
        name=site.identity,
        auto_scaling_group_provider=OfGroup(
            auto_scaling_group_arn=_group_arn(plan, ground),
            managed_scaling=ManagedScaling(
                status="ENABLED",
                # A machine that is there and has no task is idle: none is kept.
                target_capacity=100,
                instance_warmup_period=plan.container.start_s,
            ),
            # A machine ends after its task, and not under it.
            managed_termination_protection="ENABLED",
            managed_draining="ENABLED",
        ),
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )
    joined = aws.ecs.ClusterCapacityProviders(
        site.child("providers"),
        cluster_name=ground.cluster.name,
        capacity_providers=[provider.name],
        region=site.region,
        opts=site.under(),
    )
    return TaskHost(
        task={
            "memory": str(task_mib(machine.memory_gib or 0)),
            "requires_compatibilities": ["EC2"],
            "runtime_platform": aws.ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture="ARM64" if machine.architecture == "arm64" else "X86_64",
                operating_system_family="LINUX",
            ),
        },
        service={
            "capacity_provider_strategies": [
                aws.ecs.ServiceCapacityProviderStrategyArgs(
                    capacity_provider=provider.name, weight=1
                )
            ],
            # A task is planned as a machine: two on one would share its devices or its cores.
            "placement_constraints": [
                aws.ecs.ServicePlacementConstraintArgs(type="distinctInstance")
            ],
        },
        devices=devices_of(machine),
        needs=(joined,),
    )


def _group_arn(plan: Plan, ground: TaskGround) -> pulumi.Output[str]:
    """Machines of the cluster, none of them until a task waits for one; known once they are of the
    newest template."""
    site, args = ground.site, aws_args(plan.args)
    its_role, access = role(
        site,
        ground.account,
        service="ec2",
        called="machine-role",
        statements=pulumi.Output.all(ground.account.partition, ground.account.id).apply(
            lambda known: agent_statements(site, *known)
        ),
    )
    profile = aws.iam.InstanceProfile(
        site.child("profile"),
        name=site.identity,
        role=its_role.name,
        tags=site.tags,
        opts=site.under(access),
    )
    machine = plan.decision.machine
    made = template(
        site,
        machine=machine.name,
        image=args.get("machine_image") or newest_image(site, boots_from(machine)),
        pinned="machine_image" in args,
        profile=profile,
        user_data=user_data(site.identity),
        groups=[ground.balancer.wall.id, *args.get("security_groups", [])],
        files_gib=files_gib(plan),
    )
    sizing = plan.decision.sizing
    tags = [
        Tag(key=key, value=value, propagate_at_launch=False) for key, value in site.tags.items()
    ]
    group = aws.autoscaling.Group(
        site.child("group"),
        name=site.identity,
        min_size=0,
        # Twice as many while a new revision takes over.
        max_size=2 * max(1, sizing.replicas_maximum),
        mixed_instances_policy=mixed(plan, made),
        vpc_zone_identifiers=list(ground.network.subnets),
        protect_from_scale_in=True,
        force_delete=True,
        # ECS puts this tag on a group that it scales, and needs it on the machines.
        tags=[*tags, Tag(key="AmazonECSManaged", value="true", propagate_at_launch=True)],
        region=site.region,
        opts=pulumi.ResourceOptions.merge(
            site.under(access), pulumi.ResourceOptions(ignore_changes=["desiredCapacity", SAVED])
        ),
    )
    # Their tasks are drained first.
    same = exchanged(site, group, made, start_s=plan.container.start_s, protected=True)
    return pulumi.Output.all(group.arn, same).apply(lambda known: str(known[0]))


def user_data(cluster: str) -> str:
    """What a machine starts with: the cluster that it joins. Tasks do not see its own role."""
    text = f"""#!/bin/bash
cat >> /etc/ecs/ecs.config <<END
ECS_CLUSTER={cluster}
ECS_AWSVPC_BLOCK_IMDS=true
END
"""
    return base64.b64encode(text.encode()).decode()


def agent_statements(site: Site, partition: str, account: str) -> Sequence[Statement]:
    """What the agent of ECS on a machine may do, in this cluster alone. It pulls images and writes
    logs with the role of the task; where it is to ask takes nothing narrower than ``*``: the
    service authorisation reference gives DiscoverPollEndpoint no resource type
    (docs.aws.amazon.com/service-authorization/latest/reference,
    list_amazonelasticcontainerservice), where Poll has container-instance."""
    here = f"arn:{partition}:ecs:{site.region}:{account}"
    cluster = f"{here}:cluster/{site.identity}"
    return [
        allow(["ecs:DiscoverPollEndpoint"], ["*"]),
        allow(
            [
                "ecs:DeregisterContainerInstance",
                "ecs:RegisterContainerInstance",
                "ecs:SubmitAttachmentStateChanges",
                "ecs:SubmitContainerStateChange",
                "ecs:SubmitTaskStateChange",
            ],
            [cluster],
        ),
        allow(
            ["ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState"],
            [f"{here}:container-instance/{site.identity}/*"],
            ArnEquals={"ecs:cluster": [cluster]},
        ),
    ]
