"""The worked examples on Google Cloud as a user runs them, each in one life."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from sandbox.google.world import GoogleWorld
from sandbox.world import QUIET
from tests.stacks.google_program import PROGRAM
from tests.stacks.project import PACK, copied_to, fired, google_with_models

pytestmark = pytest.mark.xdist_group("google")

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def google() -> Iterator[GoogleWorld]:
    with google_with_models() as place:
        yield place


@pytest.fixture(scope="module")
def pulumi(google: GoogleWorld, tmp_path_factory: pytest.TempPathFactory) -> Run:
    copy = copied_to(tmp_path_factory.mktemp("project"))

    def run(*command: str, check: bool = True) -> CompletedProcess[str]:
        return google.run("pulumi", *command, cwd=copy, check=check)

    return run


def _up(pulumi: Run, stack: str) -> None:
    pulumi("up", "--stack", stack, "--skip-preview", *QUIET)


def _kept(google: GoogleWorld) -> set[str]:
    """What the fixture made."""
    there = {"storage.buckets", "artifactregistry.projects.locations.repositories"}
    return set(google.cloud.inventory()) - there


def test_passages_on_cloud_run_keep_every_rule_of_production(
    google: GoogleWorld, pulumi: Run
) -> None:
    """Up with the policy pack, refreshed clean, changed in place, gone without a trace."""
    pulumi("stack", "init", "passages", "--no-select", "--non-interactive")
    made = pulumi("up", "--stack", "passages", "--skip-preview", *QUIET, *PACK)
    assert fired(made.stdout) == set()
    values = json.loads(pulumi("stack", "output", "--json", "--stack", "passages").stdout)
    assert values["machine"].startswith("cloudrun-cpu.")
    assert values["url"].startswith("https://passages-prod-")
    name = values["endpoint_id"]
    service = google.cloud.call("GET", f"run.v2/v2/{name}")
    template = service["template"]
    assert service["ingress"] == "INGRESS_TRAFFIC_INTERNAL_ONLY"
    assert service["labels"]["lichen-workload"] == template["labels"]["lichen-workload"]
    (container,) = template["containers"]
    assert "--model-id=/mnt/model" in container["args"]
    assert container["resources"]["cpuIdle"] is True
    probe = container["startupProbe"]
    assert probe["failureThreshold"] * probe["periodSeconds"] == 240
    assert template["volumes"][0]["gcs"]["mountOptions"] == ["only-dir=bge-small-en-v1.5"]
    assert template["vpcAccess"]["egress"] == "ALL_TRAFFIC"
    found = google.cloud.inventory()
    assert len(found["monitoring.projects.alertPolicies"]) == 2
    assert found["logging.projects.locations.buckets"][0].endswith(values["endpoint_name"])

    again = pulumi("refresh", "--stack", "passages", "--expect-no-changes", *QUIET)
    assert "unchanged" in again.stdout
    pulumi("config", "set", "--stack", "passages", "--path", "google.public", "true")
    _up(pulumi, "passages")
    assert google.cloud.call("GET", f"run.v2/v2/{name}")["ingress"] == "INGRESS_TRAFFIC_ALL"
    pulumi("destroy", "--stack", "passages", "--skip-preview", *QUIET)
    assert _kept(google) == set()


def test_a_library_on_axion_keeps_every_rule_of_production(
    google: GoogleWorld, pulumi: Run
) -> None:
    """A template's change replaces it beside the old one; the group stays."""
    pulumi("stack", "init", "library", "--no-select", "--non-interactive")
    made = pulumi("up", "--stack", "library", "--skip-preview", *QUIET, *PACK)
    assert fired(made.stdout) == set()
    found = google.cloud.inventory()
    (template,) = found["compute.regionInstanceTemplates"]
    properties = google.cloud.call("GET", f"compute.v1/compute/v1/{template}")["properties"]
    assert properties["machineType"].startswith(("c4a-", "n4a-"))
    assert properties["labels"]["lichen-workload"] == "library"
    assert "accessConfigs" not in properties["networkInterfaces"][0]
    items = {item["key"]: item["value"] for item in properties["metadata"]["items"]}
    assert "text-embeddings-inference:cpu-arm64-1.9" in items["startup-script"]
    assert "gs://acme-models/bge-small-en-v1.5" in items["startup-script"]
    (scaler,) = found["compute.regionAutoscalers"]
    policy = google.cloud.call("GET", f"compute.v1/compute/v1/{scaler}")["autoscalingPolicy"]
    assert policy["scalingSchedules"]["schedule-1"]["durationSec"] == 36000
    assert policy["minNumReplicas"] >= 1
    (wall,) = found["compute.firewalls"]
    wall_body = google.cloud.call("GET", f"compute.v1/compute/v1/{wall}")
    assert wall_body["sourceRanges"] == ["35.191.0.0/16", "130.211.0.0/22", "10.129.0.0/23"]
    pulumi("config", "set", "--stack", "library", "--path", "google.subnetwork", "other")
    _up(pulumi, "library")
    after = google.cloud.inventory()
    assert after["compute.regionInstanceTemplates"] != [template]
    assert (
        after["compute.regionInstanceGroupManagers"]
        == (found["compute.regionInstanceGroupManagers"])
    )
    pulumi("destroy", "--stack", "library", "--skip-preview", *QUIET)
    assert _kept(google) == set()


