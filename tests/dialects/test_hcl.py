"""Terraform's configuration without a plan: what is known is what Terraform plans, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.dialects import DeploymentInput
from lichen_policies.dialects.folders import FolderReading, read_all
from lichen_policies.dialects.hcl import syntax
from lichen_policies.dialects.hcl.expressions import value
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import is_unknown
from lichen_policies.gate import Gate

from tests.terraform import engine

STACKS = ("references", "wasteful", "clean", "unknown", "regions")

NAMES = {
    "var": {"name": "chat", "list": ["a", "b"], "table": {"k": 1}, "on": True},
    "local": {"objects": [{"id": "x"}, {"id": "y"}]},
}


class Table:
    """Names of a table; every other one is not known."""

    def found(self, name: str, steps: Any, /) -> Any:
        from lichen_policies.dialects.hcl.expressions import OPEN, at

        return at(NAMES[name], steps) if name in NAMES else OPEN


def held(text: str) -> Any:
    return value(syntax.expression(text), Table())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"a"', "a"),
        ("12", 12),
        ("1.5", 1.5),
        ("-3", -3),
        ("null", None),
        ("!var.on", False),
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 % 4 == 3 && 2 <= 2", True),
        ("false || var.on", True),
        ('var.name == "chat" ? "yes" : "no"', "yes"),
        ('"ml.${var.name}-${var.table.k}"', "ml.chat-1"),
        (r'"a\tb\n\"c\" $${d} é"', 'a\tb\n"c" ${d} é'),
        ("var.list[1]", "b"),
        ('var.table["k"]', 1),
        ("local.objects[*].id", ["x", "y"]),
        ("local.objects.*.id", ["x", "y"]),
        ("[for v in var.list : upper(v)]", ["A", "B"]),
        ("[for v in /* a */ var.list /* b */ : /* c */ v]", ["a", "b"]),
        ("[ # a\nvar.list[/* b */ 1] ]", ["b"]),
        ('{ for i, v in var.list : v => i if v != "a" }', {"b": 1}),
        ('{ a = 1, "b" = 2, (var.name) = 3 }', {"a": 1, "b": 2, "chat": 3}),
        ('merge({ a = 1 }, { a = 2 })["a"]', 2),
        ("concat(var.list, [1])", ["a", "b", 1]),
        ("concat([var.list, [1]]...)", ["a", "b", 1]),
        ('lookup(var.table, "z", 5)', 5),
        ('format("%s-%d", var.name, 2)', "chat-2"),
        ('jsonencode({ a = [1, true] })', '{"a":[1,true]}'),
        ('coalesce("", null, "c")', "c"),
        ('try(var.table.k, 0)', 1),
        ('element(["a", "b"], 3)', "b"),
        ('toset(["b", "a", "b"])', ["a", "b"]),
        ("<<EOT\none ${var.name}\n  two\nEOT\n", "one chat\n  two\n"),
        ("<<-EOT\n    one\n      two\n    EOT\n", "one\n  two\n"),
    ],
)  # fmt: skip
def test_an_expression_holds_what_terraform_says(text: str, expected: Any) -> None:
    assert held(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "path.module",
        '"a-${data.aws_ami.x.id}"',
        "data.x.y.z ? 1 : 2",
        "timestamp()",
        'replace("abc", "/b/", "")',
        "var.table.missing",
        "var.list[5]",
        '"%{ if var.on }a%{ endif }"',
        "range(100000)",
        "1 / 0",
        'tonumber("x")',
        "[for a in range(1000) : [for b in range(1000) : b]]",
        'sensitive("x")',
        "length(flatten([data.aws_ami.x.ids, 1]))",
        "element(flatten([data.aws_ami.x.ids, 1]), 1)",
        "length(jsonencode({ a = data.aws_ami.x.id }))",
        "keys(jsonencode({ a = data.aws_ami.x.id }))",
        "element(jsonencode([1, data.aws_ami.x.id]), 0)",
    ],
)
def test_what_only_terraform_can_say_is_unknown(text: str) -> None:
    found = held(text)
    assert is_unknown(found) or any(map(is_unknown, found))


def folder(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def read(root: Path, **given: Any) -> FolderReading:
    return read_all([root], given=DeploymentInput(**given))


def by_address(reading: FolderReading) -> dict[str, Resource]:
    return {each.address: each for each in reading.resources}


@pytest.mark.parametrize("stack", STACKS)
def test_what_is_known_is_what_terraform_plans(
    stack: str, terraform_plan: Callable[[str], Path]
) -> None:
    """The planned resources, and nothing known that the plan contradicts."""
    planned = read_all([terraform_plan(stack)])
    names = {"names": '["a", "b"]'} if stack == "references" else {}
    written = by_address(read(engine.STACKS / stack, parameters=names))
    unsure = {address for address, each in written.items() if each.only_if}
    assert {*by_address(planned)} == {*written} - unsure
    compared = 0
    for address, each in by_address(planned).items():
        for name, expected in each.properties.items():
            found = written[address].properties.get(name)
            if isinstance(found, str | int | float) and not is_unknown(expected):
                assert found == expected, (address, name)
                compared += 1
        region = written[address].region
        if isinstance(region, str) and isinstance(each.region, str):
            assert region == each.region
    assert compared


MODULE = """
variable "machine" {}
variable "region" { default = "eu-north-1" }
variable "count_of" {
  type    = number
  default = 3
}
provider "aws" {
  region = "eu-west-1"
  default_tags { tags = { team = "search" } }
}
provider "aws" {
  alias  = "far"
  region = var.region
}
data "aws_region" "here" {}
resource "aws_instance" "near" {
  instance_type = var.machine
  tags          = { region = data.aws_region.here.name }
}
resource "aws_instance" "far" {
  provider      = aws.far
  count         = var.count_of
  instance_type = "c7g.large"
}
resource "aws_instance" "never" {
  count         = 0
  instance_type = "p5.48xlarge"
}
module "workers" {
  source    = "./workers"
  for_each  = { small = 1, large = 2 }
  size      = each.value == 1 ? "large" : "12xlarge"
  providers = { aws = aws.far }
}
module "network" {
  source = "terraform-aws-modules/vpc/aws"
}
"""
WORKERS = """
variable "size" {}
resource "aws_instance" "worker" {
  instance_type = "g5.${var.size}"
  dynamic "ebs_block_device" {
    for_each = ["sda", "sdb"]
    iterator = disk
    content { device_name = disk.value }
  }
  ebs_block_device { device_name = "sdc" }
  # lichen:exempt dirty-region owner=search until=2027-03-31 reason="moves"
}
output "id" { value = aws_instance.worker.id }
"""


def test_a_module_and_those_that_it_calls_are_read_as_terraform_applies_them(
    tmp_path: Path,
) -> None:
    root = folder(tmp_path, {"main.tf": MODULE, "workers/main.tf": WORKERS})
    reading = read(root)
    found = by_address(reading)
    assert [*found] == [
        "aws_instance.near",
        "aws_instance.far",
        'module.workers["small"].aws_instance.worker',
        'module.workers["large"].aws_instance.worker',
    ]
    near, far, small, large = found.values()
    assert near.region == "eu-west-1"
    assert near.properties["tags_all"] == {"team": "search", "region": "eu-west-1"}
    assert "give --parameter machine=..." in near.properties["instance_type"].because
    assert is_unknown(far.region)
    assert "give --region" in far.region.because
    assert far.only_if == "var.count_of"
    assert [each.properties["instance_type"] for each in (small, large)] == [
        "g5.large",
        "g5.12xlarge",
    ]
    assert small.file == str(tmp_path / "workers" / "main.tf")
    assert small.line == 3
    assert [note.rule for note in small.notes] == ["dirty-region"]
    assert [each["device_name"] for each in small.properties["ebs_block_device"]] == [
        "sda",
        "sdb",
        "sdc",
    ]
    (mention,) = reading.skipped
    assert mention.because == "calls the module network, which is not here"
    assert "terraform init" in mention.fix


SERVED = """
provider "aws" { region = "eu-north-1" }
resource "aws_sagemaker_endpoint_configuration" "chat" {
  name = "chat"
  production_variants {
    variant_name           = "all"
    model_name             = "chat"
    instance_type          = "ml.g5.xlarge"
    initial_instance_count = 3
  }
}
resource "aws_sagemaker_endpoint" "chat" {
  name                 = "chat"
  endpoint_config_name = aws_sagemaker_endpoint_configuration.chat.name
}
"""
AWAY = """
module "scaling" {
  source = "terraform-aws-modules/autoscaling/aws"
}
"""


def test_what_a_module_that_is_not_here_may_do_is_not_absent(tmp_path: Path) -> None:
    def verdicts(text: str) -> dict[str, tuple[str, str]]:
        (tmp_path / "main.tf").write_text(text)
        reading = read_all([tmp_path])
        gate = Gate.near(tmp_path, environment="prod")
        report = gate.report(reading.resources)
        said = (*report.findings, *report.unverified)
        return {each.rule: (each.verdict, each.message) for each in said}

    assert verdicts(SERVED)["fixed-size-endpoint"][0] == "fail"
    outcome, message = verdicts(SERVED + AWAY)["fixed-size-endpoint"]
    assert outcome == "unverified"
    assert "may be changed by what is not read" in message
    assert "calls the module scaling, which is not here" in message
    # What one resource alone shows is still found.
    dirty = (SERVED + AWAY).replace("eu-north-1", "ap-south-1")
    assert verdicts(dirty)["dirty-region"][0] == "fail"


def test_a_count_inside_of_a_resource_is_a_value(tmp_path: Path) -> None:
    text = """
