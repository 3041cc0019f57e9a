"""A decision record: the same inputs give the same decision, and what changed is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main

from tests.practices.watching.made import LLAMA, configuration, state

ROOT = Path(__file__).parents[3]
SECRET = "planted-secret-9d2e"
WORKLOAD = (
    "name: chat\nmodel: meta-llama/Llama-3.1-8B-Instruct\n"
    "traffic: {peak_rps: 2, input_tokens: 800, output_tokens: 200}\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fixed_tables: None) -> Path:
    monkeypatch.chdir(tmp_path)
    tags = LLAMA | {"note": SECRET, "lichen:workload": SECRET}
    document = state(configuration("chat", "eu-central-1", "ml.g5.2xlarge", 2, tags))
    (tmp_path / "state.json").write_text(json.dumps(document))
    (tmp_path / "lichen.yaml").write_text("levels: {greener-region: mandatory}\n")
    (tmp_path / "chat.yaml").write_text(WORKLOAD)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def of(result: Result) -> set[str]:
    return {each["of"] for each in json.loads(result.stdout)["differences"]}


def test_a_check_is_judged_again(folder: Path) -> None:
    checked = run("check", "state.json", "--record", "record.json")
    assert checked.exit_code in (0, 1), checked.output
    text = (folder / "record.json").read_text()
    assert SECRET not in text
    jsonschema.validate(
        json.loads(text), json.loads((ROOT / "docs/schemas/decision-record.json").read_text())
    )
    assert json.loads(text)["decision"]["verdicts"]
    same = run("verify", "record.json")
    assert (same.exit_code, same.output.splitlines()[0].split(",")[0]) == (
        0, "record.json: the decision is the same",
    )  # fmt: skip

    moved = (folder / "state.json").read_text().replace("eu-central-1", "eu-north-1")
    (folder / "state.json").write_text(moved)
    other = run("verify", "record.json", "--format", "json")
    assert other.exit_code == 1
    assert of(other) == {"input", "verdict"}


def test_a_record_is_a_json_file(folder: Path) -> None:
    refused = run("check", "state.json", "--record", "decision")
    assert (refused.exit_code, refused.stderr) == (
        2, "lichen: --record: decision does not end in .json. Fix: write decision.json.\n",
    )  # fmt: skip
    assert not (folder / "decision").exists()


@pytest.mark.parametrize("words", [("check", "state.json"), ("place", "chat.yaml")])
def test_only_an_earlier_record_is_written_over(folder: Path, words: tuple[str, str]) -> None:
    for _ in range(2):
        assert run(*words, "--record", "decision.json").exit_code in (0, 1)
    (folder / "other.json").write_text("{}")
    refused = run(*words, "--record", "other.json")
    assert (refused.exit_code, refused.stderr) == (
        2, "lichen: --record: other.json is no decision record, and would be lost. "
        "Fix: name another file.\n",
    )  # fmt: skip
    assert (folder / "other.json").read_text() == "{}"


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_gpg_signs_a_record_and_finds_a_change(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The two lines of docs/practices/transparency.md, with a key of this test alone."""
    page = (ROOT / "docs/practices/transparency.md").read_text()
    sign, verify = (line for line in page.splitlines() if line.startswith("gpg "))
    with tempfile.TemporaryDirectory(prefix="gpg") as keys:  # its socket needs a short path
        monkeypatch.setenv("GNUPGHOME", keys)

        def gpg(line: str) -> int:
            words = [*line.split()[:1], "--batch", *line.split()[1:]]
            return subprocess.run(words, cwd=folder, capture_output=True, check=False).returncode

        try:
            assert gpg("gpg --passphrase= --quick-generate-key you@example.com ed25519 sign") == 0
            run("check", "state.json", "--record", "decision.json")
            assert (gpg(sign), gpg(verify)) == (0, 0)
            record = folder / "decision.json"
            record.write_text(record.read_text().replace('"version"', '"Version"'))
            assert gpg(verify) != 0
        finally:
            subprocess.run(["gpgconf", "--kill", "all"], capture_output=True, check=False)