def test_questions_wake_an_instance_with_an_l4(google: GoogleWorld, pulumi: Run) -> None:
    """Up with the policy pack, at zero; a request wakes it; refreshed clean, gone."""
    pulumi("stack", "init", "questions", "--no-select", "--non-interactive")
    made = pulumi("up", "--stack", "questions", "--skip-preview", *QUIET, *PACK)
    assert fired(made.stdout) == set()
    values = json.loads(pulumi("stack", "output", "--json", "--stack", "questions").stdout)
    assert values["machine"] == "cloudrun-gpu-l4"
    name = values["endpoint_id"]
    template = google.cloud.call("GET", f"run.v2/v2/{name}")["template"]
    assert template["nodeSelector"] == {"accelerator": "nvidia-l4"}
    assert template["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == "1"
    assert template["scaling"].get("minInstanceCount", 0) == 0
    assert google.cloud.idle(name) == 0
    assert google.cloud.request(name)
    assert google.cloud.idle(name) == 0
    pulumi("refresh", "--stack", "questions", "--expect-no-changes", *QUIET)
    pulumi("destroy", "--stack", "questions", "--skip-preview", *QUIET)
    assert _kept(google) == set()


def test_one_model_on_four_hostings(google: GoogleWorld, tmp_path: Path) -> None:
    """Groups of TPU v6e and v5p, nodes of v5e, a deployment of Model Garden; Cloud Run wakes from
    zero."""
    (tmp_path / "Pulumi.yaml").write_text("name: chips\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)

    def run(*command: str) -> str:
        return google.run("pulumi", *command, cwd=tmp_path).stdout

    run("stack", "init", "it", "--non-interactive")
    said = run("up", "--skip-preview", *QUIET)
    assert "keeps one replica at least" in said
    values = json.loads(run("stack", "output", "--json"))
    assert [values[name] for name in ("v6e", "v5p", "v5e", "vertex")] == [
        "ct6e-standard-1t", "ct5p-hightpu-4t", "ct5lp-hightpu-4t", "g2-standard-4",
    ]  # fmt: skip
    found = google.cloud.inventory()
    disks = {}
    for template in found["compute.regionInstanceTemplates"]:
        properties = google.cloud.call("GET", f"compute.v1/compute/v1/{template}")["properties"]
        assert properties["scheduling"]["onHostMaintenance"] == "TERMINATE"
        boot = properties["disks"][0]["initializeParams"]
        disks[properties["machineType"]] = boot["diskType"]
        assert boot["sourceImage"].endswith("ubuntu-accel-2204-amd64-tpu-v5e-v5p-v6e")
    assert disks == {"ct6e-standard-1t": "hyperdisk-balanced", "ct5p-hightpu-4t": "pd-balanced"}
    node = google.cloud.call("GET", f"tpu.v2/v2/{found['tpu.projects.locations.nodes'][0]}")
    assert node["acceleratorType"] == "v5litepod-4"
    assert node["networkConfig"]["enableExternalIps"] is False
    (endpoint,) = found["aiplatform.projects.locations.endpoints"]
    (model,) = google.cloud.call("GET", f"aiplatform.v1/v1/{endpoint}")["deployedModels"]
    assert model["dedicatedResources"]["minReplicaCount"] == 1
    (name,) = found["run.projects.locations.services"]
    template = google.cloud.call("GET", f"run.v2/v2/{name}")["template"]
    assert template["nodeSelector"] == {"accelerator": "nvidia-l4"}
    assert template["gpuZonalRedundancyDisabled"] is True
    assert template["containers"][0]["resources"]["cpuIdle"] is False
    assert template["scaling"]["maxInstanceCount"] <= 3
    assert google.cloud.idle(name) == 0
    assert google.cloud.request(name)
    assert google.cloud.idle(name) == 0
    run("destroy", "--skip-preview", *QUIET)
    assert _kept(google) == set()
