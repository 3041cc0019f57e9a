"""A service of Fargate tasks on Graviton, and all that it needs: nothing is chosen here."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from lichen_components.args import EndpointArgs
from lichen_components.aws.account import account_of
from lichen_components.aws.args import aws_args
from lichen_components.aws.balancer import balance, check_answers
from lichen_components.aws.balancer import watches as balancer_watches
from lichen_components.aws.ecs.scaling import scale
from lichen_components.aws.ecs.sizes import check_size, disk_gib
from lichen_components.aws.ecs.task import (
    CONTAINER,
    definition,
    execution_statements,
    task_statements,
    written,
)
from lichen_components.aws.ecs.watches import watches
from lichen_components.aws.key import key_of
from lichen_components.aws.monitoring import alarms, logs
from lichen_components.aws.network import check_network, network_of
from lichen_components.aws.role import role
from lichen_components.aws.sagemaker.endpoint import slow_ms
from lichen_components.aws.sagemaker.model import files_gib
from lichen_components.aws.serving import (
    check_architecture,
    check_files,
    check_mode,
    environment_of,
    files_of,
    image_of,
)
from lichen_components.aws.site import Site, check_name
from lichen_components.errors import input_errors
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

TYPE = "lichen:index:FargateService"

_MOST_MINUTES = 120


class FargateService(pulumi.ComponentResource):
    """Cluster, task, service, load balancer, roles, key, log, scaling and alarms in the chosen
    region."""

    endpoint_name: pulumi.Output[str]
    endpoint_id: pulumi.Output[str]
    url: pulumi.Output[str]
    machine: pulumi.Output[str]

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {}, opts)
        decision, args = plan.decision, aws_args(plan.args)
        workload, machine = decision.workload, decision.machine
        production = workload.environment == "prod"
        with input_errors():
            check_name(name, workload.environment, service="ECS")
            network = network_of(args, plan, self)
        site = Site.of(
            name,
            plan,
            self,
            title="ECS service",
            made_of=(machine.name, network.vpc),
            log_group=lambda identity: f"/ecs/{identity}",
        )
        account = account_of(self)
        key = key_of(site, account, args.get("key"))
        log = logs(site, key)
        image, files = image_of(plan, args, self), files_of(plan, args)
        theirs = [] if "artifacts_key" not in args else [args["artifacts_key"]]
        known = pulumi.Output.all(account.partition, account.id, image, files, [key], theirs)
        execution, may_start = role(
            site,
            account,
            service="ecs-tasks",
            source="ecs",
            statements=known.apply(
                lambda of: execution_statements(site, of[0], of[1], of[2], of[4])
            ),
        )
        task_role, may_read = role(
            site,
            account,
            service="ecs-tasks",
            source="ecs",
            statements=known.apply(lambda of: task_statements(of[0], of[3], of[5])),
            called="task-role",
        )
        disk = disk_gib(files_gib(plan))
        task = definition(
            site,
            written(site, image, files, environment_of(plan, plan.args)),
            execution=execution,
            task=task_role,
            needs=(log, may_start, may_read),
            cpu=f"{machine.vcpu * 1024:.0f}",
            memory=f"{(machine.memory_gib or 0) * 1024:.0f}",
            requires_compatibilities=["FARGATE"],
            runtime_platform=aws.ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture="ARM64" if machine.architecture == "arm64" else "X86_64",
                operating_system_family="LINUX",
            ),
            ephemeral_storage=None
            if disk is None
            else aws.ecs.TaskDefinitionEphemeralStorageArgs(size_in_gib=disk),
        )
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
        least = max(1, decision.sizing.replicas_minimum)
        rows = [
            *balancer_watches(
                balancer, slow_ms(decision), workload.traffic.peak_rps, least, "tasks"
            ),
            *watches(site.identity, site.identity, least, insights=production),
        ]
        ringing = alarms(site, rows, args.get("alarm_topic"))
        service = aws.ecs.Service(
            site.child("service"),
            name=site.identity,
            cluster=cluster.arn,
            task_definition=task.arn,
            desired_count=least,
            launch_type="FARGATE",
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
            alarms=aws.ecs.ServiceAlarmsArgs(
                alarm_names=[ringing[row.role].name for row in rows if row.takes_back],
                enable=True,
                rollback=True,
            ),
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            health_check_grace_period_seconds=plan.container.start_s,
            availability_zone_rebalancing="ENABLED",
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=production,
            region=site.region,
            tags=site.tags,
            opts=pulumi.ResourceOptions.merge(
                site.under(balancer.listener),
                # Scaling sets the number of tasks; an `up` is not to set it back.
                pulumi.ResourceOptions(
                    ignore_changes=["desiredCount"], custom_timeouts=_timeouts(plan)
                ),
            ),
        )
        scale(site, decision, balancer, service, site.identity, plan.container.start_s)
        self.endpoint_name = service.name
        self.endpoint_id = service.arn
        self.url = balancer.url
        self.machine = pulumi.Output.from_input(machine.name)
        self.register_outputs({"endpoint_name": service.name, "endpoint_id": service.arn})

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where Fargate cannot do what was decided, or lacks an argument."""
        ours = aws_args(args)
        check_mode(decision, "a service of ECS")
        check_size(decision.machine)
        check_files(ours)
        check_architecture(ours, decision)
        check_network(ours)
        check_answers(decision)


def _timeouts(plan: Plan) -> pulumi.CustomTimeouts:
    """Twice the start, for the new tasks and for those of a roll-out that is taken back."""
    minutes = min(_MOST_MINUTES, 10 + 4 * plan.container.start_s // 60)
    return pulumi.CustomTimeouts(create=f"{minutes}m", update=f"{minutes}m", delete="30m")
