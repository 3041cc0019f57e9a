"""Common deployments that nobody should be stopped for, in production, judged by the command:
advice is welcome, a block is a fault."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main

from tests.cases.test_documents import MUMBAI, STOCKHOLM, constant, plan

pytestmark = pytest.mark.usefixtures("fixed_tables")

FINLAND = "europe-north1"
POOL, SERVICE = "google_container_node_pool", "google_cloud_run_v2_service"

TEMPLATES = {
    "a training of six hours on sixteen accelerators": (
        STOCKHOLM,
        """
  Training:
    Type: AWS::Batch::JobDefinition
    Properties:
      Type: multinode
      Timeout: {AttemptDurationSeconds: 21600}
      NodeProperties:
        MainNode: 0
        NumNodes: 2
        NodeRangeProperties:
          - TargetNodes: "0:"
            Container:
              Image: trainer:1
              InstanceType: p4d.24xlarge
              ResourceRequirements: [{Type: GPU, Value: "8"}]
""",
    ),
    "a pool of GPUs that goes to zero": (
        STOCKHOLM,
        """
  Gpus:
    Type: AWS::EKS::Nodegroup
    Properties:
      ClusterName: shared
      NodeRole: arn:aws:iam::123456789012:role/nodes
      Subnets: [subnet-1]
      InstanceTypes: [g5.2xlarge]
      ScalingConfig: {MinSize: 0, DesiredSize: 0, MaxSize: 8}
""",
    ),
    "the general nodes of a shop in Mumbai": (
        MUMBAI,
        """
  General:
    Type: AWS::EKS::Nodegroup
    Properties:
      ClusterName: shop
      NodeRole: arn:aws:iam::123456789012:role/nodes
      Subnets: [subnet-1]
      InstanceTypes: [m7i.large]
      ScalingConfig: {MinSize: 3, DesiredSize: 3, MaxSize: 9}
""",
    ),
    "a bastion in Mumbai": (
        MUMBAI,
        "  Bastion: {Type: AWS::EC2::Instance, Properties: {InstanceType: t4g.micro}}",
    ),
    "a database on a machine of its own in Mumbai": (
        MUMBAI,
        """
  Database:
    Type: AWS::EC2::Instance
    Properties: {InstanceType: r7i.2xlarge, Tags: [{Key: Name, Value: postgres-primary}]}
""",
    ),
    "runners of tests with GPUs that go to zero": (
        STOCKHOLM,
        """
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties: {LaunchTemplateData: {InstanceType: g4dn.2xlarge}}
  Runners:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MinSize: "0"
      MaxSize: "6"
      LaunchTemplate: {LaunchTemplateId: !Ref Template, Version: "1"}
      Tags: [{Key: Name, Value: runners, PropagateAtLaunch: true}]
""",
    ),
    "an animator's workstation in Mumbai": (
        MUMBAI,
        """
  Workstation:
    Type: AWS::EC2::Instance
    Properties: {InstanceType: g4dn.2xlarge, Tags: [{Key: purpose, Value: graphics workstation}]}
""",
    ),
    "a chat in Stockholm that says what it serves": (
        STOCKHOLM,
        """
  Chat:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - {VariantName: a, ModelName: m, InstanceType: ml.inf2.xlarge, InitialInstanceCount: 2}
      Tags:
        - {Key: "lichen:model", Value: meta-llama/Llama-3.1-8B}
        - {Key: "lichen:precision", Value: bf16}
        - {Key: "lichen:peak-rps", Value: "1"}
        - {Key: "lichen:input-tokens", Value: "400"}
        - {Key: "lichen:output-tokens", Value: "150"}
""",
    ),
    "two variants that are compared": (
        STOCKHOLM,
        """
  Ranker:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - {VariantName: a, ModelName: a, InstanceType: ml.g5.2xlarge, InitialInstanceCount: 1}
        - {VariantName: b, ModelName: b, InstanceType: ml.g5.2xlarge, InitialInstanceCount: 1}
""",
    ),
    "embeddings on Arm": (
        STOCKHOLM,
        """
  Embeddings:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - {VariantName: a, ModelName: m, InstanceType: ml.c7g.xlarge, InitialInstanceCount: 2}
      Tags:
        - {Key: "lichen:model", Value: BAAI/bge-small-en-v1.5}
        - {Key: "lichen:peak-rps", Value: "4"}
        - {Key: "lichen:input-tokens", Value: "200"}
""",
    ),
    "documents that wait in a queue": (
        STOCKHOLM,
        """
  Documents:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      AsyncInferenceConfig: {OutputConfig: {S3OutputPath: "s3://answers/"}}
      ProductionVariants:
        - {VariantName: a, ModelName: m, InstanceType: ml.g5.4xlarge, InitialInstanceCount: 1}
""",
    ),
}


@pytest.mark.parametrize("name", list(TEMPLATES))
def test_a_good_template_is_not_stopped(tmp_path: Path, name: str) -> None:
    region, resources = TEMPLATES[name]
    path = tmp_path / "template.yaml"
    path.write_text(f"Resources:\n{resources}")
    judged(path, "--region", region)


PLANS = {
    "a pool of L4 that goes to zero in Finland": (
        POOL,
        {
            "cluster": "shared",
            "location": FINLAND,
            "node_locations": [f"{FINLAND}-a"],
            "autoscaling": [{"min_node_count": 0, "max_node_count": 8}],
            "node_config": [{"machine_type": "g2-standard-8"}],
        },
        FINLAND,
    ),
    "the front end of a shop in Mumbai": (
        SERVICE,
        {
            "location": "asia-south1",
            "scaling": [],
            "template": [
                {
                    "containers": [{"image": "shop:4", "resources": [{"limits": {"cpu": "1"}}]}],
                    "scaling": [{"min_instance_count": 0, "max_instance_count": 20}],
                }
            ],
        },
        "asia-south1",
    ),
}


@pytest.mark.parametrize("name", list(PLANS))
def test_a_good_plan_is_not_stopped(tmp_path: Path, name: str) -> None:
    type_, values, region = PLANS[name]
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan(values, provider=constant(region), type_=type_)))
    judged(path)


def judged(path: Path, *options: str) -> None:
    """The command reads the document's resources, and nothing in it blocks in production."""
    arguments = ["check", str(path), "--environment", "prod", "--format", "json", *options]
    run = CliRunner().invoke(main, arguments)
    assert run.exit_code == 0, run.output
    summary = json.loads(run.stdout)["summary"]
    assert summary["judged"] >= 1
    assert summary["stopping"] == 0
