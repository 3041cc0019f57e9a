"""Previews and states of the real engine, read into resources."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lichen_doors.command import main
from lichen_doors.program import read_programs
from lichen_policies.dialects import read
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import is_unknown

from lichen.document import InputError
from sandbox import engine
from sandbox.aws import plugin
from sandbox.aws.cloud import emulated_aws

PROGRAM = Path(__file__).parent / "program"
TYPE = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"


class Documents:
    """What the engine prints of one stack: before, after, and when it is to go."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._folder, self._environment = folder, environment
        shutil.copytree(PROGRAM, folder / "program")
        self._pulumi("stack", "init", "staging")
        self._pulumi("config", "set", "aws:region", "eu-north-1")
        self.new = self._printed("new", "preview", "--json")
        self._environment |= {"PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
        self.streamed = self._printed("streamed", "preview", "--json")
        del self._environment["PULUMI_ENABLE_STREAMING_JSON_PREVIEW"]
        self._pulumi("up", "--yes", "--skip-preview")
        self.state = self._printed("state", "stack", "export")
        self.unchanged = self._printed("unchanged", "preview", "--json", "--show-sames")
        self.going = self._printed("going", "destroy", "--preview-only", "--json")
        program = folder / "program" / "__main__.py"
        program.write_text(program.read_text().replace('"ml.g5.12xlarge"', '"ml.g5.xlarge"'))
        self.changed = self._printed("changed", "preview", "--json")
        program.write_text(program.read_text() + "\nraise RuntimeError('stopped half-way')\n")
        self.broken = self._printed("broken", "preview", "--json", fails=True)

    def _printed(self, name: str, *arguments: str, fails: bool = False) -> Path:
        path = self._folder / f"{name}.json"
        path.write_text(self._pulumi(*arguments, fails=fails))
        return path

    def _pulumi(self, *arguments: str, fails: bool = False) -> str:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive"],
            cwd=self._folder / "program",
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (done.returncode != 0) is fails, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documents]:
    folder = tmp_path_factory.mktemp("pulumi")
    with emulated_aws(new_account=False) as cloud:
        environment = engine.ensure().environment(folder / "engine") | cloud.environment()
        plugin.install(Path(environment["PULUMI_HOME"]))
        trust = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}}
        cloud.client("iam", "us-east-1").create_role(
            RoleName="chat",
            AssumeRolePolicyDocument=json.dumps(
                {"Version": "2012-10-17", "Statement": trust | {"Action": "sts:AssumeRole"}}
            ),
        )
        for region in ("eu-north-1", "us-west-2", "ap-south-1"):
            cloud.client("sagemaker", region).create_model(
                ModelName="chat",
                ExecutionRoleArn="arn:aws:iam::123456789012:role/chat",
                PrimaryContainer={"Image": "123456789012.dkr.ecr.eu-north-1.amazonaws.com/c:1"},
            )
        yield Documents(folder, environment)


pytestmark = pytest.mark.xdist_group("pulumi-documents")


def configurations(path: Path) -> dict[str, Resource]:
    return {resource.name: resource for resource in read(path) if resource.type == TYPE}


def variant(resource: Resource) -> dict[str, Any]:
    (only,) = resource.properties["productionVariants"]
    return dict(only)


def shown(value: object) -> str:
    """A value without the order of its keys, and without what an unknown one is made of."""
    return json.dumps(value, sort_keys=True, default=repr)


def test_a_program_run_without_the_engine_gives_what_the_engine_previews(
    documents: Documents, tmp_path: Path
) -> None:
    shutil.copytree(PROGRAM, tmp_path / "program")
    (tmp_path / "program" / "Pulumi.staging.yaml").write_text("config: {aws:region: eu-north-1}")
    said: list[str] = []
    reading = read_programs([tmp_path / "program"], None, said.append)
    offline = {each.name: each for each in reading.resources if each.type == TYPE}
    previewed = configurations(documents.new)
    assert offline.keys() == previewed.keys()
    for name, resource in offline.items():
        other = previewed[name]
        assert resource.address == other.address
        for key, value in resource.properties.items():  # a provider adds some of its own
            # Of a list with a secret in it the engine shows nothing.
            engine_s = other.properties[key]
            assert is_unknown(engine_s) or shown(value) == shown(engine_s), (name, key)
        assert (resource.region, resource.environment) == (other.region, other.environment), name
        assert (resource.file, resource.line) != (None, None)
    assert is_unknown(variant(offline["secret"])["instanceType"])
    assert ["without an engine" in text for text in said] == [True]


