"""Requests that AWS documents as refused, by service.

A row is what is asked beside what is taken, and what AWS says of it. "$NAME" stands for the thing
of that name in the world. What AWS says is from the API references of the services, as botocore has
them, and from their guides.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from sandbox.aws.cloud import Cloud
from tests.sandbox.lives import CONTAINER
from tests.sandbox.serving_role import ROLE, TRUST, make_serving_role

REGION = "eu-north-1"
ACCOUNT = "123456789012"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/vectors:1"
BALANCING = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}"
NO_GROUP = f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:1:autoScalingGroupName/none"
Row = tuple[str, Mapping[str, Any], str]


class Asked(NamedTuple):
    """A request, and what AWS says of it."""

    operation: str
    name: str
    request: Mapping[str, Any]
    said: str


def refused(operation: str, taken: Mapping[str, Any], *rows: Row) -> list[Asked]:
    """The request that is taken, changed by each row; None takes a member away."""
    return [
        Asked(
            operation,
            name,
            {key: one for key, one in {**taken, **change}.items() if one is not None},
            said,
        )
        for name, change, said in rows
    ]


# SageMaker

SOURCE = {
    "S3DataSource": {
        "S3Uri": "s3://models/it/",
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
    }
}
URL = "s3://models/it/model.tar.gz"
MODEL: dict[str, Any] = {
    "ModelName": "other",
    "ExecutionRoleArn": ROLE,
    "PrimaryContainer": {"Image": IMAGE},
}
VARIANT = {"VariantName": "all", "ModelName": "archive", "InstanceType": "ml.c7g.large"}
VARIANT |= {"InitialInstanceCount": 4}
CONFIGURATION: dict[str, Any] = {"EndpointConfigName": "other", "ProductionVariants": [VARIANT]}
QUEUE = {"OutputConfig": {"S3OutputPath": "s3://answers/"}}
CAPTURE: dict[str, Any] = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://captured/",
    "CaptureOptions": [{"CaptureMode": "Input"}],
}
UPDATE: dict[str, Any] = {"EndpointName": "serving", "EndpointConfigName": "four"}
JOB: dict[str, Any] = {
    "TransformJobName": "job",
    "ModelName": "archive",
    "MaxConcurrentTransforms": 4,
    "MaxPayloadInMB": 6,
    "TransformInput": {
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://asked/"}},
        "SplitType": "Line",
    },
    "TransformOutput": {"S3OutputPath": "s3://answers/"},
    "TransformResources": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 1},
}


def by(kind: str, **sizes: Any) -> dict[str, Any]:
    traffic = {"Type": kind, "WaitIntervalInSeconds": 60, **sizes}
    return {"DeploymentConfig": {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": traffic}}}


def part(value: int, kind: str = "CAPACITY_PERCENT") -> dict[str, Any]:
    return {"Type": kind, "Value": value}


ROLLING = {"MaximumBatchSize": part(50), "WaitIntervalInSeconds": 60}
SAGEMAKER = [
    *refused(
        "create_model",
        MODEL,
        ("no container", {"PrimaryContainer": None}, "PrimaryContainer or Containers"),
        ("both", {"Containers": [{"Image": IMAGE}]}, "PrimaryContainer or Containers"),
        (
            "two places of its files",
            {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": URL, "ModelDataSource": SOURCE}},
            "ModelDataUrl and ModelDataSource",
        ),
        (
            "a URL that is no archive",
            {"PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://models/it/"}},
            "must point to a single gzip compressed tar archive",
        ),
        ("no image", {"PrimaryContainer": {"ModelDataUrl": URL}}, "Image"),
        (
            "sixteen containers",
            {"PrimaryContainer": None, "Containers": [{"Image": IMAGE}] * 16},
            "length less than or equal to 15",
        ),
        (
            "a role that is not there",
            {"ExecutionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/nobody"},
            "Could not assume role",
        ),
    ),
    *refused(
        "create_endpoint_config",
        CONFIGURATION,
        (
            "capture of more than all",
            {"DataCaptureConfig": CAPTURE | {"InitialSamplingPercentage": 101}},
            "less than or equal",
        ),
        ("a key that is none", {"KmsKeyId": "arn key"}, "pattern"),
    ),
    *refused(
        "create_endpoint",
        {"EndpointName": "other", "EndpointConfigName": "four"},
        ("a configuration that is not there", {"EndpointConfigName": "none"}, "Could not find"),
        (
            "files by a source, serverless",
            {"EndpointConfigName": "serverless"},
            "ModelDataSource of model folder is not supported with serverless",
        ),
        ("a model that is gone", {"EndpointConfigName": "modelless"}, "Could not find model"),
    ),
    *refused(
        "update_endpoint",
        UPDATE,
        ("a canary without a size", by("CANARY"), "CanarySize"),
        ("a canary of most", by("CANARY", CanarySize=part(51)), "50"),
        ("a canary of three of four", by("CANARY", CanarySize=part(3, "INSTANCE_COUNT")), "50"),
        ("steps without a size", by("LINEAR"), "LinearStepSize"),
        ("steps too small", by("LINEAR", LinearStepSize=part(5)), "10"),
        (
            "two policies",
            {
                "DeploymentConfig": {
                    **by("ALL_AT_ONCE")["DeploymentConfig"],
                    "RollingUpdatePolicy": ROLLING,
                }
            },
            "one update policy",
        ),
        (
            "a batch of most",
            {"DeploymentConfig": {"RollingUpdatePolicy": ROLLING | {"MaximumBatchSize": part(51)}}},
            "50",
        ),
        (
            "a batch of one in twenty-one",
            {
                "EndpointConfigName": "twenty-one",
                "DeploymentConfig": {
                    "RollingUpdatePolicy": ROLLING | {"MaximumBatchSize": part(1, "INSTANCE_COUNT")}
                },
            },
            "5 to 50 percent",
        ),
        (
            "rolling of two variants",
            {"EndpointConfigName": "two", "DeploymentConfig": {"RollingUpdatePolicy": ROLLING}},
            "variant",
        ),
        (
            "eleven alarms",
            {
                "DeploymentConfig": {
                    "AutoRollbackConfiguration": {
                        "Alarms": [{"AlarmName": f"a{n}"} for n in range(11)]
                    }
                }
            },
            "less than or equal to 10",
        ),
        ("one that is not there", {"EndpointName": "nobody"}, "Could not find"),
        (
            "other variants than before",
            {"EndpointConfigName": "renamed", **by("ALL_AT_ONCE")},
            "variant",
        ),
        ("machines instead of serverless", {"EndpointConfigName": "memory"}, "serverless"),
    ),
    *refused(
        "update_endpoint_weights_and_capacities",
        {"EndpointName": "serving", "DesiredWeightsAndCapacities": [{"VariantName": "all"}]},
        (
            "a variant that is not there",
            {"DesiredWeightsAndCapacities": [{"VariantName": "none", "DesiredInstanceCount": 1}]},
            "variant",
        ),
    ),
    *refused(
        "create_transform_job",
        JOB,
        ("a model that is not there", {"ModelName": "none"}, "Could not find model"),
        (
            "files by a source",
            {"ModelName": "folder"},
            "ModelDataSource of model folder is not supported with batch transform",
        ),
        ("too large at once", {"MaxConcurrentTransforms": 20}, "above 100 MB"),
        (
            "records of no split",
            {
                "BatchStrategy": "MultiRecord",
                "TransformInput": {"DataSource": JOB["TransformInput"]["DataSource"]},
            },
            "SplitType",
        ),
        (
            "Graviton",
            {"TransformResources": {"InstanceType": "ml.c7g.xlarge", "InstanceCount": 1}},
            "enum value set",
        ),
        (
            "more than its quota",
            {"TransformResources": {"InstanceType": "ml.c5.xlarge", "InstanceCount": 99}},
            "ml.c5.xlarge for transform job usage",
        ),
    ),
    *refused(
        "delete_model",
        {"ModelName": "none"},
        ("a model that is not there", {}, "Could not find model"),
    ),
    *refused(
        "delete_endpoint",
        {"EndpointName": "none"},
        ("an endpoint that is not there", {}, "Could not find"),
    ),
]

# Application Auto Scaling

OF_VARIANT = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/serving/variant/all",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
OF_SERVICE = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/serving/scaled",
    "ScalableDimension": "ecs:service:DesiredCount",
}
OF_FUNCTION = {
    "ServiceNamespace": "lambda",
    "ResourceId": "function:served:stable",
    "ScalableDimension": "lambda:function:ProvisionedConcurrency",
}
BOUNDS = {"MinCapacity": 1, "MaxCapacity": 2}
STEP: dict[str, Any] = {"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}


def steps(*adjustments: dict[str, Any], **more: Any) -> dict[str, Any]:
    whole = {"AdjustmentType": "ChangeInCapacity", "StepAdjustments": list(adjustments), **more}
    return {"StepScalingPolicyConfiguration": whole}


def tracks(**more: Any) -> dict[str, Any]:
    metric = {"PredefinedMetricType": "ALBRequestCountPerTarget"}
    metric["ResourceLabel"] = more.pop("label", "app/front/1/targetgroup/tasks/1")
    whole = {"TargetValue": 1.0, "PredefinedMetricSpecification": metric, **more}
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": whole,
    }


SCALING = [
    *refused(
        "register_scalable_target",
        BOUNDS,
        (
            "a service that is not there",
            OF_SERVICE | {"ResourceId": "service/serving/none"},
            "service doesn't exist",
        ),
        (
            "an alias that is not there",
            OF_FUNCTION | {"ResourceId": "function:served:none"},
            "doesn't exist",
        ),
        ("a function's newest", OF_FUNCTION | {"ResourceId": "function:served:$LATEST"}, "LATEST"),
        ("a minimum below zero", OF_SERVICE | {"MinCapacity": -1}, "MinCapacity|minCapacity"),
        (
            "another service's dimension",
            OF_SERVICE | {"ScalableDimension": "lambda:function:ProvisionedConcurrency"},
            "Unsupported service namespace",
        ),
    ),
    *refused(
        "put_scaling_policy",
        {**OF_SERVICE, "PolicyName": "p", "PolicyType": "StepScaling"},
        ("no step", steps(), "step adjustment"),
        (
            "steps that overlap",
            steps(
                STEP | {"MetricIntervalUpperBound": 10},
                {"MetricIntervalLowerBound": 5, "ScalingAdjustment": 2},
            ),
            "overlap",
        ),
        (
            "steps with a gap",
            steps(
                STEP | {"MetricIntervalUpperBound": 10},
                {"MetricIntervalLowerBound": 20, "ScalingAdjustment": 2},
            ),
            "gap",
        ),
        ("a step without bounds", steps({"ScalingAdjustment": 1}), "bound"),
        ("a step upside down", steps(STEP | {"MetricIntervalUpperBound": -1}), "greater than"),
        (
            "two steps from below",
            steps(
                {"MetricIntervalUpperBound": 0, "ScalingAdjustment": 1},
                {"MetricIntervalUpperBound": 5, "ScalingAdjustment": 2},
            ),
            "overlap|null",
        ),
        (
            "a least change of a count",
            steps(STEP, MinAdjustmentMagnitude=2),
            "MinAdjustmentMagnitude",
        ),
        ("an aggregation of a sum", steps(STEP, MetricAggregationType="Sum"), "enum value set"),
        (
            "a target of another kind",
            {**OF_VARIANT, **steps(STEP), "ResourceId": "endpoint/serving"},
            "No scalable target|Unsupported",
        ),
        ("a label that is none", tracks(label="front"), "label"),
    ),
    *refused(
        "put_scheduled_action",
        {
            **OF_SERVICE,
            "ScheduledActionName": "night",
            "Schedule": "cron(0 22 * * ? *)",
            "ScalableTargetAction": {"MinCapacity": 1},
        },
        ("a cron of five fields", {"Schedule": "cron(0 22 * * ?)"}, "chedule"),
        ("a rate of no time", {"Schedule": "rate(0 days)"}, "chedule"),
        ("words", {"Schedule": "every night"}, "chedule"),
        ("two days at once", {"Schedule": "cron(0 22 1 * 1 *)"}, "chedule"),
        ("a time zone of Mars", {"Timezone": "Mars/Olympus"}, "time ?zone"),
        ("nothing to change", {"ScalableTargetAction": {}}, "MinCapacity|ScalableTargetAction"),
        (
            "upside down",
            {"ScalableTargetAction": {"MinCapacity": 3, "MaxCapacity": 1}},
            "cannot be less",
        ),
        (
            "an end before its start",
            {"StartTime": "2030-01-02T00:00:00Z", "EndTime": "2030-01-01T00:00:00Z"},
            "end",
        ),
    ),
    *refused(
        "delete_scaling_policy",
        {**OF_SERVICE, "PolicyName": "no"},
        ("a policy that is not there", {}, "No scaling policy|not found"),
    ),
    *refused(
        "deregister_scalable_target",
        OF_FUNCTION,
        ("a target that is not there", {}, "No scalable target"),
    ),
    *refused(
        "delete_scheduled_action",
        {**OF_SERVICE, "ScheduledActionName": "no"},
        ("an action that is not there", {}, "No scheduled action|not found"),
    ),
]

# CloudWatch

ALARM: dict[str, Any] = {
    "AlarmName": "a",
    "Namespace": "AWS/SageMaker",
    "MetricName": "Invocations",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 5,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
QUERY = {
    "Id": "m",
    "MetricStat": {"Metric": {"Namespace": "n", "MetricName": "x"}, "Period": 60, "Stat": "Sum"},
}
ON_METRICS: dict[str, Any] = {**ALARM, "Metrics": [QUERY]}
for _member in ("Namespace", "MetricName", "Statistic", "Period"):
    ON_METRICS[_member] = None
CLOUDWATCH = [
    *refused(
        "put_metric_alarm",
        ALARM,
        (
            "neither metric nor expression",
            {"MetricName": None, "Namespace": None, "Statistic": None, "Period": None},
            "etric",
        ),
        ("both", {"Metrics": [QUERY]}, "Metrics"),
        ("no period", {"Period": None}, "Period"),
        ("no threshold", {"Threshold": None}, "hreshold"),
        ("a percentile above all", {"Statistic": None, "ExtendedStatistic": "p101"}, "tatistic"),
        ("a statistic of no kind", {"Statistic": None, "ExtendedStatistic": "mean"}, "tatistic"),
        ("missing data of no kind", {"TreatMissingData": "ringing"}, "reatMissingData"),
        (
            "six actions",
            {"AlarmActions": [f"arn:aws:sns:{REGION}:{ACCOUNT}:t{n}" for n in range(6)]},
            "less than or equal to 5",
        ),
        ("an action that is no ARN", {"AlarmActions": ["page"]}, "ARN|action"),
        (
            "too many dimensions",
            {"Dimensions": [{"Name": f"d{n}", "Value": "v"} for n in range(31)]},
            "less than or equal to 30",
        ),
        ("a description of a book", {"AlarmDescription": "x" * 1025}, "less than or equal to 1024"),
        ("a name of a book", {"AlarmName": "x" * 256}, "less than or equal to 255"),
        ("an anomaly without its band", {"ThresholdMetricId": "band"}, "ThresholdMetricId"),
        ("a unit of no kind", {"Unit": "Joules"}, "enum value set"),
    ),
    *refused(
        "put_metric_alarm",
        {key: value for key, value in ON_METRICS.items() if value is not None},
        ("expressions that all return", {"Metrics": [QUERY, QUERY | {"Id": "n"}]}, "ReturnData"),
        ("one identifier twice", {"Metrics": [QUERY | {"ReturnData": False}, QUERY]}, "Id"),
        (
            "an expression of what is not there",
            {"Metrics": [QUERY | {"ReturnData": False}, {"Id": "e", "Expression": "m / other"}]},
            "other",
        ),
    ),
    *refused(
        "put_dashboard",
        {"DashboardName": "page", "DashboardBody": '{"widgets": []}'},
        ("a body that is no JSON", {"DashboardBody": "widgets"}, "JSON|DashboardInvalid"),
        ("a body of no widgets", {"DashboardBody": "{}"}, "widgets"),
        (
            "a metric without a region",
            {
                "DashboardBody": json.dumps(
                    {"widgets": [{"type": "metric", "properties": {"metrics": [["n", "m"]]}}]}
                )
            },
            "region",
        ),
        (
            "a widget of no kind",
            {"DashboardBody": json.dumps({"widgets": [{"type": "video", "properties": {}}]})},
            "type",
        ),
        ("a name with a point", {"DashboardName": "my.page"}, "DashboardName"),
        (
            "wider than a page",
            {
                "DashboardBody": json.dumps(
                    {
                        "widgets": [
                            {
                                "type": "text",
                                "width": 25,
                                "height": 1,
                                "properties": {"markdown": "x"},
                            }
                        ]
                    }
                )
            },
            "width",
        ),
    ),
    *refused(
        "set_alarm_state",
        {"AlarmName": "none", "StateValue": "OK", "StateReason": "r"},
        ("the state of none", {}, "ResourceNotFound"),
    ),
    *refused(
        "put_metric_data",
        {"Namespace": "mine", "MetricData": [{"MetricName": "m", "Value": 1.0}]},
        ("a metric of AWS's", {"Namespace": "AWS/SageMaker"}, "AWS/"),
        (
            "a value and statistics",
            {
                "MetricData": [
                    {
                        "MetricName": "m",
                        "Value": 1.0,
                        "StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1},
                    }
                ]
            },
            "StatisticValues|mutually",
        ),
    ),
    *refused(
        "delete_dashboards",
        {"DashboardNames": ["none"]},
        ("a dashboard that is not there", {}, "none|exist|ResourceNotFound"),
    ),
]

# ECS

TASK: dict[str, Any] = {
    "family": "it",
    "networkMode": "awsvpc",
    "requiresCompatibilities": ["FARGATE"],
    "cpu": "1024",
    "memory": "2048",
    "executionRoleArn": "$FUNCTION ROLE",
    "containerDefinitions": [{k: v for k, v in CONTAINER.items() if k != "mountPoints"}],
}


def container(**more: Any) -> dict[str, Any]:
    merged = {**TASK["containerDefinitions"][0], **more}
    return {"containerDefinitions": [{k: v for k, v in merged.items() if v is not None}]}


IN_NETWORK = {
    "networkConfiguration": {
        "awsvpcConfiguration": {"subnets": ["$SUBNET 1"], "securityGroups": ["$WALL"]}
    },
}
SERVICE: dict[str, Any] = {
    "cluster": "$CLUSTER",
    "serviceName": "it",
    "taskDefinition": "fargate",
    "desiredCount": 1,
    "launchType": "FARGATE",
    **IN_NETWORK,
}
AWSLOGS = {
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "g", "awslogs-region": REGION, "awslogs-stream-prefix": "s"},
    }
}
ECS = [
    *refused(
        "register_task_definition",
        TASK,
        (
            "a log without a role",
            {"executionRoleArn": None, **container(**AWSLOGS)},
            "execution role",
        ),
        (
            "a log without a group",
            container(
                logConfiguration={"logDriver": "awslogs", "options": {"awslogs-region": REGION}}
            ),
            "awslogs-group",
        ),
        ("a container larger than its task", container(memory=4096), "memory"),
        ("a container with more than the task's processors", container(cpu=2048), "cpu|CPU"),
        (
            "another port outside than inside",
            container(portMappings=[{"containerPort": 8080, "hostPort": 80}]),
            "port",
        ),
        ("no essential container", container(essential=False), "essential"),
        ("no image", container(image=None), "mage"),
        (
            "one name twice",
            {"containerDefinitions": TASK["containerDefinitions"] * 2},
            "name|unique",
        ),
        (
            "waits for nobody",
            container(dependsOn=[{"containerName": "no", "condition": "START"}]),
            "no",
        ),
        (
            "waits for the end of what never ends",
            {
                "containerDefinitions": [
                    {**TASK["containerDefinitions"][0], "name": "first"},
                    {
                        **TASK["containerDefinitions"][0],
                        "dependsOn": [{"containerName": "first", "condition": "SUCCESS"}],
                    },
                ]
            },
            "essential",
        ),
        (
            "a volume that is not there",
            container(mountPoints=[{"sourceVolume": "no", "containerPath": "/x"}]),
            "olume",
        ),
        (
            "a device on Fargate",
            container(linuxParameters={"devices": [{"hostPath": "/dev/neuron0"}]}),
            "evices",
        ),
        ("privileges on Fargate", container(privileged=True), "rivileged"),
        ("an ending later than Fargate's", container(stopTimeout=121), "stopTimeout"),
        (
            "placed on Fargate",
            {"placementConstraints": [{"type": "memberOf", "expression": "attribute:x == y"}]},
            "lacement",
        ),
        (
            "no memory on machines",
            {"requiresCompatibilities": ["EC2"], "memory": None, "cpu": None},
            "memory",
        ),
    ),
    *refused(
        "create_service",
        SERVICE,
        ("no number of tasks", {"desiredCount": None}, "desiredCount|desired count"),
        ("no network", {"networkConfiguration": None}, "Network Configuration must be provided"),
        (
            "two ways to run",
            {"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
            "launch type",
        ),
        (
            "a provider that the cluster lacks",
            {"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "none"}]},
            "capacity provider",
        ),
        ("placed on Fargate", {"placementConstraints": [{"type": "distinctInstance"}]}, "lacement"),
        ("a task of machines on Fargate", {"taskDefinition": "machines"}, "compatib"),
        ("a cluster that is not there", {"cluster": "none"}, "Cluster not found|not found"),
        ("a task that is not there", {"taskDefinition": "none"}, "find|exist|Unable to describe"),
        (
            "a watched roll-out of nobody's",
            {
                "deploymentController": {"type": "EXTERNAL"},
                "taskDefinition": None,
                "deploymentConfiguration": {
                    "alarms": {"alarmNames": ["a"], "enable": True, "rollback": True}
                },
            },
            "deployment",
        ),
        (
            "the circuit breaker of two colours",
            {
                "deploymentConfiguration": {
                    "strategy": "BLUE_GREEN",
                    "bakeTimeInMinutes": 5,
                    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                }
            },
            "ircuit",
        ),
        (
            "two colours without a bake",
            {"deploymentConfiguration": {"strategy": "BLUE_GREEN"}},
            "bakeTimeInMinutes",
        ),
        (
            "no room to roll out",
            {"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}},
            "maximumPercent",
        ),
        ("tries without a role", {"enableExecuteCommand": True}, "task role|taskRoleArn"),
        (
            "seventeen subnets",
            {
                "networkConfiguration": {
                    "awsvpcConfiguration": {
                        "subnets": ["$SUBNET 1"] * 17,
                        "securityGroups": ["$WALL"],
                    }
                }
            },
            "16|ubnets",
        ),
        (
            "balanced on two thirds",
            {
                "availabilityZoneRebalancing": "ENABLED",
                "deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 50},
            },
            "ebalancing|maximumPercent",
        ),
    ),
    *refused(
        "create_capacity_provider",
        {
            "name": "machines",
            "autoScalingGroupProvider": {
                "autoScalingGroupArn": "$MACHINES ARN",
                "managedTerminationProtection": "DISABLED",
            },
        },
        ("a name of AWS's", {"name": "ecs-machines"}, "name|prefix"),
        (
            "protection that the group lacks",
            {
                "autoScalingGroupProvider": {
                    "autoScalingGroupArn": "$RUNNING ARN",
                    "managedScaling": {"status": "ENABLED"},
                    "managedTerminationProtection": "ENABLED",
                }
            },
            "instance protection",
        ),
        (
            "a group that is not there",
            {"autoScalingGroupProvider": {"autoScalingGroupArn": NO_GROUP}},
            "Auto Scaling group|exist",
        ),
    ),
    *refused(
        "delete_service",
        {"cluster": "$CLUSTER", "service": "scaled"},
        ("a service that runs", {}, "scaled above 0"),
    ),
    *refused(
        "put_cluster_capacity_providers",
        {
            "cluster": "$CLUSTER",
            "capacityProviders": ["none"],
            "defaultCapacityProviderStrategy": [],
        },
        ("a provider that is not there", {}, "capacity provider"),
    ),
]

# EC2 and Auto Scaling

TEMPLATE = {"LaunchTemplateId": "$TEMPLATE", "Version": "1"}
GROUP: dict[str, Any] = {
    "AutoScalingGroupName": "it",
    "LaunchTemplate": TEMPLATE,
    "MinSize": 0,
    "MaxSize": 1,
    "VPCZoneIdentifier": "$SUBNET 1",
}


def mixed(version: str = "1", **distribution: Any) -> dict[str, Any]:
    return {
        "LaunchTemplate": None,
        "MixedInstancesPolicy": {
            "LaunchTemplate": {"LaunchTemplateSpecification": TEMPLATE | {"Version": version}},
            "InstancesDistribution": distribution,
        },
    }


def disk(**more: Any) -> dict[str, Any]:
    mapping = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeType": "gp3", "VolumeSize": 30, **more}}
    return {
        "LaunchTemplateData": {"ImageId": "ami-0123456789abcdef0", "BlockDeviceMappings": [mapping]}
    }


GROUPS = [
    *refused(
        "create_auto_scaling_group",
        GROUP,
        ("no template", {"LaunchTemplate": None}, "aunch"),
        ("two templates", {"MixedInstancesPolicy": mixed()["MixedInstancesPolicy"]}, "aunch"),
        (
            "a template that is not there",
            {"LaunchTemplate": {"LaunchTemplateId": "lt-0123456789abcdef0"}},
            "aunch",
        ),
        ("a version that is not there", {"LaunchTemplate": TEMPLATE | {"Version": "99"}}, "ersion"),
        ("fewer than the least", {"MinSize": 2}, "[Mm]in|[Mm]ax"),
        ("more than the most", {"DesiredCapacity": 2}, "esired"),
        ("a subnet that is not there", {"VPCZoneIdentifier": "subnet-0123456789abcdef0"}, "ubnet"),
        (
            "a target group that is not there",
            {"TargetGroupARNs": [f"{BALANCING}:targetgroup/n/1"]},
            "arget",
        ),
        ("neither subnet nor zone", {"VPCZoneIdentifier": None}, "ubnet|one"),
        (
            "more than all on demand",
            mixed(OnDemandPercentageAboveBaseCapacity=101),
            "100|ercentage",
        ),
        ("a way to buy of no kind", mixed(SpotAllocationStrategy="cheapest"), "llocation"),
        ("a version of a mix that is not there", mixed("99"), "ersion"),
        ("half a day", {"MaxInstanceLifetime": 43200}, "MaxInstanceLifetime|86400"),
        (
            "a wide upkeep",
            {
                "InstanceMaintenancePolicy": {
                    "MinHealthyPercentage": 50,
                    "MaxHealthyPercentage": 200,
                }
            },
            "100",
        ),
        (
            "half an upkeep",
            {"InstanceMaintenancePolicy": {"MinHealthyPercentage": 50}},
            "MaxHealthyPercentage|both",
        ),
        ("a name that is taken", {"AutoScalingGroupName": "machines"}, "lready"),
        (
            "a hook of no transition",
            {
                "LifecycleHookSpecificationList": [
                    {"LifecycleHookName": "h", "LifecycleTransition": "autoscaling:NEVER"}
                ]
            },
            "ransition",
        ),
        ("health of no kind", {"HealthCheckType": "PING"}, "HealthCheckType|ealth check"),
    ),
    *refused(
        "put_scheduled_update_group_action",
        {
            "AutoScalingGroupName": "machines",
            "ScheduledActionName": "night",
            "Recurrence": "0 22 * * *",
            "MinSize": 0,
            "MaxSize": 1,
        },
        ("six fields", {"Recurrence": "0 22 * * * *"}, "ecurrence|cron"),
        ("the hour 25", {"Recurrence": "0 25 * * *"}, "ecurrence|cron"),
        ("a time zone of Mars", {"TimeZone": "Mars/Olympus"}, "ime zone|TimeZone"),
        ("upside down", {"MinSize": 2}, "[Mm]in|[Mm]ax"),
        ("nothing to change", {"MinSize": None, "MaxSize": None}, "MinSize|least one"),
        ("a group that is not there", {"AutoScalingGroupName": "none"}, "not found"),
    ),
    *refused(
        "put_scaling_policy",
        {
            "AutoScalingGroupName": "machines",
            "PolicyName": "p",
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingConfiguration": {
                "TargetValue": 1.0,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ASGAverageCPUUtilization"
                },
            },
        },
        (
            "requests of no balancer",
            {
                "TargetTrackingConfiguration": {
                    "TargetValue": 1.0,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "ALBRequestCountPerTarget"
                    },
                }
            },
            "esourceLabel|esource label",
        ),
        (
            "a label that is none",
            {
                "TargetTrackingConfiguration": {
                    "TargetValue": 1.0,
                    "PredefinedMetricSpecification": {
                        "PredefinedMetricType": "ALBRequestCountPerTarget",
                        "ResourceLabel": "front",
                    },
                }
            },
            "esource ?[lL]abel",
        ),
        ("nothing to track", {"TargetTrackingConfiguration": None}, "TargetTracking"),
    ),
    *refused(
        "start_instance_refresh",
        {"AutoScalingGroupName": "machines"},
        ("a group that is not there", {"AutoScalingGroupName": "none"}, "not found"),
        (
            "a wide refresh",
            {"Preferences": {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 200}},
            "100",
        ),
        (
            "a most without a least",
            {"Preferences": {"MaxHealthyPercentage": 150}},
            "MinHealthyPercentage",
        ),
        (
            "a rollback to no configuration",
            {"Preferences": {"AutoRollback": True}},
            "DesiredConfiguration parameter is empty",
        ),
        (
            "more alarms than ten",
            {"Preferences": {"AlarmSpecification": {"Alarms": [f"a{n}" for n in range(11)]}}},
            "at most 10",
        ),
    ),
    *refused(
        "delete_auto_scaling_group",
        {"AutoScalingGroupName": "running"},
        ("a group that runs", {}, "in use|still has instances|ResourceInUse"),
    ),
]
MACHINES = [
    *refused(
        "create_launch_template",
        {"LaunchTemplateName": "other", **disk()},
        ("a name that is taken", {"LaunchTemplateName": "machines"}, "lready"),
        ("throughput that gp3 has not", disk(Throughput=3000), "hroughput"),
        ("operations that gp3 has not", disk(Iops=100), "ops|IOPS"),
        ("throughput above its operations", disk(Iops=3000, Throughput=1000), "atio|hroughput"),
        ("a key of an open disk", disk(Encrypted=False, KmsKeyId="alias/own"), "ncrypt"),
        ("a disk of a house", disk(VolumeSize=70_000), "size|Size"),
        (
            "a start of a book",
            {"LaunchTemplateData": {"UserData": "eHh4" * 6000}},
            "16384|16 KB|ser data",
        ),
        (
            "hops beyond the moon",
            {"LaunchTemplateData": {"MetadataOptions": {"HttpPutResponseHopLimit": 65}}},
            "op",
        ),
        (
            "a start that is no base64",
            {"LaunchTemplateData": {"UserData": "#!/bin/bash"}},
            "ase64|BASE64",
        ),
    ),
    *refused(
        "run_instances",
        {
            "ImageId": "ami-0ffffffffffffffff",
            "InstanceType": "c7g.large",
            "MinCount": 1,
            "MaxCount": 1,
        },
        ("an image that is not there", {}, "AMI"),
    ),
    *refused(
        "create_security_group",
        {"GroupName": "wall", "Description": "d", "VpcId": "$VPC"},
        ("a name that is taken", {}, "lready"),
        (
            "a description with an accent",
            {"GroupName": "x", "Description": "é"},
            "escription|haracter",
        ),
    ),
    *refused(
        "authorize_security_group_ingress",
        {
            "GroupId": "$WALL",
            "IpPermissions": [
                {
                    "IpProtocol": "tcp",
                    "FromPort": 80,
                    "ToPort": 80,
                    "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
                }
            ],
        },
        (
            "a range that is none",
            {
                "IpPermissions": [
                    {
                        "IpProtocol": "tcp",
                        "FromPort": 80,
                        "ToPort": 80,
                        "IpRanges": [{"CidrIp": "10.0.0.0/40"}],
                    }
                ]
            },
            "CIDR",
        ),
        (
            "ports upside down",
            {
                "IpPermissions": [
                    {
                        "IpProtocol": "tcp",
                        "FromPort": 81,
                        "ToPort": 80,
                        "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
                    }
                ]
            },
            "port",
        ),
    ),
]

# Load balancers

BALANCER: dict[str, Any] = {"Name": "other", "Subnets": ["$SUBNET 1", "$SUBNET 2"]}
TARGETS: dict[str, Any] = {
    "Name": "other",
    "Protocol": "HTTP",
    "Port": 8080,
    "VpcId": "$VPC",
    "TargetType": "ip",
}
LISTENER: dict[str, Any] = {
    "LoadBalancerArn": "$BALANCER",
    "Protocol": "HTTP",
    "Port": 8081,
    "DefaultActions": [{"Type": "forward", "TargetGroupArn": "$GROUP"}],
}


def attribute(key: str, value: str) -> dict[str, Any]:
    return {"Attributes": [{"Key": key, "Value": value}]}


BALANCERS = [
    *refused(
        "create_load_balancer",
        BALANCER,
        ("one subnet", {"Subnets": ["$SUBNET 1"]}, "two subnets|Availability Zones"),
        (
            "one zone twice",
            {"Subnets": ["$SUBNET 1", "$SUBNET 1"]},
            "same Availability Zone|multiple|two subnets",
        ),
        ("a long name", {"Name": "x" * 33}, "32"),
        ("a name with a hyphen first", {"Name": "-front"}, "yphen"),
        ("a name of AWS's", {"Name": "internal-front"}, "internal"),
        ("a name with an underscore", {"Name": "my_front"}, "haracters|alphanumeric"),
        (
            "a subnet that is not there",
            {"Subnets": ["$SUBNET 1", "subnet-0123456789abcdef0"]},
            "ubnet",
        ),
        ("a group that is not there", {"SecurityGroups": ["sg-0123456789abcdef0"]}, "ecurity"),
        ("a name that is taken", {"Name": "front", "Scheme": "internal"}, "lready"),
    ),
    *refused(
        "create_target_group",
        TARGETS,
        ("no network", {"VpcId": None}, "VPC|VpcId|vpc"),
        ("no port", {"Port": None}, "ort"),
        ("a long name", {"Name": "x" * 33}, "32"),
        (
            "a patient check",
            {"HealthCheckIntervalSeconds": 10, "HealthCheckTimeoutSeconds": 10},
            "imeout|nterval",
        ),
        ("a path that is none", {"HealthCheckPath": "ping"}, "path|Path"),
        ("an answer that is none", {"Matcher": {"HttpCode": "700"}}, "atcher|code"),
        ("a name that is taken", {"Name": "tasks", "Port": 80}, "lready"),
    ),
    *refused(
        "create_listener",
        LISTENER,
        ("TLS without a certificate", {"Protocol": "HTTPS"}, "ertificate"),
        (
            "a certificate that is not there",
            {
                "Protocol": "HTTPS",
                "Certificates": [
                    {"CertificateArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/none"}
                ],
            },
            "ertificate",
        ),
        ("a port that is taken", {"Port": 80}, "Duplicate|lready"),
        (
            "a target group that is not there",
            {
                "DefaultActions": [
                    {
                        "Type": "forward",
                        "TargetGroupArn": f"{BALANCING}:targetgroup/n/1",
                    }
                ]
            },
            "arget",
        ),
        ("another kind's protocol", {"Protocol": "TCP"}, "rotocol"),
        (
            "a policy without TLS",
            {"SslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"},
            "SslPolicy|SSL|policy",
        ),
        (
            "a balancer that is not there",
            {"LoadBalancerArn": f"{BALANCING}:loadbalancer/app/n/1"},
            "not|exist",
        ),
    ),
    *refused(
        "modify_load_balancer_attributes",
        {"LoadBalancerArn": "$BALANCER"},
        ("patience without end", attribute("idle_timeout.timeout_seconds", "4001"), "4000"),
        ("an attribute of no kind", attribute("colour", "green"), "colour|attribute"),
        ("logs to nowhere", attribute("access_logs.s3.enabled", "true"), "ucket|S3|access"),
    ),
    *refused(
        "modify_target_group_attributes",
        {"TargetGroupArn": "$GROUP"},
        ("a slow start of a day", attribute("slow_start.duration_seconds", "901"), "30|900"),
        ("an end of a day", attribute("deregistration_delay.timeout_seconds", "3601"), "3600"),
        ("a way of no kind", attribute("load_balancing.algorithm.type", "fastest"), "lgorithm"),
    ),
    *refused(
        "delete_target_group", {"TargetGroupArn": "$GROUP"}, ("targets of a listener", {}, "in use")
    ),
    *refused(
        "delete_load_balancer",
        {"LoadBalancerArn": "$GUARDED"},
        ("one that is protected", {}, "rotection"),
    ),
]

# Lambda and IAM

FUNCTION: dict[str, Any] = {
    "FunctionName": "f",
    "Role": "$FUNCTION ROLE",
    "PackageType": "Image",
    "Code": {"ImageUri": IMAGE},
}
SERVED = {"FunctionName": "served"}
FUNCTIONS = [
    *refused(
        "create_function",
        FUNCTION,
        ("a handler of an image", {"Handler": "f.handler"}, "andler"),
        ("a runtime of an image", {"Runtime": "python3.13"}, "untime"),
        (
            "layers of an image",
            {"Layers": [f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:l:1"]},
            "ayer",
        ),
        (
            "a snapshot of an image",
            {"SnapStart": {"ApplyOn": "PublishedVersions"}},
            "SnapStart|Snap",
        ),
        ("two processors", {"Architectures": ["arm64", "x86_64"]}, "less than or equal to 1"),
        ("a role that it may not take", {"Role": ROLE}, "cannot be assumed"),
        ("subnets without groups", {"VpcConfig": {"SubnetIds": ["$SUBNET 1"]}}, "ecurity"),
        ("variables of a book", {"Environment": {"Variables": {"AB": "x" * 4097}}}, "4 ?KB|4096"),
        ("a variable of Lambda's", {"Environment": {"Variables": {"AWS_REGION": "x"}}}, "eserved"),
        ("a name that is taken", {"FunctionName": "served"}, "lready"),
        ("another account's words", {"Code": {"ImageUri": "vectors:1"}}, "mage"),
        ("no code", {"Code": {}}, "ode|mage"),
    ),
    *refused(
        "create_alias",
        {**SERVED, "Name": "live", "FunctionVersion": "1"},
        ("a version that is not there", {"FunctionVersion": "99"}, "99|not"),
        (
            "a share beside the newest",
            {
                "FunctionVersion": "$LATEST",
                "RoutingConfig": {"AdditionalVersionWeights": {"1": 0.1}},
            },
            "LATEST",
        ),
        (
            "a share above all",
            {"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.5}}},
            "less than or equal",
        ),
        (
            "a share of itself",
            {"RoutingConfig": {"AdditionalVersionWeights": {"1": 0.5}}},
            "same|itself|differ|nvalid",
        ),
        ("a name that is taken", {"Name": "stable"}, "lready"),
        ("a name that is a number", {"Name": "7"}, "pattern|nvalid"),
    ),
    *refused(
        "create_function_url_config",
        {**SERVED, "Qualifier": "stable", "AuthType": "AWS_IAM"},
        ("an alias that is not there", {"Qualifier": "none"}, "none|not|pattern"),
        ("a version", {"Qualifier": "1"}, "pattern|alias|ualifier"),
    ),
    *refused(
        "add_permission",
        {
            **SERVED,
            "StatementId": "s",
            "Action": "lambda:InvokeFunction",
            "Principal": "sns.amazonaws.com",
        },
        ("an action of another service", {"Action": "s3:GetObject"}, "pattern|ction"),
        ("an alias that is not there", {"Qualifier": "none"}, "none|not"),
    ),
    *refused(
        "delete_alias",
        {"FunctionName": "none", "Name": "live"},
        ("a function that is not there", {}, "not found"),
    ),
]

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"}],
}


def policy(**change: Any) -> dict[str, Any]:
    return {
        "PolicyDocument": json.dumps(
            {
                **POLICY,
                "Statement": [
                    {k: v for k, v in {**POLICY["Statement"][0], **change}.items() if v is not None}
                ],
            }
        )
    }


IDENTITIES = [
    *refused(
        "create_role",
        {"RoleName": "other", "AssumeRolePolicyDocument": json.dumps(TRUST)},
        ("a name that is taken", {"RoleName": "serving"}, "lready"),
        ("trust that is no JSON", {"AssumeRolePolicyDocument": "everybody"}, "alformed|JSON|yntax"),
        (
            "trust of nobody",
            {
                "AssumeRolePolicyDocument": json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}],
                    }
                )
            },
            "rincipal",
        ),
        (
            "trust of resources",
            {
                "AssumeRolePolicyDocument": json.dumps(
                    {
                        "Version": "2012-10-17",
                        "Statement": [TRUST["Statement"][0] | {"Resource": "*"}],
                    }
                )
            },
            "esource",
        ),
        ("a long name", {"RoleName": "x" * 65}, "less than or equal to 64"),
        ("a description with a line", {"Description": "a\u0394b"}, "pattern"),
        (
            "fifty-one tags",
            {"Tags": [{"Key": f"k{n}", "Value": "v"} for n in range(51)]},
            "less than or equal to 50",
        ),
        ("a session of a day", {"MaxSessionDuration": 86400}, "less than or equal to 43200"),
    ),
    *refused(
        "put_role_policy",
        {"RoleName": "serving", "PolicyName": "p", **policy()},
        ("no JSON", {"PolicyDocument": "{"}, "alformed|yntax"),
        ("no resource", policy(Resource=None), "esource"),
        ("a resource that is no ARN", policy(Resource="bucket"), "esource|ARN"),
        ("an action without a service", policy(Action="GetObject"), "endor|ction"),
        ("an effect of no kind", policy(Effect="Maybe"), "ffect|yntax"),
        ("a principal", policy(Principal="*"), "rincipal"),
        ("an operator of no kind", policy(Condition={"Equals": {"a": "b"}}), "ondition|yntax"),
        (
            "a policy of a book",
            policy(Resource=[f"arn:aws:s3:::b/{n}{'x' * 90}" for n in range(120)]),
            "10240|LimitExceeded|size",
        ),
        (
            "a role that is not there",
            {"RoleName": "none"},
            "cannot be found|not found|NoSuchEntity",
        ),
        (
            "a version of no kind",
            {"PolicyDocument": json.dumps({**POLICY, "Version": "2026-01-01"})},
            "ersion|yntax",
        ),
    ),
    *refused(
        "delete_role",
        {"RoleName": "serving"},
        ("a role with a policy", {}, "must delete policies|DeleteConflict"),
    ),
    *refused(
        "add_role_to_instance_profile",
        {"InstanceProfileName": "full", "RoleName": "functions"},
        ("a second role of a profile", {}, "LimitExceeded|quota"),
    ),
    *refused(
        "attach_role_policy",
        {"RoleName": "serving", "PolicyArn": "arn:aws:iam::aws:policy/None"},
        ("a policy that is not there", {}, "not exist|not attachable|NoSuchEntity"),
    ),
    *refused(
        "delete_instance_profile",
        {"InstanceProfileName": "full"},
        ("a profile with a role", {}, "DeleteConflict|remove"),
    ),
]


SERVICES: Mapping[str, list[Asked]] = {
    "sagemaker": SAGEMAKER,
    "application-autoscaling": SCALING,
    "cloudwatch": CLOUDWATCH,
    "ecs": ECS,
    "autoscaling": GROUPS,
    "ec2": MACHINES,
    "elbv2": BALANCERS,
    "lambda": FUNCTIONS,
    "iam": IDENTITIES,
}


def make_what_rows_name(cloud: Cloud, world: dict[str, str]) -> None:
    """Make what rows speak of beside the world of the services that serve."""
    make_serving_role(cloud)
    sagemaker, ecs, elb, iam, scaling = (
        cloud.client(service, REGION)
        for service in ("sagemaker", "ecs", "elbv2", "iam", "application-autoscaling")
    )
    for place in ("it/", "it/model.tar.gz"):
        cloud.upload(f"s3://models/{place}", REGION)
    models = {
        "archive": {"ModelDataUrl": URL},
        "folder": {"ModelDataSource": SOURCE},
        "gone": {},
    }
    for name, files in models.items():
        sagemaker.create_model(
            ModelName=name,
            ExecutionRoleArn=ROLE,
            PrimaryContainer={"Image": IMAGE, **files},
        )
    small = {"MemorySizeInMB": 1024, "MaxConcurrency": 1}
    for name, variants in {
        "four": [VARIANT],
        "twenty-one": [VARIANT | {"InitialInstanceCount": 21}],
        "two": [VARIANT, VARIANT | {"VariantName": "two"}],
        "renamed": [VARIANT | {"VariantName": "main"}],
        "modelless": [VARIANT | {"ModelName": "gone"}],
        "serverless": [{"VariantName": "all", "ModelName": "folder", "ServerlessConfig": small}],
        "memory": [{"VariantName": "all", "ModelName": "archive", "ServerlessConfig": small}],
    }.items():
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants)
    sagemaker.delete_model(ModelName="gone")
    sagemaker.create_endpoint(EndpointName="serving", EndpointConfigName="four")
    ecs.register_task_definition(
        **{**TASK, "family": "fargate", "executionRoleArn": world["FUNCTION ROLE"]}
    )
    ecs.register_task_definition(
        family="machines",
        networkMode="awsvpc",
        requiresCompatibilities=["EC2"],
        **container(memory=512),
    )
    ecs.create_service(**filled({**SERVICE, "serviceName": "scaled"}, world))
    scaling.register_scalable_target(**OF_SERVICE, **BOUNDS)
    iam.create_instance_profile(InstanceProfileName="full")
    iam.add_role_to_instance_profile(InstanceProfileName="full", RoleName="serving")
    guarded = elb.create_load_balancer(**filled({**BALANCER, "Name": "guarded"}, world))
    world["GUARDED"] = guarded["LoadBalancers"][0]["LoadBalancerArn"]
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=world["GUARDED"], **attribute("deletion_protection.enabled", "true")
    )
    groups, ec2 = cloud.client("autoscaling", REGION), cloud.client("ec2", REGION)
    image = ec2.describe_images(Filters=[{"Name": "architecture", "Values": ["arm64"]}])
    groups.create_launch_configuration(
        LaunchConfigurationName="one",
        ImageId=image["Images"][0]["ImageId"],
        InstanceType="c7g.large",
    )
    groups.create_auto_scaling_group(
        AutoScalingGroupName="running",
        LaunchConfigurationName="one",
        MinSize=1,
        MaxSize=1,
        VPCZoneIdentifier=world["SUBNET 1"],
    )
    running = groups.describe_auto_scaling_groups(AutoScalingGroupNames=["running"])
    world["RUNNING ARN"] = running["AutoScalingGroups"][0]["AutoScalingGroupARN"]


def drop_what_rows_name(cloud: Cloud, world: Mapping[str, str]) -> None:
    """Take away what is in the way of the world's own end."""
    groups, ecs = cloud.client("autoscaling", REGION), cloud.client("ecs", REGION)
    groups.delete_auto_scaling_group(AutoScalingGroupName="running", ForceDelete=True)
    groups.delete_launch_configuration(LaunchConfigurationName="one")
    ecs.delete_service(cluster=world["CLUSTER"], service="scaled", force=True)


def filled(value: Any, world: Mapping[str, str]) -> Any:
    """A request with the names of the world's things for their marks."""
    if isinstance(value, Mapping):
        return {key: filled(one, world) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one, world) for one in value]
    if isinstance(value, str) and value.startswith("$") and value[1:] in world:
        return world[value[1:]]
    return value


def accepted(cloud: Cloud, world: Mapping[str, str], service: str) -> list[str]:
    """The requests that were taken, or refused with other words."""
    client, wrong = cloud.client(service, REGION), list[str]()
    for operation, name, request, said in SERVICES[service]:
        try:
            getattr(client, operation)(**filled(request, world))
        except ClientError as error:
            if not re.search(said, str(error)):
                wrong.append(f"{operation}, {name}: {error}")
        else:
            wrong.append(f"{operation}, {name}: taken")
    return wrong
