"""A role that SageMaker takes and that may do everything, for tests of other things."""

import json

from sandbox.aws.cloud import Cloud

ROLE = "arn:aws:iam::123456789012:role/serving"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": {"Service": "sagemaker.amazonaws.com"},
        }
    ],
}
ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def make_serving_role(cloud: Cloud) -> None:
    """Make the role `ROLE`."""
    iam = cloud.client("iam", "us-east-1")
    iam.create_role(RoleName="serving", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(
        RoleName="serving",
        PolicyName="all",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [ALL]}),
    )


def drop_serving_role(cloud: Cloud) -> None:
    """Take the role away."""
    iam = cloud.client("iam", "us-east-1")
    for policy in iam.list_role_policies(RoleName="serving")["PolicyNames"]:
        iam.delete_role_policy(RoleName="serving", PolicyName=policy)
    iam.delete_role(RoleName="serving")
