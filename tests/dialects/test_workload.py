"""Workload files as documents: `lichen check` holds their prompts to their budget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main
from tokenizers import Tokenizer, models, pre_tokenizers

PROMPT = "You are a zebra that answers briefly. " * 10 + "{question}"
"""70 words and ten stops."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    one = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    one.pre_tokenizer = pre_tokenizers.Whitespace()
    one.save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "prompt.txt").write_text(PROMPT)
    return tmp_path


def workload(folder: Path, budget: int | None, **prompts: Any) -> Path:
    templates = [{"name": "system", "file": "prompt.txt"}]
    held = {} if budget is None else {"budget_tokens": budget}
    path = folder / "chat.yaml"
    path.write_text(
        "name: chat\nmodel: meta-llama/Llama-3.1-8B\n"
        "traffic: {peak_rps: 1, input_tokens: 400, output_tokens: 100}\n"
        f"prompts:\n  {json.dumps({'templates': templates} | held | prompts)}\n"
    )
    return path


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def test_prompts_over_their_budget_block(folder: Path) -> None:
    file = workload(folder, 40)
    for named in (file, folder):
        run = check(named)
        assert run.exit_code == 1, run.output
        assert "prompts-over-budget" in run.output
        assert "zebra" not in run.output
    (finding,) = json.loads(check(file, "--format", "json").stdout)["findings"]
    assert (finding["file"], finding["line"]) == (str(file), 5)
    assert "zebra" not in check(file, "--format", "sarif").output


def test_a_tokenizer_counts_as_lichen_prompts_does(folder: Path) -> None:
    exact = {"tokenizer": "tokenizer.json"}
    assert check(workload(folder, 80, **exact)).exit_code == 0
    run = check(workload(folder, 79, **exact))
    assert run.exit_code == 1
    assert "the prompts take 80 tokens" in " ".join(run.output.split())


def test_a_budget_within_the_estimate_is_unverified(folder: Path) -> None:
    run = check(workload(folder, 78))
    assert run.exit_code == 0
    assert "1 unverified" in run.output


def test_a_workload_without_a_budget_is_judged_by_nothing(folder: Path) -> None:
    run = check(workload(folder, None))
    assert run.exit_code == 0
    assert "1 resource judged, no findings" in run.output


@pytest.mark.parametrize(
    ("prompts", "says"),
    [
        ({"tokenizer": "prompt.txt"}, "is no tokenizer"),
        ({"tokenizer": "gone.json"}, "prompts.tokenizer: names gone.json, which cannot be read"),
        ({"tokenizer": "gone:x.json"}, "prompts.tokenizer: no package gone is installed"),
        (
            {"templates": [{"name": "system", "file": "gone.txt"}]},
            "prompts.templates[0].file: names gone.txt, which cannot be read",
        ),
        ({"templates": [{"name": "system"}]}, "needs a text or a file"),
        ({"budget_token": 5}, "did you mean 'budget_tokens'"),
    ],
)
def test_what_is_wrong_is_a_sentence(folder: Path, prompts: dict[str, Any], says: str) -> None:
    run = check(workload(folder, 40, **prompts))
    assert run.exit_code == 2
    assert says in " ".join(run.stderr.split())
    assert "zebra" not in run.output


def test_two_workloads_in_a_file_are_called_so(folder: Path) -> None:
    file = workload(folder, 40)
    file.write_text(f"{file.read_text()}---\n{file.read_text()}")
    run = check(file)
    assert run.exit_code == 2
    assert "number 1 is a workload. Fix: give each workload a file of its own" in run.stderr


def test_where_nothing_can_be_read_every_file_is_named(folder: Path) -> None:
    for name in ("first", "second"):
        (folder / name).mkdir()
        file = workload(folder, 40, tokenizer="gone.json")
        file.rename(folder / name / "w.yaml")
    run = check(folder / "first", folder / "second")
    assert run.exit_code == 2
    said = " ".join(run.stderr.split())
    assert "w.yaml: prompts.tokenizer names gone.json" in said
    (folder / "second" / "w.yaml").rename(folder / "first" / "v.yaml")
    said = " ".join(check(folder / "first").stderr.split())
    assert "so nothing can be judged; also " in said
    assert said.count("prompts.tokenizer names gone.json") == 2


def test_a_workload_with_a_mistyped_key_is_mentioned(folder: Path) -> None:
    file = workload(folder, 5)
    file.write_text(file.read_text().replace("model:", "modle:"))
    (folder / "other.yaml").write_text("Resources: {A: {Type: 'AWS::S3::Bucket'}}\n")
    run = check(folder, "--format", "json")
    assert run.exit_code == 0
    (skipped,) = json.loads(run.stdout)["skipped"]
    assert skipped["file"] == str(file)
    assert "the budget of its prompts is not checked" in skipped["because"]


def test_a_workload_in_toml_is_read_too_and_no_other_toml(folder: Path) -> None:
    file = folder / "chat.toml"
    file.write_text(
        'name = "chat"\nmodel = "meta-llama/Llama-3.1-8B"\n'
        "[traffic]\npeak_rps = 1\ninput_tokens = 400\noutput_tokens = 100\n"
        '[prompts]\nbudget_tokens = 40\ntemplates = [{name = "system", file = "prompt.txt"}]\n'
    )
    (folder / "pyproject.toml").write_text('[project]\nname = "kind"\napiVersion = "1"\n')
    (folder / "broken.toml").write_text("[project\n")
    for named in (file, folder):
        run = check(named, "--format", "json")
        assert run.exit_code == 1, run.output
        answer = json.loads(run.stdout)
        assert [row["rule"] for row in answer["findings"]] == ["prompts-over-budget"]
        assert answer["findings"][0]["line"] == 8
        assert answer["skipped"] == []
