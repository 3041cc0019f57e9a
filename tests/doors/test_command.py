"""The command: what it prints for people and for programs, and how it ends."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner, Result
from lichen_doors.command import COMMANDS, main

ROOT = Path(__file__).resolve().parents[2]
CHAT = ROOT / "stacks" / "workloads" / "chat.yaml"


LENGTHS = ("--input-tokens", "600", "--output-tokens", "200")


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "80")


def lichen(*arguments: object) -> Result:
    """The command in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def process(*arguments: object) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "lichen_doors.command", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def changed(tmp_path: Path, change: Mapping[str, Any]) -> Path:
    """The chat workload with some fields other than they are."""
    path = tmp_path / "workload.yaml"
    chat = yaml.safe_load(CHAT.read_text()) | {"evidence": []}  # its record stays where it is
    path.write_text(yaml.safe_dump(chat | change))
    return path


def test_place_names_every_rejected_offer_with_its_reason() -> None:
    run = lichen("place", CHAT, "--format", "json")
    assert run.exit_code == 0, run.stderr
    answer = json.loads(run.stdout)
    assert len(answer["rejected"]) >= 200
    assert all(loser["reason"] for loser in answer["rejected"])
    assert answer["because"]
    assert answer["chosen"]["machine"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"model": "meta-llama/Llama-3.1-9B"},
            "model: 'meta-llama/Llama-3.1-9B' is not known. "
            "Fix: did you mean 'meta-llama/Llama-3.1-8B'?",
        ),
        (
            {"traffic": {"peak_rps": 1}},
            "traffic.input_tokens: is required, since meta-llama/Llama-3.1-8B is a language "
            "model. Fix: add input_tokens: of a typical request.",
        ),
        ({"traffic": {"peak_rps": -1}}, "traffic.peak_rps: -1 is not a number >= 0."),
        ({"where": {"regions": ["eu-nort-1"]}}, "did you mean 'eu-north-1'?"),
        ({"latancy": {}}, "latancy: 'latancy' is not a field. Fix: did you mean 'latency'?"),
    ],
)
def test_wrong_input_ends_2_with_the_field_and_the_fix(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    run = lichen("place", changed(tmp_path, change))
    assert run.exit_code == 2
    assert message in run.stderr
    assert "workload.yaml" in run.stderr
    assert run.stdout == ""


def test_nothing_that_fits_ends_3_with_three_misses(tmp_path: Path) -> None:
    workload = changed(tmp_path, {"latency": {"time_per_output_token_ms": 0.01}})
    run = lichen("place", workload)
    assert run.exit_code == 3
    assert run.stdout.count("Fix: ") == 3
    answer = json.loads(lichen("place", workload, "--format", "json").stdout)
    assert len(answer["nearest"]) == 3


@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_a_placement_in_every_format_names_the_choice(form: str) -> None:
    chosen = json.loads(lichen("place", CHAT, "--format", "json").stdout)["chosen"]
    run = lichen("place", CHAT, "--format", form)
    assert run.exit_code == 0
    assert chosen["machine"] in run.stdout
    assert chosen["region"] in run.stdout


def test_text_stays_within_80_columns() -> None:
    for arguments in (("place", CHAT), ("rules",), ("explain", "us-west-2")):
        run = lichen(*arguments)
        assert run.exit_code == 0
        assert max(map(len, run.stdout.splitlines())) <= 80


def test_narrowing_by_the_command_line() -> None:
    narrowed = ("--region", "eu-north-1", "--region", "eu-west-1")
    answer = json.loads(lichen("place", CHAT, *narrowed, "--format", "json").stdout)
    places = [answer["chosen"], *answer["runners_up"]]
    assert {place["region"] for place in places} <= {"eu-north-1", "eu-west-1"}


@pytest.mark.parametrize("what", ["dirty-region", "us-west-2", "inf2.xlarge"])
def test_explain_in_text_and_json(what: str) -> None:
    assert what in lichen("explain", what).stdout
    assert json.loads(lichen("explain", what, "--format", "json").stdout)


def test_explain_of_nothing_known_ends_2_with_the_nearest() -> None:
    run = lichen("explain", "dirty-regoin")
    assert run.exit_code == 2
    assert "'dirty-region'" in run.stderr


@pytest.mark.parametrize("door", ["pack", "checks"])
def test_the_doors_are_where_the_command_says(door: str) -> None:
    directory = Path(lichen(door).output.strip())
    assert (directory / ("PulumiPolicy.yaml" if door == "pack" else "__init__.py")).is_file()


def test_an_unreadable_document_ends_2(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("not a plan")
    run = lichen("check", plan)
    assert run.exit_code == 2
    assert "plan.json" in run.stderr
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize("module", ["lichen.placing.placement", "lichen_policies.gate"])
def test_the_engine_and_the_rules_load_no_face_and_no_door(module: str) -> None:
    code = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"click", "rich", "pulumi", "pulumi_policy", "checkov", "boto3", "numpy", "scipy"}
    assert not heavy & set(loaded)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("rules",), 0),
        (("check", "tests/golden/check/clean.txt"), 2),
        (("size", "--model", "meta-llama/Llama-3.1-70B", "--machine", "inf2.xlarge", *LENGTHS), 3),
    ],
)
def test_a_process_ends_with_its_exit_code(arguments: tuple[str, ...], code: int) -> None:
    run = process(*arguments)
    assert run.returncode == code
    assert "Traceback" not in run.stderr


