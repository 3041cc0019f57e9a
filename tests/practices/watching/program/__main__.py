"""Endpoint configurations as the stack's setting ``endpoints`` lists them: a model each."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
role = aws.iam.Role(
    "reader",
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
)
access = aws.iam.RolePolicy(
    "access",
    role=role.name,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": [
                        f"arn:aws:s3:::models-{each['region']}/chat/model.tar.gz"
                        for each in config.require_object("endpoints")
                    ],
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
for each in config.require_object("endpoints"):
    name, region = each["name"], each["region"]
    model = aws.sagemaker.Model(
        f"{name}-model",
        execution_role_arn=role.arn,
        primary_container=aws.sagemaker.ModelPrimaryContainerArgs(
            image=f"763104351884.dkr.ecr.{region}.amazonaws.com/djl-inference:0.36.0-lmi24.0.0-cu130",
            model_data_url=f"s3://models-{region}/chat/model.tar.gz",
            environment={"HF_TOKEN": config.require_secret("token")},
        ),
        region=region,
        opts=pulumi.ResourceOptions(depends_on=[access]),
    )
    aws.sagemaker.EndpointConfiguration(
        name,
        production_variants=[
            aws.sagemaker.EndpointConfigurationProductionVariantArgs(
                variant_name="all",
                model_name=model.name,
                instance_type=each["machine"],
                initial_instance_count=each["count"],
            )
        ],
        region=region,
        tags=each["tags"],
    )
