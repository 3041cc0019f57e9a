"""The resource types there are: a row each, and a row is all that the sandbox needs of a new type.

(Its tests ask for two things besides, and name what is missing: a resource in
tests/sandbox/aws_program and a life in tests/sandbox/test_aws_provider.py.)

A row names AWS's calls; which parameters they take and which properties feed them follows from
botocore's model (shapes.py). So does what an update may change in place: what the update's own
calls take. Anything else makes a new resource, as in the real provider.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.aws.provider import waits
from sandbox.aws.provider.api import Api
from sandbox.aws.provider.placed import GroupTags, Joined, Left, Placed
from sandbox.aws.provider.shapes import Form, Property


@dataclass(frozen=True)
class Call:
    """An operation, and the member of its answer that has the resource ("": the whole answer).

    If that member is a list, ours is the one with our identity (the properties that Delete takes).
    """

    operation: str
    answer: str = ""


@dataclass(frozen=True)
class Output:
    """A property that AWS decides; `path` is a JMESPath where it is deeper in what was read.

    `part` is a pattern whose group is the property, where that is a part of what is at the path.
    """

    name: str
    path: str = ""
    part: str = ""


@dataclass(frozen=True)
class Listing:
    """How an inventory finds the resources of a type.

    `operation` is boto's name of a call with pages, `names` a JMESPath to the names in its answer.
    `in_use` looks at one of them, where a list has what is being deleted too. `also` are parameters
    of more calls, where one does not give all.
    """

    operation: str
    names: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    in_use: Callable[[Any, str], bool] = lambda client, name: True
    also: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True)
class Setting:
    """A property with calls of its own: `put` sets it, `drop` takes it away.

    `default` is what a new resource has, where Create does not take the property. With `on`, it is
    put where one of these properties has changed, and only then. `first`: it is taken away before
    the resource.
    """

    name: str
    put: str
    drop: str = ""
    default: Any = None
    on: tuple[str, ...] = ()
    first: bool = False


@dataclass(frozen=True)
class Attributes:
    """Properties that AWS keeps as keys and texts, with calls of their own.

    `keys` has AWS's key of each property; a property inside of another has dots. `singly`: a call
    sets one of them, and what is read has them by their keys.
    """

    put: str
    read: str
    keys: Mapping[str, str]
    singly: bool = False


@dataclass(frozen=True)
class Kind:
    """A resource type.

    Calls are operations of `service`.
    """

    token: str
    service: str
    create: Call
    reads: tuple[Call, ...]
    delete: str
    update: str = ""
    # None: a part of another resource, which cannot be deleted while it has any.
    listing: Listing | None = None
    settings: tuple[Setting, ...] = ()
    attributes: Attributes | None = None
    # Properties that are elsewhere in AWS's structures than their names say.
    placed: tuple[Placed, ...] = ()
    tag: str = ""
    untag: str = ""
    # AWS's name -> pulumi_aws's, where the spelling does not give it.
    names: Mapping[str, str | Property] = field(default_factory=dict)
    # A parameter of Create that is a list, of which the resource is one: Pulumi has its members.
    one_of: str = ""
    # Parameters of Create that pulumi_aws does not have, or moto does not keep.
    absent: tuple[str, ...] = ()
    # Properties that only the provider itself knows.
    local: tuple[str, ...] = ()
    # The properties that it is known by, where Delete takes more than those.
    key: tuple[str, ...] = ()
    # What is sent where a program says nothing.
    defaults: Mapping[str, Any] = field(default_factory=dict)
    # What an update sends beside the properties.
    on_update: Mapping[str, Any] = field(default_factory=dict)
    # What the call that takes it away is given, where that sets it to nothing.
    on_delete: Mapping[str, Any] = field(default_factory=dict)
    # Properties that AWS decides.
    outputs: tuple[Output, ...] = (Output("arn"),)
    # A JMESPath over what was read: true of a resource that is being deleted.
    gone: str = ""
    # Waits after Create and Update, as the real provider does; raises where it would give up.
    wait: Callable[[Api, str, dict[str, Any]], None] | None = None
    id: str = "{name}"
    # What an import takes in place of the id, where that is something else.
    imported: str = ""
    autoname: str = "{name}-{random}"
    # The property that the made-up name is.
    named: str = "name"
    regional: bool = True
    # It has those of pulumi_aws's properties that components use, and not all.
    partial: bool = False


_SAGEMAKER_ONLY = {"ServiceNamespace": "sagemaker"}
_OTHERS = ({"ServiceNamespace": "ecs"}, {"ServiceNamespace": "lambda"})


def _key_in_use(client: Any, key: str) -> bool:
    if any(alias["AliasName"].startswith("alias/aws/") for alias in _aliases(client, key)):
        return False  # AWS's own, which nobody deletes: made by the first disk that it encrypts
    return bool(client.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] != "PendingDeletion")


def _aliases(client: Any, key: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.list_aliases(KeyId=key)["Aliases"]
    return found


_ELB: dict[str, str | Property] = {
    "ResourceArn": "arn",
    "ResourceArns": "arn",
    "DNSName": "dnsName",
    "LoadBalancerName": "name",
    "TargetGroupName": "name",
    "Tags": Property("tagsAll", Form.MAP),
}
_EC2: dict[str, str | Property] = {"Resources": "id", "Tags": Property("tagsAll", Form.MAP)}
_RULE_OF_OLD = (
    "CidrIp",
    "DryRun",
    "FromPort",
    "GroupName",
    "IpPermissions",
    "IpProtocol",
    "SourceSecurityGroupName",
    "SourceSecurityGroupOwnerId",
    "TagSpecifications",
    "ToPort",
)

KINDS = {
    kind.token: kind
    for kind in (
        Kind(
            "aws:sagemaker/model:Model",
            "sagemaker",
            create=Call("CreateModel"),
            reads=(Call("DescribeModel"), Call("ListTags")),
            delete="DeleteModel",
            listing=Listing("list_models", "Models[].ModelName"),
            tag="AddTags",
            untag="DeleteTags",
            names={"ModelName": "name", "ModelArn": "arn", "Tags": Property("tagsAll", Form.MAP)},
        ),
        Kind(
            "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
            "sagemaker",
            create=Call("CreateEndpointConfig"),
            reads=(Call("DescribeEndpointConfig"), Call("ListTags")),
            delete="DeleteEndpointConfig",
            listing=Listing("list_endpoint_configs", "EndpointConfigs[].EndpointConfigName"),
            tag="AddTags",
            untag="DeleteTags",
            names={
                "EndpointConfigName": "name",
                "EndpointConfigArn": "arn",
                "KmsKeyId": "kmsKeyArn",
                "Tags": Property("tagsAll", Form.MAP),
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
            create=Call("CreateEndpoint"),
            reads=(Call("DescribeEndpoint"), Call("ListTags")),
            update="UpdateEndpoint",
            delete="DeleteEndpoint",
            listing=Listing("list_endpoints", "Endpoints[].EndpointName"),
            wait=waits.endpoint,
            tag="AddTags",
            untag="DeleteTags",
            names={
                "EndpointName": "name",
                "EndpointArn": "arn",
                "LastDeploymentConfig": "deploymentConfig",
                "Tags": Property("tagsAll", Form.MAP),
            },
        ),
        Kind(
            "aws:iam/role:Role",
            "iam",
            create=Call("CreateRole"),
            reads=(Call("GetRole", "Role"),),
            update="UpdateRole",
            delete="DeleteRole",
            listing=Listing("list_roles", "Roles[].RoleName"),
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
                "Tags": Property("tagsAll", Form.MAP),
            },
            defaults={"description": "", "maxSessionDuration": 3600, "path": "/"},
            outputs=(
                Output("arn"),
                Output("createDate"),
                Output("uniqueId"),
                Output("permissionsBoundary", "permissionsBoundary.permissionsBoundaryArn"),
            ),
            regional=False,
        ),
        Kind(
            "aws:iam/rolePolicy:RolePolicy",
            "iam",
            create=Call("PutRolePolicy"),
            reads=(Call("GetRolePolicy"),),
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
            create=Call("CreateKey", "KeyMetadata"),
            reads=(
                Call("DescribeKey", "KeyMetadata"),
                Call("GetKeyPolicy"),
                Call("GetKeyRotationStatus"),
                Call("ListResourceTags"),
            ),
            delete="ScheduleKeyDeletion",
            listing=Listing("list_keys", "Keys[].KeyId", in_use=_key_in_use),
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
                "Tags": Property("tagsAll", Form.MAP),
            },
            absent=("KeySpec", "Origin"),
            local=("bypassPolicyLockoutSafetyCheck", "deletionWindowInDays"),
            defaults={"description": "", "policyName": "default"},
            outputs=(Output("arn"), Output("keyId")),
            gone="keyState == 'PendingDeletion'",
            id="{keyId}",
            autoname="",
        ),
        Kind(
            "aws:kms/alias:Alias",
            "kms",
            create=Call("CreateAlias"),
            reads=(Call("ListAliases", "Aliases"), Call("DescribeKey", "KeyMetadata")),
            update="UpdateAlias",
            delete="DeleteAlias",
            listing=Listing(
                "list_aliases", "Aliases[?!starts_with(AliasName,'alias/aws/')].AliasName"
            ),
            names={
                "AliasName": "name",
                "AliasArn": "arn",
                "KeyId": "targetKeyId",
                "Arn": "targetKeyArn",
            },
            outputs=(Output("arn"), Output("targetKeyArn")),
            autoname="alias/{name}-{random}",
        ),
        Kind(
            "aws:cloudwatch/logGroup:LogGroup",
            "logs",
            create=Call("CreateLogGroup"),
            reads=(Call("DescribeLogGroups", "logGroups"), Call("ListTagsForResource")),
            delete="DeleteLogGroup",
            listing=Listing("describe_log_groups", "logGroups[].logGroupName"),
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
            create=Call("PutMetricAlarm"),
            reads=(Call("DescribeAlarms", "MetricAlarms"), Call("ListTagsForResource")),
            update="PutMetricAlarm",
            delete="DeleteAlarms",
            listing=Listing("describe_alarms", "MetricAlarms[].AlarmName"),
            tag="TagResource",
            untag="UntagResource",
            names={
                "AlarmName": "name",
                "AlarmNames": "name",
                "AlarmArn": "arn",
                "Dimensions": Property("dimensions", Form.MAP),
                "EvaluateLowSampleCountPercentile": "evaluateLowSampleCountPercentiles",
                "Tags": Property("tagsAll", Form.MAP),
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
            create=Call("RegisterScalableTarget"),
            reads=(Call("DescribeScalableTargets", "ScalableTargets"), Call("ListTagsForResource")),
            update="RegisterScalableTarget",
            delete="DeregisterScalableTarget",
            listing=Listing(
                "describe_scalable_targets",
                "ScalableTargets[].ResourceId",
                _SAGEMAKER_ONLY,
                also=_OTHERS,
            ),
            tag="TagResource",
            untag="UntagResource",
            names={"ResourceIds": "resourceId", "ScalableTargetARN": "arn", "Tags": "tagsAll"},
            id="{resourceId}",
            autoname="",
        ),
        Kind(
            "aws:appautoscaling/policy:Policy",
            "application-autoscaling",
            create=Call("PutScalingPolicy"),
            reads=(Call("DescribeScalingPolicies", "ScalingPolicies"),),
            update="PutScalingPolicy",
            delete="DeleteScalingPolicy",
            listing=Listing(
                "describe_scaling_policies",
                "ScalingPolicies[].PolicyName",
                _SAGEMAKER_ONLY,
                also=_OTHERS,
            ),
            names={"PolicyName": "name", "PolicyNames": "name", "PolicyARN": "arn"},
            absent=("PredictiveScalingPolicyConfiguration",),
            defaults={"policyType": "StepScaling"},
            outputs=(Output("arn"), Output("alarmArns", "alarms[].alarmArn")),
        ),
        Kind(
            "aws:appautoscaling/scheduledAction:ScheduledAction",
            "application-autoscaling",
            create=Call("PutScheduledAction"),
            reads=(Call("DescribeScheduledActions", "ScheduledActions"),),
            update="PutScheduledAction",
            delete="DeleteScheduledAction",
            listing=Listing(
                "describe_scheduled_actions",
                "ScheduledActions[].ScheduledActionName",
                _SAGEMAKER_ONLY,
                also=_OTHERS,
            ),
            names={
                "ScheduledActionName": "name",
                "ScheduledActionNames": "name",
                "ScheduledActionARN": "arn",
            },
            absent=("StartTime", "EndTime"),
        ),
        Kind(
            "aws:ssm/parameter:Parameter",
            "ssm",
            create=Call("PutParameter"),
            reads=(Call("GetParameter", "Parameter"), Call("ListTagsForResource")),
            update="PutParameter",
            delete="DeleteParameter",
            listing=Listing(
                "describe_parameters",
                "Parameters[?!starts_with(Name,'/aws/')].Name",
                # AWS's own, of which there are thousands, are not looked through.
                {
                    "ParameterFilters": [
                        {"Key": "Path", "Option": "Recursive", "Values": ["/lichen"]}
                    ]
                },
            ),
            tag="AddTagsToResource",
            untag="RemoveTagsFromResource",
            names={
                "ARN": "arn",
                "ResourceId": "name",
                "TagList": Property("tagsAll", Form.MAP),
                "Tags": Property("tagsAll", Form.MAP),
            },
            absent=("AllowedPattern", "Description", "KeyId", "Policies", "Tier"),
            defaults={"resourceType": "Parameter", "dataType": "text"},
            on_update={"overwrite": True},
        ),
        Kind(
            "aws:cloudwatch/dashboard:Dashboard",
            "cloudwatch",
            create=Call("PutDashboard"),
            reads=(Call("GetDashboard"),),
            update="PutDashboard",
            delete="DeleteDashboards",
            listing=Listing("list_dashboards", "DashboardEntries[].DashboardName"),
            names={"DashboardNames": "dashboardName"},
            absent=("Tags",),
            outputs=(Output("dashboardArn"),),
            id="{dashboardName}",
            autoname="",
        ),
        Kind(
            "aws:scheduler/schedule:Schedule",
            "scheduler",
            create=Call("CreateSchedule"),
            reads=(Call("GetSchedule"),),
            update="UpdateSchedule",
            delete="DeleteSchedule",
            listing=Listing("list_schedules", "Schedules[].Name"),
            defaults={"groupName": "default"},
            id="{groupName}/{name}",
        ),
        Kind(
            "aws:scheduler/scheduleGroup:ScheduleGroup",
            "scheduler",
            create=Call("CreateScheduleGroup"),
            reads=(Call("GetScheduleGroup"), Call("ListTagsForResource")),
            delete="DeleteScheduleGroup",
            listing=Listing("list_schedule_groups", "ScheduleGroups[?Name!='default'].Name"),
            tag="TagResource",
            untag="UntagResource",
            names={
                "ScheduleGroupArn": "arn",
                "ResourceArn": "arn",
                "Tags": Property("tagsAll", Form.MAP),
            },
            partial=True,
        ),
        Kind(
            "aws:cloudwatch/eventRule:EventRule",
            "events",
            create=Call("PutRule"),
            reads=(Call("DescribeRule"), Call("ListTagsForResource")),
            update="PutRule",
            delete="DeleteRule",
            listing=Listing("list_rules", "Rules[].Name"),
            tag="TagResource",
            untag="UntagResource",
            names={"Force": "forceDestroy", "Tags": Property("tagsAll", Form.MAP)},
            local=("forceDestroy",),
            defaults={"eventBusName": "default"},
        ),
        Kind(
            "aws:cloudwatch/eventTarget:EventTarget",
            "events",
            create=Call("PutTargets"),
            reads=(Call("ListTargetsByRule", "Targets"),),
            update="PutTargets",
            delete="RemoveTargets",
            names={"Id": "targetId", "Ids": "targetId", "Force": "forceDestroy"},
            one_of="Targets",
            absent=(
                "AppSyncParameters",
                "BatchParameters",
                "EcsParameters",
                "HttpParameters",
                "InputTransformer",
                "KinesisParameters",
                "RedshiftDataParameters",
                "RunCommandParameters",
                "SageMakerPipelineParameters",
                "SqsParameters",
            ),
            local=("forceDestroy",),
            defaults={"eventBusName": "default"},
            outputs=(),
            id="{rule}-{targetId}",
            autoname="",
        ),
        Kind(
            "aws:ecs/cluster:Cluster",
            "ecs",
            create=Call("CreateCluster", "cluster"),
            reads=(Call("DescribeClusters", "clusters"), Call("ListTagsForResource")),
            update="UpdateCluster",
            delete="DeleteCluster",
            listing=Listing("list_clusters", "clusterArns[]"),
            tag="TagResource",
            untag="UntagResource",
            names={
                "clusterName": "name",
                "clusterArn": "arn",
                "cluster": "name",
                "clusters": "name",
                "tags": Property("tagsAll", Form.MAP),
            },
            absent=("capacityProviders", "defaultCapacityProviderStrategy"),
            gone="status != 'ACTIVE'",
            id="{arn}",
            imported="{name}",
            partial=True,
        ),
        Kind(
            "aws:ecs/taskDefinition:TaskDefinition",
            "ecs",
            create=Call("RegisterTaskDefinition", "taskDefinition"),
            reads=(Call("DescribeTaskDefinition", "taskDefinition"), Call("ListTagsForResource")),
            delete="DeregisterTaskDefinition",
            listing=Listing("list_task_definitions", "taskDefinitionArns[]"),
            tag="TagResource",
            untag="UntagResource",
            names={
                "taskDefinition": "arn",
                "taskDefinitionArn": "arn",
                "containerDefinitions": Property("containerDefinitions", Form.JSON),
                "tags": Property("tagsAll", Form.MAP),
            },
            local=("skipDestroy",),
            outputs=(Output("arn"), Output("revision")),
            gone="status == 'INACTIVE'",
            id="{family}",
            partial=True,
            autoname="",
        ),
        Kind(
            "aws:ecs/service:Service",
            "ecs",
            create=Call("CreateService", "service"),
            reads=(Call("DescribeServices", "services"), Call("ListTagsForResource")),
            update="UpdateService",
            delete="DeleteService",
            tag="TagResource",
            untag="UntagResource",
            names={
                "serviceName": "name",
                "services": "name",
                "service": "name",
                "serviceArn": "arn",
                "clusterArn": "cluster",
                "capacityProviderStrategy": "capacityProviderStrategies",
                "force": "forceDelete",
                "role": "iamRole",
                "roleArn": "iamRole",
                "tags": Property("tagsAll", Form.MAP),
            },
            placed=(
                Placed("alarms", "deploymentConfiguration.alarms"),
                Placed(
                    "deploymentCircuitBreaker", "deploymentConfiguration.deploymentCircuitBreaker"
                ),
                Placed("deploymentMaximumPercent", "deploymentConfiguration.maximumPercent"),
                Placed(
                    "deploymentMinimumHealthyPercent",
                    "deploymentConfiguration.minimumHealthyPercent",
                ),
                Placed(
                    "networkConfiguration.subnets",
                    "networkConfiguration.awsvpcConfiguration.subnets",
                ),
                Placed(
                    "networkConfiguration.securityGroups",
                    "networkConfiguration.awsvpcConfiguration.securityGroups",
                ),
                Placed(
                    "networkConfiguration.assignPublicIp",
                    "networkConfiguration.awsvpcConfiguration.assignPublicIp",
                    values={True: "ENABLED", False: "DISABLED"},
                ),
            ),
            local=("forceDelete", "waitForSteadyState", "forceNewDeployment"),
            defaults={"forceDelete": True},
            key=("cluster", "name"),
            gone="status != 'ACTIVE'",
            id="{arn}",
            partial=True,
        ),
        Kind(
            "aws:lb/loadBalancer:LoadBalancer",
            "elbv2",
            create=Call("CreateLoadBalancer", "LoadBalancers"),
            reads=(
                Call("DescribeLoadBalancers", "LoadBalancers"),
                Call("DescribeTags", "TagDescriptions"),
            ),
            delete="DeleteLoadBalancer",
            listing=Listing("describe_load_balancers", "LoadBalancers[].LoadBalancerArn"),
            settings=(
                Setting("securityGroups", "SetSecurityGroups"),
                Setting("subnets", "SetSubnets"),
            ),
            attributes=Attributes(
                "ModifyLoadBalancerAttributes",
                "DescribeLoadBalancerAttributes",
                {
                    "accessLogs.bucket": "access_logs.s3.bucket",
                    "accessLogs.enabled": "access_logs.s3.enabled",
                    "accessLogs.prefix": "access_logs.s3.prefix",
                    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
                    "enableDeletionProtection": "deletion_protection.enabled",
                    "idleTimeout": "idle_timeout.timeout_seconds",
                },
            ),
            placed=(
                Placed("internal", "Scheme", values={True: "internal", False: "internet-facing"}),
                Placed("loadBalancerType", "Type"),
                Placed("subnets", "Subnets", "AvailabilityZones.*.SubnetId"),
            ),
            tag="AddTags",
            untag="RemoveTags",
            names={**_ELB, "LoadBalancerArn": "arn", "LoadBalancerArns": "arn"},
            outputs=(
                Output("arn"),
                Output("dnsName"),
                Output("vpcId"),
                Output("arnSuffix", "arn", ":loadbalancer/(.*)"),
            ),
            id="{arn}",
            partial=True,
        ),
        Kind(
            "aws:lb/targetGroup:TargetGroup",
            "elbv2",
            create=Call("CreateTargetGroup", "TargetGroups"),
            reads=(
                Call("DescribeTargetGroups", "TargetGroups"),
                Call("DescribeTags", "TagDescriptions"),
            ),
            update="ModifyTargetGroup",
            delete="DeleteTargetGroup",
            listing=Listing("describe_target_groups", "TargetGroups[].TargetGroupArn"),
            attributes=Attributes(
                "ModifyTargetGroupAttributes",
                "DescribeTargetGroupAttributes",
                {
                    "deregistrationDelay": "deregistration_delay.timeout_seconds",
                    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
                    "slowStart": "slow_start.duration_seconds",
                },
            ),
            placed=(
                Placed("healthCheck.enabled", "HealthCheckEnabled"),
                Placed("healthCheck.healthyThreshold", "HealthyThresholdCount"),
                Placed("healthCheck.interval", "HealthCheckIntervalSeconds"),
                Placed("healthCheck.matcher", "Matcher.HttpCode"),
                Placed("healthCheck.path", "HealthCheckPath"),
                Placed("healthCheck.port", "HealthCheckPort"),
                Placed("healthCheck.protocol", "HealthCheckProtocol"),
                Placed("healthCheck.timeout", "HealthCheckTimeoutSeconds"),
                Placed("healthCheck.unhealthyThreshold", "UnhealthyThresholdCount"),
            ),
            tag="AddTags",
            untag="RemoveTags",
            names={**_ELB, "TargetGroupArn": "arn", "TargetGroupArns": "arn"},
            outputs=(Output("arn"), Output("arnSuffix", "arn", ":(targetgroup/.*)")),
            id="{arn}",
            partial=True,
        ),
        Kind(
            "aws:lb/listener:Listener",
            "elbv2",
            create=Call("CreateListener", "Listeners"),
            reads=(Call("DescribeListeners", "Listeners"), Call("DescribeTags", "TagDescriptions")),
            update="ModifyListener",
            delete="DeleteListener",
            placed=(Placed("certificateArn", "Certificates.0.CertificateArn"),),
            tag="AddTags",
            untag="RemoveTags",
            names={**_ELB, "ListenerArn": "arn", "ListenerArns": "arn"},
            id="{arn}",
            partial=True,
            autoname="",
        ),
        Kind(
            "aws:ec2/securityGroup:SecurityGroup",
            "ec2",
            create=Call("CreateSecurityGroup"),
            reads=(Call("DescribeSecurityGroups", "SecurityGroups"),),
            delete="DeleteSecurityGroup",
            listing=Listing(
                "describe_security_groups", "SecurityGroups[?GroupName!='default'].GroupId"
            ),
            tag="CreateTags",
            untag="DeleteTags",
            names={**_EC2, "GroupId": "id", "GroupIds": "id", "GroupName": "name"},
            absent=("DryRun", "TagSpecifications"),
            outputs=(Output("arn", "securityGroupArn"), Output("id")),
            key=("id",),
            id="{id}",
            partial=True,
        ),
        *(
            Kind(
                f"aws:vpc/securityGroup{way}Rule:SecurityGroup{way}Rule",
                "ec2",
                create=Call(f"AuthorizeSecurityGroup{way}", "SecurityGroupRules"),
                reads=(Call("DescribeSecurityGroupRules", "SecurityGroupRules"),),
                delete=f"RevokeSecurityGroup{way}",
                tag="CreateTags",
                untag="DeleteTags",
                names={
                    **_EC2,
                    "GroupId": "securityGroupId",
                    "SecurityGroupRuleId": "id",
                    "SecurityGroupRuleIds": "id",
                },
                absent=_RULE_OF_OLD,
                placed=(
                    Placed("cidrIpv4", "IpPermissions.0.IpRanges.0.CidrIp", "CidrIpv4"),
                    Placed("fromPort", "IpPermissions.0.FromPort", "FromPort"),
                    Placed("toPort", "IpPermissions.0.ToPort", "ToPort"),
                    Placed("ipProtocol", "IpPermissions.0.IpProtocol", "IpProtocol"),
                    Placed(
                        "referencedSecurityGroupId",
                        "IpPermissions.0.UserIdGroupPairs.0.GroupId",
                        "ReferencedGroupInfo.GroupId",
                    ),
                    Placed(
                        "description",
                        "IpPermissions.0.IpRanges.0.Description",
                        "Description",
                        beside="cidrIpv4",
                    ),
                    Placed(
                        "description",
                        "IpPermissions.0.UserIdGroupPairs.0.Description",
                        "Description",
                        beside="referencedSecurityGroupId",
                    ),
                ),
                outputs=(Output("id"),),
                key=("id", "securityGroupId"),
                id="{id}",
                autoname="",
                partial=True,
            )
            for way in ("Ingress", "Egress")
        ),
        Kind(
            "aws:ec2/launchTemplate:LaunchTemplate",
            "ec2",
            create=Call("CreateLaunchTemplate", "LaunchTemplate"),
            reads=(
                Call("DescribeLaunchTemplates", "LaunchTemplates"),
                Call("DescribeLaunchTemplateVersions", "LaunchTemplateVersions"),
            ),
            update="CreateLaunchTemplateVersion",
            delete="DeleteLaunchTemplate",
            listing=Listing("describe_launch_templates", "LaunchTemplates[].LaunchTemplateId"),
            tag="CreateTags",
            untag="DeleteTags",
            names={
                **_EC2,
                "LaunchTemplateId": "id",
                "LaunchTemplateIds": "id",
                "LaunchTemplateName": "name",
                "LatestVersionNumber": "latestVersion",
                "DefaultVersionNumber": "defaultVersion",
                "Versions": "readVersions",
                "VersionNumber": "readVersion",
            },
            absent=("DryRun", "ClientToken", "TagSpecifications", "LaunchTemplateData"),
            placed=tuple(
                Placed(name, f"LaunchTemplateData.{path}")
                for name, path in {
                    "blockDeviceMappings": "BlockDeviceMappings",
                    "iamInstanceProfile": "IamInstanceProfile",
                    "imageId": "ImageId",
                    "instanceMarketOptions": "InstanceMarketOptions",
                    "instanceType": "InstanceType",
                    "metadataOptions": "MetadataOptions",
                    "monitoring": "Monitoring",
                    "tagSpecifications": "TagSpecifications",
                    "userData": "UserData",
                    "vpcSecurityGroupIds": "SecurityGroupIds",
                }.items()
            ),
            local=("updateDefaultVersion",),
            defaults={"readVersions": ["$Latest"]},
            outputs=(Output("id"), Output("latestVersion"), Output("defaultVersion")),
            key=("id",),
            id="{id}",
            partial=True,
        ),
        Kind(
            "aws:iam/instanceProfile:InstanceProfile",
            "iam",
            create=Call("CreateInstanceProfile", "InstanceProfile"),
            reads=(Call("GetInstanceProfile", "InstanceProfile"),),
            delete="DeleteInstanceProfile",
            listing=Listing("list_instance_profiles", "InstanceProfiles[].InstanceProfileName"),
            settings=(
                Setting(
                    "role",
                    "AddRoleToInstanceProfile",
                    "RemoveRoleFromInstanceProfile",
                    first=True,
                ),
            ),
            tag="TagInstanceProfile",
            untag="UntagInstanceProfile",
            names={"InstanceProfileName": "name", "Tags": Property("tagsAll", Form.MAP)},
            placed=(Placed("role", "RoleName", "Roles.0.RoleName"),),
            defaults={"path": "/"},
            regional=False,
            partial=True,
        ),
        Kind(
            "aws:autoscaling/group:Group",
            "autoscaling",
            create=Call("CreateAutoScalingGroup"),
            reads=(Call("DescribeAutoScalingGroups", "AutoScalingGroups"),),
            update="UpdateAutoScalingGroup",
            delete="DeleteAutoScalingGroup",
            listing=Listing(
                "describe_auto_scaling_groups", "AutoScalingGroups[].AutoScalingGroupName"
            ),
            settings=(Setting("tags", "CreateOrUpdateTags"),),
            names={
                "AutoScalingGroupName": "name",
                "AutoScalingGroupNames": "name",
                "AutoScalingGroupARN": "arn",
                "ForceDelete": "forceDelete",
                "LifecycleHookSpecificationList": "initialLifecycleHooks",
                "NewInstancesProtectedFromScaleIn": "protectFromScaleIn",
                "TargetGroupARNs": "targetGroupArns",
            },
            placed=(
                Joined("vpcZoneIdentifiers", "VPCZoneIdentifier"),
                GroupTags("tags", "Tags"),
            ),
            absent=("Operator", "InstanceId"),
            # Only the provider knows these, or AWS takes them and does not tell them again.
            local=(
                "enabledMetrics",
                "forceDelete",
                "initialLifecycleHooks",
                "metricsGranularity",
                "minElbCapacity",
                "waitForCapacityTimeout",
            ),
            defaults={"forceDelete": True},
            key=("name",),
            partial=True,
        ),
        Kind(
            "aws:autoscaling/policy:Policy",
            "autoscaling",
            create=Call("PutScalingPolicy"),
            reads=(Call("DescribePolicies", "ScalingPolicies"),),
            update="PutScalingPolicy",
            delete="DeletePolicy",
            names={
                "AutoScalingGroupName": "autoscalingGroupName",
                "PolicyName": "name",
                "PolicyNames": "name",
                "PolicyARN": "arn",
            },
            key=("autoscalingGroupName", "name"),
            partial=True,
        ),
        Kind(
            "aws:autoscaling/schedule:Schedule",
            "autoscaling",
            create=Call("PutScheduledUpdateGroupAction"),
            reads=(Call("DescribeScheduledActions", "ScheduledUpdateGroupActions"),),
            update="PutScheduledUpdateGroupAction",
            delete="DeleteScheduledAction",
            names={
                "AutoScalingGroupName": "autoscalingGroupName",
                "ScheduledActionNames": "scheduledActionName",
            },
            placed=(
                Left("desiredCapacity", "DesiredCapacity"),
                Left("maxSize", "MaxSize"),
                Left("minSize", "MinSize"),
            ),
            absent=("Time", "StartTime", "EndTime"),
            # moto does not keep it.
            local=("timeZone",),
            outputs=(),
            key=("autoscalingGroupName", "scheduledActionName"),
            id="{scheduledActionName}",
            autoname="",
            partial=True,
        ),
        Kind(
            "aws:lambda/function:Function",
            "lambda",
            create=Call("CreateFunction"),
            reads=(
                Call("GetFunction"),
                Call("GetFunctionConfiguration"),
                Call("ListVersionsByFunction"),
            ),
            update="UpdateFunctionConfiguration",
            delete="DeleteFunction",
            listing=Listing("list_functions", "Functions[].FunctionName"),
            settings=(
                Setting("imageUri", "UpdateFunctionCode"),
                Setting(
                    "publish",
                    "PublishVersion",
                    on=("environment", "imageUri", "memorySize", "timeout"),
                ),
            ),
            tag="TagResource",
            untag="UntagResource",
            names={
                "FunctionName": "name",
                "FunctionArn": "arn",
                "Resource": "arn",
                "KMSKeyArn": "kmsKeyArn",
                "Tags": "tagsAll",
            },
            placed=(
                Placed("imageUri", "Code.ImageUri"),
                Placed("vpcConfig.subnetIds", "VpcConfig.SubnetIds"),
                Placed("vpcConfig.securityGroupIds", "VpcConfig.SecurityGroupIds"),
            ),
            absent=("Code", "PublishTo"),
            local=("publish", "loggingConfig"),
            outputs=(
                Output("arn"),
                Output("version", "versions[-1].version"),
                Output("qualifiedArn", "versions[-1].functionArn"),
            ),
            key=("name",),
            partial=True,
        ),
        Kind(
            "aws:lambda/alias:Alias",
            "lambda",
            create=Call("CreateAlias"),
            reads=(Call("GetAlias"),),
            update="UpdateAlias",
            delete="DeleteAlias",
            names={"AliasArn": "arn"},
            # What is not sent stays as it was.
            defaults={"routingConfig": {"additionalVersionWeights": {}}},
            key=("functionName", "name"),
            id="{functionName}/{name}",
            partial=True,
        ),
        Kind(
            "aws:lambda/functionUrl:FunctionUrl",
            "lambda",
            create=Call("CreateFunctionUrlConfig"),
            reads=(Call("GetFunctionUrlConfig"),),
            update="UpdateFunctionUrlConfig",
            delete="DeleteFunctionUrlConfig",
            names={"AuthType": "authorizationType"},
            outputs=(Output("functionArn"), Output("functionUrl")),
            key=("functionName", "qualifier"),
            id="{functionName}/{qualifier}",
            autoname="",
            partial=True,
        ),
        Kind(
            "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig",
            "lambda",
            create=Call("PutProvisionedConcurrencyConfig"),
            reads=(Call("GetProvisionedConcurrencyConfig"),),
            update="PutProvisionedConcurrencyConfig",
            delete="DeleteProvisionedConcurrencyConfig",
            names={"RequestedProvisionedConcurrentExecutions": "provisionedConcurrentExecutions"},
            local=("skipDestroy",),
            outputs=(),
            key=("functionName", "qualifier"),
            id="{functionName},{qualifier}",
            autoname="",
            partial=True,
        ),
        Kind(
            "aws:ecs/capacityProvider:CapacityProvider",
            "ecs",
            create=Call("CreateCapacityProvider", "capacityProvider"),
            reads=(
                Call("DescribeCapacityProviders", "capacityProviders"),
                Call("ListTagsForResource"),
            ),
            update="UpdateCapacityProvider",
            delete="DeleteCapacityProvider",
            tag="TagResource",
            untag="UntagResource",
            names={
                "capacityProvider": "name",
                "capacityProviders": "name",
                "capacityProviderArn": "arn",
                "tags": Property("tagsAll", Form.MAP),
            },
            absent=("managedInstancesProvider",),
            key=("name",),
            id="{arn}",
            partial=True,
        ),
        Kind(
            "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
            "ecs",
            create=Call("PutClusterCapacityProviders", "cluster"),
            reads=(Call("DescribeClusters", "clusters"),),
            update="PutClusterCapacityProviders",
            delete="PutClusterCapacityProviders",
            on_delete={"capacityProviders": [], "defaultCapacityProviderStrategies": []},
            defaults={"defaultCapacityProviderStrategies": []},
            gone="capacityProviders == `[]`",
            names={
                "cluster": "clusterName",
                "clusters": "clusterName",
                "defaultCapacityProviderStrategy": "defaultCapacityProviderStrategies",
            },
            outputs=(),
            key=("clusterName",),
            id="{clusterName}",
            autoname="",
            partial=True,
        ),
        Kind(
            "aws:eks/nodeGroup:NodeGroup",
            "eks",
            create=Call("CreateNodegroup", "nodegroup"),
            reads=(Call("DescribeNodegroup", "nodegroup"),),
            update="UpdateNodegroupConfig",
            delete="DeleteNodegroup",
            settings=(
                Setting("releaseVersion", "UpdateNodegroupVersion"),
                Setting("launchTemplate", "UpdateNodegroupVersion"),
            ),
            tag="TagResource",
            untag="UntagResource",
            names={
                "nodegroupName": "nodeGroupName",
                "nodegroupArn": "arn",
                "resourceArn": "arn",
                "nodeRole": "nodeRoleArn",
                "subnets": "subnetIds",
                "tags": "tagsAll",
            },
            absent=("clientRequestToken", "remoteAccess", "warmPoolConfig"),
            # These are changed by what is added and what is taken away, which no component does.
            on_update={"labels": None, "taints": None},
            key=("clusterName", "nodeGroupName"),
            outputs=(Output("arn"), Output("status")),
            id="{clusterName}:{nodeGroupName}",
            named="nodeGroupName",
            partial=True,
        ),
        Kind(
            "aws:eks/podIdentityAssociation:PodIdentityAssociation",
            "eks",
            create=Call("CreatePodIdentityAssociation", "association"),
            reads=(Call("DescribePodIdentityAssociation", "association"),),
            update="UpdatePodIdentityAssociation",
            delete="DeletePodIdentityAssociation",
            tag="TagResource",
            untag="UntagResource",
            names={
                "associationArn": "associationArn",
                "resourceArn": "associationArn",
                "tags": "tagsAll",
            },
            absent=("clientRequestToken", "disableSessionTags", "targetRoleArn", "policy"),
            key=("clusterName", "associationId"),
            outputs=(Output("associationArn"), Output("associationId")),
            id="{clusterName},{associationId}",
            autoname="",
            partial=True,
        ),
        Kind(
            "aws:sns/topic:Topic",
            "sns",
            create=Call("CreateTopic"),
            reads=(Call("ListTagsForResource"),),
            delete="DeleteTopic",
            listing=Listing("list_topics", "Topics[].TopicArn"),
            attributes=Attributes(
                "SetTopicAttributes",
                "GetTopicAttributes",
                {"kmsMasterKeyId": "KmsMasterKeyId", "policy": "Policy"},
                singly=True,
            ),
            tag="TagResource",
            untag="UntagResource",
            names={
                "TopicArn": "arn",
                "ResourceArn": "arn",
                "Tags": Property("tagsAll", Form.MAP),
            },
            absent=("Attributes", "DataProtectionPolicy"),
            outputs=(Output("arn"), Output("name", "arn", part=r"([^:]+)$")),
            id="{arn}",
            partial=True,
        ),
    )
}
