"""What is added by adding: a rule is two files, a reader one, a machine, hosting, image or price a
row, a cloud one file and its folders. One of each goes into a copy of the tree, and every door
shows it.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from lichen_policies.own_rules import create

from lichen.catalogue.schema import path_of
from tests.doors.checkov.engine import checkov
from timing.pack_process import running

ROOT = Path(__file__).resolve().parents[1]
PARTS = (
    "lichen",
    "policies",
    "components",
    "practices",
    "doors",
    "docs",
    "timing",
    "tests/catalogue_fixed",
    "tests/policies",
    "tests/terraform",
)
ROOTS = (".", "policies", "components", "practices", "doors")

RULE = '''"""Machine of a family that is to be retired.

Why: Newer families do the same work for less power.

Fix: Choose a newer machine.

Exceptions: None.

Tags: It reads none.
"""

from collections.abc import Iterator

from lichen_policies.facts import Located
from lichen_policies.rule import Finding, Known, rule


RETIRED = ("c5", "x9")


@rule(severity="low", dev="mandatory", staging="mandatory", prod="mandatory", theme="hardware")
def retired_family(fact: Located, known: Known) -> Iterator[Finding]:
    family = (fact.machine or "").split(".")[0]
    if fact.machine is not None and family in RETIRED:
        vcpu = known.machine(fact.machine).vcpu
        yield Finding(
            what=f"{fact.machine} has {vcpu:g} vCPUs",
            limit=f"the family {family} is to be retired",
            or_else="choose a machine of another family",
            path=fact.region_at,
        )
'''

CASES = """
- name: a retired machine
  verdict: fail
  level: mandatory
  region: eu-north-1
  environment: dev
  terraform:
    type: aws_instance
    properties: {instance_type: c5.xlarge}
    messages:
      - "c5.xlarge has 4 vCPUs; the family c5 is to be retired. \
Fix: choose a machine of another family."
"""

READER = '''"""A machine of the hosting that is new here."""

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field

CLOUD = "{cloud}"
TYPES = {types}
FACTS = (Located,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    machine = properties.stated_text("size")
    yield Located(
        region_at=properties.at("zone"), machine=field(machine.value), hosting="{hosting}"
    )
'''

CLOUD = '''"""A cloud that is new here."""

from lichen.clouds.cloud import Cloud, Spelling

CLOUD = Cloud(
    name="acme",
    title="Acme",
    full_name="Acme Cloud",
    tags=Spelling(
        prefix="lichen-", continued="_", length=63, mark="_", hexadecimal="02x",
        escaped=r"[^a-z0-9-]", escape=r"_([0-9a-f]{2})",
    ),
    tag_properties=("badges",),
    region_properties=("zone",),
    zone=r"^(acme-[a-z]+-[0-9]+)[a-z]$",
)
'''

DIRTY = {"name": "acme-north-1", "cloud": "acme", "place": "Acme (North)"}


MAKER_ROWS = '''
"""Lightsail as a hosting: what there is of it."""

from lichen_components.row import S3, MakerRow

MAKERS = (
    MakerRow("lightsail", "lichen_components.aws.lightsail.maker:SmallService", artifacts=(S3,)),
)
'''

MAKER = '''
"""An endpoint on Lightsail."""

from lichen_components.hosted import HostedEndpoint


class SmallService(HostedEndpoint):
    def __init__(self, name, plan, opts=None):
        super().__init__("lichen:index:SmallService", name, {}, opts)
        machine = plan.decision.machine.name
        self.gives(name=name, identifier=f"arn:{name}", url=f"https://{name}", machine=machine)

    @staticmethod
    def check(decision, args):
        pass
'''

ENDPOINT = """
import pulumi


class Mocks(pulumi.runtime.Mocks):
    def new_resource(self, args):
        return args.name, args.inputs

    def call(self, args):
        return {}


pulumi.runtime.set_mocks(Mocks(), preview=False)
from lichen_components.endpoint import plan_of
from lichen_components.makers import maker_of, row_of

