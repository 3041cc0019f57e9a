"""Lichen's rules run by the real Checkov, and the same findings as `lichen check` gives."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from lichen_policies.dialects import read
from lichen_policies.gate import Gate
from lichen_policies.registry import rules
from lichen_policies.verdict import BLOCKING, Verdict

from tests.doors.checkov.engine import VERSION, Run, checkov
from tests.terraform.engine import STACKS

pytestmark = pytest.mark.xdist_group("checkov")

SOFT = "CKV2_LICHEN_*_ADVICE,CKV2_LICHEN_*_UNVERIFIED"
CONFIGURATION = "aws_sagemaker_endpoint_configuration"
CHAT = f"{CONFIGURATION}.chat"
PLANS = ("wasteful", "clean", "unknown", "regions")


def check_of(rule: str) -> str:
    return f"CKV2_LICHEN_{rule.upper().replace('-', '_')}"


def verdicts_of(plan: Path) -> list[Verdict]:
    """Every rule on every resource of a plan, and on the plan as a whole."""
    gate, resources = Gate.near(plan), read(plan)
    alone = (gate.judge(resource, stack_follows=True) or () for resource in resources)
    return [*(verdict for each in alone for verdict in each), *gate.judge_stack(resources)]


def found_by_lichen(plan: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """What Lichen finds in a plan, as Checkov reports it: by check and resource."""
    found: dict[tuple[str, str], tuple[str, ...]] = {}
    for verdict in verdicts_of(plan):
        if verdict.verdict not in ("fail", "unverified") or verdict.level == "disabled":
            continue
        advice = "_ADVICE" if verdict.verdict == "fail" else "_UNVERIFIED"
        check = check_of(verdict.rule) + ("" if verdict.level in BLOCKING else advice)
        key = (check, verdict.resource)
        found[key] = (*found.get(key, ()), verdict.message)
    return found


@pytest.fixture(scope="module")
def planned(
    terraform_plan: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Run]:
    """Every plan, in a folder without lichen.yaml, and one run of Checkov over them."""
    folder = tmp_path_factory.mktemp("plans")
    for stack in PLANS:
        shutil.copy(terraform_plan(stack), folder / f"{stack}.json")
    run = checkov("--directory", folder, "--framework", "terraform_plan", from_its_start=True)
    return folder, run


def test_it_is_the_checkov_that_the_checks_were_written_for(planned: tuple[Path, Run]) -> None:
    assert planned[1].version == VERSION


def test_every_rule_was_evaluated(planned: tuple[Path, Run]) -> None:
    """Checkov passes where a check is broken or missing, so this looks at what ran."""
    judged = {
        check_of(verdict.rule)
        for stack in PLANS
        for verdict in verdicts_of(planned[0] / f"{stack}.json")
        if verdict.verdict == "pass" and verdict.level != "disabled"
    }
    assert len(judged) > 10
    assert judged <= {record.check for record in planned[1].records}
    assert "Failed to run check" not in planned[1].stderr


@pytest.mark.parametrize("stack", PLANS)
def test_a_plan_has_the_findings_that_lichen_gives(planned: tuple[Path, Run], stack: str) -> None:
    folder, run = planned
    ours = found_by_lichen(folder / f"{stack}.json")
    assert run.of("FAILED", f"{stack}.json") == ours
    assert bool(ours) is (stack != "clean")


def test_checkov_stops_where_something_stops(planned: tuple[Path, Run]) -> None:
    assert planned[1].exit_code == 1


def test_a_finding_carries_the_rule_s_severity_and_page(planned: tuple[Path, Run]) -> None:
    for record in planned[1].records:
        part = next((end for end in ("_ADVICE", "_UNVERIFIED") if record.check.endswith(end)), "")
        name = record.check.removeprefix("CKV2_LICHEN_").removesuffix(part)
        rule = rules()[name.lower().replace("_", "-")]
        assert record.severity == ("LOW" if part else rule.severity.upper())
        assert record.guideline == rule.url


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same stacks as they are written, all scanned at once, and some under a lichen.yaml."""
    folder = tmp_path_factory.mktemp("stacks")
    shutil.copytree(STACKS, folder, dirs_exist_ok=True)
    main = (STACKS / "wasteful" / "main.tf").read_text()
    settings, resources = main[: main.index("resource")], main[main.index("resource") :]
    for name, text in {
        "exempt/main.tf": main,
        "exempt/lichen.yaml": EXEMPT,
        "off/main.tf": main,
        "off/lichen.yaml": "levels: {too-many-accelerators: disabled, dirty-region: mandatory}\n",
        "wrong/main.tf": main,
        "wrong/lichen.yaml": "levles: {}\n",
        "skip/main.tf": main.replace(
            'name = "chat"\n',
            'name = "chat"\n  #checkov:skip=CKV2_LICHEN_TOO_MANY_ACCELERATORS:a load test\n',
            1,
        ),
        "apart/main.tf": resources,
        "apart/providers.tf": settings,
        "bare/main.tf": resources,
        "template/chat.json": json.dumps(TEMPLATE),
        "secrets/main.tf": SECRETS,
        "secrets/chat.json": json.dumps(WITH_SECRETS),
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return checkov(
        "--directory",
        folder,
        "--framework",
        "terraform",
        "cloudformation",
        environment={"LICHEN_REGION": "ap-south-1"},
    )


EXEMPT = f"""\
exemptions:
  - rule: too-many-accelerators
    resource: "*.chat"
    owner: search
    reason: a load test
    approver: ada
    expires: {datetime.date.today() + datetime.timedelta(days=7)}
"""

TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Parameters": {"Count": {"Type": "Number"}},
    "Resources": {
        "Chat": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {
                "ProductionVariants": [
                    {"InstanceType": "ml.g5.12xlarge", "InitialInstanceCount": 4},
                    {"InstanceType": "ml.g5.12xlarge", "InitialInstanceCount": {"Ref": "Count"}},
                ]
            },
        }
    },
}


