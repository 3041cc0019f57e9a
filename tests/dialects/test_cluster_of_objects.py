"""A cluster and the objects in it, in one program: the objects are where the cluster is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.dialects import read
from lichen_policies.gate import Gate

CLUSTER = "aws_eks_cluster.this"
OF_CLUSTER = [f"{CLUSTER}.endpoint", CLUSTER]
OF_DATA = ["data.aws_eks_cluster.this.endpoint", "data.aws_eks_cluster.this"]


def change(kind: str, after: dict[str, Any], name: str = "this") -> dict[str, Any]:
    return {
        "address": f"{kind}.{name}",
        "mode": "managed",
        "type": kind,
        "name": name,
        "change": {"actions": ["create"], "after": after, "after_unknown": {}},
    }


def pods(image: str) -> list[Any]:
    container = {"image": image, "resources": [{"limits": {"nvidia.com/gpu": "1"}}]}
    return [{"replicas": "1", "template": [{"spec": [{"container": [container]}]}]}]


def plan(host: list[str], image: str) -> dict[str, Any]:
    """A cluster in Mumbai, and a Deployment that goes to the host of some references."""
    cluster = {"type": "aws_eks_cluster", "name": "this", "provider_config_key": "aws"}
    deployment = {
        "type": "kubernetes_deployment_v1",
        "name": "this",
        "provider_config_key": "kubernetes",
    }
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "resource_changes": [
            change("aws_eks_cluster", {"name": "main"}),
            change(
                "kubernetes_deployment_v1",
                {"metadata": [{"name": "chat", "namespace": "prod"}], "spec": pods(image)},
            ),
        ],
        "configuration": {
            "provider_config": {
                "aws": {
                    "name": "aws",
                    "expressions": {"region": {"constant_value": "ap-south-1"}},
                },
                "kubernetes": {
                    "name": "kubernetes",
                    "expressions": {"host": {"references": host}},
                },
            },
            "root_module": {"resources": [cluster, deployment]},
        },
    }


def preview(made_of: str, image: str) -> dict[str, Any]:
    """The same of Pulumi, whose provider is made of what is at an address."""
    stack = "urn:pulumi:prod::shop::"
    cluster = f"{stack}aws:eks/cluster:Cluster::main"
    provider = f"{stack}pulumi:providers:kubernetes::main"
    container = {"image": image, "resources": {"limits": {"nvidia.com/gpu": "1"}}}
    states = [
        {
            "urn": cluster,
            "type": "aws:eks/cluster:Cluster",
            "inputs": {"name": "main", "region": "ap-south-1"},
        },
        {
            "urn": provider,
            "type": "pulumi:providers:kubernetes",
            "inputs": {"kubeconfig": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"},
            "propertyDependencies": {"kubeconfig": [made_of.format(cluster=cluster)]},
        },
        {
            "urn": f"{stack}kubernetes:apps/v1:Deployment::chat",
            "type": "kubernetes:apps/v1:Deployment",
            "provider": f"{provider}::04da6b54-80e4-46f7-96ec-b56ff0331ba9",
            "inputs": {"spec": {"template": {"spec": {"containers": [container]}}}},
        },
    ]
    return {"steps": [{"op": "create", "urn": s["urn"], "newState": s} for s in states]}


def verdicts(tmp_path: Path, document: dict[str, Any]) -> dict[str, str]:
    """What is said of the Deployment by rules about regions: the verdict by the rule."""
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document))
    report = Gate.near(path).report(read(path))
    return {
        verdict.rule: verdict.verdict
        for verdict in (*report.findings, *report.unverified)
        if "eployment" in verdict.resource and "region" in verdict.rule
    }


SERVER, OTHER = "vllm/vllm-openai:v0.9.1", "registry.example/render:1"


@pytest.mark.parametrize("image", [SERVER, OTHER])
@pytest.mark.parametrize("dialect", ["terraform", "pulumi"])
def test_objects_are_where_the_cluster_is_that_their_provider_is_made_of(
    tmp_path: Path, dialect: str, image: str
) -> None:
    document = plan(OF_CLUSTER, image) if dialect == "terraform" else preview("{cluster}", image)
    assert verdicts(tmp_path, document) == {"dirty-region": "fail"}


ELSEWHERE = "urn:pulumi:prod::shop::pulumi:pulumi:StackReference::platform"


@pytest.mark.parametrize("dialect", ["terraform", "pulumi"])
def test_a_cluster_beside_them_may_be_another_one(tmp_path: Path, dialect: str) -> None:
    for image, said in ((SERVER, {"region-unresolved": "fail"}), (OTHER, {})):
        document = plan(OF_DATA, image) if dialect == "terraform" else preview(ELSEWHERE, image)
        assert verdicts(tmp_path, document) == said


def test_a_host_that_goes_through_a_module_is_followed(tmp_path: Path) -> None:
    document = plan(["module.eks.endpoint", "module.eks"], OTHER)
    cluster = document["resource_changes"][0]
    cluster |= {"address": f"module.eks.{CLUSTER}", "module_address": "module.eks"}
    block, other = document["configuration"]["root_module"]["resources"]
    document["configuration"]["root_module"] = {
        "resources": [other],
        "module_calls": {
            "eks": {
                "module": {
                    "resources": [block],
                    "outputs": {"endpoint": {"expression": {"references": OF_CLUSTER}}},
                }
            }
        },
    }
    assert verdicts(tmp_path, document) == {"dirty-region": "fail"}
