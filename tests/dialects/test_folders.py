"""Folders and patterns: which files are judged, and what is said of the others."""

from __future__ import annotations

import io
import json
import sys
import time
import tracemalloc
from pathlib import Path

import msgspec
import pytest
from lichen_doors.report.code_quality import as_code_quality
from lichen_doors.report.document import as_json
from lichen_policies import dialects
from lichen_policies.baseline import against, of
from lichen_policies.dialects import folders
from lichen_policies.dialects.folders import FolderReading, read_all
from lichen_policies.dialects.largest import BICEP, HCL, YAML
from lichen_policies.facts.reading import facts_of
from lichen_policies.facts.unknown import is_unknown
from lichen_policies.gate import Gate
from lichen_policies.verdict import Skipped

from lichen.document import InputError
from lichen.parsing.content import MOST_MIB, content_of

TEMPLATE = """
Resources:
  Machine:
    Type: AWS::EC2::Instance
    Properties: {InstanceType: g5.xlarge}
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: []}\n"


def tree(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def found(reading: FolderReading) -> list[str]:
    return [resource.address for resource in reading.resources]


def test_documents_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    plan = {"format_version": "1.2", "terraform_version": "1.15.5"}
    tree(
        tmp_path,
        {
            "stack.template": TEMPLATE,
            "k8s/deep/pod.yml": POD,
            "plan.json": json.dumps(plan),
            "package.json": '{"name": "apiVersion and kind"}',
            ".github/workflows/ci.yaml": POD,
            "node_modules/x/pod.yaml": POD,
            "values.yaml": "a: [",
            "photo.png": "",
        },
    )
    reading = read_all([tmp_path])
    assert found(reading) == ["Machine", "Pod/one"]
    assert reading.skipped == ()
    assert reading.others == 3  # package.json, values.yaml, photo.png


def test_a_document_that_cannot_be_read_is_named_and_the_others_are_judged(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": POD, "b.yaml": "apiVersion: v1\nkind: Pod\nkind: Pod\n"})
    reading = read_all([tmp_path])
    assert found(reading) == ["Pod/one"]
    (skipped,) = reading.skipped
    assert skipped.broken
    assert skipped.text.startswith(f"{tmp_path}/b.yaml kind is there twice")
    assert skipped.fix == "write it once"


def test_a_document_that_may_be_of_any_kind_is_given_no_fix(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": POD, "b.yaml": "apiVersion: v1\nkind: Pod\nmetadata: [\n"})
    (skipped,) = read_all([tmp_path]).skipped
    assert (skipped.broken, skipped.fix) == (True, "")
    with pytest.raises(InputError, match="give the output of pulumi preview"):
        read_all([tmp_path / "b.yaml"])


def test_a_document_that_is_no_text_is_named(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": POD, "b.yaml": "a: b"})
    (tmp_path / "b.yaml").write_bytes(TEMPLATE.encode() + b"# gr\xfc\xdfe\n")
    (tmp_path / "c.json").write_bytes(b"\xff\xfe\x00\x01\x80")
    reading = read_all([tmp_path])
    assert found(reading) == ["Pod/one"]
    (skipped,) = reading.skipped
    assert skipped.broken
    assert skipped.text.startswith(f"{tmp_path}/b.yaml is not UTF-8 text")
    assert reading.others == 1  # c.json, in which no word of a document is


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    tree(tmp_path, {"a.yaml": POD})
    with (tmp_path / "large.json").open("wb") as large:
        large.truncate((MOST_MIB << 20) + 1)
    reading = read_all([tmp_path])
    (skipped,) = reading.skipped
    assert skipped.broken
    assert skipped.text.startswith(f"{tmp_path}/large.json is larger than {MOST_MIB} MiB")


def test_a_format_has_a_bound_by_what_it_costs(tmp_path: Path) -> None:
    """Files without a byte on the disk, which nobody could read in so much memory: the refusal is
    by their size, at once."""
    for name, largest in (
        ("large.yaml", YAML),
        ("large.YML", YAML),
        ("large.tf", HCL),
        ("large.bicep", BICEP),
    ):
        with (tmp_path / name).open("wb") as large:
            large.truncate(200 << 20)
        tracemalloc.start()
        began = time.monotonic()
        with pytest.raises(InputError, match=f"is larger than {largest.mib} MiB") as refused:
            read_all([tmp_path / name])
        assert time.monotonic() - began < 1
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
        tracemalloc.stop()
        assert str(refused.value).startswith(str(tmp_path / name))
        assert largest.fix in str(refused.value)


def test_what_a_folder_holds_together_has_a_bound(tmp_path: Path) -> None:
    """A document among the files of a folder, by its words; a module, by all of its files."""
    tree(tmp_path, {"a.yaml": POD, "b.yaml": POD + "# " + "x" * (YAML.mib << 20)})
    tree(tmp_path, {f"module/{n}.tf": "# " + "x" * (HCL.mib << 19) for n in range(3)})
    tree(tmp_path, {"other.yaml": "x" * ((YAML.mib << 20) + 1)})
    reading = read_all([tmp_path])
    assert found(reading) == ["Pod/one"]
    assert [Path(each.file).name for each in reading.skipped if each.broken] == ["b.yaml", "module"]
    assert all("MiB, more than is read" in each.because for each in reading.skipped)
    assert reading.others == 1


def test_what_is_piped_in_has_the_bound_of_its_format(monkeypatch: pytest.MonkeyPatch) -> None:
    piped = (POD + "# " + "x" * (YAML.mib << 20)).encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped)))
    with pytest.raises(InputError, match=f"is larger than {YAML.mib} MiB"):
        read_all([Path("-")])


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, {"a.yaml": POD, "b.yaml": TEMPLATE})
    read: list[Path] = []

    def counted(path: Path) -> bytes:
        read.append(path)
        return content_of(path)

    for module in (folders, dialects):
        monkeypatch.setattr(module, "content_of", counted)
    read_all([tmp_path])
    assert sorted(read) == [tmp_path / "a.yaml", tmp_path / "b.yaml"]


@pytest.mark.parametrize(
    ("files", "because", "fix"),
    [
        ({"Pulumi.yaml": "name: x"}, "is a Pulumi program", "pulumi preview --json"),
        ({"cdk.json": "{}"}, "is a program of the AWS CDK", "cdk synth"),
        ({"terragrunt.hcl": ""}, "is a unit of Terragrunt", "terragrunt show -json plan"),
        ({"Chart.yaml": "name: x", "templates/a.yaml": POD}, "is a chart of Helm", "helm template"),
        (
            {"kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1beta1\n"
             "kind: Kustomization\n"},
            "is a Kustomization, which names manifests and holds none",
            "kustomize build",
        ),
        (
            {"Kustomization": "resources: [a]\n"},
            "is a Kustomization, which names manifests and holds none",
            "kustomize build",
        ),
        (
            {"deployment.yaml": POD + "# {{ .Values.x }}\na: {{ .Values.name }}\n"},
            "is a template of Helm, not a manifest yet",
            "helm template",
        ),
        (
            {"a.yaml": f"{TEMPLATE}  Network: {{Type: !Rain::Module a.yaml}}"},
            "holds modules of rain",
            "rain pkg",
        ),
    ],
)  # fmt: skip
def test_what_another_tool_reads_is_said_with_what_to_type(
    tmp_path: Path, files: dict[str, str], because: str, fix: str
) -> None:
    tree(tmp_path, {**files, "pods/pod.yaml": POD})
    reading = read_all([tmp_path])
    assert found(reading) == ["Pod/one"]
    (skipped,) = reading.skipped
    assert not skipped.broken
    assert skipped.because == because
    assert fix in skipped.fix


@pytest.mark.parametrize(
    "head", ["", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"]
)
def test_a_patch_of_kustomize_is_no_manifest(tmp_path: Path, head: str) -> None:
    listed = (
        f"{head}resources: [../base]\npatches:\n- path: more.yaml\n- patch: |-\n    - op: remove\n"
    )
    tree(
        tmp_path,
        {
            "base/pod.yaml": POD,
            "prod/kustomization.yaml": listed,
            "prod/more.yaml": POD.replace("one", "part"),
        },
    )
    reading = read_all([tmp_path])
    assert found(reading) == ["Pod/one"]
    assert "is a patch of Kustomize" in {skipped.because for skipped in reading.skipped}


@pytest.mark.parametrize("files", [{}, {"notes.txt": ""}, {"a.yaml": "x: 1"}])
def test_a_folder_in_which_nothing_can_be_judged_is_an_error(
    tmp_path: Path, files: dict[str, str]
) -> None:
    with pytest.raises(InputError, match=r"nothing (that )?can be judged"):
        read_all([tree(tmp_path, files)])


def test_a_pattern_and_one_that_matches_nothing(tmp_path: Path) -> None:
    tree(tmp_path, {"k8s/a/pod.yaml": POD, "k8s/b.json": "{}", "other/pod.yaml": POD})
    reading = read_all([tmp_path / "k8s" / "**" / "*.*"])
    assert found(reading) == ["Pod/one"]
    assert reading.others == 1
    with pytest.raises(InputError, match="matches no file"):
        read_all([tmp_path / "k9s" / "*.yaml"])


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tmp_path: Path) -> None:
    tree(tmp_path, {"pod[1].yaml": POD})
    assert found(read_all([tmp_path / "pod[1].yaml"])) == ["Pod/one"]


def test_manifests_of_one_folder_are_one_deployment(tmp_path: Path) -> None:
    tree(tmp_path, {"a/x.yaml": POD, "a/y.yaml": POD.replace("one", "two"), "b/x.yaml": POD})
    documents = [resource.document for resource in read_all([tmp_path]).resources]
    assert documents[0] == documents[1] != documents[2]


def test_a_link_that_leads_back_ends(tmp_path: Path) -> None:
    tree(tmp_path, {"a/pod.yaml": POD})
    (tmp_path / "a" / "again").symlink_to(tmp_path)
    assert found(read_all([tmp_path])) == ["Pod/one"]


OUTER = """
Parameters:
  Size: {Type: String, Default: g5.48xlarge}
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./inner.yaml
      Parameters: {Size: g5.2xlarge}
      Tags: [{Key: environment, Value: dev}]