TAGS = {
    **{f"lichen:{key}": "CANARY" for key in ("peak-rps", "mode", "precision", "environment")},
    "lichen:model": "CANARY",
    "lichen:nothing": "CANARY",
}
SECRETS = f"""\
resource "aws_sagemaker_endpoint_configuration" "secret" {{
  production_variants {{
    model_name             = "m"
    instance_type          = "ml.g5.48xlarge"
    initial_instance_count = 4
  }}
  tags = {{
{chr(10).join(f'    "{key}" = "{value}"' for key, value in TAGS.items())}
  }}
}}
"""
WITH_SECRETS = {
    "Resources": {
        "Secret": {
            "Type": "AWS::SageMaker::EndpointConfig",
            "Properties": {
                "ProductionVariants": [
                    {"InstanceType": "ml.g5.48xlarge", "InitialInstanceCount": 4}
                ],
                "Tags": [{"Key": key, "Value": value} for key, value in TAGS.items()],
            },
        }
    }
}


def test_no_secret_is_printed(written: Run) -> None:
    judged = [each for each in written.records if "/secrets/" in each.file]
    assert {each.result for each in judged} >= {"FAILED"}
    assert {Path(each.file).name for each in judged} == {"main.tf", "chat.json"}
    assert "CANARY" not in "".join(
        [written.stderr, *(text for each in judged for text in (each.comment, *each.messages))]
    )


def test_a_stack_as_written_has_the_findings_of_its_plan(
    written: Run, planned: tuple[Path, Run]
) -> None:
    # A block by itself shows neither the variant that a target scales nor an endpoint's alarms.
    completed = ("aws_appautoscaling_target.chat", "aws_sagemaker_endpoint.chat")
    alone, together = (
        {key: said for key, said in found.items() if key[1] not in completed}
        for found in (written.of("FAILED", "/wasteful/"), planned[1].of("FAILED", "/wasteful.json"))
    )
    assert alone == together
    assert written.of("FAILED", "/clean/") == {}
    assert set(written.of("FAILED", "/unknown/")) == set(planned[1].of("FAILED", "/unknown.json"))


def test_regions_are_found_through_aliases_and_modules(written: Run) -> None:
    """As written a local is known, which a plan does not carry."""
    stated = written.of("PASSED", "/regions/")
    for address in ('constant["a"]', "local", "hidden", "absent"):
        assert ("CKV2_LICHEN_REGION_UNRESOLVED", f"{CONFIGURATION}.{address}") in stated
    address = f"module.passed.{CONFIGURATION}.inner"
    assert ("CKV2_LICHEN_REGION_UNRESOLVED", address) in stated