resource "google_compute_instance" "gpu" {
  count = 1
  guest_accelerator {
    type  = "nvidia-l4"
    count = 2
  }
  dynamic "guest_accelerator" {
    for_each = ["nvidia-t4"]
    content {
      type  = guest_accelerator.value
      count = 4
    }
  }
}
"""
    (found,) = by_address(read(folder(tmp_path, {"main.tf": text}))).values()
    assert found.properties == {
        "guest_accelerator": [{"type": "nvidia-l4", "count": 2}, {"type": "nvidia-t4", "count": 4}]
    }


def test_values_of_variables_come_from_files_and_the_command_line(tmp_path: Path) -> None:
    root = folder(tmp_path, {"main.tf": MODULE, "workers/main.tf": WORKERS})
    folder(root, {"terraform.tfvars": 'region = "eu-north-1"\nmachine = "t4g.small"\n'})
    other = folder(tmp_path.parent, {"prod.tfvars": 'machine = "c7g.medium"\n'}) / "prod.tfvars"
    found = by_address(read(root, variables_file=other, parameters={"count_of": "2"}))
    assert found["aws_instance.near"].properties["instance_type"] == "c7g.medium"
    assert [each for each in found if "far" in each] == [
        "aws_instance.far[0]",
        "aws_instance.far[1]",
    ]
    assert found["aws_instance.far[1]"].region == "eu-north-1"
    reading = read(root, parameters={"machin": "x"}, exact=True)
    (skipped,) = (each for each in reading.skipped if each.broken)
    assert "machin is no variable of the module" in skipped.because


def test_a_module_that_was_installed_is_read(tmp_path: Path) -> None:
    index = {"Modules": [{"Key": "network", "Dir": ".terraform/modules/network"}]}
    root = folder(
        tmp_path,
        {
            "main.tf": MODULE,
            "workers/main.tf": WORKERS,
            ".terraform/modules/modules.json": json.dumps(index),
            ".terraform/modules/network/main.tf": 'resource "aws_instance" "gate" {}',
        },
    )
    reading = read(root)
    assert "module.network.aws_instance.gate" in by_address(reading)
    assert reading.skipped == ()


def test_json_is_the_same_language(tmp_path: Path) -> None:
    document = {
        "variable": {"size": {"default": "xlarge", "sensitive": True}},
        "locals": {"kind": "g5"},
        "provider": {"google": [{"zone": "europe-west4-a"}]},
        "resource": {
            "aws_instance": {"one": {"instance_type": "${local.kind}.12xlarge", "count": 2}},
            "google_compute_instance": {"two": {"machine_type": "g2-${var.size}"}},
        },
    }
    found = by_address(read(folder(tmp_path, {"main.tf.json": json.dumps(document)})))
    assert [*found] == ["aws_instance.one[0]", "aws_instance.one[1]", "google_compute_instance.two"]
    assert found["aws_instance.one[0]"].properties["instance_type"] == "g5.12xlarge"
    assert found["google_compute_instance.two"].region == "europe-west4"
    machine = found["google_compute_instance.two"].properties["machine_type"]
    assert machine.because == "is sensitive, so Lichen does not read it"


def test_a_module_beside_its_plan_is_not_judged_twice(
    tmp_path: Path, terraform_plan: Callable[[str], Path]
) -> None:
    text = (engine.STACKS / "wasteful" / "main.tf").read_text()
    plan = terraform_plan("wasteful").read_text()
    root = folder(tmp_path, {"stack/main.tf": text, "stack/plan.json": plan})
    reading = read(root)
    assert len(reading.resources) == len({each.address for each in reading.resources})
    (skipped,) = reading.skipped
    assert skipped.because == "is Terraform's configuration: the plan or state beside it is judged"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("resource \"a\" {\n}\n", "line 1 is not Terraform's language"),
        ('a "b" {\n  c = [1,\n}\n', "is not Terraform's language"),
        ('resource "aws_instance" "a" {\n  count = 200000\n}\n', "count is more than 100000"),
        (f"locals {{\n  a = {'[' * 5000}{']' * 5000}\n}}\n"
         'resource "aws_instance" "a" {\n  b = local.a\n}\n', "nested"),
    ],
)  # fmt: skip
def test_what_is_no_configuration_is_not_read_and_others_are(
    tmp_path: Path, text: str, wrong: str
) -> None:
    good = 'resource "aws_instance" "a" {}'
    reading = read(folder(tmp_path, {"bad/main.tf": text, "good/main.tf": good}))
    assert [*by_address(reading)] == ["aws_instance.a"]
    (skipped,) = reading.skipped
    assert skipped.broken
    assert wrong in skipped.because
    assert "bad" in skipped.file


def test_values_that_grow_without_end_stay_small(tmp_path: Path) -> None:
    doubling = "".join(
        f'  a{n + 1} = "${{local.a{n}}}${{local.a{n}}}"\n  b{n + 1} = [local.b{n}, local.b{n}]\n'
        for n in range(60)
    )
    text = (
        f'locals {{\n  a0 = "x"\n  b0 = ["x"]\n  c = local.d\n  d = local.c\n{doubling}}}\n'
        'resource "aws_instance" "a" {\n  x = local.a60\n  y = local.b60\n  z = local.c\n}\n'
        'module "again" {\n  source = "./"\n}\n'
    )
    circle = {"one/main.tf": 'module "two" {\n  source = "../two"\n}\n'}
    circle["two/main.tf"] = circle["one/main.tf"].replace("two", "one")
    reading = read(folder(tmp_path, {"main.tf": text, **circle}))
    (each,) = reading.resources
    assert is_unknown(each.properties["x"])
    assert is_unknown(each.properties["z"])
    assert len(repr(each.properties["y"])) < 10_000_000
    assert ["which it is inside of" in each.because for each in reading.skipped] == [True, True]


def test_what_is_not_known_has_the_name_that_it_is_called_by(tmp_path: Path) -> None:
    """Two properties of one name have one value; a key that is not known names nothing."""
    text = """
        variable "size" {}
        data "aws_region" "here" {}
        locals {
          chosen = { small = { gpus = 1, shards = 1 } }[var.size]
          words  = compact(["--tp", tostring(local.chosen.gpus), var.size.a ? "--fast" : ""])
        }
        resource "aws_x" "a" {
          host   = "1.ecr.${data.aws_region.here.name}.amazonaws.com/server"
          gpus   = local.chosen.gpus
          other  = local.chosen.shards
          part   = var.size.a
          words  = local.words
          first  = local.words[0]
          number = length(local.words)
        }
    """
    (resource,) = read(folder(tmp_path, {"main.tf": text})).resources
    found = resource.properties
    named = {name: found[name].written for name in ("host", "gpus", "other", "part")}
    assert named == {
        "host": "1.ecr.${data.aws_region.here.name}.amazonaws.com/server",
        "gpus": "${local.chosen.gpus}",
        "other": "${local.chosen.shards}",
        "part": "${var.size.a}",
    }
    assert found["words"][0] == "--tp"
    assert found["words"][1].written == "${local.chosen.gpus}"
    assert is_unknown(found["first"])
    assert is_unknown(found["number"])


def test_a_folder_of_templates_is_said_and_not_judged(tmp_path: Path) -> None:
    """A tool fills Go's templates in first: of their folder no file is known."""
    instance = 'resource "aws_instance" "gpu" { instance_type = "g5.xlarge" }\n'
    place = 'provider "aws" { region = "eu-north-1" }\n'
    folder(tmp_path, {"good/main.tf": place + instance})
    template = 'provider "aws" {\n  {{if .Region}}region = "{{.Region}}"{{end}}\n}\n'
    folder(tmp_path, {"made/main.tf": template})
    folder(tmp_path, {"made/other.tf": instance})
    reading = read_all([tmp_path])
    assert [each.address for each in reading.resources] == ["aws_instance.gpu"]
    (skipped,) = reading.skipped
    assert skipped.broken
    assert skipped.file.endswith("made/main.tf")
    assert skipped.because == (
        "line 2 has a Go template ({{...}}) in it, so it is not Terraform's language yet: none of "
        "the 2 files of this folder is judged"
    )