def test_the_help_names_every_command_and_imports_none() -> None:
    code = "import sys; from lichen_doors.command import main; main(standalone_mode=False)"
    run = subprocess.run(
        [sys.executable, "-c", f"{code}; print(chr(12), *sys.modules)", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    shown, _, modules = run.stdout.partition("\f")
    for name in COMMANDS:
        assert f"  {name} " in shown
        assert f"lichen_doors.command.{name}" not in modules.split()


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_s_line_in_the_list_is_its_own(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert (command.help or "").split("\n")[0] == COMMANDS[name]


def test_a_closed_output_is_said() -> None:
    command = f"{sys.executable} -m lichen_doors --version"
    for closed, code, said in ((">&-", 2, "standard output is closed"), ("2>&-", 0, "")):
        run = subprocess.run(f"{command} {closed}", shell=True, capture_output=True, text=True)
        assert (run.returncode, said in run.stderr) == (code, True), run.stderr


def test_a_closed_input_is_said() -> None:
    run = subprocess.run(
        f"{sys.executable} -m lichen_doors check - <&-", shell=True, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert "standard input is closed" in run.stderr


def test_what_blocks_ends_1_though_nobody_reads_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lichen_doors.command.check.show_lines", _nobody_reads)
    (tmp_path / "machine.yaml").write_text(
        "Resources:\n  A:\n    Type: AWS::EC2::Instance\n    Properties:\n"
        "      InstanceType: p4d.24xlarge\n"
    )
    given = ("--region", "ap-south-1", "--environment", "prod")
    assert lichen("check", tmp_path / "machine.yaml", *given).exit_code == 1
    assert lichen("catalogue", "regions").exit_code == 0


def _nobody_reads(*_lines: object) -> None:
    raise BrokenPipeError


STATES = ROOT / "docs" / "practices" / "examples" / "states"


@pytest.mark.parametrize("option", ["--output", "--prometheus"])
def test_a_state_is_not_written_over(tmp_path: Path, option: str) -> None:
    state = tmp_path / "prod.json"
    shutil.copy(sorted(STATES.glob("*.json"))[0], state)
    before = state.read_text()
    commands = ("watch", "scorecard") if option == "--output" else ("watch",)
    for command in commands:
        run = lichen(command, tmp_path, option, state)
        assert (run.exit_code, f"{option}: {state} is a state" in run.stderr) == (2, True), run
    assert state.read_text() == before


def test_a_judged_document_is_not_written_over(tmp_path: Path) -> None:
    document, report = tmp_path / "machine.yaml", tmp_path / "report.json"
    document.write_text("Resources:\n  A:\n    Type: AWS::S3::Bucket\n")
    before = document.read_text()
    for _twice in range(2):  # an earlier report in the folder may be written anew
        assert lichen("check", tmp_path, "--report", f"json={report}").exit_code == 0
    run = lichen("check", tmp_path, "--report", f"json={document}")
    assert (run.exit_code, "is what is read, and would be lost" in run.stderr) == (2, True)
    assert document.read_text() == before


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_letter_that_the_terminal_lacks_is_a_question_mark(encoding: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "lichen_doors", "catalogue", "regions"],
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=60,
    )
    assert (run.returncode, b"?" in run.stdout, run.stderr) == (0, True, b"")


def test_a_manifest_is_not_written_over_by_its_patch(tmp_path: Path) -> None:
    manifest = tmp_path / "h.yaml"
    manifest.write_text(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: chat}\n"
        "spec: {minReplicas: 1, maxReplicas: 8}\n"
    )
    before = manifest.read_text()
    asked = ("karpenter", "ceilings", manifest, "--region", "eu-west-1", "--share", "high=50")
    run = lichen(*asked, "--output", manifest)
    assert (run.exit_code, "is what is read, and would be lost" in run.stderr) == (2, True), run
    assert manifest.read_text() == before
    for _twice in range(2):
        assert lichen(*asked, "--output", tmp_path / "patch.yaml").exit_code == 0


def test_only_an_earlier_pack_is_written_over(tmp_path: Path) -> None:
    workload, pack = tmp_path / "assistant.yaml", tmp_path / "lichen-pack"
    workload.write_text("name: assistant\n")
    run = lichen("pack", "--file", workload)
    assert (run.exit_code, "is no earlier pack, and would be lost" in run.stderr) == (2, True), run
    assert workload.read_text() == "name: assistant\n"
    for _twice in range(2):
        assert lichen("pack", "--file", pack).exit_code == 0


def test_a_text_longer_than_an_encoder_reads_does_not_fit() -> None:
    given = ("size", "--model", "BAAI/bge-m3", "--machine", "c8g.large", "--input-tokens")
    assert lichen(*given, 8192).exit_code == 0
    run = lichen(*given, 8193)
    assert (run.exit_code, "more than the 8192 that BAAI/bge-m3 accepts" in run.stdout) == (3, True)


def test_a_copy_of_a_model_uses_whole_chips() -> None:
    given = ("size", "--model", "meta-llama/Llama-3.1-8B", *LENGTHS, "--machine")
    for machine, chips, why in (
        ("g5.12xlarge", 2.7, "uses whole chips"),
        ("g5.xlarge", 0.3, "uses whole chips"),
        ("g5.12xlarge", 3, "32 heads"),
    ):
        run = lichen(*given, machine, "--chips", chips)
        assert (run.exit_code, why in run.stderr) == (2, True)
    assert lichen(*given, "g5.12xlarge", "--chips", 2).exit_code == 0


def test_a_table_of_cases_says_all_its_columns_at_once(tmp_path: Path) -> None:
    table = tmp_path / "c.csv"
    table.write_text("model,machine,foo\n")
    run = lichen("size", "--cases", table)
    assert run.exit_code == 2
    assert "has no column 'row_id', " in run.stderr
    assert "Fix: a table of cases has the columns row_id, " in run.stderr


def test_a_closed_pipe_is_no_error() -> None:
    run = subprocess.run(
        f"{sys.executable} -m lichen_doors.command place {CHAT} --format json | head -c 100",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.stderr == ""


def test_explain_of_a_workload_is_its_arithmetic() -> None:
    text = lichen("explain", CHAT)
    assert text.exit_code == 0, text.stderr
    for step in ("weights", "replicas at peak", "cost", "operation"):
        assert step in text.stdout
    receipt = json.loads(lichen("explain", CHAT, "--format", "json").stdout)
    steps = {step["name"]: step for step in receipt["steps"]}
    placement = json.loads(lichen("place", CHAT, "--format", "json").stdout)
    chosen = placement["chosen"]
    assert receipt["origin"] == placement["origin"]
    assert steps["cost"]["value"] == pytest.approx(chosen["usd_month"])
    grams_hour = steps["operation"]["value"] + steps["making"]["value"]
    assert grams_hour == pytest.approx(chosen["gco2e_hour"]["likely"])
    assert all(step["source"] and step["unit"] for step in steps.values())


def test_own_rows_are_used_and_said(tmp_path: Path) -> None:
    (tmp_path / "lichen.yaml").write_text("catalogue: own\n")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "sources.toml").write_text(
        '[contract]\ntitle = "Our contract"\npublisher = "us"\nwhere = "procurement"\n'
        'version = "7"\nfetched = "2026-11-01"\nlicence = "private"\nused_for = "prices"\n'
    )
    chosen = json.loads(lichen("place", CHAT, "--format", "json").stdout)["chosen"]
    (tmp_path / "own" / "prices.csv").write_text(
        "machine,region,hosting,usd_hour,source\n"
        f"{chosen['machine']},{chosen['region']},{chosen['hosting']},0.5,contract\n"
    )
    answer = json.loads(lichen("place", changed(tmp_path, {}), "--format", "json").stdout)
    assert answer["chosen"]["usd_hour"] == pytest.approx(0.5 * chosen["replicas_mean"])
    assert any("from your own prices" in note for note in answer["notes"])
    assert answer["chosen"]["price_basis"] == "hosting"  # it is what that hosting costs the user


def test_a_language_model_is_not_sized_without_lengths() -> None:
    request = ("--model", "meta-llama/Llama-3.1-8B", "--machine", "inf2.xlarge")
    run = lichen("size", *request)
    assert run.exit_code == 2
    assert run.stderr == (
        "lichen: --input-tokens and --output-tokens: are required, since meta-llama/Llama-3.1-8B "
        "is a language model. Fix: add --input-tokens N and --output-tokens N: those of a typical "
        "request.\n"
    )
    assert "--output-tokens: is required" in lichen("size", *request, "--input-tokens", "9").stderr
    encoder = ("--model", "BAAI/bge-small-en-v1.5", "--machine", "inf2.xlarge")
    assert lichen("size", *encoder).exit_code == 0


def test_size_of_one_prediction_and_of_cases(tmp_path: Path) -> None:
    request = ("--model", "meta-llama/Llama-3.1-8B", "--machine", "inf2.xlarge")
    answer = json.loads(lichen("size", *request, *LENGTHS, "--format", "json").stdout)
    assert answer["misfit"] is None
    token = answer["prediction"]["time_per_output_token_ms"]
    assert token["low"] <= token["likely"] <= token["high"]
    seventy = ("--model", "meta-llama/Llama-3.1-70B", "--machine", "inf2.xlarge")
    assert lichen("size", *seventy, *LENGTHS).exit_code == 3
    assert lichen("size", "--model", "meta-llama/Llama-3.1-8B").exit_code == 2
    cases = tmp_path / "cases.csv"
    cases.write_text(
        "row_id,model,metric,unit,hw_family,accelerator,output_tokens,batch_or_concurrency\n"
        "1,meta-llama/Llama-3.1-8B,output throughput,tokens/s,H100,H100 80GB SXM,128,8\n"
        "2,meta-llama/Llama-3.1-8B,output throughput,tokens/s,,nothing,128,8\n"
    )
    run = lichen("size", "--cases", cases)
    assert run.stderr == "1 predicted, 1 without a prediction\n"
    assert len(run.stdout.splitlines()) == 3


@pytest.mark.usefixtures("fixed_tables")
def test_a_benchmark_record_narrows_and_contradicts(tmp_path: Path) -> None:
    chosen = json.loads(lichen("place", CHAT, "--format", "json").stdout)
    machine = chosen["chosen"]["machine"]
    predicted = chosen["sizing"]["prediction"]["time_per_output_token_ms"]
    record = {
        "model": "meta-llama/Llama-3.1-8B",
        "machine": machine,
        "precision": chosen["chosen"]["precision"],
        "measured_on": "2026-11-20",
        "concurrency": chosen["sizing"]["prediction"]["concurrency"],
        "requests": 500,
        "input_tokens": 600,
        "output_tokens": 200,
    }
    workload = changed(tmp_path, {"evidence": ["record.json"]})

    def notes(time_per_output_token_ms: float) -> str:
        measured = record | {"time_per_output_token_ms": time_per_output_token_ms}
        (tmp_path / "record.json").write_text(json.dumps(measured))
        answer = json.loads(
            lichen("place", workload, "--region", "eu-north-1", "--format", "json").stdout
        )
        return " ".join(answer.get("notes", []))

    assert "narrows it" in notes(predicted["likely"])
    assert "CONTRADICTS" in notes(predicted["low"] / 4)


ELSEWHERE = """
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: "https://s3.amazonaws.com/shop/inner.yaml?token=CANARY"}
  Gone:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: ./gone.yaml}
  Later:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: !Sub "https://${Bucket}.s3.amazonaws.com/a.yaml"}
  App:
    Type: AWS::Serverless::Application
    Properties: {Location: {ApplicationId: "arn:CANARY", SemanticVersion: 1.0.0}}
"""


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


@pytest.mark.parametrize(
    ("machines", "strict", "code"), [("1", False, 0), ("1", True, 3), ("4", False, 1)]
)
def test_an_environment_that_is_not_known_may_be_any(
    tmp_path: Path, machines: str, strict: bool, code: int
) -> None:
    """4 accelerators are too many in development, and 16 are everywhere."""
    (tmp_path / "main.tf").write_text(TAGGED.replace("MACHINES", machines))
    if strict:
        (tmp_path / "lichen.yaml").write_text("unverified: {prod: mandatory}\n")
    run = lichen("check", tmp_path, "--format", "json")
    assert run.exit_code == code, run.output
    said = json.loads(run.stdout)["unverified" if code != 1 else "findings"]
    assert "too-many-accelerators" in [each["rule"] for each in said]


def test_a_part_that_is_not_here_is_unverified(tmp_path: Path) -> None:
    (tmp_path / "stack.yaml").write_text(ELSEWHERE)
    (tmp_path / "main.tf").write_text('module "away" {\n  source = "team/away/aws"\n}\n')
    linked = {
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json",
        "resources": [
            {
                "type": "Microsoft.Resources/deployments",
                "name": "inner",
                "properties": {"templateLink": {"uri": "https://a.example/CANARY"}},
            }
        ],
    }
    (tmp_path / "azure.json").write_text(json.dumps(linked))
    strict = tmp_path / "strict" / "lichen.yaml"
    strict.parent.mkdir()
    strict.write_text("unverified: {prod: mandatory}\n")
    forms = ("text", "json", "sarif", "html", "markdown", "junit", "code-quality")
    for options, code, end in (
        ((), 0, "Nothing that was read blocks; 6 parts are not here."),
        (("--config", strict), 3, "6 parts that are not here block this deployment."),
        (("--config", strict, "--environment", "dev"), 0, "Nothing that was read blocks; 6 parts"),
    ):
        reports = [f"--report={form}={strict.parent / form}.json" for form in forms]
        run = lichen("check", tmp_path, "--region", "eu-north-1", *options, *reports)
        assert (run.exit_code, run.stderr) == (code, ""), run.output
        assert end in run.stdout
        texts = {form: (strict.parent / f"{form}.json").read_text() for form in forms}
        assert not [form for form, text in texts.items() if "CANARY" in text]
        said = "stack Later, whose template is at an address that is not known here"
        assert not [form for form in forms[1:] if said not in texts[form]]
        blocking = code == 3
        document = json.loads(texts["json"])
        assert {each["level"] for each in document["skipped"]} == {
            "mandatory" if blocking else "advisory"
        }
        assert ("- ❌" in texts["markdown"]) is blocking
        assert ("<failure" in texts["junit"]) is blocking
        weights = {each["severity"] for each in json.loads(texts["code-quality"])}
        assert weights == {"critical" if blocking else "info"}
        (invocation,) = json.loads(texts["sarif"])["runs"][0]["invocations"]
        levels = {each["level"] for each in invocation["toolExecutionNotifications"]}
        assert levels == {"error" if blocking else "warning"}
    known = lichen(
        *("check", tmp_path, "--config", strict, "--region", "eu-north-1"),
        *("--baseline", strict.parent / "json.json"),
    )
    assert known.exit_code == 0, known.output
    (tmp_path / "gone.yaml").write_text(
        "Resources:\n  Machine:\n    Type: AWS::EC2::Instance\n"
        "    Properties: {InstanceType: p5.48xlarge}\n"
    )
    found = lichen("check", tmp_path / "stack.yaml", "--region", "ap-south-1", "--format", "json")
    assert found.exit_code == 1
    document = json.loads(found.stdout)
    assert "dirty-region" in {each["rule"] for each in document["findings"]}
    assert len(document["skipped"]) == 3


def test_a_folder_with_a_file_that_cannot_be_read_ends_2_after_its_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = "Type: AWS::EC2::Instance\n    Properties: {InstanceType: p5.48xlarge}\n"
    (tmp_path / "stack.yaml").write_text(f"Resources:\n  Machine:\n    {machine}")
    run = lichen("check", tmp_path, "--region", "ap-south-1")
    assert run.exit_code == 1
    (tmp_path / "half.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: [")
    (tmp_path / "notes.txt").write_text("none of them")
    (tmp_path / "main.tf").write_text('module "away" {\n  source = "team/away/aws"\n}\n')
    monkeypatch.setenv("COLUMNS", "200")  # so that no path is folded
    run = lichen("check", tmp_path, "--region", "ap-south-1")
    assert run.exit_code == 2
    assert "dirty-region" in run.stdout
    shown = " ".join(run.stdout.split())
    assert f"not read {tmp_path}/half.yaml does not parse in line 4" in shown
    assert f"unverified {tmp_path}/main.tf calls the module away, which is not here: run" in shown
    assert f"lichen: not read: {tmp_path}/half.yaml. Fix: " in run.stderr
    document = json.loads(lichen("check", tmp_path, "--format", "json").stdout)
    assert [each["broken"] for each in document["skipped"]] == [True, False]
    assert document["other_files"] == 1


LEVELS = 20_000
SCHEMA = '{"$schema": "https://schema.management.azure.com/2019-04-01/deploymentTemplate.json#",\n'


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        (
            "main.tf",
            f'resource "aws_instance" "a" {{\n  x = {"[" * LEVELS}{"]" * LEVELS}\n}}\n',
            "line 2 ",
        ),
        ("blocks.tf", "\n" + "a {\n" * LEVELS + "}\n" * LEVELS, "line "),
        (
            "main.bicep",
            "resource a 'Microsoft.Compute/virtualMachines@2024-03-01' = {\n"
            f"  properties: {'{a: ' * LEVELS}1{'}' * LEVELS}\n}}\n",
            "line 2 ",
        ),
        ("arm.json", f'{SCHEMA}"resources": {"[" * LEVELS}{"]" * LEVELS}}}', "line 2: "),
    ],
    ids=["an expression", "blocks", "Bicep", "ARM"],
)
def test_what_is_nested_without_end_is_refused(
    name: str, text: str, line: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    run = process("check", tmp_path / name)
    assert run.returncode == 2
    said = " ".join(f"{run.stdout} {run.stderr}".split())
    assert line in said
    assert "is nested too deeply to read" in said
    assert name in said


def test_what_calls_each_other_many_times_over_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of ten files calls the next one ten times: read whole, that is 10,000,000,000 files."""
    from lichen_policies.dialects import cloudformation_nested
    from lichen_policies.dialects.azure import bicep
    from lichen_policies.dialects.hcl import modules

    monkeypatch.setattr(cloudformation_nested, "MOST", 50)
    monkeypatch.setattr(bicep, "_MOST_MODULES", 50)
    monkeypatch.setattr(modules, "MOST_MODULES", 50)
    ten = range(10)
    for at in ten:
        stacks = "".join(
            f"  A{n}:\n    Type: AWS::CloudFormation::Stack\n"
            f"    Properties: {{TemplateURL: t{at + 1}.yaml}}\n"
            for n in ten
        )
        (tmp_path / f"t{at}.yaml").write_text(f"Resources:\n{stacks}")
        calls = "".join(f"module m{n} './b{at + 1}.bicep' = {{\n name: 'a'\n}}\n" for n in ten)
        (tmp_path / f"b{at}.bicep").write_text(calls)
        (tmp_path / f"m{at}").mkdir()
        called = "".join(f'module "m{n}" {{\n source = "../m{at + 1}"\n}}\n' for n in ten)
        (tmp_path / f"m{at}" / "main.tf").write_text(called)
    (tmp_path / "t10.yaml").write_text("Resources: {A: {Type: AWS::EC2::Instance}}\n")
    (tmp_path / "b10.bicep").write_text("param a string\n")
    (tmp_path / "m10").mkdir()
    (tmp_path / "m10" / "main.tf").write_text('variable "a" {}\n')
    for first, said in (
        ("t0.yaml", "nests more than 50 templates"),
        ("b0.bicep", "calls more than 50 modules"),
        ("m0", "calls more than 50 modules"),
    ):
        run = lichen("check", tmp_path / first)
        assert run.exit_code == 2
        assert said in " ".join(f"{run.stdout} {run.stderr}".split())
