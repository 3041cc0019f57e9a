"""A group of machines on Graviton or a Neuron chip, and all it needs: nothing is chosen here."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws
from pulumi_aws.autoscaling import (
    GroupInitialLifecycleHookArgs as Hook,
)
from pulumi_aws.autoscaling import (
    GroupInstanceMaintenancePolicyArgs as Maintenance,
)
from pulumi_aws.autoscaling import (
    GroupMixedInstancesPolicyArgs as Mixed,
)
from pulumi_aws.autoscaling import (
    GroupMixedInstancesPolicyInstancesDistributionArgs as Distribution,
)
from pulumi_aws.autoscaling import (
    GroupMixedInstancesPolicyLaunchTemplateArgs as MixedTemplate,
)
from pulumi_aws.autoscaling import (
    GroupMixedInstancesPolicyLaunchTemplateLaunchTemplateSpecificationArgs as Version,
)
from pulumi_aws.autoscaling import (
    GroupMixedInstancesPolicyLaunchTemplateOverrideArgs as Override,
)
from pulumi_aws.autoscaling import (
    GroupTagArgs as Tag,
)
from pulumi_aws.autoscaling import (
    Metric,
)
from pulumi_aws.autoscaling import (
    PolicyTargetTrackingConfigurationArgs as Tracking,
)
from pulumi_aws.autoscaling import (
    PolicyTargetTrackingConfigurationPredefinedMetricSpecificationArgs as Predefined,
)

from lichen_components.args import EndpointArgs
from lichen_components.aws.access import (
    Statement,
    allow,
    pull_image,
    read_objects,
    use_keys,
    write_logs,
)
from lichen_components.aws.account import account_of
from lichen_components.aws.args import aws_args
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
from lichen_components.aws.ec2.exchange import SAVED, exchanged
from lichen_components.aws.ec2.machines import boots_from, check_driver, devices_of, stand_ins
from lichen_components.aws.ec2.start import HOOK, Boot, first_request, user_data
from lichen_components.aws.ec2.template import newest_image, template
from lichen_components.aws.ec2.watches import watches
from lichen_components.aws.key import key_of
from lichen_components.aws.locations import Objects, Repository
from lichen_components.aws.monitoring import alarms, fewest, logs
from lichen_components.aws.network import Network, check_network, network_of
from lichen_components.aws.quota import check_vcpus
from lichen_components.aws.role import role
from lichen_components.aws.sagemaker.endpoint import slow_ms
from lichen_components.aws.sagemaker.model import files_gib, published_image
from lichen_components.aws.sagemaker.scaling import check_scaling, in_receipt
from lichen_components.aws.schedules import GroupByClock, recurrence
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

TYPE = "lichen:index:MachineFleet"

_LONGEST_HEARTBEAT_S = 7200
"""A launch hook waits two hours at most for a sign of life (Auto Scaling API, HeartbeatTimeout)."""


class MachineFleet(HostedEndpoint):
    """Launch template, group, load balancer, role, key, log, scaling and alarms in the chosen
    region."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {}, opts)
        decision, args = plan.decision, aws_args(plan.args)
        workload, machine = decision.workload, decision.machine
        with input_errors():
            check_name(name, workload.environment, service="EC2")
            if "image" not in args:
                check_driver(machine, published_image(plan), plan.catalogue)
            check_machines(plan)
            network = network_of(args, plan, self)
        site = Site(
            name=name,
            plan=plan,
            parent=self,
            title="Machine group",
            made_of=(machine.name, network.vpc),
            log_group=lambda identity: f"/ec2/{identity}",
        )
        account = account_of(self)
        plan = with_topics(site, plan, account)
        args = aws_args(plan.args)
        key = key_of(site, account, args.get("key"))
        log = logs(site, key)
        image, files = image_of(plan, args, self), files_of(plan, args)
        keys = [key] if "artifacts_key" not in args else [key, args["artifacts_key"]]
        its_role, access = role(
            site,
            account,
            service="ec2",
            statements=pulumi.Output.all(account.partition, account.id, image, files, keys).apply(
                lambda known: _statements(site, *known)
            ),
        )
        profile = aws.iam.InstanceProfile(
            site.child("profile"),
            name=site.identity,
            role=its_role.name,
            tags=site.tags,
            opts=site.under(access),
        )
        balancer = balance(site, network, args, decision, "instance")
        started = pulumi.Output.all(image, files, environment_of(plan, plan.args)).apply(
            input_errors()(lambda known: user_data(_start(site, plan, *known)))
        )
        made = template(
            site,
            machine=machine.name,
            image=args.get("machine_image") or newest_image(site, boots_from(machine)),
            pinned="machine_image" in args,
            profile=profile,
            user_data=started,
            groups=[balancer.wall.id, *args.get("security_groups", [])],
            files_gib=files_gib(plan),
        )
        least = max(1, decision.sizing.replicas_minimum)
        there = fewest(args, least)
        rows = [
            *balancer_watches(balancer, slow_ms(decision), workload.traffic, there, "machines"),
            *watches(site.identity, there),
        ]
        ringing = alarms(site, rows, args.get("alarm_topic"))
        group = _group(
            site,
            plan,
            network,
            balancer,
            made,
            least,
            [log, access],
        )
        its_name = exchanged(
            site,
            group,
            made,
            start_s=plan.container.start_s,
            taking_back=[ringing[row.role].name for row in rows if row.takes_back],
        )
        _scale(site, plan, balancer, group, args.get("scaling_share", 1.0))
        beside = bundle(
            site,
            args,
            serves_as=its_name,
            url=balancer.url,
            key=key,
            requests=requests_of(balancer),
            charts=[*charts_of(balancer), *_usage(site, plan, balancer)],
            scaled=GroupByClock(group, least, max(least, decision.sizing.replicas_maximum)),
            after=[*ringing.values()],
            advice=_advice(site),
        )
        self.gives(
            name=its_name,
            identifier=group.arn,
            url=balancer.url,
            machine=machine.name,
            bundle=beside,
            receipt=in_receipt(decision, args),
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where EC2 cannot do what was decided, or lacks an argument."""
        ours = aws_args(args)
        check_mode(decision, "a group of machines")
        check_files(ours)
        check_architecture(ours, decision)
        check_network(ours)
        check_answers(decision)
        check_scaling(ours)
        check_bundle(ours, 1, region=decision.placement.chosen.region)
        for each in ours.get("schedules") or []:
            recurrence(each["at"])


def check_machines(plan: Plan) -> None:
    """The account's vCPUs: all machines, or two fleets while a refresh exchanges them."""
    if aws_args(plan.args).get("check_quota", True):
        sizing, chosen = plan.decision.sizing, plan.decision.placement.chosen
        check_vcpus(
            plan.decision.machine,
            max(sizing.replicas_maximum, 2 * max(1, sizing.replicas_minimum)),
            plan.region,
            spot=chosen.sold == "spot",
        )


def _usage(site: Site, plan: Plan, balancer: Balancer) -> list[Chart]:
    """Processors of the machines, and estimated watts."""
    used = Line(
        namespace="AWS/EC2",
        metric="CPUUtilization",
        dimensions={"AutoScalingGroupName": site.identity},
        statistic="Average",
    )
    return [
        Chart(title="Utilisation of the processors (%)", lines=(used,)),
        *watts_of(plan, used, line_of(balancer, "RequestCount", "Sum")),
    ]


def _advice(site: Site) -> list[str]:
    where = f"--auto-scaling-group-name {site.identity} --region {site.region}"
    return [
        f"What runs now: aws autoscaling describe-auto-scaling-groups {where}",
        f"How its machines are exchanged: aws autoscaling describe-instance-refreshes {where}",
        "A machine that never becomes ready ends its own launch; its start is in the log, in a "
        "stream of the machine's id.",
        "An exchange that was taken back, by an alarm or since machines did not become healthy: "
        "`pulumi up` ends with why. Mend the cause and run it again: it exchanges them anew.",
    ]


def _start(
    site: Site, plan: Plan, image: Repository, files: Objects, environment: Mapping[str, str]
) -> Boot:
    return Boot(
        region=site.region,
        group=site.identity,
        log_group=site.log_group_name,
        image=image,
        files=files,
        environment=environment,
        devices=devices_of(plan.decision.machine),
        start_s=plan.container.start_s,
        request=first_request(plan.decision.card.kind),
    )


def _statements(
    site: Site,
    partition: str,
    account: str,
    image: Repository,
    files: Objects,
    keys: Sequence[str],
) -> list[Statement]:
    """What a machine may do: fetch image and files, write its log, and end its own launch."""
    group = (
        f"arn:{partition}:autoscaling:{site.region}:{account}:autoScalingGroup:*:"
        f"autoScalingGroupName/{site.identity}"
    )
    return [
        *pull_image(partition, image),
        *read_objects(partition, files),
        *write_logs(partition, site.region, account, site.log_group_name),
        *use_keys(keys),
        allow(
            [
                "autoscaling:CompleteLifecycleAction",
                "autoscaling:RecordLifecycleActionHeartbeat",
            ],
            [group],
        ),
    ]


def _group(
    site: Site,
    plan: Plan,
    network: Network,
    balancer: Balancer,
    made: aws.ec2.LaunchTemplate,
    least: int,
    needs: list[pulumi.Resource],
) -> aws.autoscaling.Group:
    start_s = plan.container.start_s
    minutes = math.ceil(2 * start_s / 60) + 10
    return aws.autoscaling.Group(
        site.child("group"),
        name=site.identity,
        min_size=least,
        max_size=max(least, plan.decision.sizing.replicas_maximum),
        desired_capacity=least,
        mixed_instances_policy=mixed(plan, made),
        capacity_rebalance=plan.decision.placement.chosen.sold == "spot",
        vpc_zone_identifiers=list(network.subnets),
        target_group_arns=[balancer.group.arn],
        health_check_type="ELB",
        health_check_grace_period=start_s,
        default_instance_warmup=start_s,
        # Not a hook of its own: the first machines would start before it is there.
        initial_lifecycle_hooks=[
            Hook(
                name=HOOK,
                lifecycle_transition="autoscaling:EC2_INSTANCE_LAUNCHING",
                default_result="ABANDON",
                heartbeat_timeout=min(_LONGEST_HEARTBEAT_S, math.ceil(1.5 * start_s)),
            )
        ],
        instance_maintenance_policy=Maintenance(
            min_healthy_percentage=100, max_healthy_percentage=200
        ),
        enabled_metrics=[Metric.GROUP_IN_SERVICE_INSTANCES, Metric.GROUP_DESIRED_CAPACITY],
        metrics_granularity="1Minute",
        wait_for_capacity_timeout=f"{minutes}m",
        min_elb_capacity=least,
        tags=[
            Tag(key=key, value=value, propagate_at_launch=False) for key, value in site.tags.items()
        ],
        region=site.region,
        opts=pulumi.ResourceOptions.merge(
            site.under(balancer.listener, *needs),
            # Scaling sets the number of machines, and a refresh the version of their template; an
            # `up` is not to set them back.
            pulumi.ResourceOptions(
                ignore_changes=["desiredCapacity", SAVED],
                custom_timeouts=pulumi.CustomTimeouts(
                    create=f"{minutes}m", update=f"{minutes}m", delete="60m"
                ),
            ),
        ),
    )


def mixed(plan: Plan, made: aws.ec2.LaunchTemplate) -> Mixed:
    """The chosen machine and those that may stand in for it, on demand or spot as was chosen."""
    chosen = plan.decision.placement.chosen
    types = stand_ins(plan.decision.machine, plan.region, chosen.hosting, plan.catalogue)
    return Mixed(
        launch_template=MixedTemplate(
            # A number: a refresh is not taken back to $Latest.
            launch_template_specification=Version(
                launch_template_id=made.id, version=made.latest_version.apply(str)
            ),
            overrides=[Override(instance_type=each) for each in types],
        ),
        instances_distribution=Distribution(
            on_demand_base_capacity=0,
            on_demand_percentage_above_base_capacity=0 if chosen.sold == "spot" else 100,
            on_demand_allocation_strategy="prioritized",
            spot_allocation_strategy="price-capacity-optimized",
        ),
    )


def _scale(
    site: Site, plan: Plan, balancer: Balancer, group: aws.autoscaling.Group, share: float
) -> None:
    """Track the requests that one machine serves within its bounds, ``share`` of which starts the
    next."""
    aws.autoscaling.Policy(
        site.child("scaling"),
        name=f"{site.identity}-scaling",
        autoscaling_group_name=group.name,
        policy_type="TargetTrackingScaling",
        estimated_instance_warmup=plan.container.start_s,
        target_tracking_configuration=Tracking(
            target_value=round(plan.decision.sizing.rps_planned * 60 * share, 2),
            predefined_metric_specification=Predefined(
                predefined_metric_type="ALBRequestCountPerTarget",
                resource_label=balancer.label,
            ),
        ),
        region=site.region,
        opts=site.under(),
    )