def test_a_preview_tells_what_is_to_be_created(documents: Documents) -> None:
    found = configurations(documents.new)
    assert set(found) == {"default", "own", "explicit", "open", "tagged", "secret", "pair-inner"}
    default = found["default"]
    assert default.address == f"urn:pulumi:staging::regions::{TYPE}::default"
    assert (default.dialect, default.environment) == ("pulumi", "staging")
    assert variant(default)["instanceType"] == "ml.g5.12xlarge"
    assert variant(default)["initialInstanceCount"] == 4


def test_the_engine_s_own_resources_are_not_read(documents: Documents) -> None:
    assert {resource.type for resource in read(documents.new)} == {
        TYPE,
        "aws:kms/key:Key",
        "tests:sources:Pair",
    }


def test_a_resource_is_at_its_line_in_the_program(documents: Documents) -> None:
    default = configurations(documents.new)["default"]
    assert default.file == "__main__.py"
    assert default.line is not None
    line = (PROGRAM / "__main__.py").read_text().splitlines()[default.line - 1]
    assert line.strip().startswith("aws.sagemaker.EndpointConfiguration(")


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("default", "eu-north-1"),
        ("explicit", "us-west-2"),
        ("open", "eu-north-1"),
        ("pair-inner", "eu-north-1"),
    ],
)
def test_a_region_is_what_the_provider_says(documents: Documents, name: str, region: str) -> None:
    for document in (documents.new, documents.unchanged, documents.state):
        assert configurations(document)[name].region == region


def test_a_resource_s_own_region_stays_among_its_properties(documents: Documents) -> None:
    assert configurations(documents.new)["own"].properties["region"] == "ap-south-1"


def test_the_region_of_a_provider_that_a_preview_leaves_out_is_unknown(
    documents: Documents,
) -> None:
    changed = configurations(documents.changed)
    assert variant(changed["explicit"])["instanceType"] == "ml.g5.xlarge"
    assert is_unknown(changed["explicit"].region)
    assert "--show-sames" in repr(changed["explicit"].region)
    assert changed["default"].region == "eu-north-1"


def test_in_production_a_preview_that_leaves_out_what_does_not_change_is_refused(
    documents: Documents, tmp_path: Path
) -> None:
    def in_production(document: Path) -> Path:
        text = document.read_text()
        assert json.loads(text)["changeSummary"]["same"] > 1
        path = tmp_path / document.name
        # Each under the provider of the stack, whose region the configuration says.
        path.write_text(text.replace("urn:pulumi:staging::", "urn:pulumi:prod::"))
        return path

    assert read(in_production(documents.unchanged))
    with pytest.raises(InputError, match=r"left? out.*--show-sames"):
        read(in_production(documents.changed))
    leaving = json.loads(in_production(documents.changed).read_text())
    (stack,) = [step for step in leaving["steps"] if "pulumi:pulumi:Stack" in step["urn"]]
    (tmp_path / "alone.json").write_text(json.dumps({**leaving, "steps": [stack]}))
    with pytest.raises(InputError, match=r"it leaves out what does not change .*--show-sames"):
        read(tmp_path / "alone.json")


def test_a_value_that_is_open_is_unknown_until_it_is_there(documents: Documents) -> None:
    tags = configurations(documents.new)["open"].properties["tags"]
    assert is_unknown(tags["lichen:model"])
    assert tags["team"] == "search"
    settled = configurations(documents.state)["open"].properties["tags"]
    assert settled["lichen:model"].startswith("arn:aws:kms:eu-north-1:")