def test_what_a_document_names_is_an_input_too(folder: Path) -> None:
    module, stack = folder / "mod", folder / "stack"
    for each in (module, stack):
        each.mkdir()
    text = 'resource "aws_s3_bucket" "files" {\n  bucket = "SHOP"\n}\n'
    (module / "main.tf").write_text(text)
    (stack / "main.tf").write_text('module "files" {\n  source = "../mod"\n}\n')
    (stack / "terraform.tfvars").write_text("")
    checked = run("check", "stack", "--record", "record.json")
    assert checked.exit_code == 0, checked.output
    inputs = json.loads((folder / "record.json").read_text())["inputs"]
    assert {each["path"] for each in inputs} == {
        "mod/main.tf", "stack/main.tf", "stack/terraform.tfvars",
    }  # fmt: skip
    assert run("verify", "record.json").exit_code == 0
    (module / "main.tf").write_text(text.replace("SHOP", "market"))
    other = run("verify", "record.json", "--format", "json")
    assert (other.exit_code, of(other)) == (1, {"input"})


def test_the_file_of_a_prompt_is_an_input_too(folder: Path) -> None:
    (folder / "system.txt").write_text("Answer in one sentence.")
    prompts = "prompts: {templates: [{name: system, file: system.txt}]}\n"
    (folder / "chat.yaml").write_text(WORKLOAD + prompts)
    placed = run("place", "chat.yaml", "--cloud", "aws", "--record", "record.json")
    assert placed.exit_code == 0, placed.output
    inputs = json.loads((folder / "record.json").read_text())["inputs"]
    assert [each["path"] for each in inputs] == ["chat.yaml", "system.txt"]


def test_another_configuration_is_named(folder: Path) -> None:
    run("check", "state.json", "--record", "record.json")
    (folder / "lichen.yaml").write_text("levels: {greener-region: advisory}\n")
    other = run("verify", "record.json", "--format", "json")
    assert other.exit_code == 1
    assert "configuration" in of(other)


def test_another_catalogue_explains_and_decides_nothing(folder: Path) -> None:
    run("check", "state.json", "--record", "record.json")
    record = json.loads((folder / "record.json").read_text())
    record["catalogue"] = "0" * 64
    record["lichen"] = "0.0.1"
    (folder / "record.json").write_text(json.dumps(record))
    same = run("verify", "record.json", "--format", "json")
    assert same.exit_code == 0, same.output
    assert of(same) == {"catalogue", "lichen"}


def test_a_placement_is_chosen_again(folder: Path) -> None:
    placed = run("place", "chat.yaml", "--cloud", "aws", "--record", "record.json")
    assert placed.exit_code == 0, placed.output
    decision = json.loads((folder / "record.json").read_text())["decision"]
    assert decision["machine"]
    assert run("verify", "record.json").exit_code == 0
    (folder / "chat.yaml").write_text(WORKLOAD.replace("peak_rps: 2", "peak_rps: 400"))
    other = run("verify", "record.json", "--format", "json")
    assert other.exit_code == 1
    assert of(other) == {"input", "placement"}


def test_what_cannot_be_recorded_or_verified_is_a_sentence(folder: Path) -> None:
    piped = CliRunner().invoke(
        main, ["check", "-", "--record", "r.json"], input=(folder / "state.json").read_text()
    )
    secret = run("check", "state.json", "--record", "r.json", "--parameter", f"Key={SECRET}")
    compared = run("place", "chat.yaml", "--all-clouds", "--record", "r.json")
    program = run(
        "check", ".", "--source", "pulumi-program", "--stack", "dev", "--record", "r.json"
    )
    (folder / "newer.json").write_text('{"version": 9, "decision": {}}')
    run("check", "state.json", "--record", "record.json")
    (folder / "state.json").unlink()
    for done in (
        piped,
        secret,
        compared,
        program,
        run("verify", "chat.yaml"),
        run("verify", "newer.json"),
        run("verify", "record.json"),
        run("place", "chat.yaml", "--record", "missing/r.json"),
    ):
        assert done.exit_code == 2, done.output
        assert "lichen: " in done.output
        assert "Traceback" not in done.output
        assert SECRET not in done.output
    assert "--record" in compared.output
    assert "pulumi preview --json" in program.output
    assert not (folder / "r.json").exists()
