"""A cluster for a file of tests, where a Kubernetes is built here; else they are skipped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.aws.cloud import Cloud
from sandbox.kubernetes.build import NOT_BUILT, built
from sandbox.kubernetes.cluster import Cluster, cluster

needs_kubernetes = pytest.mark.skipif(built() is None, reason=NOT_BUILT)


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster without nodes."""
    program = built()
    assert program is not None
    with cluster(program) as started:
        yield started


def eks_cluster(cloud: Cloud, region: str, name: str) -> dict[str, Any]:
    """An EKS cluster, past the components, which take one: the role of its machines and subnets in
    two zones, as the component's arguments."""
    iam = cloud.client("iam", "us-east-1")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole"}
    trust["Principal"] = {"Service": "ec2.amazonaws.com"}  # type: ignore[assignment]
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    try:
        role = iam.get_role(RoleName="nodes")["Role"]["Arn"]
    except iam.exceptions.NoSuchEntityException:
        role = iam.create_role(RoleName="nodes", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    subnets = cloud.client("ec2", region).describe_subnets()["Subnets"]
    places = sorted(one["SubnetId"] for one in subnets)[:2]
    cloud.client("eks", region).create_cluster(
        name=name, roleArn=role, resourcesVpcConfig={"subnetIds": places}
    )
    return {"node_role": role, "subnets": places}
