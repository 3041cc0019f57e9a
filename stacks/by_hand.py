"""An endpoint as a team writes it by hand: machine, region and count are what they typed.

It carries the workload's passport, so the rules know what is served on it.
"""

import json

import pulumi
import pulumi_aws as aws
from pulumi_aws.appautoscaling import PolicyTargetTrackingScalingPolicyConfigurationArgs as Tracking
from pulumi_aws.appautoscaling import (
    PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs as Predefined,
)

from lichen.passport import Passport, to_tags
from lichen.workload import Workload


def by_hand(workload: Workload, config: pulumi.Config) -> None:
    """Model, configuration and endpoint in the region of the configuration, of fixed size unless
    that says the most machines."""
    name, region = workload.name, config.require("region")
    tags = to_tags(Passport.of(workload, workload.precisions[0]), "aws")
    role = aws.iam.Role(
        f"{name}-role",
        assume_role_policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Principal": {"Service": "sagemaker.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                },
            }
        ),
        tags=tags,
    )
    bucket, _, key = (
        config.require("artifacts").replace("{region}", region).removeprefix("s3://").partition("/")
    )
    access = aws.iam.RolePolicy(
        f"{name}-access",
        role=role.name,
        policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "s3:GetObject",
                        "Resource": f"arn:aws:s3:::{bucket}/{key}",
                    },
                    {
                        "Effect": "Allow",
                        "Action": [
                            "ecr:GetAuthorizationToken",
                            "ecr:BatchCheckLayerAvailability",
                            "ecr:BatchGetImage",
                            "ecr:GetDownloadUrlForLayer",
                        ],
                        "Resource": "*",
                    },
                ],
            }
        ),
    )
    model = aws.sagemaker.Model(
        f"{name}-model",
        execution_role_arn=role.arn,
        primary_container=aws.sagemaker.ModelPrimaryContainerArgs(
            image=config.require("image").replace("{region}", region),
            model_data_url=config.require("artifacts").replace("{region}", region),
        ),
        region=region,
        # SageMaker looks at the files when it makes the model.
        opts=pulumi.ResourceOptions(depends_on=[access]),
        tags=tags,
    )
    configuration = aws.sagemaker.EndpointConfiguration(
        f"{name}-config",
        production_variants=[
            aws.sagemaker.EndpointConfigurationProductionVariantArgs(
                variant_name="all",
                model_name=model.name,
                instance_type=config.require("machine"),
                initial_instance_count=config.require_int("count"),
            )
        ],
        region=region,
        tags=tags,
    )
    endpoint = aws.sagemaker.Endpoint(
        f"{name}-endpoint",
        endpoint_config_name=configuration.name,
        region=region,
        tags=tags,
    )
    most = config.get_int("most")
    if most is not None:
        scale(name, endpoint.name, config.require_int("count"), most, region)
    pulumi.export("endpoint_name", endpoint.name)
    pulumi.export("machine", config.require("machine"))
    pulumi.export("region", region)


def scale(name: str, endpoint: pulumi.Output[str], least: int, most: int, region: str) -> None:
    """Between two numbers of machines, by the requests of a minute that each of them gets."""
    target = aws.appautoscaling.Target(
        f"{name}-capacity",
        service_namespace="sagemaker",
        resource_id=pulumi.Output.format("endpoint/{0}/variant/all", endpoint),
        scalable_dimension="sagemaker:variant:DesiredInstanceCount",
        min_capacity=least,
        max_capacity=most,
        region=region,
    )
    aws.appautoscaling.Policy(
        f"{name}-scaling",
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        resource_id=target.resource_id,
        scalable_dimension=target.scalable_dimension,
        target_tracking_scaling_policy_configuration=Tracking(
            target_value=20,
            predefined_metric_specification=Predefined(
                predefined_metric_type="SageMakerVariantInvocationsPerInstance"
            ),
        ),
        region=region,
    )
