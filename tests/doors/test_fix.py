"""``lichen check --fix``: what it writes into templates, manifests and Terraform's files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_doors.fixing.editing import NoPlace
from lichen_doors.fixing.terraform_text import edit, items
from lichen_policies.facts import Resource

from tests.cases.test_lichen_yaml import planned

pytestmark = pytest.mark.usefixtures("fixed_tables")

TAGS = {
    "lichen:model": "meta-llama/Llama-3.1-8B",
    "lichen:precision": "bf16",
    "lichen:peak-rps": "1",
    "lichen:input-tokens": "512",
    "lichen:output-tokens": "128",
}

TEMPLATE = """\
# A comment at the top.
Resources:
  Chat:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - VariantName: all     # the one
          InstanceType: "ml.g5.12xlarge"   # far too large
          InitialInstanceCount: 4
      Tags:
        - {Key: "lichen:model", Value: meta-llama/Llama-3.1-8B}
        - {Key: "lichen:precision", Value: bf16}
        - {Key: "lichen:peak-rps", Value: "1"}
        - {Key: "lichen:input-tokens", Value: "512"}
        - {Key: "lichen:output-tokens", Value: "128"}
"""

MAIN = """\
# The endpoint.
resource "aws_sagemaker_endpoint_configuration" "other" {
  name = "} not the end"
}

resource "aws_sagemaker_endpoint_configuration" "chat" { # chat
  production_variants {
    variant_name           = "all"
    instance_type          = "ml.g5.12xlarge" # far too large
    initial_instance_count = 4
  }
  tags = {
    note = <<-EOT
      } neither this
    EOT
  }
}
"""


def lichen(*arguments: object, answer: str = "") -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], input=answer)


def fixed(path: Path, *arguments: str) -> Result:
    return lichen("check", path, "--fix", "--yes", "--region", "eu-north-1",
                  "--environment", "dev", *arguments)  # fmt: skip


def test_a_template_is_changed_in_two_values_and_nowhere_else(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    run = fixed(path)
    expected = TEMPLATE.replace('"ml.g5.12xlarge" ', '"ml.g5.xlarge" ').replace(
        "Count: 4", "Count: 1"
    )
    assert path.read_text() == expected, run.stdout
    assert '-          InstanceType: "ml.g5.12xlarge"   # far too large' in run.stdout
    assert '+          InstanceType: "ml.g5.xlarge"   # far too large' in run.stdout
    again = fixed(path)
    assert "There is nothing to write." in again.stdout
    assert "oversized-endpoint, high" not in again.stdout
    assert path.read_text() == expected


def test_nothing_is_written_without_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    arguments = ("check", path, "--fix", "--region", "eu-north-1", "--environment", "dev")
    for answer in ("n\n", ""):
        assert "Nothing is written." in lichen(*arguments, answer=answer).stdout
        assert path.read_text() == TEMPLATE
    assert "Wrote" in lichen(*arguments, answer="y\n").stdout
    assert path.read_text() != TEMPLATE


def test_json_keeps_its_layout(tmp_path: Path) -> None:
    path = tmp_path / "template.json"
    tags = ", ".join(json.dumps({"Key": key, "Value": value}) for key, value in TAGS.items())
    text = (
        '{"Resources": {"Chat": {"Type": "AWS::SageMaker::EndpointConfig",\n'
        '  "Properties": {"ProductionVariants": [{"InstanceType":   "ml.g5.12xlarge",\n'
        f'     "InitialInstanceCount":4}}], "Tags": [{tags}]}}}}}}}}\n'
    )
    path.write_text(text)
    fixed(path)
    assert path.read_text() == text.replace("12xlarge", "xlarge").replace('Count":4', 'Count":1')


def test_terraform_s_file_beside_the_plan_is_changed(tmp_path: Path) -> None:
    plan = planned(
        tmp_path, region="eu-north-1", tags=TAGS,
        instance_type="ml.g5.12xlarge", initial_instance_count=4,
    )  # fmt: skip
    (tmp_path / "main.tf").write_text(MAIN)
    (tmp_path / "outputs.tf").write_text('output "x" { value = 1 }\n')
    fixed(plan)
    assert (tmp_path / "main.tf").read_text() == MAIN.replace(
        '"ml.g5.12xlarge"', '"ml.g5.xlarge"'
    ).replace("count = 4", "count = 1")


@pytest.mark.parametrize(
    ("change", "because"),
    [
        (('"ml.g5.12xlarge"', "var.machine"), "is made of other values in main.tf"),
        (('"ml.g5.12xlarge"', '"ml.${var.size}"'), "is made of other values in main.tf"),
        (("production_variants {", 'dynamic "production_variants" {'), "is a dynamic block"),
        (('" "chat"', '" "chats"'), "no .tf file beside the plan"),
        (("    initial_instance_count = 4\n", ""), "is not written there"),
    ],
)
def test_what_cannot_be_written_is_listed_and_left(
    tmp_path: Path, change: tuple[str, str], because: str
) -> None:
    plan = planned(
        tmp_path, region="eu-north-1", tags=TAGS,
        instance_type="ml.g5.12xlarge", initial_instance_count=4,
    )  # fmt: skip
    text = MAIN.replace(*change)
    (tmp_path / "main.tf").write_text(text)
    run = fixed(plan)
    listed = [line for line in run.stdout.splitlines() if line.startswith("Not written: oversized")]
    assert because in listed[0], run.stdout
    assert (tmp_path / "main.tf").read_text() == text


def test_a_shared_value_and_a_function_are_left(tmp_path: Path) -> None:
    path = tmp_path / "template.yaml"
    shared = TEMPLATE.replace("Resources:", "Size: &size ml.g5.12xlarge\nResources:").replace(
        '"ml.g5.12xlarge" ', "*size "
    )
    path.write_text(shared)
    assert "is shared with other places by an anchor" in fixed(path).stdout
    assert path.read_text() == shared


def test_a_manifest_is_changed_in_its_own_document(tmp_path: Path) -> None:
    text = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
---
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: gpu}
spec:
  template:
    spec:
      requirements:
        - {key: karpenter.k8s.aws/instance-category, operator: In, values: [g, p]}
  disruption:
    consolidationPolicy: WhenEmpty
    consolidateAfter: Never  # awake all night
"""
    path = tmp_path / "manifest.yaml"
    path.write_text(text)
    run = fixed(path)
    assert path.read_text() == text.replace("After: Never", "After: 10m"), run.stdout


