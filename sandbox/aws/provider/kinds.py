"""The resource types there are: a row each. A new type is a row here, and nothing else.

A row names AWS's calls; which parameters they take and which properties feed them follows from
botocore's model (shapes.py). So does what an update may change in place: what the update's own
calls take. Anything else makes a new resource, as in the real provider.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Setting:
    """A property with calls of its own: `put` sets it, `drop` takes it away.

    `default` is what a new resource has, where Create does not take the property.
    """

    name: str
    put: str
    drop: str = ""
    default: Any = None


@dataclass(frozen=True)
class Kind:
    """A resource type.

    Calls are operations of `service`. `Operation.Place` says where in the answer the thing lies; if
    that is a list, ours is the one with our identity (the properties that Delete takes).
    """

    token: str
    service: str
    create: str
    reads: tuple[str, ...]
    delete: str
    update: str = ""
    settings: tuple[Setting, ...] = ()
    tag: str = ""
    untag: str = ""
    # AWS's name -> pulumi_aws's, where the spelling does not give it.
    names: Mapping[str, str] = field(default_factory=dict)
    # Parameters of Create that pulumi_aws does not have, or moto does not keep.
    absent: tuple[str, ...] = ()
    # Properties that only the provider itself knows.
    local: tuple[str, ...] = ()
    # What is sent where a program says nothing.
    defaults: Mapping[str, Any] = field(default_factory=dict)
    # Properties that AWS decides; `name=path` where it stands deeper in what was read.
    outputs: tuple[str, ...] = ("arn",)
    # An expression over what was read that tells a thing that is on its way out.
    gone: str = ""
    id: str = "{name}"
    autoname: str = "{name}-{random}"
    regional: bool = True


KINDS = {
    kind.token: kind
    for kind in (
        Kind(
            "aws:sagemaker/model:Model",
            "sagemaker",
            create="CreateModel",
            reads=("DescribeModel", "ListTags"),
            delete="DeleteModel",
            tag="AddTags",
            untag="DeleteTags",
            names={"ModelName": "name", "ModelArn": "arn", "Tags": "tagsAll{}"},
        ),
        Kind(
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
            "sagemaker",
            create="CreateEndpointConfig",
            reads=("DescribeEndpointConfig", "ListTags"),
            delete="DeleteEndpointConfig",
            tag="AddTags",
            untag="DeleteTags",
            names={
                "EndpointConfigName": "name",
                "EndpointConfigArn": "arn",
                "KmsKeyId": "kmsKeyArn",
                "Tags": "tagsAll{}",
            },
            absent=(
                "CrossRegionTrafficConfig",
                "EnableNetworkIsolation",
                "ExplainerConfig",
                "MetricsConfig",
                "VpcConfig",
            ),
        ),
        Kind(
            "aws:sagemaker/endpoint:Endpoint",
            "sagemaker",
            create="CreateEndpoint",
            reads=("DescribeEndpoint", "ListTags"),
            update="UpdateEndpoint",
            delete="DeleteEndpoint",
            tag="AddTags",
            untag="DeleteTags",
            names={
                "EndpointName": "name",
                "EndpointArn": "arn",
                "LastDeploymentConfig": "deploymentConfig",
                "Tags": "tagsAll{}",
            },
        ),
        Kind(
            "aws:iam/role:Role",
            "iam",
            create="CreateRole",
            reads=("GetRole.Role",),
            update="UpdateRole",
            delete="DeleteRole",
            settings=(
                Setting("assumeRolePolicy", "UpdateAssumeRolePolicy"),
                Setting(
                    "permissionsBoundary",
                    "PutRolePermissionsBoundary",
                    "DeleteRolePermissionsBoundary",
                ),
            ),
            tag="TagRole",
            untag="UntagRole",
            names={
                "RoleName": "name",
                "RoleId": "uniqueId",
                "AssumeRolePolicyDocument": "assumeRolePolicy",
                "PolicyDocument": "assumeRolePolicy",
                "Tags": "tagsAll{}",
            },
            defaults={"description": "", "maxSessionDuration": 3600, "path": "/"},
            outputs=(
                "arn",
                "createDate",
                "uniqueId",
                "permissionsBoundary=permissionsBoundary.permissionsBoundaryArn",
            ),
            regional=False,
        ),
        Kind(
            "aws:iam/rolePolicy:RolePolicy",
            "iam",
            create="PutRolePolicy",
            reads=("GetRolePolicy",),
            update="PutRolePolicy",
            delete="DeleteRolePolicy",
            names={"RoleName": "role", "PolicyName": "name", "PolicyDocument": "policy"},
            outputs=(),
            id="{role}:{name}",
            regional=False,
        ),
        Kind(
            "aws:kms/key:Key",
            "kms",
            create="CreateKey.KeyMetadata",
            reads=(
                "DescribeKey.KeyMetadata",
                "GetKeyPolicy",
                "GetKeyRotationStatus",
                "ListResourceTags",
            ),
            delete="ScheduleKeyDeletion",
            settings=(
                Setting("description", "UpdateKeyDescription"),
                Setting(
                    "enableKeyRotation", "EnableKeyRotation", "DisableKeyRotation", default=False
                ),
                Setting("isEnabled", "EnableKey", "DisableKey", default=True),
                Setting("policy", "PutKeyPolicy"),
            ),
            tag="TagResource",
            untag="UntagResource",
            names={
                "Enabled": "isEnabled",
                "KeyRotationEnabled": "enableKeyRotation",
                "PendingWindowInDays": "deletionWindowInDays",
                "Tags": "tagsAll{}",
            },
            absent=("KeySpec", "Origin"),
            local=("bypassPolicyLockoutSafetyCheck", "deletionWindowInDays"),
            defaults={"description": "", "policyName": "default"},
            outputs=("arn", "keyId"),
            gone="keyState == 'PendingDeletion'",
            id="{keyId}",
            autoname="",
        ),
        Kind(
            "aws:kms/alias:Alias",
            "kms",
            create="CreateAlias",
            reads=("ListAliases.Aliases", "DescribeKey.KeyMetadata"),
            update="UpdateAlias",
            delete="DeleteAlias",
            names={
                "AliasName": "name",
                "AliasArn": "arn",
                "KeyId": "targetKeyId",
                "Arn": "targetKeyArn",
            },
            outputs=("arn", "targetKeyArn"),
            autoname="alias/{name}-{random}",
        ),
        Kind(
            "aws:cloudwatch/logGroup:LogGroup",
            "logs",
            create="CreateLogGroup",
            reads=("DescribeLogGroups.logGroups", "ListTagsForResource"),
            delete="DeleteLogGroup",
            settings=(
                Setting("retentionInDays", "PutRetentionPolicy", "DeleteRetentionPolicy"),
                Setting("kmsKeyId", "AssociateKmsKey", "DisassociateKmsKey"),
            ),
            tag="TagResource",
            untag="UntagResource",
            names={
                "logGroupName": "name",
                "logGroupNamePrefix": "name",
                "logGroupArn": "arn",
                "arn": "arnOfStreams",
                "tags": "tagsAll",
            },
            absent=("deletionProtectionEnabled",),
            local=("skipDestroy",),
        ),
        Kind(
            "aws:cloudwatch/metricAlarm:MetricAlarm",
            "cloudwatch",
            create="PutMetricAlarm",
            reads=("DescribeAlarms.MetricAlarms", "ListTagsForResource"),
            update="PutMetricAlarm",
            delete="DeleteAlarms",
            tag="TagResource",
            untag="UntagResource",
            names={
                "AlarmName": "name",
                "AlarmNames": "name",
                "AlarmArn": "arn",
                "Dimensions": "dimensions{}",
                "EvaluateLowSampleCountPercentile": "evaluateLowSampleCountPercentiles",
                "Tags": "tagsAll{}",
            },
            absent=(
                "ActionConfiguration",
                "EvaluationCriteria",
                "EvaluationInterval",
                "EvaluationWindow",
                "Metrics",
                "WarmUpConfiguration",
            ),
        ),
        Kind(
            "aws:appautoscaling/target:Target",
            "application-autoscaling",
            create="RegisterScalableTarget",
            reads=("DescribeScalableTargets.ScalableTargets", "ListTagsForResource"),
            update="RegisterScalableTarget",
            delete="DeregisterScalableTarget",
            tag="TagResource",
            untag="UntagResource",
            names={"ResourceIds": "resourceId", "ScalableTargetARN": "arn", "Tags": "tagsAll"},
            id="{resourceId}",
            autoname="",
        ),
        Kind(
            "aws:appautoscaling/policy:Policy",
            "application-autoscaling",
            create="PutScalingPolicy",
            reads=("DescribeScalingPolicies.ScalingPolicies",),
            update="PutScalingPolicy",
            delete="DeleteScalingPolicy",
            names={"PolicyName": "name", "PolicyNames": "name", "PolicyARN": "arn"},
            absent=("PredictiveScalingPolicyConfiguration",),
            defaults={"policyType": "StepScaling"},
            outputs=("arn", "alarmArns=alarms[].alarmArn"),
        ),
    )
}