def test_what_is_open_names_what_it_is_made_of(documents: Documents) -> None:
    tags = configurations(documents.new)["open"].properties["tags"]
    assert tags["lichen:model"].references == ("urn:pulumi:staging::regions::aws:kms/key:Key::key",)


def test_of_a_map_only_what_is_secret_is_not_read(documents: Documents) -> None:
    for document in (documents.new, documents.state, documents.unchanged):
        tagged = configurations(document)["tagged"]
        for name in {"tags", "tagsAll"} & set(tagged.properties):
            tags = tagged.properties[name]
            assert is_unknown(tags["lichen:model"])
            assert tags["team"] == "search"
        assert "hush-hush" not in repr(tagged)


def test_a_secret_is_never_read(documents: Documents) -> None:
    for document in (documents.new, documents.state, documents.unchanged):
        secret = configurations(document)["secret"]
        # The engine marks the whole list, for a list's secret is its container's.
        assert is_unknown(secret.properties["productionVariants"])
        assert "ml.g5.48xlarge" not in repr(secret)


@pytest.mark.usefixtures("fixed_tables")
def test_lichen_check_judges_a_preview(
    documents: Documents, golden: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(documents.new.parent)
    done = CliRunner().invoke(main, ["check", documents.new.name, "--output", "report.txt"])
    golden("check/preview.txt", Path("report.txt").read_text())
    assert done.exit_code == 1


def test_steps_of_a_pipeline_are_no_preview(tmp_path: Path) -> None:
    path = tmp_path / "cloudbuild.yaml"
    path.write_text("steps:\n- name: gcr.io/cloud-builders/docker\n  args: [build]\n")
    with pytest.raises(InputError, match="is not a document that Lichen recognises"):
        read(path)


def test_what_is_deleted_is_not_read(documents: Documents) -> None:
    steps = json.loads(documents.going.read_text())["steps"]
    assert {step["op"] for step in steps} == {"delete"}
    assert read(documents.going) == []


def test_a_stream_of_events_is_the_preview_that_it_tells(documents: Documents) -> None:
    def told(path: Path) -> dict[str, tuple[object, str]]:
        return {
            each.address: (each.region, repr(each.properties["productionVariants"]))
            for each in configurations(path).values()
        }

    assert told(documents.streamed) == told(documents.new)
    assert "hush" not in repr([each.properties for each in read(documents.streamed)])


def test_a_stream_that_was_cut_off_is_no_preview(documents: Documents, tmp_path: Path) -> None:
    lines = documents.streamed.read_text().splitlines()
    cut = tmp_path / "cut.json"
    cut.write_text("\n".join(line for line in lines if "summaryEvent" not in line))
    with pytest.raises(InputError, match="the events end before the preview does"):
        read(cut)


def test_a_preview_says_what_stays(documents: Documents) -> None:
    assert {each.stays for each in configurations(documents.new).values()} == {False}
    assert {each.stays for each in configurations(documents.unchanged).values()} == {True}
    assert {each.stays for each in configurations(documents.state).values()} == {None}


def test_a_preview_that_failed_is_no_preview(documents: Documents) -> None:
    with pytest.raises(InputError, match="the preview failed, so resources may be missing"):
        read(documents.broken)


def test_a_secret_of_a_shown_state_is_not_read(tmp_path: Path) -> None:
    """`pulumi stack export --show-secrets` prints them in plain text."""
    sign = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    path = tmp_path / "state.json"
    state = {
        "urn": "urn:pulumi:dev::p::a:b:C::n",
        "type": "a:b:C",
        "custom": True,
        "inputs": {"password": {**sign, "plaintext": '"hush"'}, "size": 3},
    }
    path.write_text(json.dumps({"version": 3, "deployment": {"resources": [state]}}))
    (resource,) = read(path)
    assert is_unknown(resource.properties["password"])
    assert resource.properties["size"] == 3
    assert "hush" not in repr(resource)


def instance(**changes: Any) -> dict[str, Any]:
    """A machine as the engine keeps it, under a default provider that is not kept beside it."""
    return {
        "urn": "urn:pulumi:prod::p::aws:ec2/instance:Instance::n",
        "type": "aws:ec2/instance:Instance",
        "custom": True,
        "inputs": {"instanceType": "g5.xlarge"},
        "provider": "urn:pulumi:prod::p::pulumi:providers:aws::default_7_1_0::0a",
        **changes,
    }


MINE = {"provider": "urn:pulumi:prod::p::pulumi:providers:aws::mine::0a"}
STOOD = {"outputs": {"arn": "arn:aws:ec2:eu-north-1:111122223333:instance/i-1"}}


def state_of(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources), **more}}