"""
INNER = """
Parameters:
  Size: {Type: String, Default: g5.48xlarge}
  Zones: {Type: CommaDelimitedList, Default: "eu-north-1a, eu-north-1b"}
Resources:
  Machine:
    Type: AWS::EC2::Instance
    Properties:
      InstanceType: !Ref Size
      AvailabilityZone: !Select [0, !Ref Zones]
"""


def test_a_template_inside_of_another_has_what_that_gives_it(tmp_path: Path) -> None:
    tree(tmp_path, {"outer.yaml": OUTER, "inner.yaml": INNER})
    for paths in ([tmp_path], [tmp_path / "outer.yaml"]):
        (resource,) = read_all(paths).resources
        assert (resource.address, resource.environment) == ("Machine", "dev")
        assert resource.file == str(tmp_path / "inner.yaml")
        assert resource.properties["InstanceType"] == "g5.2xlarge"
        assert resource.properties["AvailabilityZone"] == "eu-north-1a"


def test_what_functions_share_is_their_own_templates(tmp_path: Path) -> None:
    function = "{Type: AWS::Serverless::Function, Properties: {Handler: a.b}}"
    outer = f"Globals: {{Function: {{Architectures: [x86_64]}}}}{OUTER}  Own: {function}\n"
    inner = f"{INNER}  Its: {function}\n"
    tree(tmp_path, {"outer.yaml": outer, "inner.yaml": inner})
    by_name = {each.name: each.properties for each in read_all([tmp_path]).resources}
    assert by_name["Own"] == {"Handler": "a.b", "Architectures": ["x86_64"]}
    assert by_name["Its"] == {"Handler": "a.b"}


def test_what_the_outer_template_does_not_know_the_inner_one_does_not_either(
    tmp_path: Path,
) -> None:
    outer = OUTER.replace("g5.2xlarge", "!Ref Size")
    tree(tmp_path, {"outer.yaml": outer, "inner.yaml": INNER})
    (resource,) = read_all([tmp_path]).resources
    assert "parameter Size" in resource.properties["InstanceType"].because


@pytest.mark.parametrize(
    "place",
    ["https://bucket.s3.amazonaws.com/inner.yaml", "../inner.yaml", "/etc/hostname", "none.yaml"],
)
def test_a_template_that_is_not_in_the_folder_is_not_read(tmp_path: Path, place: str) -> None:
    tree(tmp_path, {"in/outer.yaml": OUTER.replace("./inner.yaml", place), "inner.yaml": INNER})
    reading = read_all([tmp_path / "in"])
    assert reading.resources == ()
    (mention,) = reading.skipped
    assert mention.missing
    assert "whose template" in mention.because
    if "://" not in place:
        assert f"template {place} is not here" in mention.because


def test_a_template_is_where_the_aws_cli_looks_for_it(tmp_path: Path) -> None:
    """It takes ``link/..`` for ``.``, wherever the link leads."""
    outer = OUTER.replace("./inner.yaml", "link/../inner.yaml")
    tree(tmp_path, {"in/outer.yaml": outer, "in/inner.yaml": INNER, "away/deep/x.txt": ""})
    (tmp_path / "in" / "link").symlink_to(tmp_path / "away" / "deep")
    (resource,) = read_all([tmp_path / "in"]).resources
    assert resource.file == str(tmp_path / "in" / "inner.yaml")
    tree(tmp_path, {"away/inner.yaml": INNER})
    (tmp_path / "in" / "inner.yaml").unlink()
    assert read_all([tmp_path / "in"]).resources == ()


def test_a_template_inside_of_itself_ends(tmp_path: Path) -> None:
    other = "  Machine: {Type: AWS::EC2::Instance}\n"
    tree(tmp_path, {"outer.yaml": OUTER.replace("./inner", "./outer") + other})
    reading = read_all([tmp_path / "outer.yaml"])
    assert [each.name for each in reading.resources] == ["Machine"]
    (mention,) = reading.skipped
    assert "template ./outer.yaml is one that it is inside of" in mention.because


ONLY_LOOPS = """
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Machines:
    - Zone
    - [a, b]
    - Machine${Zone}: {Type: AWS::EC2::Instance, Properties: {InstanceType: g5.48xlarge}}
