"""An application load balancer before tasks or machines: internal unless a certificate is given."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen.document import InputError
from lichen.workload import Traffic
from lichen_components.aws.args import AwsArgs, BalancerArgs
from lichen_components.aws.dashboard import Chart, Line
from lichen_components.aws.locations import objects
from lichen_components.aws.monitoring import (
    Watch,
    failed_requests,
    over,
    period_s,
    too_few,
    too_many_failed,
)
from lichen_components.aws.network import Network
from lichen_components.aws.site import Site
from lichen_components.errors import input_errors
from lichen_components.promises import longest_s
from lichen_components.servers.container import Decision

PORT = 8080
PING = "/ping"
INVOCATIONS = "/invocations"
"""What AWS's serving images answer on, within SageMaker and outside of it (SageMaker Developer
Guide, "Custom inference code with hosting services")."""

_TLS = "ELBSecurityPolicy-TLS13-1-2-2021-06"
_LONGEST_NAME = 32
_SHORTEST_IDLE_S, LONGEST_IDLE_S = 60, 4000
"""Seconds without a byte after which a load balancer ends a connection: its default, and the most
that it takes (Elastic Load Balancing, idle_timeout.timeout_seconds)."""

_LONGEST_DRAIN_S = 3600
NAMESPACE = "AWS/ApplicationELB"


@dataclass(frozen=True)
class Balancer:
    """The load balancer with its target group, ready to take targets once ``listener`` is there.

    ``wall`` is the security group of the targets; ``label`` names both to target tracking.
    """

    group: aws.lb.TargetGroup
    listener: aws.lb.Listener
    wall: aws.ec2.SecurityGroup
    url: pulumi.Output[str]
    arn: pulumi.Output[str]
    label: pulumi.Output[str]
    dimensions: dict[str, pulumi.Output[str]]


def check_answers(decision: Decision) -> None:
    """:class:`InputError` where an answer may take longer than a load balancer keeps a connection
    open."""
    if longest_s(decision) > LONGEST_IDLE_S:
        raise InputError(
            f"an answer may take {longest_s(decision):,.0f} s, and a load balancer ends a "
            f"connection without a byte after {LONGEST_IDLE_S:,} s at most",
            fix="bound latency.p95_ms, or use mode: asynchronous on SageMaker",
            field="workload.latency.p95_ms",
        )


def balance(
    site: Site, network: Network, args: AwsArgs, decision: Decision, target_type: str
) -> Balancer:
    """Security groups, load balancer, target group and listener.

    Clients reach the balancer alone, and the balancer the targets alone.
    """
    asked: BalancerArgs = args.get("balancer", {})
    certificate = asked.get("certificate")
    port = 80 if certificate is None else 443
    front, wall = _group(site, network, "balancer-wall"), _group(site, network, "wall")
    for n, clients in enumerate(network.clients):
        aws.vpc.SecurityGroupIngressRule(
            site.child("clients" if not n else f"clients-{n + 1}"),
            description="Requests of clients",
            security_group_id=front.id,
            cidr_ipv4=clients,
            from_port=port,
            to_port=port,
            ip_protocol="tcp",
            region=site.region,
            tags=site.tags,
            opts=site.under(),
        )
    _join(site, front, wall)
    balancer = aws.lb.LoadBalancer(
        site.child("balancer"),
        name=short_name(site),
        internal=not asked.get("public", False),
        load_balancer_type="application",
        subnets=list(network.balancer_subnets),
        security_groups=[front.id],
        idle_timeout=max(_SHORTEST_IDLE_S, math.ceil(longest_s(decision))),
        drop_invalid_header_fields=True,
        enable_deletion_protection=site.protected,
        access_logs=_access_logs(asked, site.region),
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )
    group = aws.lb.TargetGroup(
        site.child("targets"),
        name=short_name(site),
        port=PORT,
        protocol="HTTP",
        target_type=target_type,
        vpc_id=network.vpc,
        # Requests take unlike times: the target with the fewest open ones is the free one.
        load_balancing_algorithm_type="least_outstanding_requests",
        deregistration_delay=min(_LONGEST_DRAIN_S, max(30, math.ceil(longest_s(decision)))),
        health_check=aws.lb.TargetGroupHealthCheckArgs(
            path=PING,
            matcher="200",
            interval=30,
            timeout=10,
            healthy_threshold=2,
            unhealthy_threshold=3,
        ),
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )
    listener = aws.lb.Listener(
        site.child("listener"),
        load_balancer_arn=balancer.arn,
        port=port,
        protocol="HTTP" if certificate is None else "HTTPS",
        ssl_policy=None if certificate is None else _TLS,
        certificate_arn=certificate,
        default_actions=[
            aws.lb.ListenerDefaultActionArgs(type="forward", target_group_arn=group.arn)
        ],
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )
    scheme = "http" if certificate is None else "https"
    return Balancer(
        group=group,
        listener=listener,
        wall=wall,
        url=balancer.dns_name.apply(lambda name: f"{scheme}://{name}{INVOCATIONS}"),
        arn=balancer.arn,
        label=pulumi.Output.concat(balancer.arn_suffix, "/", group.arn_suffix),
        dimensions={"LoadBalancer": balancer.arn_suffix, "TargetGroup": group.arn_suffix},
    )


def short_name(site: Site) -> str:
    """The identity, its name cut so that a load balancer takes it."""
    kept = _LONGEST_NAME - len(site.identity) + len(site.name)
    return f"{site.name[:kept].rstrip('-')}{site.identity.removeprefix(site.name)}"


def watches(
    balancer: Balancer, slow_ms: float, traffic: Traffic, least: int, unit: str
) -> list[Watch]:
    """Failing, slow and missing targets; a roll-out that raises one of the first two is taken
    back."""
    seconds = period_s(traffic)
    few = failed_requests(traffic.peak_rps, seconds)

    def watch(role: str, metric: str, says: str, **more: object) -> Watch:
        return Watch(
            role=role,
            description=says,
            namespace=NAMESPACE,
            metric=metric,
            dimensions=balancer.dimensions,
            **more,  # type: ignore[arg-type]
        )

    failing = watch(
        "errors",
        "HTTPCode_Target_5XX_Count",
        too_many_failed(few, traffic.peak_rps, seconds, " in the model"),
        statistic="Sum",
        threshold=few,
        takes_back=True,
    )
    slow = watch(
        "latency",
        "TargetResponseTime",
        f"The slowest 5 % of requests took over {slow_ms:.0f} ms.",
        statistic="p95",
        threshold=slow_ms / 1000,
        takes_back=True,
    )
    return [
        over(failing, seconds),
        over(slow, seconds),
        watch(
            "unhealthy",
            "UnHealthyHostCount",
            f"Some {unit} do not answer the load balancer's checks.",
            statistic="Maximum",
            threshold=0,
            bad=5,
        ),
        too_few(
            least,
            role="missing",
            description=f"Fewer than {least} {unit} answer.",
            namespace=NAMESPACE,
            metric="HealthyHostCount",
            dimensions=balancer.dimensions,
        ),
    ]


def requests_of(balancer: Balancer) -> Watch:
    """The metric that counts a balancer's requests."""
    return Watch(
        role="requests",
        description="",
        namespace=NAMESPACE,
        metric="RequestCount",
        dimensions=balancer.dimensions,
        statistic="Sum",
        threshold=1,
    )