ENDPOINT = 'resource "aws_instance" "gpu" { instance_type = "g5.xlarge" }\n'


@pytest.mark.parametrize(
    ("files", "verdict", "says"),
    [
        (ENDPOINT, "fail", "nothing in these files configures the provider"),
        ('provider "aws" {}\n' + ENDPOINT, "fail", "neither the resource nor its provider"),
        (
            'variable "zone" {}\n'
            'resource "google_compute_instance" "gpu" {\n'
            '  machine_type = "g2-standard-4"\n  zone = var.zone\n}\n',
            "pass",
            "",
        ),
        (
            'variable "region" {}\nprovider "aws" { region = var.region }\n' + ENDPOINT,
            "unverified",
            "is set by an expression of var.region",
        ),
    ],
    ids=["no provider", "a provider without a region", "a zone by a variable", "a region by one"],
)
def test_what_states_a_region(tmp_path: Path, files: str, verdict: str, says: str) -> None:
    """A location by a variable is stated; a provider by one is not known; none at all is found."""
    folder(tmp_path, {"main.tf": files})
    gate = Gate.near(tmp_path, environment="prod")
    report = gate.report(read_all([tmp_path]).resources)
    said = [
        each for each in (*report.findings, *report.unverified) if each.rule == "region-unresolved"
    ]
    assert [each.verdict for each in said] == ([] if verdict == "pass" else [verdict])
    assert all(says in each.message for each in said)
    assert not any(each.blocks for each in said if "these files" in each.message)


