"""The worked examples as a user runs them: real engine, policy pack, emulated AWS."""

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from lichen_components.aws.sagemaker.endpoint import OLD_TYPES, TYPE

from sandbox.world import QUIET, World
from tests.stacks.project import PACK, copied_to, fired

pytestmark = pytest.mark.xdist_group("stacks")

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def project(place: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project: the engine writes into its stacks' files."""
    copy = copied_to(tmp_path_factory.mktemp("project"))
    place.stacks("chat", "wasteful", cwd=copy)
    return copy


@pytest.fixture
def pulumi(place: World, project: Path) -> Run:
    def run(*command: str, check: bool = True) -> CompletedProcess[str]:
        return place.run("pulumi", *command, cwd=project, check=check)

    return run


def outputs(pulumi: Run, stack: str) -> dict[str, object]:
    values: dict[str, object] = json.loads(
        pulumi("stack", "output", "--json", "--stack", stack).stdout
    )
    return values


def test_chat_comes_up_through_the_gate_changes_and_goes(
    place: World, project: Path, pulumi: Run
) -> None:
    up = ("up", "--stack", "chat", *QUIET, *PACK)
    made = pulumi(*up).stdout
    assert fired(made) == set()
    values = outputs(pulumi, "chat")
    sagemaker = place.cloud.client("sagemaker", str(values["region"]))
    assert sagemaker.describe_endpoint(EndpointName=values["endpoint_name"])["EndpointStatus"] == (
        "InService"
    )
    assert str(values["machine"]).startswith("ml.")
    assert float(str(values["gco2e_month"])) > 0
    assert "low-carbon grid" in str(values["because"])

    assert "unchanged" in pulumi(*up, "--expect-no-changes").stdout
    pulumi("refresh", "--stack", "chat", *QUIET, "--expect-no-changes")

    # A stack of version 0.1.0, whose component had a type for each chip, keeps its resources.
    state = pulumi("stack", "export", "--stack", "chat").stdout
    assert TYPE in state
    for old in OLD_TYPES:
        (project / "older.json").write_text(state.replace(TYPE, old))
        pulumi("stack", "import", "--stack", "chat", "--file", str(project / "older.json"))
        preview = ("preview", "--stack", "chat", "--non-interactive", "--expect-no-changes")
        assert "unchanged" in pulumi(*preview).stdout

    workload = project / "stacks" / "workloads" / "chat.yaml"
    before = workload.read_text()
    # A ceiling above the budget of accelerators is stopped, until somebody raises the budget.
    workload.write_text(before.replace("peak_rps: 2", "peak_rps: 40"))
    stopped = pulumi(*up, check=False)
    assert stopped.returncode != 0
    assert "raise limits.too-many-accelerators.prod.chips in lichen.yaml" in stopped.stdout
    limits = project / "lichen.yaml"
    limits.write_text("limits: {too-many-accelerators: {prod: {chips: 24}}}\n")
    pulumi(*up)
    limits.unlink()
    workload.write_text(before)
    scaling = place.cloud.client("application-autoscaling", str(values["region"]))
    target = scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"][0]
    assert target["MaxCapacity"] > 2

    pulumi("destroy", "--stack", "chat", *QUIET)
    assert place.cloud.inventory() == {}


def test_wasteful_is_stopped_with_every_reason_until_it_is_corrected(
    place: World, pulumi: Run
) -> None:
    up = ("up", "--stack", "wasteful", *QUIET, *PACK)
    stopped = pulumi(*up, check=False)
    assert stopped.returncode != 0
    assert fired(stopped.stdout) >= {
        "dirty-region",
        "oversized-endpoint",
        "too-many-accelerators",
        "fixed-size-endpoint",
    }
    assert stopped.stdout.count("Fix:") >= 3
    assert place.cloud.inventory() == {}

    # What the messages say to type.
    for key, value in (("machine", "ml.g5.xlarge"), ("count", "3"), ("region", "eu-north-1")):
        assert value in stopped.stdout
        pulumi("config", "set", "--stack", "wasteful", key, value)
    assert "add an Application Auto Scaling target" in stopped.stdout
    pulumi("config", "set", "--stack", "wasteful", "most", "6")
    pulumi(*up)
    made = place.cloud.inventory()
    assert len(made["aws:sagemaker/endpoint:Endpoint"]) == 1
    pulumi("destroy", "--stack", "wasteful", *QUIET)
    assert place.cloud.inventory() == {}