def test_a_default_that_may_be_replaced_is_no_region(written: Run) -> None:
    failed = written.of("FAILED", "/regions/")
    for address in (
        f"{CONFIGURATION}.default[0]",
        f"{CONFIGURATION}.indexed",
        f"module.inherited[1].{CONFIGURATION}.inner",
        f"module.own.{CONFIGURATION}.inner",
        f"module.own.module.deeper.{CONFIGURATION}.inner",
    ):
        assert ("CKV2_LICHEN_REGION_UNRESOLVED_UNVERIFIED", address) in failed
        assert ("CKV2_LICHEN_DIRTY_REGION", address) not in failed


VARIABLES = """\
variable "region" {
  default = "ap-south-1"
}
variable "machine" {
  default = "ml.p4d.24xlarge"
}
variable "machines" {
  default = 1
}
locals {
  machine = var.machine
}
provider "aws" {
  region = var.region
}
resource "aws_sagemaker_endpoint_configuration" "chat" {
  production_variants {
    model_name             = "m"
    instance_type          = local.machine
    initial_instance_count = var.machines
  }
  production_variants {
    model_name             = "m"
    instance_type          = "ml.c5.xlarge"
    initial_instance_count = 1
  }
}
module "given" {
  source  = "./served"
  machine = "ml.p4d.24xlarge"
}
module "handed" {
  source  = "./served"
  machine = var.machine
}
"""

SERVED = """\
variable "machine" {
  default = "ml.c5.xlarge"
}
variable "machines" {
  default = 50
}
resource "aws_sagemaker_endpoint_configuration" "inner" {
  production_variants {
    model_name             = "m"
    instance_type          = var.machine
    initial_instance_count = var.machines
  }
}
"""


@pytest.fixture
def with_variables(tmp_path: Path) -> Path:
    (tmp_path / "served").mkdir()
    (tmp_path / "main.tf").write_text(VARIABLES)
    (tmp_path / "served" / "main.tf").write_text(SERVED)
    return tmp_path


MANY = "CKV2_LICHEN_TOO_MANY_ACCELERATORS"


def test_a_default_that_may_be_replaced_is_unverified(with_variables: Path) -> None:
    run = checkov("--directory", with_variables, "--framework", "terraform")
    failed = run.of("FAILED")
    (message,) = failed[f"{MANY}_UNVERIFIED", CHAT]
    assert "production_variants[0].instance_type is a default that may be replaced" in message
    assert (MANY, CHAT) not in failed
    assert ("CKV2_LICHEN_DIRTY_REGION_UNVERIFIED", CHAT) in failed
    assert (f"{MANY}_UNVERIFIED", f"module.handed.{CONFIGURATION}.inner") in failed
    # Its caller leaves the number out, so nobody may replace it.
    assert (MANY, f"module.given.{CONFIGURATION}.inner") in failed


TAGGED = """
provider "aws" {
  region = "eu-north-1"
}
variable "env" {}
resource "aws_sagemaker_endpoint_configuration" "chat" {
  production_variants {
    model_name             = "m"
    instance_type          = "ml.g5.12xlarge"
    initial_instance_count = MACHINES
  }
  tags = { env = var.env }
}
"""


