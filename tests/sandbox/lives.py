"""Lives of the resources that serve outside SageMaker, and the world that they need."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sandbox.aws.cloud import Cloud

Properties = dict[str, Any]

ROLE = "arn:aws:iam::123456789012:role/serving"


@dataclass(frozen=True)
class Life:
    """What a resource is made with, what of it changes in place, and what makes a new one."""

    inputs: Properties
    in_place: Properties
    replacing: Properties


CONTAINER = {
    "name": "server",
    "image": "123456789012.dkr.ecr.eu-north-1.amazonaws.com/vectors:1",
    "essential": True,
    "environment": [{"name": "OMP_NUM_THREADS", "value": "4"}],
    "mountPoints": [{"sourceVolume": "model", "containerPath": "/opt/ml/model"}],
    "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
}
HEALTH = {
    "path": "/ping",
    "matcher": "200",
    "interval": 30,
    "timeout": 10,
    "healthyThreshold": 2,
    "unhealthyThreshold": 3,
}
TAGS = {"lichen:model": "bge"}
PUBLISHES = (
    '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":'
    '{{"Service":"{}.amazonaws.com"}},"Action":"sns:Publish",'
    '"Resource":"arn:aws:sns:eu-north-1:123456789012:pages"}}]}}'
)

SERVING = {
    "aws:ecs/cluster:Cluster": Life(
        {
            "name": "vectors",
            "settings": [{"name": "containerInsights", "value": "disabled"}],
            "tags": TAGS,
        },
        {"settings": [{"name": "containerInsights", "value": "enabled"}], "tags": {"a": "b"}},
        {"name": "other"},
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Life(
        {
            "family": "vectors",
            "cpu": "4096",
            "memory": "8192",
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "runtimePlatform": {"cpuArchitecture": "ARM64", "operatingSystemFamily": "LINUX"},
            "ephemeralStorage": {"sizeInGib": 30},
            "executionRoleArn": ROLE,
            "taskRoleArn": ROLE,
            "volumes": [{"name": "model"}],
            "containerDefinitions": json.dumps([CONTAINER]),
            "tags": TAGS,
        },
        {"tags": {"a": "b"}},
        {"cpu": "8192"},
    ),
    "aws:ecs/service:Service": Life(
        {
            "name": "vectors",
            "cluster": "CLUSTER",
            "taskDefinition": "TASK",
            "desiredCount": 2,
            "launchType": "FARGATE",
            "loadBalancers": [
                {"targetGroupArn": "GROUP", "containerName": "server", "containerPort": 8080}
            ],
            "networkConfiguration": {
                "subnets": ["SUBNET 1", "SUBNET 2"],
                "securityGroups": ["WALL"],
                "assignPublicIp": False,
            },
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
            "alarms": {"alarmNames": ["vectors-errors"], "enable": True, "rollback": True},
            "deploymentMaximumPercent": 200,
            "deploymentMinimumHealthyPercent": 100,
            "healthCheckGracePeriodSeconds": 900,
            "availabilityZoneRebalancing": "ENABLED",
            "enableEcsManagedTags": True,
            "propagateTags": "SERVICE",
            "tags": TAGS,
        },
        {"desiredCount": 3, "healthCheckGracePeriodSeconds": 600, "tags": {"a": "b"}},
        {"launchType": "EC2"},
    ),
    "aws:lb/loadBalancer:LoadBalancer": Life(
        {
            "internal": True,
            "loadBalancerType": "application",
            "subnets": ["SUBNET 1", "SUBNET 2"],
            "securityGroups": ["WALL"],
            "idleTimeout": 120,
            "dropInvalidHeaderFields": True,
            "enableDeletionProtection": False,
            "tags": TAGS,
        },
        {"idleTimeout": 300, "tags": {"a": "b"}},
        {"internal": False},
    ),
    "aws:lb/targetGroup:TargetGroup": Life(
        {
            "port": 8080,
            "protocol": "HTTP",
            "targetType": "ip",
            "vpcId": "VPC",
            "healthCheck": HEALTH,
            "deregistrationDelay": 60,
            "loadBalancingAlgorithmType": "least_outstanding_requests",
            "tags": TAGS,
        },
        {"deregistrationDelay": 90, "healthCheck": {**HEALTH, "interval": 20}, "tags": {"a": "b"}},
        {"port": 8081},
    ),
    "aws:lb/listener:Listener": Life(
        {
            "loadBalancerArn": "BALANCER",
            "port": 8000,
            "protocol": "HTTP",
            "defaultActions": [{"type": "forward", "targetGroupArn": "GROUP"}],
            "tags": TAGS,
        },
        {"port": 8001, "tags": {"a": "b"}},
        {"loadBalancerArn": "other"},
    ),
    "aws:ec2/securityGroup:SecurityGroup": Life(
        {"description": "Clients of vectors", "vpcId": "VPC", "tags": TAGS},
        {"tags": {"a": "b"}},
        {"description": "other"},
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Life(
        {
            "securityGroupId": "WALL",
            "cidrIpv4": "10.0.0.0/8",
            "fromPort": 443,
            "toPort": 443,
            "ipProtocol": "tcp",
            "tags": TAGS,
        },
        {"tags": {"a": "b"}},
        {"toPort": 444},
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Life(
        {
            "securityGroupId": "WALL",
            "referencedSecurityGroupId": "WALL",
            "fromPort": 8080,
            "toPort": 8080,
            "ipProtocol": "tcp",
            "tags": TAGS,
        },
        {"tags": {"a": "b"}},
        {"toPort": 8081},
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": Life(
        {
            "name": "vectors",
            "imageId": "ami-0123456789abcdef0",
            "instanceType": "inf2.xlarge",
            "iamInstanceProfile": {"arn": "arn:aws:iam::123456789012:instance-profile/serving"},
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 2},
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {
                        "encrypted": "true",
                        "deleteOnTermination": "true",
                        "volumeType": "gp3",
                        "volumeSize": 60,
                        "throughput": 250,
                    },
                }
            ],
            "monitoring": {"enabled": True},
            "vpcSecurityGroupIds": ["WALL"],
            "userData": "IyEvYmluL2Jhc2g=",
            "tagSpecifications": [{"resourceType": "instance", "tags": TAGS}],
            "tags": TAGS,
        },
        {"userData": "IyEvYmluL3No", "tags": {"a": "b"}},
        {"name": "other"},
    ),
    "aws:iam/instanceProfile:InstanceProfile": Life(
        {"name": "vectors", "role": "serving", "tags": TAGS},
        {"tags": {"a": "b"}},
        {"path": "/other/"},
    ),
    "aws:autoscaling/group:Group": Life(
        {
            "name": "vectors",
            "minSize": 0,
            "maxSize": 3,
            "desiredCapacity": 0,
            "mixedInstancesPolicy": {
                "launchTemplate": {
                    "launchTemplateSpecification": {"launchTemplateId": "TEMPLATE", "version": "1"},
                    "overrides": [
                        {"instanceType": "inf2.xlarge"},
                        {"instanceType": "inf2.8xlarge"},
                    ],
                },
                "instancesDistribution": {
                    "onDemandBaseCapacity": 0,
                    "onDemandPercentageAboveBaseCapacity": 100,
                    "onDemandAllocationStrategy": "prioritized",
                    "spotAllocationStrategy": "price-capacity-optimized",
                },
            },
            "capacityRebalance": True,
            "vpcZoneIdentifiers": ["SUBNET 1", "SUBNET 2"],
            "healthCheckType": "ELB",
            "healthCheckGracePeriod": 900,
            "defaultInstanceWarmup": 900,
            "initialLifecycleHooks": [
                {
                    "name": "warm-up",
                    "lifecycleTransition": "autoscaling:EC2_INSTANCE_LAUNCHING",
                    "defaultResult": "ABANDON",
                    "heartbeatTimeout": 1800,
                }
            ],
            "instanceMaintenancePolicy": {"minHealthyPercentage": 100, "maxHealthyPercentage": 200},
            "tags": [{"key": "lichen:model", "value": "bge", "propagateAtLaunch": False}],
        },
        {
            "maxSize": 4,
            "tags": [{"key": "lichen:model", "value": "other", "propagateAtLaunch": False}],
        },
        {"name": "other"},
    ),
    "aws:autoscaling/policy:Policy": Life(
        {
            "name": "vectors",
            "autoscalingGroupName": "MACHINES",
            "policyType": "TargetTrackingScaling",
            "estimatedInstanceWarmup": 900,
            "targetTrackingConfiguration": {
                "predefinedMetricSpecification": {
                    "predefinedMetricType": "ALBRequestCountPerTarget",
                    "resourceLabel": "app/front/1/targetgroup/tasks/2",
                },
                "targetValue": 30.0,
            },
        },
        {"estimatedInstanceWarmup": 600},
        {"name": "other"},
    ),
    "aws:lambda/function:Function": Life(
        {
            "name": "vectors",
            "role": "FUNCTION ROLE",
            "packageType": "Image",
            "imageUri": "123456789012.dkr.ecr.eu-north-1.amazonaws.com/vectors:1",
            "architectures": ["arm64"],
            "memorySize": 1769,
            "timeout": 30,
            "environment": {"variables": {"OMP_NUM_THREADS": "1"}},
            "loggingConfig": {"logFormat": "JSON", "logGroup": "/aws/lambda/vectors"},
            "publish": True,
            "tags": TAGS,
        },
        {
            "imageUri": "123456789012.dkr.ecr.eu-north-1.amazonaws.com/vectors:2",
            "memorySize": 3008,
            "tags": {"a": "b"},
        },
        {"name": "other"},
    ),
    "aws:lambda/alias:Alias": Life(
        {"name": "live", "functionName": "served", "functionVersion": "1"},
        {"functionVersion": "2", "routingConfig": {"additionalVersionWeights": {"1": 0.1}}},
        {"name": "other"},
    ),
    "aws:lambda/functionUrl:FunctionUrl": Life(
        {
            "functionName": "served",
            "qualifier": "stable",
            "authorizationType": "AWS_IAM",
            "invokeMode": "BUFFERED",
        },
        {},
        {"qualifier": "other"},
    ),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": Life(
        {"functionName": "served", "qualifier": "stable", "provisionedConcurrentExecutions": 2},
        {"provisionedConcurrentExecutions": 3},
        {"qualifier": "other"},
    ),
    "aws:autoscaling/schedule:Schedule": Life(
        {
            "scheduledActionName": "morning",
            "autoscalingGroupName": "MACHINES",
            "recurrence": "0 7 * * 1-5",
            "timeZone": "Europe/Stockholm",
            "minSize": 2,
            "maxSize": 4,
            "desiredCapacity": -1,
        },
        {"recurrence": "0 8 * * 1-5", "minSize": 3},
        {"scheduledActionName": "other"},
    ),
    "aws:ecs/capacityProvider:CapacityProvider": Life(
        {
            "name": "vectors",
            "autoScalingGroupProvider": {
                "autoScalingGroupArn": "MACHINES ARN",
                "managedScaling": {
                    "status": "ENABLED",
                    "targetCapacity": 100,
                    "instanceWarmupPeriod": 600,
                },
                "managedTerminationProtection": "ENABLED",
                "managedDraining": "ENABLED",
            },
            "tags": TAGS,
        },
        {"tags": {"a": "b"}},
        {"name": "other"},
    ),
    "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders": Life(
        {"clusterName": "serving", "capacityProviders": ["FARGATE"]},
        {},
        {"clusterName": "other"},
    ),
    "aws:eks/nodeGroup:NodeGroup": Life(
        {
            "clusterName": "pods",
            "nodeGroupName": "chat",
            "nodeRoleArn": "FUNCTION ROLE",
            "subnetIds": ["SUBNET 1"],
            "amiType": "AL2023_x86_64_NEURON",
            "releaseVersion": "1.33.5-20260625",
            "instanceTypes": ["inf2.xlarge"],
            "capacityType": "ON_DEMAND",
            "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 2},
            "updateConfig": {"maxUnavailable": 1},
            "nodeRepairConfig": {"enabled": True},
            "taints": [
                {"key": "aws.amazon.com/neuron", "value": "present", "effect": "NO_SCHEDULE"}
            ],
            "tags": TAGS,
        },
        {
            "scalingConfig": {"minSize": 1, "desiredSize": 1, "maxSize": 3},
            "releaseVersion": "1.33.5-20260714",
            "tags": {"a": "b"},
        },
        {"instanceTypes": ["inf2.8xlarge"]},
    ),
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": Life(
        {
            "clusterName": "pods",
            "namespace": "default",
            "serviceAccount": "chat",
            "roleArn": "FUNCTION ROLE",
            "tags": TAGS,
        },
        {"tags": {"a": "b"}},
        {"serviceAccount": "other"},
    ),
    "aws:sns/topic:Topic": Life(
        {
            "name": "pages",
            "kmsMasterKeyId": "arn:aws:kms:eu-north-1:123456789012:key/k",
            "policy": PUBLISHES.format("cloudwatch"),
            "tags": TAGS,
        },
        {"policy": PUBLISHES.format("budgets"), "tags": {"a": "b"}},
        {"name": "other"},
    ),
}


def resolved(value: Any, world: Mapping[str, str]) -> Any:
    """A value with the names of things for the words that stand for them, at every depth."""
    if isinstance(value, dict):
        return {key: resolved(part, world) for key, part in value.items()}
    if isinstance(value, list):
        return [resolved(part, world) for part in value]
    return world.get(value, value) if isinstance(value, str) else value


@contextmanager
def serving_world(cloud: Cloud, region: str) -> Iterator[dict[str, str]]:
    """Network, load balancer, cluster and task definition, made past the provider."""
    ec2, elb, ecs = (cloud.client(service, region) for service in ("ec2", "elbv2", "ecs"))
    subnets = sorted(ec2.describe_subnets()["Subnets"], key=lambda one: one["AvailabilityZone"])
    vpc, places = subnets[0]["VpcId"], [subnet["SubnetId"] for subnet in subnets[:2]]
    wall = ec2.create_security_group(GroupName="wall", Description="wall", VpcId=vpc)["GroupId"]
    balancer = elb.create_load_balancer(Name="front", Subnets=places)["LoadBalancers"][0]
    group = elb.create_target_group(
        Name="tasks", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip"
    )["TargetGroups"][0]
    listener = elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )["Listeners"][0]
    cluster = ecs.create_cluster(clusterName="serving")["cluster"]["clusterArn"]
    task = ecs.register_task_definition(
        family="served",
        networkMode="awsvpc",
        requiresCompatibilities=["EC2", "FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=ROLE,
        containerDefinitions=[CONTAINER],
        volumes=[{"name": "model"}],
    )["taskDefinition"]["taskDefinitionArn"]
    template = ec2.create_launch_template(
        LaunchTemplateName="machines",
        LaunchTemplateData={"ImageId": "ami-0123456789abcdef0", "InstanceType": "inf2.xlarge"},
    )["LaunchTemplate"]["LaunchTemplateId"]
    groups = cloud.client("autoscaling", region)
    groups.create_auto_scaling_group(
        AutoScalingGroupName="machines",
        LaunchTemplate={"LaunchTemplateId": template, "Version": "1"},
        MinSize=0,
        MaxSize=1,
        VPCZoneIdentifier=places[0],
        NewInstancesProtectedFromScaleIn=True,
    )
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust["Principal"] = {"Service": "lambda.amazonaws.com"}  # type: ignore[assignment]
    iam, functions = cloud.client("iam", "us-east-1"), cloud.client("lambda", region)
    role = iam.create_role(
        RoleName="functions",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]["Arn"]
    functions.create_function(
        FunctionName="served",
        Role=role,
        PackageType="Image",
        Code={"ImageUri": "123456789012.dkr.ecr.eu-north-1.amazonaws.com/vectors:1"},
        Publish=True,
    )
    functions.update_function_code(
        FunctionName="served",
        ImageUri="123456789012.dkr.ecr.eu-north-1.amazonaws.com/vectors:2",
        Publish=True,
    )
    functions.create_alias(FunctionName="served", Name="stable", FunctionVersion="1")
    pods = cloud.client("eks", region)
    pods.create_cluster(name="pods", roleArn=role, resourcesVpcConfig={"subnetIds": places})
    yield {
        "FUNCTION ROLE": role,
        "TEMPLATE": template,
        "MACHINES": "machines",
        "MACHINES ARN": groups.describe_auto_scaling_groups()["AutoScalingGroups"][0][
            "AutoScalingGroupARN"
        ],
        "VPC": vpc,
        "SUBNET 1": places[0],
        "SUBNET 2": places[1],
        "WALL": wall,
        "BALANCER": balancer["LoadBalancerArn"],
        "GROUP": group["TargetGroupArn"],
        "CLUSTER": cluster,
        "TASK": task,
    }
    pods.delete_cluster(name="pods")
    functions.delete_function(FunctionName="served")
    iam.delete_role(RoleName="functions")
    groups.delete_auto_scaling_group(AutoScalingGroupName="machines", ForceDelete=True)
    ec2.delete_launch_template(LaunchTemplateId=template)
    ecs.deregister_task_definition(taskDefinition=task)
    ecs.delete_cluster(cluster=cluster)
    elb.delete_listener(ListenerArn=listener["ListenerArn"])
    elb.delete_target_group(TargetGroupArn=group["TargetGroupArn"])
    elb.delete_load_balancer(LoadBalancerArn=balancer["LoadBalancerArn"])
    ec2.delete_security_group(GroupId=wall)
