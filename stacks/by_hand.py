"""An endpoint as a team writes it by hand: machine, region and count are what they typed.

It carries the workload's passport, so the rules know what is served on it.
"""

import json

import pulumi
import pulumi_aws as aws

from lichen.passport import Passport, to_tags
from lichen.workload import Workload


def by_hand(workload: Workload, config: pulumi.Config) -> None:
    """Model, configuration and endpoint of fixed size, in the region of the configuration."""
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
    model = aws.sagemaker.Model(
        f"{name}-model",
        execution_role_arn=role.arn,
        primary_container=aws.sagemaker.ModelPrimaryContainerArgs(
            image=config.require("image").replace("{region}", region),
            model_data_url=config.require("artifacts").replace("{region}", region),
        ),
        region=region,
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
    pulumi.export("endpoint_name", endpoint.name)
    pulumi.export("machine", config.require("machine"))
    pulumi.export("region", region)