def test_an_environment_that_is_not_known_may_be_any(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(TAGGED.replace("MACHINES", "1"))
    failed = checkov("--directory", tmp_path, "--framework", "terraform").of("FAILED")
    assert (MANY, CHAT) not in failed
    (message,) = failed[f"{MANY}_UNVERIFIED", CHAT]
    assert "cannot be checked: environment is" in message
    (tmp_path / "main.tf").write_text(TAGGED.replace("MACHINES", "4"))
    failed = checkov("--directory", tmp_path, "--framework", "terraform").of("FAILED")
    assert (MANY, CHAT) in failed


def test_what_a_file_of_variables_gives_is_judged(with_variables: Path) -> None:
    given = with_variables / "prod.tfvars"
    given.write_text('machine = "ml.p4d.24xlarge"\nmachines = 50\nregion = "ap-south-1"\n')
    run = checkov("--directory", with_variables, "--var-file", given, "--framework", "terraform")
    failed = run.of("FAILED")
    assert (MANY, CHAT) in failed
    assert ("CKV2_LICHEN_DIRTY_REGION", CHAT) in failed
    assert (MANY, f"module.handed.{CONFIGURATION}.inner") in failed


def test_a_module_above_the_folder_that_is_scanned_is_judged(with_variables: Path) -> None:
    """As the examples of a module call it."""
    stack = with_variables / "examples" / "small"
    stack.mkdir(parents=True)
    (stack / "main.tf").write_text(VARIABLES.replace("./served", "../../served"))
    failed = checkov("--directory", stack, "--framework", "terraform").of("FAILED")
    assert (MANY, f"module.given.{CONFIGURATION}.inner") in failed
    assert not [message for found in failed.values() for message in found if "Error" in message]


def test_terraform_s_json_syntax_is_read(tmp_path: Path) -> None:
    providers = [{"region": "ap-south-1"}, {"alias": "clean", "region": "eu-north-1"}]
    machine = {"ami": "ami-1", "instance_type": "g5.xlarge"}
    main = {
        "resource": {
            "aws_instance": {
                "chat": machine,
                "clean": {**machine, "provider": "aws.clean"},
                "open": {**machine, "instance_type": "${var.machine}"},
            }
        }
    }
    (tmp_path / "stack").mkdir()
    (tmp_path / "stack" / "main.tf.json").write_text(json.dumps(main))
    (tmp_path / "stack" / "providers.tf.json").write_text(
        json.dumps({"provider": {"aws": providers}})
    )
    run = checkov("--directory", tmp_path)
    failed, passed = run.of("FAILED"), run.of("PASSED")
    # Checkov names a block of this syntax so, whatever its type is.
    assert ("CKV2_LICHEN_DIRTY_REGION", "resource.chat") in failed
    assert ("CKV2_LICHEN_DIRTY_REGION", "resource.clean") in passed
    assert (f"{MANY}_UNVERIFIED", "resource.open") in failed
    assert "Failed to run check" not in run.stderr


def test_a_region_that_nobody_states_is_the_environment_s(written: Run) -> None:
    absent = f"{CONFIGURATION}.absent"
    (message,) = written.of("FAILED", "/regions/")["CKV2_LICHEN_DIRTY_REGION", absent]
    assert message.startswith("ap-south-1 ")


def test_a_provider_in_a_file_of_its_own_is_found(written: Run) -> None:
    assert written.of("FAILED", "/apart/") == written.of("FAILED", "/wasteful/")


def test_a_provider_that_is_not_there_is_not_guessed(written: Run) -> None:
    """A module's folder by itself: its caller says where it goes."""
    assert ("CKV2_LICHEN_REGION_UNRESOLVED_UNVERIFIED", CHAT) in written.of("FAILED", "/bare/")


def test_an_exemption_is_a_skip_with_its_reason(written: Run) -> None:
    (skipped,) = [r for r in written.records if r.result == "SKIPPED" and "/exempt/" in r.file]
    assert (skipped.check, skipped.resource) == ("CKV2_LICHEN_TOO_MANY_ACCELERATORS", CHAT)
    assert skipped.comment.endswith("by ada for search: a load test")


def test_a_skip_comment_is_honoured(written: Run) -> None:
    (skipped,) = [r for r in written.records if r.result == "SKIPPED" and "/skip/" in r.file]
    assert (skipped.check, skipped.comment) == ("CKV2_LICHEN_TOO_MANY_ACCELERATORS", "a load test")


def test_levels_of_the_configuration_hold(written: Run) -> None:
    failed = written.of("FAILED", "/off/")
    assert ("CKV2_LICHEN_DIRTY_REGION", CHAT) in failed
    assert not any(check.startswith("CKV2_LICHEN_TOO_MANY") for check, _ in failed)


def test_a_wrong_configuration_fails_and_says_why(written: Run) -> None:
    (failed,) = [r for r in written.records if r.result == "FAILED" and "/wrong/" in r.file]
    (message,) = failed.messages
    assert message == "lichen.yaml: levles: 'levles' is not a field. Fix: did you mean 'levels'?"
    assert failed.severity == "CRITICAL"


def test_a_plan_that_cannot_be_read_is_one_failed_check(
    tmp_path: Path, terraform_plan: Callable[[str], Path]
) -> None:
    """Whichever rules are asked, of several resources, and without the folder that it is in."""
    plan = json.loads(terraform_plan("wasteful").read_text()) | {"errored": True}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    run = checkov("--file", tmp_path / "plan.json")
    (failed,) = [each for each in run.records if each.result == "FAILED"]
    assert failed.messages[0].startswith("plan.json: errored: ")
    assert str(tmp_path) not in "".join(failed.messages)
    assert (failed.severity, run.exit_code) == ("CRITICAL", 1)


def test_a_template_takes_its_region_from_the_environment(written: Run) -> None:
    name = "AWS::SageMaker::EndpointConfig.Chat"
    failed = written.of("FAILED", "/template/")
    assert ("CKV2_LICHEN_DIRTY_REGION", name) in failed
    assert ("CKV2_LICHEN_TOO_MANY_ACCELERATORS", name) in failed


def test_advice_alone_does_not_stop_where_it_is_soft(
    tmp_path: Path, terraform_plan: Callable[[str], Path]
) -> None:
    shutil.copy(terraform_plan("wasteful"), tmp_path / "plan.json")
    advisory = "".join(f"  {rule}: advisory\n" for rule in rules())
    (tmp_path / "lichen.yaml").write_text(f"levels:\n{advisory}")
    run = checkov("--file", tmp_path / "plan.json", "--soft-fail-on", SOFT)
    assert ("CKV2_LICHEN_TOO_MANY_ACCELERATORS_ADVICE", CHAT) in run.of("FAILED")
    assert run.exit_code == 0


def test_a_gate_that_does_not_load_does_not_pass(tmp_path: Path) -> None:
    """Without Lichen beside it Checkov would print an error and exit 0."""
    (tmp_path / "lichen.py").write_text("raise ImportError('not installed')\n")
    run = checkov(
        "--directory",
        STACKS / "clean",
        "--framework",
        "terraform",
        environment={"PYTHONPATH": str(tmp_path)},
    )
    assert run.exit_code == 1
    messages = run.of("FAILED")["CKV2_LICHEN_MISSING", "aws_iam_role.unread"]
    assert messages == (
        "Lichen did not load: not installed. Fix: pip install lichen beside Checkov",
    )


COMMENTED = """\
provider "aws" {
  region = "ap-south-1"
}

# lichen:exempt dirty-region owner=search until=2099-03-31 reason="moves in spring"
resource "aws_instance" "chat" {
  instance_type = "g5.xlarge"
  tags          = { environment = "dev" }
}

resource "aws_instance" "other" {
  instance_type = "g5.xlarge"
  # lichen:exempt dirty-regoin owner=search until=2099-03-31 reason="a typo"
  tags = { environment = "dev" }
}
"""


def test_a_comment_exempts_its_block_and_a_wrong_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(COMMENTED)
    run = checkov("--directory", tmp_path)
    skipped, failed = run.of("SKIPPED"), run.of("FAILED")
    check = f"{check_of('dirty-region')}_ADVICE"
    assert (check, "aws_instance.chat") in skipped
    assert (check, "aws_instance.other") in failed
    (comment,) = {
        record.comment
        for record in run.records
        if (record.check, record.resource) == (check, "aws_instance.chat")
    }
    assert comment.startswith("exempted until 2099-03-31 beside the resource (comment in line 5)")
    orphan = failed[f"{check_of('orphaned-exemption')}_ADVICE", "aws_instance.other"]
    assert "did you mean 'dirty-region'?" in orphan[0]


def test_what_lichen_yaml_turned_off_is_skipped_and_what_it_moved_is_told(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(COMMENTED)
    (tmp_path / "organisation.yaml").write_text(
        "levels: {dirty-region: disabled}\nlimits: {too-many-accelerators: {chips: 0}}\n"
    )
    run = checkov(
        "--directory",
        tmp_path,
        environment={"LICHEN_CONFIG": str(tmp_path / "organisation.yaml")},
    )
    (comment,) = {
        record.comment
        for record in run.records
        if record.check == check_of("dirty-region") and record.resource == "aws_instance.chat"
    }
    assert "dirty-region is disabled in" in comment
    failed = run.of("FAILED")[check_of("too-many-accelerators"), "aws_instance.chat"]
    assert "too-many-accelerators.chips is 0 in dev (by default 2)" in failed[1:]