"""


def test_a_template_of_loops_alone_is_a_template(tmp_path: Path) -> None:
    tree(tmp_path, {"stack.yaml": ONLY_LOOPS})
    assert found(read_all([tmp_path])) == ["Machinea", "Machineb"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            "Resources:\n  Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}\n",
            2,
            "includes a part that is at an address elsewhere",
        ),
        (
            "Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}\n"
            "Resources:\n  A: {Type: AWS::SNS::Topic}\n",
            1,
            "includes a part that is at an address elsewhere",
        ),
        (
            "Resources:\n  A:\n    Fn::Transform: {Name: AWS::Include}\n"
            "  B: {Type: AWS::SNS::Topic}\n",
            3,
            "includes a part that is at an address elsewhere",
        ),
        (
            "AWSTemplateFormatVersion: 2010-09-09\n"
            "Resources:\n  Gpu: {Type: Acme::Ml::Service::MODULE}\n",
            3,
            "has the module Gpu, whose template is in CloudFormation's registry",
        ),
        (
            "Resources:\n  Gpu: {Type: AWS::CloudFormation::StackSet}\n",
            2,
            "has the stack set Gpu, whose template has regions of its own",
        ),
    ],
)
def test_a_part_of_a_template_that_is_elsewhere_is_said(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    tree(tmp_path, {"stack.yaml": text})
    (mention,) = read_all([tmp_path]).skipped
    assert mention.missing
    assert mention.file == f"{tmp_path}/stack.yaml:{line}"
    assert mention.because.startswith(said)
    assert mention.fix.startswith("check that template by itself")


def test_a_resource_whose_properties_a_macro_writes_is_not_known(tmp_path: Path) -> None:
    macro = "Fn::Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}"
    tree(tmp_path, {"a.yaml": f"Resources:\n  A:\n    Type: AWS::EC2::Instance\n    {macro}\n"})
    (machine,) = read_all([tmp_path]).resources
    assert is_unknown(machine.properties)


def test_a_template_that_is_empty_is_named_with_what_nests_it(tmp_path: Path) -> None:
    tree(tmp_path, {"outer.yaml": OUTER, "inner.yaml": "\n"})
    with pytest.raises(InputError, match=r"inner.yaml: is empty, and .*outer.yaml nests it"):
        read_all([tmp_path / "outer.yaml"])


def test_a_part_that_is_missing_has_the_environment_of_what_calls_it(tmp_path: Path) -> None:
    tree(tmp_path, {"outer.yaml": OUTER, "lichen.yaml": "unverified: {prod: mandatory}\n"})
    (mention,) = read_all([tmp_path / "outer.yaml"]).skipped
    assert mention.environment == "dev"
    gate = Gate.near(tmp_path, environment="prod")
    unstated = msgspec.structs.replace(mention, environment=None)
    levels = [each.level for each in gate.report((), (mention, unstated)).skipped]
    assert levels == ["advisory", "mandatory"]


def test_a_baseline_knows_a_missing_part_by_its_file(tmp_path: Path) -> None:
    def module(folder: str, line: int) -> Skipped:
        file, because = f"{folder}/main.tf:{line}", "calls the module db, which is not here"
        return Skipped(file=file, because=because, missing=True, level="mandatory")

    gate = Gate.near(tmp_path)
    (tmp_path / "before.json").write_text(as_json(gate.report((), (module("dev", 3),))))
    now = gate.report((), (module("dev", 9), module("prod", 3)))
    found = against(now, of(tmp_path / "before.json"), "before.json").skipped
    assert [each.is_old for each in found] == [True, False]
    issues = json.loads(as_code_quality(now))
    assert len({each["fingerprint"] for each in issues}) == 2


def assembly(tmp_path: Path, place: str) -> Path:
    stack = {
        "type": "aws:cloudformation:stack",
        "environment": place,
        "properties": {
            "templateFile": "Chat.template.json",
            "parameters": {"Size": "g5.2xlarge"},
            "tags": {"env": "production"},
        },
    }
    manifest = {"version": "48.0.0", "artifacts": {"Chat": stack, "Tree": {"type": "cdk:tree"}}}
    machine = {"Type": "AWS::EC2::Instance", "Properties": {"InstanceType": {"Ref": "Size"}}}
    nested = {
        "Type": "AWS::CloudFormation::Stack",
        "Properties": {
            "TemplateURL": {"Fn::Join": ["", ["https://s3.", {"Ref": "AWS::URLSuffix"}]]}
        },
        "Metadata": {"aws:asset:path": "Inner.nested.template.json"},
    }
    stacked = {
        "Parameters": {"Size": {"Type": "String"}},
        "Resources": {"Machine": machine, "Nested": nested},
    }
    inner = {"Resources": {"Inside": {"Type": "AWS::EC2::Instance", "Properties": {}}}}
    return tree(
        tmp_path,
        {
            "cdk.out/cdk.out": '{"version": "48.0.0"}',
            "cdk.out/manifest.json": json.dumps(manifest),
            "cdk.out/Chat.template.json": json.dumps(stacked),
            "cdk.out/Inner.nested.template.json": json.dumps(inner),
            "cdk.out/asset.0/stack.yaml": TEMPLATE,
        },
    )  # fmt: skip


@pytest.mark.parametrize("inside", [True, False])
def test_the_stacks_of_cdk_are_where_its_manifest_says(tmp_path: Path, inside: bool) -> None:
    folder = assembly(tmp_path, "aws://123456789012/ap-south-1")
    resources = read_all([folder / "cdk.out" if inside else folder]).resources
    assert [resource.address for resource in resources] == ["Machine", "Inside"]
    assert {resource.region for resource in resources} == {"ap-south-1"}
    assert {resource.environment for resource in resources} == {"prod"}
    located, *_ = facts_of(resources[0]) or ()
    assert located.region == "ap-south-1"
    assert resources[0].properties["InstanceType"] == "g5.2xlarge"


def test_a_region_that_cdk_does_not_know_is_not_stated(tmp_path: Path) -> None:
    folder = assembly(tmp_path, "aws://unknown-account/unknown-region")
    assert {resource.region for resource in read_all([folder]).resources} == {None}


def test_a_manifest_of_cdk_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    folder = assembly(tmp_path, "aws://1/eu-north-1")
    (folder / "cdk.out" / "manifest.json").write_text('{"version": 3}')
    with pytest.raises(InputError, match=r"manifest\.json: version"):
        read_all([folder])


def test_properties_that_a_function_gives_are_read(tmp_path: Path) -> None:
    """Whole: none, one of two, or what nobody knows; of machines and of stacks alike."""
    template = """
