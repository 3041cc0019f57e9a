"""Exemptions beside a resource: tags, labels and comments, where they hold and where not."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from lichen_policies.beside import comments, with_comments, written
from lichen_policies.configuration import Configuration, File, Layer
from lichen_policies.dialects import read
from lichen_policies.facts import Resource
from lichen_policies.facts.resource import Note
from lichen_policies.gate import Gate
from lichen_policies.verdict import Verdict

from lichen.passport import Passport, read_tags
from tests.policies.resources import ENDPOINT, resource_of

TODAY = datetime.date(2026, 11, 23)
TEXT = "owner=search until=2027-03-31 reason=moves with the next contract"


def endpoint(environment: Any = "dev", **tags: str) -> Resource:
    """An endpoint in Mumbai with too many chips for dev; ``tags`` are rules and texts."""
    return resource_of(
        ENDPOINT,
        {
            "productionVariants": [{"instanceType": "ml.g5.12xlarge", "initialInstanceCount": 4}],
            "tags": {f"lichen:exempt.{rule.replace('_', '-')}": tags[rule] for rule in tags},
        },
        region="eu-north-1",
        environment=environment,
    )


def judged(resource: Resource, file: File | None = None, today: datetime.date = TODAY) -> Verdict:
    layers = () if file is None else (Layer(Path("lichen.yaml"), file),)
    gate = Gate(Configuration(today=today, layers=layers))
    (found,) = (
        verdict for verdict in gate.judge(resource) or () if verdict.rule == "too-many-accelerators"
    )
    return found


def test_a_tag_exempts_its_resource_from_its_rule() -> None:
    found = judged(endpoint(too_many_accelerators=TEXT))
    assert found.exemption is not None
    assert found.exemption.text == (
        "exempted until 2027-03-31 beside the resource (tag lichen:exempt.too-many-accelerators) "
        "for search: moves with the next contract"
    )
    assert not found.blocks
    assert judged(endpoint(idle_floor=TEXT)).blocks


def test_it_ends_after_its_last_day() -> None:
    resource = endpoint(too_many_accelerators=TEXT)
    assert not judged(resource, today=datetime.date(2027, 3, 31)).blocks
    late = judged(resource, today=datetime.date(2027, 4, 1))
    assert late.blocks
    assert late.note == "Its exemption, for search, ended on 2027-03-31."


@pytest.mark.parametrize("environment", ["prod", None])
def test_in_production_it_holds_only_where_the_highest_file_says_so(environment: Any) -> None:
    resource = endpoint(environment, too_many_accelerators=TEXT)
    barred = judged(resource)
    assert barred.blocks
    assert barred.note == (
        "Its exemption (tag lichen:exempt.too-many-accelerators) does not hold in prod, which "
        "projects_may_exempt_in does not name."
    )
    assert not judged(resource, File(projects_may_exempt_in=("prod",))).blocks


def test_an_organisation_may_allow_none() -> None:
    assert judged(endpoint(too_many_accelerators=TEXT), File(projects_may_exempt_in=())).blocks


def test_a_tag_that_exempts_is_no_passport() -> None:
    tags = {"lichen:exempt.dirty-region": TEXT}
    assert read_tags(tags, "aws") == (None, ())
    assert read_tags(tags | {"lichen:model": "m"}, "aws") == (Passport(model="m"), ())


@pytest.mark.parametrize(
    "labels",
    [
        {"lichen-exempt-dirty-region": "owner_3dsearch_20until_3d2027-03-31_20reason_3dmoves"},
        {
            "lichen-exempt-dirty-region": "owner_3dsearch_20until_3d2027",
            "lichen-exempt-dirty-region_2": "-03-31_20reason_3dmoves",
        },
    ],
)
def test_a_label_of_google_may_be_escaped_and_continued(labels: dict[str, str]) -> None:
    resource = resource_of("gcp:compute/instance:Instance", {"labels": labels})
    (found,) = written(resource)
    assert found.rule == "dirty-region"
    assert found.exemption is not None
    assert found.exemption.owner == "search"
    assert found.exemption.reason == "moves"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("owner=a until=2027-01-01", "reason= is missing"),
        ('owner="" until=2027-01-01 reason="x"', "owner= is missing"),
        ("owner=a until=tomorrow reason=x", "until= is no date such as 2027-03-31"),
        ("owner=a util=2027-01-01 reason=x", "it has no part of that name: did you mean 'until'?"),
        ("because", "it is not written as owner=... until=... reason=..."),
        ("", "owner= is missing"),
    ],
)
def test_a_mistake_is_told_without_the_values(text: str, mistake: str) -> None:
    (found,) = written(endpoint(dirty_region=text))
    assert found.exemption is None
    assert found.mistake == mistake


def test_comments_of_terraform_s_language() -> None:
    lines = """\