def answer(tmp_path: Path, document: dict[str, Any]) -> list[Resource]:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document))
    return read(path)


@pytest.mark.parametrize(
    "outputs",
    [
        STOOD["outputs"],
        {"availabilityZone": "eu-north-1a"},
        {"region": "eu-north-1", "arn": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"},
    ],
)
def test_what_is_deployed_is_where_its_outputs_say(tmp_path: Path, outputs: dict[str, Any]) -> None:
    (resource,) = answer(tmp_path, state_of(instance(outputs=outputs)))
    assert resource.region == "eu-north-1"


def test_no_message_about_a_state_speaks_of_a_preview(tmp_path: Path) -> None:
    (resource,) = answer(tmp_path, state_of(instance(**MINE)))
    assert is_unknown(resource.region)
    assert "preview" not in resource.region.because


def test_a_backend_s_own_file_is_read(tmp_path: Path) -> None:
    latest = {"latest": state_of(instance(**STOOD))["deployment"], "stack": "organization/p/prod"}
    (resource,) = answer(tmp_path, {"version": 3, "checkpoint": latest})
    assert resource.region == "eu-north-1"
    assert answer(tmp_path, {"version": 3, "checkpoint": {"latest": None}}) == []


def test_what_an_interrupted_deployment_was_making_is_judged(tmp_path: Path) -> None:
    bigger = instance(inputs={"instanceType": "p4d.24xlarge"}, outputs={})
    other = instance(urn="urn:pulumi:prod::p::aws:ec2/instance:Instance::other")
    pending = [
        {"resource": bigger, "type": "updating"},
        {"resource": other, "type": "creating"},
        {"resource": other | {"urn": other["urn"] + "-2"}, "type": "reading"},
    ]
    found = answer(tmp_path, state_of(instance(), pending_operations=pending))
    assert [resource.name for resource in found] == ["n", "other"]
    assert found[0].properties["instanceType"] == "p4d.24xlarge"


def test_a_preview_in_production_includes_the_providers(tmp_path: Path) -> None:
    preview = {"steps": [{"op": "update", "urn": "n", "newState": instance(**MINE)}]}
    with pytest.raises(InputError, match=r"the provider of n is left out.*--show-sames"):
        answer(tmp_path, preview)
    own = instance(**MINE, inputs={"region": "eu-north-1", "instanceType": "g5.xlarge"})
    assert len(answer(tmp_path, {"steps": [{"op": "update", "urn": "n", "newState": own}]})) == 1
    stood = instance(**MINE, **STOOD)
    (resource,) = answer(tmp_path, {"steps": [{"op": "update", "urn": "n", "newState": stood}]})
    assert resource.region == "eu-north-1"


def test_a_step_without_its_resource_is_no_whole_preview(tmp_path: Path) -> None:
    unchanged = {"op": "same", "urn": "n", "oldState": instance(**STOOD)}
    assert len(answer(tmp_path, {"steps": [unchanged]})) == 1
    with pytest.raises(InputError, match=r"steps\[1\]\.newState: is missing"):
        answer(tmp_path, {"steps": [unchanged, {"op": "create", "urn": "m"}]})
    assert answer(tmp_path, {"steps": [{"op": "delete", "urn": "n"}]}) == []


def test_outputs_of_what_is_replaced_say_nothing(tmp_path: Path) -> None:
    step = {"op": "create-replacement", "urn": "n", "newState": instance(**STOOD)}
    (resource,) = answer(tmp_path, {"config": {"aws:region": "ap-south-1"}, "steps": [step]})
    assert resource.region == "ap-south-1"
