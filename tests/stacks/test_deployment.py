"""The components on the real engine, over an emulated AWS: up, changed, down, nothing left."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from sandbox.errors import CommandFailed
from sandbox.world import QUIET, ROOT, World
from tests.components.narrowed import CHAT, VECTORS, camel, planned

PROGRAM = ROOT / "tests" / "components" / "program"
FROM_AFAR = ROOT / "tests" / "components" / "from_afar"

pytestmark = pytest.mark.xdist_group("deployment")


class Stack:
    """A stack of the program, in a directory of its own."""

    def __init__(self, place: World, directory: Path) -> None:
        self.place, self.directory = place, directory

    def up(self, *flags: str, **config: object) -> None:
        arguments = [
            part
            for key, value in config.items()
            for part in ("-c", f"{key}={value if isinstance(value, str) else json.dumps(value)}")
        ]
        self.place.run(
            "pulumi", "up", *QUIET, "--skip-preview", *flags, *arguments, cwd=self.directory
        )

    def destroy(self) -> None:
        self.place.run("pulumi", "destroy", *QUIET, "--skip-preview", cwd=self.directory)

    def output(self, name: str) -> str:
        root = next(r for r in self.resources().values() if r["type"] == "pulumi:pulumi:Stack")
        return str(root["outputs"][name])

    def resources(self) -> dict[str, dict]:
        state = json.loads(self.place.run("pulumi", "stack", "export", cwd=self.directory).stdout)
        return {
            resource["urn"].split("::")[-1]: resource
            for resource in state["deployment"]["resources"]
        }


@contextmanager
def stack(
    place: World, directory: Path, program: Path = PROGRAM, name: str = "test"
) -> Iterator[Stack]:
    shutil.copytree(program, directory, dirs_exist_ok=True)
    place.run("pulumi", "stack", "init", name, "--non-interactive", cwd=directory)
    made = Stack(place, directory)
    try:
        yield made
    finally:
        made.destroy()
        place.run("pulumi", "stack", "rm", "--yes", cwd=directory)


def test_an_endpoint_on_inferentia_comes_up_changes_and_goes(place: World, tmp_path: Path) -> None:
    with stack(place, tmp_path) as made:
        made.up(
            **{"aws:region": "us-east-1"},
            machine="inf2.xlarge",
            workload=CHAT,
            args={"protect": False},
        )
        sagemaker = place.cloud.client("sagemaker", "eu-west-3")
        name = made.output("endpoint_name")
        assert re.fullmatch("chat-prod-[0-9a-f]{6}", name)
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
        before = endpoint["EndpointConfigName"]
        variant = sagemaker.describe_endpoint_config(EndpointConfigName=before)[
            "ProductionVariants"
        ][0]
        assert variant["InstanceType"] == "ml.inf2.xlarge"
        assert variant["InitialInstanceCount"] == 1
        assert variant["InferenceAmiVersion"] == "al2-ami-sagemaker-inference-neuron-2"

        model = sagemaker.describe_model(ModelName=variant["ModelName"])
        assert model["EnableNetworkIsolation"]
        source = model["PrimaryContainer"]["ModelDataSource"]["S3DataSource"]
        assert source["S3Uri"] == "s3://models-eu-west-3/it/"
        assert source["CompressionType"] == "None"

        resources = made.resources()
        roles = "access address alias capacity config dashboard endpoint key logs model role "
        roles += "scaling rollout-errors rollout-latency"
        made_of_aws = [r for r in resources.values() if r["type"].startswith("aws:")]
        assert {r["urn"].split("::")[-1] for r in made_of_aws} == {
            f"chat-{role}" for role in roles.split(" ")
        }
        assert {r["parent"].split("::")[-1] for r in made_of_aws} == {"chat"}
        for child in (
            "model",
            "config",
            "endpoint",
            "role",
            "key",
            "logs",
            "rollout-errors",
            "capacity",
        ):
            tags = resources[f"chat-{child}"]["inputs"]["tags"]
            assert tags["lichen:model"] == "meta-llama/Llama-3.1-8B"

        rollback = resources["chat-endpoint"]["inputs"]["deploymentConfig"][
            "autoRollbackConfiguration"
        ]
        watched = [alarm["alarmName"] for alarm in rollback["alarms"]]
        assert watched == [f"{name}-rollout-errors", f"{name}-rollout-latency"]

        busier = {
            **CHAT,
            "traffic": {**CHAT["traffic"], "peak_rps": 2.0},
            "availability": {"minimum_replicas": 3},
        }
        made.up(workload=busier)
        targets = place.cloud.client("application-autoscaling", "eu-west-3")
        target = targets.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
        assert target[0]["ResourceId"] == f"endpoint/{name}/variant/all"
        busy, quiet = (planned("inf2.xlarge", chat).decision.sizing for chat in (busier, CHAT))
        assert target[0]["MinCapacity"] == busy.replicas_minimum == 3 > quiet.replicas_minimum
        assert target[0]["MaxCapacity"] == busy.replicas_maximum > quiet.replicas_maximum

        # A changed minimum or maximum changes the target alone.
        assert sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] == before

        # A new version takes over the fleet that runs.
        sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name,
            DesiredWeightsAndCapacities=[{"VariantName": "all", "DesiredInstanceCount": 4}],
        )
        version = {"protect": False, "artifacts": "s3://models-{region}/next/"}
        made.up(args=version)
        after = sagemaker.describe_endpoint(EndpointName=name)
        assert after["EndpointConfigName"] != before
        assert after["CreationTime"] == endpoint["CreationTime"]
        assert after["ProductionVariants"][0]["DesiredInstanceCount"] == 4
        made.up("--expect-no-changes")
    assert place.cloud.inventory() == {}


SHARES = {"canary": (0.125, 1.0), "linear": (0.25, 0.5, 0.75, 1.0), "rolling": (0.5, 1.0)}
"""Which share of the traffic eight new machines are watched with, one step after another."""
BESIDE = {"canary": 8, "linear": 8, "rolling": 4}
"""How many new machines there are beside eight old ones, at the most."""


def test_a_version_comes_in_the_steps_of_its_way_and_an_alarm_in_the_middle_takes_it_back(
    place: World, tmp_path: Path
) -> None:
    region = "us-east-1"
    sagemaker = place.cloud.client("sagemaker", region)
    args: dict[str, object] = {"protect": False}
    with stack(place, tmp_path) as made:
        made.up(**{"aws:region": region}, machine="c7g.xlarge", workload=VECTORS, args=args)
        name = made.output("endpoint_name")
        alarm = f"{name}-rollout-errors"

        def taken_back() -> None:
            serves = sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"]
            model = made.resources()["vectors-model"]["id"]
            with pytest.raises(CommandFailed, match=f"because the alarm {alarm} rang") as failed:
                made.up(args=args)
            assert "Traceback" not in str(failed.value)
            assert sagemaker.describe_endpoint(EndpointName=name)["EndpointConfigName"] == serves
            sagemaker.describe_endpoint_config(EndpointConfigName=serves)
            sagemaker.describe_model(ModelName=model)

        for way, version in zip(SHARES, ("next", "it", "next"), strict=True):
            args |= {"rollout": way, "artifacts": f"s3://models-{{region}}/{version}/"}
            place.cloud.rings(region, alarm, watched=2)
            taken_back()
            if way == "canary":  # it is tried again as long as the cause is there
                taken_back()
            place.cloud.client("cloudwatch", region).set_alarm_state(
                AlarmName=alarm, StateValue="OK", StateReason="mended"
            )
            made.up(args=args)
            config = made.resources()["vectors-config"]["outputs"]["name"]
            now = sagemaker.describe_endpoint(EndpointName=name)
            assert now["EndpointConfigName"] == config

            *_, over = updates = place.cloud.roll_outs(f"{region}/{name}")
            back = updates[-3 if way == "canary" else -2]
            assert (back["ended"], over["ended"]) == ("taken back", "in service")
            watched = [
                [share for status, *_, share in each["steps"] if status == "Baking"]
                for each in (back, over)
            ]
            assert watched == [list(SHARES[way][:2]), list(SHARES[way])]
            assert max(new + old for _, new, old, _ in over["steps"]) == 8 + BESIDE[way]
        left = place.cloud.inventory()
        assert len(left["aws:sagemaker/model:Model"]) == 1
        assert len(left["aws:sagemaker/endpointConfiguration:EndpointConfiguration"]) == 1
        made.up("--expect-no-changes", args=args)
        assert place.cloud.deleted_in_use() == []
    assert place.cloud.inventory() == {}


def test_a_program_in_another_language_makes_an_endpoint(place: World, tmp_path: Path) -> None:
    inputs = {
        "workload": camel(VECTORS),
        "artifacts": "s3://models-{region}/it/",
        "aws": {"protect": False},
    }
    with stack(place, tmp_path, FROM_AFAR) as made:
        plugin = {"providers": [{"name": "lichen", "path": str(ROOT / "components")}]}
        with (tmp_path / "Pulumi.yaml").open("a") as project:
            project.write(f"plugins: {json.dumps(plugin)}\n")
        made.up(**{"aws:region": "us-east-1"}, inputs=inputs)
        outputs = made.resources()["lichen-from-afar-test"]["outputs"]
        assert outputs["endpoint_name"].startswith("vectors-prod-")
        assert outputs["usd_month"] > 0
        assert outputs["machine"] == outputs["chosen"]

        file = tmp_path / "vectors.yaml"
        file.write_text(yaml.safe_dump(VECTORS))
        for path in (file, file.name):  # absolute, or from the program's directory
            from_file = {**inputs, "workloadFile": str(path)}
            del from_file["workload"]
            made.up("--expect-no-changes", inputs=from_file)

        wrong = {**inputs, "workload": {**camel(VECTORS), "model": "BAAI/bge-smal-en-v1.5"}}
        with pytest.raises(CommandFailed, match=r"workload\.model: .*did you mean 'BAAI/bge-small"):
            made.up(inputs=wrong)
    assert place.cloud.inventory() == {}


def test_every_language_sees_the_component_and_its_sentences(place: World) -> None:
    printed = place.run("pulumi", "package", "get-schema", "./components").stdout
    schema = json.loads(printed[printed.index("{") : printed.rindex("}") + 1])
    endpoint = schema["resources"]["lichen:index:Endpoint"]
    assert endpoint["isComponent"]
    assert "where power is clean" in endpoint["description"]
    assert "requiredInputs" not in endpoint  # a workload or a file: a schema cannot say it
    first = "workload artifacts image registry environment results artifactsKey alarmTopic subnets "
    first += "securityGroups objective"  # the arguments of version 0.1.0
    assert set(endpoint["inputProperties"]) == {
        *first.split(),
        *("aws", "google", "hosting", "kubernetes", "pin", "regions", "workloadFile"),
    }
    assert set(endpoint["required"]) >= {"endpointName", "receipt", "gco2eMonth", "usdMonth"}