MACHINE = 'resource "aws_instance" "a" {\n  instance_type = "g5.xlarge"\n}\n'
PROVIDER = 'provider "aws" {\n  region = "eu-north-1"\n}\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            MACHINE.replace("\n}", '\n  instance_type = "p5.48xlarge"\n}'),
            "instance_type is there twice, in line 2 and in line 3",
        ),
        (MACHINE + MACHINE, "aws_instance.a is there twice, in line 1 and in line 4"),
        (PROVIDER + PROVIDER, "provider.aws is there twice, in line 1 and in line 4"),
        (
            PROVIDER.replace("region", 'alias = "b"\n  region') * 2,
            "provider.aws.b is there twice, in line 1 and in line 5",
        ),
        ("locals {\n  a = 1\n}\n" * 2, "local.a is there twice, in line 1 and in line 4"),
        ('variable "a" {}\n' * 2, "variable.a is there twice, in line 1 and in line 2"),
    ],
)
def test_what_is_declared_twice_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(text)
    (skipped,) = read_all([tmp_path]).skipped
    assert skipped.broken
    assert skipped.because == said


def test_what_two_files_declare_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tf").write_text(MACHINE)
    (tmp_path / "b.tf.json").write_text('{"resource": {"aws_instance": {"a": {}}}}')
    (skipped,) = read_all([tmp_path]).skipped
    assert skipped.broken
    assert f"is there twice, in {tmp_path / 'a.tf'}:1 and in {tmp_path / 'b.tf.json'}" in (
        skipped.because
    )


