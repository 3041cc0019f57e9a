"""A group takes its machine from its launch template, however it names it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from lichen_policies.configuration import read
from lichen_policies.facts import Resource, Unknown
from lichen_policies.facts.resource import Dialect
from lichen_policies.facts.unknown import LEFT_OUT
from lichen_policies.judging import judge, judge_resource, judge_stack
from lichen_policies.verdict import Verdict

from tests.fixed import fixed

RULE = "too-many-accelerators"


def resource(kind: str, properties: dict[str, Any], address: str, dialect: Dialect) -> Resource:
    return Resource(
        type=kind,
        name=address.rpartition(".")[2],
        address=address,
        properties=properties,
        dialect=dialect,
        region="eu-north-1",
        environment="prod",
        file="stack",
    )


def referring(*addresses: str) -> Unknown:
    return Unknown(references=addresses)


TEMPLATE = "aws_launch_template.gpu"
TERRAFORM = resource(
    "aws_launch_template", {"name": "gpu", "instance_type": "p5.48xlarge"}, TEMPLATE, "terraform"
)
COUNT = {"min_size": 2, "max_size": 4}
MIXED = {
    "launch_template": [{"launch_template_specification": [{"launch_template_name": "gpu"}]}],
}
GROUPS = {
    "by reference": ("aws_autoscaling_group", {"launch_template": [{"id": referring(TEMPLATE)}]}),
    "by name": ("aws_autoscaling_group", {"launch_template": [{"name": "gpu"}]}),
    "mixed": ("aws_autoscaling_group", {"mixed_instances_policy": [MIXED]}),
}


def findings(*resources: Resource) -> tuple[Verdict, ...]:
    report = judge(resources, read(None), fixed())
    return tuple(verdict for verdict in report.findings if verdict.rule == RULE)


@pytest.mark.parametrize("how", GROUPS)
def test_a_group_of_a_template_is_counted(how: str) -> None:
    kind, properties = GROUPS[how]
    group = resource(kind, {**COUNT, **properties}, "aws_autoscaling_group.g", "terraform")
    (finding,) = findings(TERRAFORM, group)
    assert finding.resource == group.address
    assert (
        finding.what == "at least 2 machines with 8 NVIDIA H100 SXM 80GB each are 16 accelerators"
    )
    assert finding.fix.startswith("set max_size to at most 1 and set min_size to at most 1")


def test_node_groups_of_a_template_are_counted_in_every_dialect() -> None:
    scaling = {"scaling_config": [{"min_size": 2, "max_size": 4}]}
    terraform = resource(
        "aws_eks_node_group",
        {**scaling, "instance_types": LEFT_OUT, "launch_template": [{"id": referring(TEMPLATE)}]},
        "aws_eks_node_group.g",
        "terraform",
    )
    assert [finding.resource for finding in findings(TERRAFORM, terraform)] == [terraform.address]
    template = resource(
        "AWS::EC2::LaunchTemplate",
        {"LaunchTemplateData": {"InstanceType": "p5.48xlarge"}},
        "Gpu",
        "cloudformation",
    )
    nodes = resource(
        "AWS::EKS::Nodegroup",
        {
            "ScalingConfig": {"MinSize": 2, "MaxSize": 4},
            "LaunchTemplate": {"Id": referring("Gpu"), "Version": "1"},
        },
        "Nodes",
        "cloudformation",
    )
    assert [finding.resource for finding in findings(template, nodes)] == ["Nodes"]
    urn = "urn:pulumi:prod::demo::aws:ec2/launchTemplate:LaunchTemplate::gpu"
    pulumi = resource(
        "aws:ec2/launchTemplate:LaunchTemplate", {"instanceType": "p5.48xlarge"}, urn, "pulumi"
    )
    group = resource(
        "aws:autoscaling/group:Group",
        {"minSize": 2, "maxSize": 4, "launchTemplate": {"id": referring(urn)}},
        "g",
        "pulumi",
    )
    assert [finding.resource for finding in findings(pulumi, group)] == ["g"]


def test_a_launch_configuration_is_a_template_too() -> None:
    configuration = resource(
        "aws_launch_configuration",
        {"name": "old", "instance_type": "p5.48xlarge"},
        "aws_launch_configuration.old",
        "terraform",
    )
    group = resource(
        "aws_autoscaling_group",
        {**COUNT, "launch_configuration": "old"},
        "aws_autoscaling_group.g",
        "terraform",
    )
    assert [finding.resource for finding in findings(configuration, group)] == [group.address]


def test_overrides_go_before_the_template() -> None:
    overrides = {"override": [{"instance_type": "g4dn.xlarge"}]}
    mixed = [{"launch_template": [{**MIXED["launch_template"][0], **overrides}]}]
    group = resource(
        "aws_autoscaling_group", {**COUNT, "mixed_instances_policy": mixed}, "g", "terraform"
    )
    assert findings(TERRAFORM, group) == ()


def test_a_template_by_an_unknown_reference_leaves_the_group_open() -> None:
    group = resource(
        "aws_autoscaling_group", {**COUNT, "launch_template": [{"id": Unknown()}]}, "g", "terraform"
    )
    report = judge([TERRAFORM, group], read(None), fixed())
    assert [(each.rule, each.resource) for each in report.unverified] == [(RULE, "g")]


def test_a_group_waits_for_its_template_where_the_stack_follows() -> None:
    kind, properties = GROUPS["by reference"]
    group = resource(kind, {**COUNT, **properties}, "g", "terraform")
    alone = judge_resource(group, read(None), fixed(), stack_follows=True) or ()
    assert {verdict.verdict for verdict in alone if verdict.rule == RULE} == {"not-applicable"}
    together = judge_stack([TERRAFORM, group], read(None), fixed())
    failed = [verdict for verdict in together if verdict.verdict == "fail"]
    assert [(verdict.rule, verdict.resource) for verdict in failed] == [(RULE, "g")]


def test_a_group_of_accelerated_machines_is_judged_by_its_floor_and_its_region() -> None:
    kind, properties = GROUPS["by reference"]
    group = resource(kind, {**COUNT, **properties}, "g", "terraform")
    configuration, catalogue = read(None), fixed()
    far = [
        msgspec.structs.replace(each, region="ap-south-1", environment="dev")
        for each in (TERRAFORM, group)
    ]
    found = {(each.rule, each.resource) for each in judge(far, configuration, catalogue).findings}
    assert {("dirty-region", "g"), ("idle-floor", "g")} <= found