Parameters: {P: {Type: String}}
Conditions: {X: !Equals [!Ref P, b]}
Resources:
  None: {Type: AWS::EC2::Instance, Properties: !Ref AWS::NoValue}
  Either: {Type: AWS::EC2::Instance, Properties: !If [X, {InstanceType: a}, !Ref AWS::NoValue]}
  Open: {Type: AWS::EC2::Instance, Properties: !GetAtt None.x}
  Empty: {Type: AWS::CloudFormation::Stack, Properties: !Ref AWS::NoValue}
  Later: {Type: AWS::CloudFormation::Stack, Properties: !Ref P}
  Wrong: {Type: AWS::Serverless::Function, Properties: !If [X, 1, 2]}
Globals: {Function: {Runtime: python3.12}}
"""
    tree(tmp_path, {"stack.yaml": template})
    reading = read_all([tmp_path])
    by_name = {each.name: each.properties for each in reading.resources}
    assert by_name["None"] == {}
    assert is_unknown(by_name["Open"])
    assert set(by_name) == {"None", "Either", "Open", "Wrong"}
    assert [mention.because.rpartition("template ")[2] for mention in reading.skipped] == [
        "is not named: it has no TemplateURL",
        "is at an address that is not known here: "
        "TemplateURL is the parameter P, which the deployment gives (lichen check "
        "--parameter P=VALUE gives it)",
    ]