def test_it_is_for_a_person(tmp_path: Path) -> None:
    run = lichen("check", planned(tmp_path), "--fix", "--format", "json")
    assert run.exit_code == 2
    assert "--fix is for a person at a terminal" in run.stderr


HOSTILE = r"""
locals { a = "\" } ${var.b["}"]} {" /* } */ }
resource "t" "n" { // }
  count = 3 # {
  list = [
    "]", # ]
    { a = "}" },
  ]
  text = <<EOT
} ${"{"}
EOT
  block { value = 4 }
  block {
    value = 5 }
}
"""


def test_strings_comments_and_brackets_of_terraform_s_language() -> None:
    names = [(item.name, item.labels) for item in items(HOSTILE, 0, len(HOSTILE))]
    assert names == [("locals", ()), ("resource", ("t", "n"))]
    body = list(items(HOSTILE, 0, len(HOSTILE)))[1]
    inner = list(items(HOSTILE, body.start, body.end))
    assert [item.name for item in inner] == ["count", "list", "text", "block", "block"]
    assert HOSTILE[inner[0].start : inner[0].end] == "3"


def test_the_second_block_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(HOSTILE)
    resource = Resource(
        type="t", name="n", address="t.n[0]", properties={}, dialect="terraform",
        file=str(tmp_path / "plan.json"),
    )  # fmt: skip
    found = edit("block[1].value", 9, resource)
    assert HOSTILE[found.start : found.end] == "5"
    assert found.text == "9"
    for path in ("block[2].value", "list[0].a", "text", "gone"):
        with pytest.raises(NoPlace):
            edit(path, 9, resource)