def line_of(balancer: Balancer, metric: str, statistic: str) -> Line:
    """A metric of the balancer's targets."""
    return Line(
        namespace=NAMESPACE, metric=metric, dimensions=balancer.dimensions, statistic=statistic
    )


def charts_of(balancer: Balancer) -> list[Chart]:
    """Requests, failures, times, and how many answer."""

    def chart(title: str, *metrics: tuple[str, str]) -> Chart:
        return Chart(title=title, lines=tuple(line_of(balancer, *each) for each in metrics))

    return [
        chart("Requests a minute", ("RequestCount", "Sum")),
        chart(
            "Failed requests",
            ("HTTPCode_Target_5XX_Count", "Sum"),
            ("HTTPCode_Target_4XX_Count", "Sum"),
        ),
        chart(
            "Time in the model (seconds)",
            ("TargetResponseTime", "p50"),
            ("TargetResponseTime", "p95"),
        ),
        chart(
            "Targets that answer, and that do not",
            ("HealthyHostCount", "Minimum"),
            ("UnHealthyHostCount", "Maximum"),
        ),
    ]


def _group(site: Site, network: Network, role: str) -> aws.ec2.SecurityGroup:
    what = "Load balancer" if role == "balancer-wall" else "Targets"
    return aws.ec2.SecurityGroup(
        site.child(role),
        description=f"{what} of {site.identity}",
        vpc_id=network.vpc,
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )


def _join(site: Site, front: aws.ec2.SecurityGroup, wall: aws.ec2.SecurityGroup) -> None:
    """From the balancer to the targets, and from these to AWS's services over TLS."""
    kind: dict[str, Any] = {
        "ip_protocol": "tcp",
        "region": site.region,
        "tags": site.tags,
        "opts": site.under(),
    }
    at: dict[str, Any] = {"from_port": PORT, "to_port": PORT}
    aws.vpc.SecurityGroupEgressRule(
        site.child("to-targets"),
        description="Requests to the targets",
        security_group_id=front.id,
        referenced_security_group_id=wall.id,
        **at,
        **kind,
    )
    aws.vpc.SecurityGroupIngressRule(
        site.child("from-balancer"),
        description="Requests from the load balancer",
        security_group_id=wall.id,
        referenced_security_group_id=front.id,
        **at,
        **kind,
    )
    aws.vpc.SecurityGroupEgressRule(
        site.child("to-aws"),
        description="To the services of AWS",
        security_group_id=wall.id,
        cidr_ipv4="0.0.0.0/0",
        from_port=443,
        to_port=443,
        **kind,
    )


def _access_logs(
    asked: BalancerArgs, region: str
) -> pulumi.Output[aws.lb.LoadBalancerAccessLogsArgs] | None:
    if "access_logs" not in asked:
        return None
    place = pulumi.Output.from_input(asked["access_logs"]).apply(
        input_errors()(partial(objects, region=region, field="balancer.access_logs"))
    )
    return place.apply(
        lambda known: aws.lb.LoadBalancerAccessLogsArgs(
            bucket=known.bucket, prefix=known.key.strip("/") or None, enabled=True
        )
    )
