"""The network of a load-balanced deployment: its subnets, checked before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from lichen.document import InputError
from lichen_components.aws.args import AwsArgs
from lichen_components.plan import Plan

_ZONES_OF_A_BALANCER = 2
"""An application load balancer has subnets in two zones at least (Elastic Load Balancing API,
CreateLoadBalancer)."""


@dataclass(frozen=True)
class Network:
    """Where the model runs and where its load balancer is; ``clients`` are address ranges that may
    send requests."""

    vpc: str
    subnets: tuple[str, ...]
    balancer_subnets: tuple[str, ...]
    clients: tuple[str, ...]


def check_network(args: AwsArgs) -> None:
    """:class:`InputError` where the arguments alone are wrong: nothing is asked of AWS."""
    balancer = args.get("balancer", {})
    if not args.get("subnets"):
        raise InputError(
            "is required: tasks and machines run in your network",
            fix="add subnets: private ones in two zones of the chosen region",
            field="subnets",
        )
    if balancer.get("public") and not balancer.get("certificate"):
        raise InputError(
            "is required for a public load balancer: requests would cross the internet in clear",
            fix="add the ARN of a certificate in ACM of the chosen region, or leave "
            "balancer.public out",
            field="balancer.certificate",
        )
    if balancer.get("public") and not balancer.get("subnets"):
        raise InputError(
            "is required for a public load balancer, which cannot be in private subnets",
            fix="add public subnets in two zones of the chosen region",
            field="balancer.subnets",
        )


def network_of(args: AwsArgs, plan: Plan, parent: pulumi.Resource) -> Network:
    """The network of the arguments, as AWS knows it in the chosen region.

    :class:`InputError` where a subnet is not there, where subnets are in different networks, or in
    too few zones.
    """
    balancer = args.get("balancer", {})
    ours = tuple(args["subnets"])
    front = tuple(balancer.get("subnets", ours))
    found = [_subnet(each, plan.region, "subnets", parent) for each in ours]
    before = [_subnet(each, plan.region, "balancer.subnets", parent) for each in front]
    vpc = found[0].vpc_id
    for one in (*found, *before):
        if one.vpc_id != vpc:
            raise InputError(
                f"{one.id} is in {one.vpc_id}, {found[0].id} in {vpc}",
                fix="give subnets of one network",
                field="subnets",
            )
    _check_zones(found, plan.decision.workload.availability.zones, "subnets")
    _check_zones(before, _ZONES_OF_A_BALANCER, "balancer.subnets")
    clients = tuple(balancer.get("clients", ())) or (
        ("0.0.0.0/0",) if balancer.get("public") else (_range_of(vpc, plan.region, parent),)
    )
    return Network(vpc, ours, front, clients)


def _subnet(
    name: str, region: str, field: str, parent: pulumi.Resource
) -> aws.ec2.AwaitableGetSubnetResult:
    try:
        return aws.ec2.get_subnet(id=name, region=region, opts=pulumi.InvokeOptions(parent=parent))
    except Exception as refused:
        raise InputError(
            f"{name} cannot be read in {region} ({str(refused).splitlines()[0]})",
            fix=f"give subnets in {region}, which the placement chose, or allow one region alone "
            "in where.regions",
            field=field,
        ) from None


def _check_zones(
    subnets: Sequence[aws.ec2.AwaitableGetSubnetResult], wanted: int, field: str
) -> None:
    zones = {subnet.availability_zone for subnet in subnets}
    if len(zones) < wanted:
        raise InputError(
            f"{', '.join(subnet.id for subnet in subnets)} are in {len(zones)} availability zone"
            f"{'' if len(zones) == 1 else 's'}, and {wanted} are needed",
            fix=f"give subnets in {wanted} zones",
            field=field,
        )


def _range_of(vpc: str, region: str, parent: pulumi.Resource) -> str:
    found = aws.ec2.get_vpc(id=vpc, region=region, opts=pulumi.InvokeOptions(parent=parent))
    return found.cidr_block
