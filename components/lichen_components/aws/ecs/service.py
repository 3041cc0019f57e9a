"""A service of ECS with all that it needs, on Fargate or on machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen_components.args import EndpointArgs
from lichen_components.aws.account import Account, account_of
from lichen_components.aws.args import AwsArgs, aws_args
from lichen_components.aws.balancer import (
    Balancer,
    balance,
    charts_of,
    check_answers,
    line_of,
    requests_of,
)
from lichen_components.aws.balancer import watches as balancer_watches
from lichen_components.aws.bundle import bundle, check_bundle
from lichen_components.aws.dashboard import Chart, Line
from lichen_components.aws.ecs.rollout import attempt_of, running, stayed
from lichen_components.aws.ecs.scaling import scale
from lichen_components.aws.ecs.task import (
    CONTAINER,
    definition,
    execution_statements,
    task_statements,
    written,
)
from lichen_components.aws.ecs.watches import watches
from lichen_components.aws.key import key_of
from lichen_components.aws.monitoring import alarms, fewest, logs
from lichen_components.aws.network import Network, check_network, network_of
from lichen_components.aws.role import role
from lichen_components.aws.sagemaker.endpoint import slow_ms
from lichen_components.aws.sagemaker.scaling import check_scaling, in_receipt
from lichen_components.aws.serving import (
    check_architecture,
    check_files,
    check_mode,
    environment_of,
    files_of,
    image_of,
)
from lichen_components.aws.site import Site, check_name
from lichen_components.aws.topics import with_topics
from lichen_components.aws.watts import watts_of
from lichen_components.errors import input_errors
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

_MOST_MINUTES = 120


@dataclass(frozen=True)
class TaskGround:
    """What tasks run in: a cluster in a network, behind a balancer."""

    site: Site
    account: Account
    network: Network
    balancer: Balancer
    cluster: aws.ecs.Cluster
    key: pulumi.Output[str]


@dataclass(frozen=True)
class TaskHost:
    """What the tasks run on: properties of the task's definition and of the service, the devices
    that a task sees, what the service needs before it, and what it is made after."""

    task: Mapping[str, Any]
    service: Mapping[str, Any]
    devices: Sequence[str] = ()
    needs: Sequence[pulumi.Resource] = field(default_factory=tuple)


def serve_tasks(
    component: HostedEndpoint,
    name: str,
    plan: Plan,
    *,
    title: str,
    on: Callable[[Plan, TaskGround], TaskHost],
    made_of: tuple[str, ...] = (),
) -> None:
    """Make everything, and set the component's outputs. ``made_of`` is what cannot change in place
    beside machine and network."""
    decision, args = plan.decision, aws_args(plan.args)
    workload, machine = decision.workload, decision.machine
    production = workload.environment == "prod"
    with input_errors():
        check_name(name, workload.environment, service="ECS")
        network = network_of(args, plan, component)
    site = Site(
        name=name,
        plan=plan,
        parent=component,
        title=title,
        made_of=(machine.name, network.vpc, *made_of),
        log_group=lambda identity: f"/ecs/{identity}",
    )
    account = account_of(component)
    plan = with_topics(site, plan, account)
    args = aws_args(plan.args)
    key = key_of(site, account, args.get("key"))
    log = logs(site, key)
    balancer = balance(site, network, args, decision, "ip")
    cluster = aws.ecs.Cluster(
        site.child("cluster"),
        name=site.identity,
        settings=[
            aws.ecs.ClusterSettingArgs(
                name="containerInsights", value="enabled" if production else "disabled"
            )
        ],
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )
    host = on(plan, TaskGround(site, account, network, balancer, cluster, key))
    now = running(site.identity, site.region)
    task = _task(site, plan, args, account, key, log, host, attempt_of(now, component))
    least = max(1, decision.sizing.replicas_minimum)
    there = fewest(args, least)
    rows = [
        *balancer_watches(balancer, slow_ms(decision), workload.traffic, there, "tasks"),
        *watches(site.identity, site.identity, there, insights=production),
    ]
    ringing = alarms(site, rows, args.get("alarm_topic"))
    taking_back = [ringing[row.role].name for row in rows if row.takes_back]
    service = aws.ecs.Service(
        site.child("service"),
        name=site.identity,
        cluster=cluster.arn,
        task_definition=task.arn,
        desired_count=least,
        load_balancers=[
            aws.ecs.ServiceLoadBalancerArgs(
                target_group_arn=balancer.group.arn,
                container_name=CONTAINER,
                container_port=balancer.group.port.apply(lambda port: int(port or 0)),
            )
        ],
        network_configuration=aws.ecs.ServiceNetworkConfigurationArgs(
            subnets=list(network.subnets),
            security_groups=[balancer.wall.id, *args.get("security_groups", [])],
            assign_public_ip=False,
        ),
        deployment_circuit_breaker=aws.ecs.ServiceDeploymentCircuitBreakerArgs(
            enable=True, rollback=True
        ),
        alarms=aws.ecs.ServiceAlarmsArgs(alarm_names=taking_back, enable=True, rollback=True),
        deployment_minimum_healthy_percent=100,
        deployment_maximum_percent=200,
        health_check_grace_period_seconds=plan.container.start_s,
        availability_zone_rebalancing="ENABLED",
        enable_ecs_managed_tags=True,
        propagate_tags="SERVICE",
        wait_for_steady_state=production,
        region=site.region,
        tags=site.tags,
        **host.service,
        opts=pulumi.ResourceOptions.merge(
            site.under(balancer.listener, *host.needs),
            # Scaling sets the number of tasks; an `up` is not to set it back.
            pulumi.ResourceOptions(
                ignore_changes=["desiredCount"], custom_timeouts=_timeouts(plan)
            ),
        ),
    )
    its_name = stayed(service, task, taking_back, site.region)
    scaled = scale(
        site,
        decision,
        balancer,
        service,
        site.identity,
        plan.container.start_s,
        args.get("scaling_share", 1.0),
    )
    component.gives(
        name=its_name,
        identifier=service.arn,
        url=balancer.url,
        machine=machine.name,
        receipt=in_receipt(decision, args),
        bundle=bundle(
            site,
            args,
            serves_as=its_name,
            url=balancer.url,
            key=key,
            requests=requests_of(balancer),
            charts=[*charts_of(balancer), *_usage(site, plan, balancer)],
            scaled=scaled,
            after=[*ringing.values()],
            advice=_advice(site),
        ),
    )


def check_tasks(decision: Decision, args: EndpointArgs) -> None:
    """:class:`InputError` where ECS cannot do what was decided, or lacks an argument."""
    ours = aws_args(args)
    check_mode(decision, "a service of ECS")
    check_files(ours)
    check_architecture(ours, decision)
    check_network(ours)
    check_answers(decision)
    check_scaling(ours)
    check_bundle(ours, 1, region=decision.placement.chosen.region)


def _task(
    site: Site,
    plan: Plan,
    args: AwsArgs,
    account: Account,
    key: pulumi.Output[str],
    log: aws.cloudwatch.LogGroup,
    host: TaskHost,
    attempt: int,
) -> aws.ecs.TaskDefinition:
    """A revision of the task, with the role that starts it and the one that its containers have."""
    image, files = image_of(plan, args, site.parent), files_of(plan, args)
    theirs = [] if "artifacts_key" not in args else [args["artifacts_key"]]
    known = pulumi.Output.all(account.partition, account.id, image, files, [key], theirs)
    execution, may_start = role(
        site,
        account,
        service="ecs-tasks",
        source="ecs",
        statements=known.apply(lambda of: execution_statements(site, of[0], of[1], of[2], of[4])),
    )
    task_role, may_read = role(
        site,
        account,
        service="ecs-tasks",
        source="ecs",
        statements=known.apply(lambda of: task_statements(of[0], of[3], of[5])),
        called="task-role",
    )
    environment = environment_of(plan, plan.args)
    return definition(
        site,
        written(site, image, files, environment, host.devices, attempt),
        execution=execution,
        task=task_role,
        needs=(log, may_start, may_read),
        **host.task,
    )


def _usage(site: Site, plan: Plan, balancer: Balancer) -> list[Chart]:
    """Processors and memory of the tasks, and estimated watts."""
    of_service = {"ClusterName": site.identity, "ServiceName": site.identity}

    def line(metric: str) -> Line:
        return Line(namespace="AWS/ECS", metric=metric, dimensions=of_service, statistic="Average")

    return [
        Chart(
            title="Utilisation (% of what the tasks have)",
            lines=(line("CPUUtilization"), line("MemoryUtilization")),
        ),
        *watts_of(plan, line("CPUUtilization"), line_of(balancer, "RequestCount", "Sum")),
    ]


def _advice(site: Site) -> list[str]:
    where = f"--cluster {site.identity} --region {site.region}"
    return [
        f"What runs now: aws ecs describe-services --services {site.identity} {where}",
        "A roll-out that was taken back, by an alarm or since tasks did not start: `pulumi up` "
        "ends with why, or warns of it the next time. Mend the cause and run it again: it rolls "
        "out anew.",
    ]


def _timeouts(plan: Plan) -> pulumi.CustomTimeouts:
    """Twice the start, for the new tasks and for those of a roll-out that is taken back."""
    minutes = min(_MOST_MINUTES, 10 + 4 * plan.container.start_s // 60)
    return pulumi.CustomTimeouts(create=f"{minutes}m", update=f"{minutes}m", delete="30m")
