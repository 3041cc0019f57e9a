"""The worked examples that serve in another mode than real time, each in one life."""

import json
import shutil
from pathlib import Path

import pytest
import yaml
from lichen_policies.registry import rules

from sandbox.world import QUIET, ROOT, World

PACK = ("--policy-pack", str(ROOT / "policies" / "crossguard"))

OF_THE_USER = {
    "endpoint-without-benchmark",
    "undisclosed-endpoint",
    "unreduced-without-evaluation",
}
"""What a benchmark, an evaluation and a page of the user's own would answer: advice for every
example."""

pytestmark = pytest.mark.xdist_group("modes")


@pytest.fixture(scope="module")
def project(place: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project: the engine writes into its stacks' files."""
    copy = tmp_path_factory.mktemp("project")
    shutil.copy(ROOT / "Pulumi.yaml", copy)
    shutil.copytree(ROOT / "stacks", copy / "stacks")
    (copy / ".venv").symlink_to(ROOT / ".venv")
    place.stacks("summaries", "nightly", "rare", "drafts", cwd=copy)
    return copy


@pytest.mark.parametrize(
    ("stack", "makes", "machine", "findings"),
    [
        ("summaries", "SagemakerAsynchronousEndpoint", "ml.", set()),
        ("drafts", "SagemakerToZeroEndpoint", "ml.", set()),
        ("nightly", "SagemakerBatchTransform", "ml.", {"image-past-its-patches"}),
        (
            "rare",
            "SagemakerServerlessEndpoint",
            "serverless.",
            {"image-past-its-patches"},
        ),
    ],
)
def test_placement_picks_the_kind_and_it_comes_up_through_the_gate_and_goes(
    place: World, project: Path, stack: str, makes: str, machine: str, findings: set[str]
) -> None:
    def pulumi(*command: str) -> str:
        return place.run("pulumi", *command, "--stack", stack, cwd=project).stdout

    pulumi("config", "set", "protect", "false")
    made = pulumi("up", *QUIET, *PACK)
    assert {name for name in rules() if f"  {name}  " in made} - OF_THE_USER == findings
    assert f"lichen:index:{makes}" in pulumi("stack", "export")
    values = json.loads(pulumi("stack", "output", "--json"))
    assert str(values["machine"]).startswith(machine)
    pulumi("refresh", *QUIET, "--expect-no-changes")
    assert "unchanged" in pulumi("preview", "--non-interactive", "--expect-no-changes")

    # A new version of the model, twice the traffic, in another region: the new one is made before
    # the old one goes.
    workload = project / "stacks" / "workloads" / f"{stack}.yaml"
    text = workload.read_text()
    peak = yaml.safe_load(text)["traffic"]["peak_rps"]
    text = text.replace(f"peak_rps: {peak}", f"peak_rps: {2 * peak}")
    workload.write_text(text.replace("residency: EU", "regions: [us-west-2]"))
    newer = pulumi("config", "get", "artifacts").strip().replace("acme-models", "acme-newer")
    place.cloud.upload(newer, "us-west-2")
    pulumi("config", "set", "artifacts", newer)
    pulumi("up", *QUIET, "--skip-preview")
    values = json.loads(pulumi("stack", "output", "--json"))
    assert values["region"] == "us-west-2"
    assert place.cloud.deleted_in_use() == []
    pulumi("destroy", *QUIET)
    assert place.cloud.inventory() == {}