plan = plan_of({"workload_file": "small.json", "artifacts": "s3://models/small/"})
row = row_of(plan.decision.placement.chosen.hosting, plan.decision.workload)


@pulumi.runtime.test
def program():
    made = maker_of(row)("small", plan)
    return pulumi.Output.all(made.url, made.machine).apply(lambda known: print(*known))


program()
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the tree with one of each added; no file that was there has changed but tables."""
    tree = tmp_path_factory.mktemp("tree")
    for part in PARTS:
        skipped = shutil.ignore_patterns("__pycache__", ".compiled")
        shutil.copytree(ROOT / part, tree / part, ignore=skipped)
    for name in ("conftest.py", "fixed.py"):
        shutil.copy(ROOT / "tests" / name, tree / "tests")
    rules = tree / "policies" / "lichen_policies" / "rules"
    (rules / "retired_family.py").write_text(RULE)
    (tree / "tests" / "policies" / "cases" / "retired-family.yaml").write_text(CASES)
    readers = tree / "policies" / "lichen_policies" / "facts" / "readers"
    types = {
        "pulumi": ("aws:lightsail/instance:Instance",),
        "terraform": ("aws_lightsail_instance",),
    }
    text = READER.format(cloud="aws", types=types, hosting="lightsail")
    (readers / "aws" / "lightsail_instance.py").write_text(text)
    (readers / "acme").mkdir()
    (readers / "acme" / "__init__.py").write_text("")
    text = READER.format(cloud="acme", types={"terraform": ("acme_server",)}, hosting="acme-vm")
    (readers / "acme" / "server.py").write_text(text)
    (tree / "lichen" / "clouds" / "acme.py").write_text(CLOUD)
    hosting = tree / "components" / "lichen_components" / "aws" / "lightsail"
    hosting.mkdir()
    (hosting / "__init__.py").write_text(MAKER_ROWS)
    (hosting / "maker.py").write_text(MAKER)
    add_rows(tree / "lichen" / "catalogue")
    (tree / "small.json").write_text(
        json.dumps(
            {
                "name": "small", "model": "BAAI/bge-small-en-v1.5", "precisions": ["bf16"],
                "traffic": {"peak_rps": 0.1, "input_tokens": 64},
                "where": {"clouds": ["aws"], "hosting": ["lightsail"], "regions": ["eu-north-1"]},
            }
        )
    )  # fmt: skip
    create("too-many-machines", tree / "own" / "rules", {})
    (tree / "own" / "lichen.yaml").write_text(
        "rules: rules\nlevels: {too-many-machines: mandatory}"
    )
    return tree


def add_rows(tables: Path) -> None:
    """A machine, a hosting with a price, an image, what can be made there, and a cloud's region."""
    copy(tables, "machines", {"name": "c7g.large"}, name="x9.large", hostings="ec2;lightsail")
    copy(tables, "estimates", {"machine": "c7g.large"}, machine="x9.large")
    there = {"machine": "c7g.large", "region": "eu-north-1"}
    copy(tables, "offers", there, machine="x9.large")
    copy(tables, "prices", there | {"hosting": "ec2"}, machine="x9.large")
    copy(
        tables, "prices", there | {"hosting": "ec2"},
        machine="x9.large", hosting="lightsail", usd_hour="0.01",
    )  # fmt: skip
    copy(tables, "hostings", {"name": "ec2"}, name="lightsail", title="Lightsail", kind="managed")
    image = {"repository": "pytorch-inference-arm64"}
    copy(tables, "images", image, hosting="lightsail", repository="small-pytorch")
    copy(tables, "makes", {"server": "pytorch"}, hosting="lightsail")
    copy(tables, "regions", {"name": "ap-south-1"}, **DIRTY, partition="acme")
    for source in ("electricity-maps", "google-carbon"):
        copied = {"region": "ap-south-1", "source": source, "method": "location-average"}
        copy(tables, "readings", copied, region="acme-north-1")


