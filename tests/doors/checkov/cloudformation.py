"""What a component registers, as CloudFormation writes it: Checkov's own checks read that."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Properties = Mapping[str, Any]


def pascal(value: Any) -> Any:
    """Names of properties as CloudFormation writes them, at every depth."""
    if isinstance(value, Mapping):
        return {f"{name[:1].upper()}{name[1:]}": pascal(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [pascal(part) for part in value]
    return value


def _role(given: Properties) -> Properties:
    return {"AssumeRolePolicyDocument": json.loads(given["assumeRolePolicy"])}


def _policy(given: Properties) -> Properties:
    return {
        "PolicyName": "it",
        "Roles": [given["role"]],
        "PolicyDocument": json.loads(given["policy"]),
    }


def _key(given: Properties) -> Properties:
    return {
        "KeyPolicy": json.loads(given["policy"]),
        "EnableKeyRotation": given["enableKeyRotation"],
        "PendingWindowInDays": given["deletionWindowInDays"],
    }


def _configuration(given: Properties) -> Properties:
    return {**pascal(given), "KmsKeyId": given["kmsKeyArn"]}


def _balancer(given: Properties) -> Properties:
    logs = given.get("accessLogs") or {}
    attributes = {
        "access_logs.s3.enabled": logs.get("enabled", False),
        "access_logs.s3.bucket": logs.get("bucket", ""),
        "deletion_protection.enabled": given["enableDeletionProtection"],
        "idle_timeout.timeout_seconds": given["idleTimeout"],
        "routing.http.drop_invalid_header_fields.enabled": given["dropInvalidHeaderFields"],
    }
    return {
        "Scheme": "internal" if given["internal"] else "internet-facing",
        "Type": given["loadBalancerType"],
        "Subnets": given["subnets"],
        "SecurityGroups": given["securityGroups"],
        "LoadBalancerAttributes": [
            {"Key": key, "Value": str(value).lower()} for key, value in attributes.items()
        ],
    }


def _template(given: Properties) -> Properties:
    return {"LaunchTemplateData": pascal(given)}


def _service(given: Properties) -> Properties:
    network = pascal(given["networkConfiguration"])
    network["AssignPublicIp"] = "ENABLED" if network.get("AssignPublicIp") else "DISABLED"
    return {**pascal(given), "NetworkConfiguration": {"AwsvpcConfiguration": network}}


def _task(given: Properties) -> Properties:
    return {
        **pascal(given),
        "ContainerDefinitions": pascal(json.loads(given["containerDefinitions"])),
    }


def _cluster(given: Properties) -> Properties:
    return {"ClusterSettings": pascal(given["settings"])}


def _wall(given: Properties) -> Properties:
    return {"GroupDescription": given["description"], "VpcId": given["vpcId"]}


def _rule(given: Properties) -> Properties:
    renamed = {"cidrIpv4": "cidrIp", "securityGroupId": "groupId"}
    return pascal({renamed.get(name, name): value for name, value in given.items()})


def _function(given: Properties) -> Properties:
    return {**pascal(given), "Code": {"ImageUri": given["imageUri"]}}


def _topic(given: Properties) -> Properties:
    return {"TopicName": given["name"], "KmsMasterKeyId": given["kmsMasterKeyId"]}


def _topic_policy(given: Properties) -> Properties:
    return {"Topics": [given["name"]], "PolicyDocument": json.loads(given["policy"])}


def _url(given: Properties) -> Properties:
    return {"AuthType": given["authorizationType"], "TargetFunctionArn": given["functionName"]}


TYPES: Mapping[str, tuple[str, Callable[[Properties], Properties]]] = {
    "aws:autoscaling/group:Group": ("AutoScaling::AutoScalingGroup", pascal),
    "aws:cloudwatch/logGroup:LogGroup": ("Logs::LogGroup", pascal),
    "aws:cloudwatch/metricAlarm:MetricAlarm": ("CloudWatch::Alarm", pascal),
    "aws:ec2/launchTemplate:LaunchTemplate": ("EC2::LaunchTemplate", _template),
    "aws:ec2/securityGroup:SecurityGroup": ("EC2::SecurityGroup", _wall),
    "aws:ecs/cluster:Cluster": ("ECS::Cluster", _cluster),
    "aws:ecs/service:Service": ("ECS::Service", _service),
    "aws:ecs/taskDefinition:TaskDefinition": ("ECS::TaskDefinition", _task),
    "aws:iam/role:Role": ("IAM::Role", _role),
    "aws:iam/rolePolicy:RolePolicy": ("IAM::Policy", _policy),
    "aws:kms/key:Key": ("KMS::Key", _key),
    "aws:lambda/function:Function": ("Lambda::Function", _function),
    "aws:lambda/functionUrl:FunctionUrl": ("Lambda::Url", _url),
    "aws:lb/listener:Listener": ("ElasticLoadBalancingV2::Listener", pascal),
    "aws:lb/loadBalancer:LoadBalancer": ("ElasticLoadBalancingV2::LoadBalancer", _balancer),
    "aws:lb/targetGroup:TargetGroup": ("ElasticLoadBalancingV2::TargetGroup", pascal),
    "aws:sagemaker/endpoint:Endpoint": ("SageMaker::Endpoint", pascal),
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": (
        "SageMaker::EndpointConfig",
        _configuration,
    ),
    "aws:sagemaker/model:Model": ("SageMaker::Model", pascal),
    "aws:scheduler/schedule:Schedule": ("Scheduler::Schedule", pascal),
    "aws:scheduler/scheduleGroup:ScheduleGroup": ("Scheduler::ScheduleGroup", pascal),
    "aws:sns/topic:Topic": ("SNS::Topic", _topic),
    "aws:ssm/parameter:Parameter": ("SSM::Parameter", pascal),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": ("EC2::SecurityGroupEgress", _rule),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": (
        "EC2::SecurityGroupIngress",
        _rule,
    ),
    "aws-native:sagemaker:Endpoint": ("SageMaker::Endpoint", pascal),
    "aws-native:sagemaker:EndpointConfig": ("SageMaker::EndpointConfig", pascal),
    "aws-native:sagemaker:InferenceComponent": ("SageMaker::InferenceComponent", pascal),
}
"""Types that some check of Checkov's speaks of, and what their properties are in CloudFormation."""

APART: Mapping[str, tuple[str, Callable[[Properties], Properties]]] = {
    "aws:sns/topic:Topic": ("SNS::TopicPolicy", _topic_policy),
}
"""What Pulumi has as a property and CloudFormation as a resource of its own."""


def template(registered: Iterable[Any]) -> dict[str, Any]:
    """A template of what was registered: each has ``kind``, ``name`` and ``inputs``."""
    resources = {}
    for each in registered:
        for kind, as_written in filter(None, (TYPES.get(each.kind), APART.get(each.kind))):
            logical = "".join(part.title() for part in each.name.split("-"))
            resources[f"{logical}{kind.rpartition(':')[2]}"] = {
                "Type": f"AWS::{kind}",
                "Properties": dict(as_written(each.inputs)),
            }
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
