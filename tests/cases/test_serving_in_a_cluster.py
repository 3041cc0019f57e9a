"""Servers of models in manifests, as people write them: judged by the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from lichen_doors.command import main

pytestmark = pytest.mark.usefixtures("fixed_tables")

GPUS = {"limits": {"nvidia.com/gpu": 8}}


def found(path: Path, *arguments: str) -> set[str]:
    """The rules that find something in a document."""
    run = CliRunner().invoke(main, ["check", str(path), "--format", "json", *arguments])
    assert run.exit_code in (0, 1), run.stderr
    report = json.loads(run.stdout)
    assert not report["unverified"]
    return {each["rule"] for each in report["findings"]}


def container(**own: Any) -> dict[str, Any]:
    return {"name": "server", "image": "vllm/vllm-openai:v0.9.1", "resources": GPUS, **own}


def deployment(**own: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "chat"},
        "spec": {"template": {"spec": {"containers": [container(**own)]}}},
    }


def group(leader: str) -> dict[str, Any]:
    def pod(line: str) -> dict[str, Any]:
        return {"spec": {"containers": [container(command=["sh", "-c", line])]}}

    return {
        "apiVersion": "leaderworkerset.x-k8s.io/v1",
        "kind": "LeaderWorkerSet",
        "metadata": {"name": "chat"},
        "spec": {
            "leaderWorkerTemplate": {
                "size": 2,
                "leaderTemplate": pod(leader),
                "workerTemplate": pod(
                    "bash ray_start.sh worker --ray_address=$(LWS_LEADER_ADDRESS)"
                ),
            }
        },
    }


SERVE = "bash ray_start.sh leader; python3 -m vllm.entrypoints.openai.api_server --model a/b "
CASES = {
    "a shell starts it over two nodes": (
        group(f"{SERVE} --max_model_len 8192 --tensor-parallel-size 8 --pipeline_parallel_size 2"),
        {"too-many-accelerators", "region-unresolved"},
    ),
    "half of its chips are idle": (
        group(f"{SERVE} --max-model-len 8192 --tensor-parallel-size 8"),
        {"too-many-accelerators", "region-unresolved", "idle-chips"},
    ),
    "a benchmark": (
        deployment(command=["sh", "-c"], args=["genai-perf profile --model a/b --url chat:8000"]),
        set(),
    ),
    "a benchmark of its own": (deployment(command=["vllm", "bench", "serve"]), set()),
    "an image of one's own": (
        deployment(image="registry.example/acme/chat:7", command=["vllm", "serve", "a/b", "-tp=8"]),
        {"unbounded-generation", "region-unresolved"},
    ),
    "an older version that limits itself": (
        deployment(image="ghcr.io/huggingface/text-generation-inference:2.0.4"),
        {"region-unresolved"},
    ),
    "a runtime": (
        {
            "apiVersion": "serving.kserve.io/v1alpha1",
            "kind": "ClusterServingRuntime",
            "metadata": {"name": "vllm"},
            "spec": {"containers": [container(command=["vllm", "serve"])]},
        },
        set(),
    ),
    "a roll-out of Argo": (
        {
            **deployment(command=["vllm", "serve", "a/b", "-tp=8"]),
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Rollout",
        },
        {"region-unresolved", "unbounded-generation"},
    ),
    "a cluster of eksctl": (
        {
            "apiVersion": "eksctl.io/v1alpha5",
            "kind": "ClusterConfig",
            "metadata": {"name": "models", "region": "ap-south-1"},
            "nodeGroups": [{"name": "gpus", "instanceType": "g5.xlarge", "desiredCapacity": 1}],
        },
        {"dirty-region"},
    ),
}
OURS = {
    "dirty-region",
    "idle-chips",
    "more-chips-than-there-are",
    "region-unresolved",
    "too-many-accelerators",
    "unbounded-generation",
}
"""What these cases are about; other rules may have something to say of the same objects."""


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("form", ["one", "List"])
def test_what_is_found_in_a_manifest(tmp_path: Path, case: str, form: str) -> None:
    text, rules = CASES[case]
    listed = {"apiVersion": "v1", "kind": "List", "items": [text]}
    path = tmp_path / "manifest.yaml"
    path.write_text(yaml.safe_dump(listed if form == "List" else text))
    assert found(path) & OURS == rules


IDLE = deployment(args=["--model", "a/b", "--max-model-len", "8192", "-tp", "2"])


def test_an_object_in_a_plan_is_judged_alike(tmp_path: Path) -> None:
    kind = "kubernetes_manifest"
    change = {"actions": ["create"], "before": None, "after": {"manifest": IDLE}}
    block = {"mode": "managed", "type": kind, "name": "chat", "provider_config_key": "kubernetes"}
    document = {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "resource_changes": [{**block, "address": f"{kind}.chat", "change": change}],
        "configuration": {"root_module": {"resources": [block]}},
    }
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(document))
    assert found(path) & OURS == {"idle-chips", "region-unresolved"}


def test_an_object_of_a_program_is_judged_alike(tmp_path: Path) -> None:
    kind = "kubernetes:apps/v1:Deployment"
    urn = f"urn:pulumi:prod::chat::{kind}::chat"
    state = {"urn": urn, "custom": True, "type": kind, "inputs": IDLE}
    path = tmp_path / "preview.json"
    path.write_text(json.dumps({"steps": [{"op": "create", "urn": urn, "newState": state}]}))
    assert found(path) & OURS == {"idle-chips", "region-unresolved"}