def copy(tables: Path, table: str, like: Mapping[str, str], **changes: str) -> None:
    """Append a row like another one, with some cells changed."""
    path = path_of(table, tables)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [row for row in rows if like.items() <= row.items()]
    assert found, f"{table}.csv has no row like {like}"
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0], lineterminator="\n")
        writer.writerows(row | changes for row in found[:1])


def environment(tree: Path) -> dict[str, str]:
    return {"PYTHONPATH": os.pathsep.join(str(tree / root) for root in ROOTS)}


def run(tree: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env=os.environ | environment(tree) | {"COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def lichen(tree: Path, *arguments: str) -> Any:
    """What the command answers in JSON."""
    done = run(tree, "-m", "lichen_doors.command", *arguments, "--format", "json")
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


def plan(folder: Path) -> Path:
    """A Terraform plan with a resource of each new kind."""
    resources = {
        "aws_lightsail_instance": {"size": "x9.large", "zone": "eu-north-1a"},
        "acme_server": {
            "size": None, "zone": "acme-north-1a", "badges": {"environment": "production"},
        },
    }  # fmt: skip
    document = {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {}},
        "resource_changes": [
            {
                "address": f"{type_}.new", "mode": "managed", "type": type_, "name": "new",
                "provider_name": "registry.terraform.io/hashicorp/aws",
                "change": {
                    "actions": ["create"], "before": None, "after": values,
                    "after_unknown": {}, "before_sensitive": False, "after_sensitive": {},
                },
            }
            for type_, values in resources.items()
        ],
        "configuration": {},
    }  # fmt: skip
    path = folder / "plan.json"
    path.write_text(json.dumps(document, indent=1))
    return path


@pytest.fixture(scope="module")
def findings(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    return lichen(tree, "check", str(plan(tmp_path_factory.mktemp("plan"))))


def test_the_command_judges_by_a_new_rule_a_resource_that_a_new_reader_reads(findings: Any) -> None:
    found = [row for row in findings["findings"] if row["rule"] == "retired-family"]
    assert [row["resource"] for row in found] == ["aws_lightsail_instance.new"]
    assert found[0]["message"] == (
        "x9.large has 2 vCPUs; the family x9 is to be retired. "
        "Fix: choose a machine of another family."
    )


def test_a_new_cloud_s_zone_and_tags_are_read(findings: Any) -> None:
    found = [row for row in findings["findings"] if row["resource"] == "acme_server.new"]
    # Nothing shows that the machine is for models, so it only advises.
    assert [(row["rule"], row["level"]) for row in found] == [("dirty-region", "advisory")]
    assert found[0]["message"].startswith("acme-north-1 (North) ")


def test_a_new_rule_is_in_the_list_and_in_the_documents(tree: Path) -> None:
    assert "retired-family" in {row["rule"] for row in lichen(tree, "rules")}
    written = run(tree, "-c", "from docs.written import written; print(*written().values())")
    assert "| [retired-family](lichen_policies/rules/retired_family.py) |" in written.stdout


def test_a_new_rule_s_cases_are_tests(tree: Path) -> None:
    done = run(
        tree, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib",
        "-k", "retired-family", "tests/policies/test_cases.py",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout  # as a plan, as Checkov reads it, and its finding


def test_a_new_machine_is_placed_on_a_new_hosting_at_its_price(tree: Path) -> None:
    chosen = lichen(tree, "place", "small.json")["chosen"]
    assert (chosen["machine"], chosen["hosting"]) == ("x9.large", "lightsail")
    assert chosen["usd_hour"] == pytest.approx(0.01 * chosen["replicas_mean"])


def test_an_endpoint_is_made_on_a_new_hosting(tree: Path) -> None:
    """Rows and a folder of its own: no file of the component was touched."""
    done = run(tree, "-c", ENDPOINT)
    assert done.stdout.split() == ["https://small", "x9.large"], done.stderr


def test_a_new_image_is_found_by_the_components(tree: Path) -> None:
    program = (
        "from lichen.catalogue import load; from lichen.placing.images import image_of; "
        "print(image_of(load(), 'lightsail', 'Graviton3', 'encoder').repository)"
    )
    done = run(tree, "-c", program)
    assert done.stdout.split() == ["small-pytorch"], done.stderr


def test_crossguard_judges_by_the_new_rule_and_reader(tree: Path, tmp_path: Path) -> None:
    pack = tree / "policies" / "crossguard"
    with running(pack, project=tmp_path, **environment(tree)) as process:
        answer = process.analyze(
            "aws:lightsail/instance:Instance", {"size": "x9.large", "zone": "eu-north-1a"}
        )
    assert [row.policyName for row in answer.diagnostics if row.policyName == "retired-family"] == [
        "retired-family"
    ]


def test_checkov_judges_by_the_new_rule_and_reader(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_lightsail_instance" "new" {\n'
        '  size = "x9.large"\n  zone = "eu-north-1a"\n}\n'
    )
    run = checkov(
        "--directory", tmp_path, "--framework", "terraform",
        checks=tree / "doors" / "lichen_doors" / "checkov_checks",
        environment=environment(tree),
    )  # fmt: skip
    assert (
        "CKV2_LICHEN_RETIRED_FAMILY",
        "aws_lightsail_instance.new",
    ) in run.of("FAILED")


MANY = {"initialInstanceCount": 11, "instanceType": "ml.g5.xlarge"}


def test_an_organisation_s_rule_is_in_the_command_the_list_its_page_and_the_schema(
    tree: Path, tmp_path: Path
) -> None:
    configuration = ("--config", "own/lichen.yaml")
    template = tmp_path / "template.json"
    properties = {
        "ProductionVariants": [{"InitialInstanceCount": 11, "InstanceType": "ml.g5.xlarge"}]
    }
    resource = {"Type": "AWS::SageMaker::EndpointConfig", "Properties": properties}
    template.write_text(json.dumps({"Resources": {"Chat": resource}}))
    report = lichen(tree, "check", str(template), *configuration)
    (found,) = [row for row in report["findings"] if row["rule"] == "too-many-machines"]
    assert found["message"].startswith("11 machines may run; the limit is 10.")
    assert "too-many-machines" in {row["rule"] for row in lichen(tree, "rules", *configuration)}
    for form, shown in (("markdown", "## too-many-machines"), ("schema", '"too-many-machines"')):
        done = run(tree, "-m", "lichen_doors.command", "rules", *configuration, "--format", form)
        assert shown in done.stdout, done.stderr
    page = run(
        tree,
        "-c",
        "import os; os.chdir('own'); "
        "from lichen_doors.command import main; main(['explain', 'too-many-machines'])",
    )
    assert "Resource that runs more machines" in page.stdout, page.stderr
    tested = run(tree, "-m", "lichen_doors.command", "rules", *configuration, "test")
    assert (tested.returncode, tested.stdout.count("right  ")) == (0, 3), tested.stderr


def test_crossguard_judges_by_an_organisation_s_rule(tree: Path, tmp_path: Path) -> None:
    pack = tree / "policies" / "crossguard"
    variables = {**environment(tree), "LICHEN_CONFIG": str(tree / "own" / "lichen.yaml")}
    endpoint = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    with running(pack, project=tmp_path, **variables) as process:
        assert "too-many-machines" in {policy.name for policy in process.info().policies}
        answer = process.analyze(endpoint, {"productionVariants": [MANY]})
    assert "too-many-machines" in {row.policyName for row in answer.diagnostics}


def test_checkov_judges_by_an_organisation_s_rule(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_sagemaker_endpoint_configuration" "new" {\n  production_variants {\n'
        '    instance_type = "ml.g5.xlarge"\n    initial_instance_count = 11\n  }\n}\n'
    )
    run = checkov(
        "--directory", tmp_path, "--framework", "terraform",
        checks=tree / "doors" / "lichen_doors" / "checkov_checks",
        environment=environment(tree) | {"LICHEN_CONFIG": str(tree / "own" / "lichen.yaml")},
    )  # fmt: skip
    assert (
        "CKV2_LICHEN_TOO_MANY_MACHINES",
        "aws_sagemaker_endpoint_configuration.new",
    ) in run.of("FAILED")