# lichen:exempt idle-floor owner=before until=2027-01-01 reason="another resource's"

# lichen:exempt dirty-region owner=search until=2027-01-01 reason="moves, in spring"
// and a word more
resource "aws_instance" "chat" {
  instance_type = "g5.xlarge" # lichen:exempt scale-to-zero owner=a until=2027-01-01 reason=b
  /* lichen:exempt idle-floor owner=a until=2027-01-01 reason="b" */
}
""".splitlines()
    assert [(note.rule, note.where) for note in comments(lines, 5, 8)] == [
        ("dirty-region", "comment in line 3"),
        ("scale-to-zero", "comment in line 6"),
        ("idle-floor", "comment in line 7"),
    ]
    resource = resource_of(ENDPOINT, {})
    for note in comments(lines, 5, 8):
        (found,) = written(Resource(**{**vars_of(resource), "notes": (note,)}))
        assert found.exemption is not None, found.mistake


def vars_of(resource: Resource) -> dict[str, Any]:
    return {name: getattr(resource, name) for name in resource.__struct_fields__}


TEMPLATE = """\
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  # lichen:exempt dirty-region owner=search until=2099-01-01 reason="moves"
  Chat:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - InstanceType: ml.g5.12xlarge
          # lichen:exempt too-many-accelerators owner=search until=2099-01-01 reason="a test"
          InitialInstanceCount: 4
  Other:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - InstanceType: ml.g5.12xlarge
          InitialInstanceCount: 4
"""


def test_comments_of_a_template_belong_to_the_resource_that_they_stand_in(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    chat, other = read(path)
    assert [note.rule for note in chat.notes] == ["dirty-region", "too-many-accelerators"]
    assert other.notes == ()
    report = Gate.near(path, region="ap-south-1", environment="dev").report([chat, other])
    assert {verdict.resource for verdict in report.exempted} == {"Chat"}
    assert {v.resource for v in report.findings if v.rule == "too-many-accelerators"} == {"Other"}


def test_a_comment_between_two_documents_belongs_to_the_one_below() -> None:
    text = """\
kind: Deployment
# lichen:exempt a owner=x
---
# lichen:exempt b owner=x
kind: Deployment
# lichen:exempt c owner=x
metadata: {}
"""
    first, second = (
        resource_of("kubernetes:apps/v1:Deployment", {}, name, line=line)
        for name, line in (("one", 1), ("two", 5))
    )
    one, two = with_comments([first, second], text)
    assert [note.rule for note in (*one.notes, *two.notes)] == ["a", "b", "c"]
    assert two.notes[0] == Note("b", " owner=x", "comment in line 4")


def test_without_such_a_comment_nothing_is_changed() -> None:
    resources = [resource_of(ENDPOINT, {}, line=1)]
    assert with_comments(resources, "a: 1 # json is " + json.dumps("yaml")) == resources


def manifest(until: str, namespace: str = "dev") -> str:
    return f"""\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: chat
  namespace: {namespace}
  annotations:
    lichen.dev/exempt.too-many-accelerators: owner=search until={until} reason=a test of load
spec:
  replicas: 4
  template:
    spec:
      containers: [{{name: a, image: "a:1", resources: {{limits: {{nvidia.com/gpu: 8}}}}}}]
"""


@pytest.mark.parametrize(
    ("text", "blocks", "rules"),
    [
        (manifest("2027-03-31"), False, set()),
        (manifest("2026-11-22"), True, {"too-many-accelerators", "expired-exemption"}),
        (manifest("2027-03-31", "models-prod"), True, {"too-many-accelerators"}),
        (manifest("2027-03-31").replace("accelerators:", "chips:"), True,
         {"too-many-accelerators", "orphaned-exemption"}),
    ],
)  # fmt: skip
def test_an_annotation_exempts_its_object(
    tmp_path: Path, text: str, blocks: bool, rules: set[str]
) -> None:
    path = tmp_path / "manifest.yaml"
    path.write_text(text)
    report = Gate(Configuration(today=TODAY)).report(read(path))
    assert {verdict.rule for verdict in report.findings} == rules
    assert report.blocks is blocks
    assert [verdict.rule for verdict in report.exempted] == (
        [] if blocks else ["too-many-accelerators"]
    )


def test_the_annotation_of_an_object_in_a_list_is_its_own(tmp_path: Path) -> None:
    items = [yaml.safe_load(manifest("2027-03-31")), yaml.safe_load(manifest("2026-11-22"))]
    items[1]["metadata"]["name"] = "late"
    path = tmp_path / "list.yaml"
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items}))
    report = Gate(Configuration(today=TODAY)).report(read(path))
    assert [verdict.resource for verdict in report.exempted] == ["dev/Deployment/chat"]
    assert {verdict.resource for verdict in report.findings} == {"dev/Deployment/late"}