def test_variables_twice_in_a_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MACHINE)
    (tmp_path / "terraform.tfvars").write_text("a = 1\n\na = 2\n")
    (skipped,) = read_all([tmp_path]).skipped
    assert skipped.because == "a is there twice, in line 1 and in line 3"


@pytest.mark.parametrize("name", ["main.tofu", "main.tofu.json"])
@pytest.mark.parametrize("is_named", [True, False])
def test_the_files_of_opentofu_are_read(tmp_path: Path, name: str, is_named: bool) -> None:
    block = {"resource": {"aws_instance": {"gpu": {"instance_type": "g5.xlarge"}}}}
    (tmp_path / name).write_text(json.dumps(block) if name.endswith(".json") else MACHINE)
    (tmp_path / "provider.tf").write_text(PROVIDER)
    reading = read_all([tmp_path / name if is_named else tmp_path])
    (machine,) = reading.resources
    assert (machine.properties["instance_type"], machine.region) == ("g5.xlarge", "eu-north-1")
    assert reading.others == 0


def test_opentofu_reads_its_own_file_in_place_of_terraform_s(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(MACHINE)
    (tmp_path / "main.tofu").write_text(MACHINE.replace("g5.xlarge", "g6.xlarge"))
    (tmp_path / "other.tf.json").write_text("{}")
    (machine,) = read_all([tmp_path]).resources
    assert machine.properties["instance_type"] == "g6.xlarge"


EACH_REGION = """
locals {
  regions = toset(["ap-south-1", "eu-north-1"])
}
variable "regions" {
  default = ["ap-south-1"]
}
provider "aws" {
  alias    = "in"
  for_each = local.regions
  region   = each.value
}
resource "aws_instance" "own" {
  for_each      = local.regions
  provider      = aws.in[each.key]
  instance_type = "g5.xlarge"
}
module "called" {
  source    = "./called"
  for_each  = local.regions
  providers = { aws = aws.in[each.key] }
}
"""


def test_opentofu_makes_a_provider_for_each_region(tmp_path: Path) -> None:
    (tmp_path / "called").mkdir()
    (tmp_path / "called" / "main.tofu").write_text(MACHINE)
    (tmp_path / "main.tofu").write_text(EACH_REGION)
    regions = {each.address: each.region for each in read_all([tmp_path]).resources}
    assert regions == {
        address: region
        for region in ("ap-south-1", "eu-north-1")
        for address in (
            f'aws_instance.own["{region}"]',
            f'module.called["{region}"].aws_instance.a',
        )
    }
    open_ = EACH_REGION.replace(
        "for_each = local.regions\n  region", "for_each = var.regions\n  region"
    )
    (tmp_path / "main.tofu").write_text(open_)
    assert all(is_unknown(each.region) for each in read_all([tmp_path]).resources)


@pytest.mark.parametrize(
    ("enabled", "made", "only_if"),
    [("false", 0, ""), ("true", 1, ""), ("var.on", 1, "var.on")],
)
def test_what_opentofu_does_not_enable_is_not_made(
    tmp_path: Path, enabled: str, made: int, only_if: str
) -> None:
    text = MACHINE.replace("\n}", f"\n  lifecycle {{\n    enabled = {enabled}\n  }}\n}}")
    (tmp_path / "main.tofu").write_text(text + 'variable "on" {}\n')
    found = read_all([tmp_path]).resources
    assert len(found) == made
    assert all(each.only_if == only_if for each in found)


def test_an_override_file_changes_what_others_declare(tmp_path: Path) -> None:
    """As Terraform merges them: by argument, and by kind of block."""
    (tmp_path / "z.tf").write_text(
        MACHINE.replace("\n}", "\n  ami = 1\n  metadata_options {\n    a = 1\n  }\n}") + PROVIDER
    )
    (tmp_path / "b_override.tf").write_text(
        MACHINE.replace("g5.xlarge", "g6.xlarge").replace("\n}", "\n  metadata_options {\n  }\n}")
    )
    (tmp_path / "override.tf").write_text(PROVIDER.replace("eu-north-1", "eu-west-3"))
    reading = read_all([tmp_path])
    assert reading.skipped == ()
    (machine,) = reading.resources
    assert machine.properties["instance_type"] == "g6.xlarge"
    assert machine.properties["ami"] == 1
    assert machine.properties["metadata_options"] == [{}]
    assert machine.region == "eu-west-3"
    assert machine.file == str(tmp_path / "z.tf")


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        (
            'repository_name = "pytorch-inference"\n image_tag = var.tag',
            "763104351884.dkr.ecr.${region}.amazonaws.com/pytorch-inference:2.2.0-cpu",
        ),
        ('repository_name = var.open\n image_tag = "2.2.0-cpu"', None),
        ('repository_name = "pytorch-inference"', None),
    ],
)
def test_an_image_that_the_cloud_publishes_is_known_but_for_its_registry(
    tmp_path: Path, arguments: str, written: str | None
) -> None:
    text = f"""
        variable "open" {{}}
        locals {{ tag = "2.2.0-cpu" }}
        data "aws_sagemaker_prebuilt_ecr_image" "serve" {{
          {arguments.replace("var.tag", "local.tag")}
        }}
        resource "aws_sagemaker_model" "chat" {{
          primary_container {{
            image = data.aws_sagemaker_prebuilt_ecr_image.serve.registry_path
          }}
        }}
    """
    (resource,) = read(folder(tmp_path, {"main.tf": text})).resources
    (container,) = resource.properties["primary_container"]
    assert is_unknown(container["image"])
    if written is None:
        assert "763104351884" not in container["image"].written
    else:
        assert container["image"].written == written
