"""What is said of a file that cannot be read as what it is given for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from lichen_policies.dialects import read

from lichen.document import InputError


def answer(path: Path, source: str = "auto") -> str:
    with pytest.raises(InputError) as error:
        read(path, source)
    return str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    assert answer(path) == (
        f"{path}: cannot be read (No such file or directory). Fix: check the path."
    )


def test_a_plan_in_terraform_s_binary_form(tmp_path: Path) -> None:
    path = tmp_path / "plan.out"
    path.write_bytes(b"PK\x03\x04\x14\x00\x08\x00" + bytes(22) + b"tfplan")
    assert answer(path) == (
        f"{path}: is a plan in Terraform's binary form. "
        "Fix: run terraform show -json plan.out > plan.json, and check that file."
    )


def test_a_file_that_is_not_json(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("Terraform will perform the following actions:")
    assert "does not parse in line 1, column 1: expecting value." in answer(path)


def test_json_that_is_no_object(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("[]")
    assert "is a list, not an object" in answer(path)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("Pulumi.yaml", "name: a", "is a Pulumi program. Fix: run pulumi preview --json"),
        ("Chart.yaml", "name: a", "is a chart of Helm. Fix: run helm template"),
        ("nothing.yaml", "", "is empty. Fix: give the output"),
        ("nodes.yaml", "NAME   STATUS\nn-1    Ready\n", "is plain text, not an object. Fix: give"),
    ],
)
def test_a_program_and_an_empty_file(tmp_path: Path, name: str, text: str, sentence: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    assert sentence in answer(path)


def test_json_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "package.json"
    path.write_text('{"name": "x"}')
    assert "is not a document that Lichen recognises. Fix: name its kind" in answer(path)


@pytest.mark.parametrize(
    "text",
    [
        '{"format_version": "1.0", "valid": true, "error_count": 0, "diagnostics": []}',
        '{"format_version": "1.0", "provider_schemas": {}}',
        '{"format_version": "1.0", "function_signatures": {}}',
    ],
)
def test_what_else_terraform_prints_is_no_plan(tmp_path: Path, text: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(text)
    assert "is not a document that Lichen recognises" in answer(path)


def test_a_misspelt_source(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    assert "did you mean 'terraform-plan'?" in answer(path, "terraform-plans")


def test_a_plan_that_a_shell_wrote_as_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan = {"format_version": "1.2", "terraform_version": "1.15.5"}
    path.write_text(json.dumps(plan), encoding="utf-16")
    assert read(path) == []


def plan(address: str) -> dict[str, object]:
    change = {"actions": ["create"], "after": {}}
    made = {"address": address, "mode": "managed", "type": "t", "name": "n", "change": change}
    return {"format_version": "1.2", "terraform_version": "1.15.5", "resource_changes": [made]}


@pytest.mark.parametrize(
    "between",
    [
        "\n",
        "\n\n",
        " ",
        "\n12:01:33.123 STDOUT [chat] terraform: ",
        '\n{"level": "info", "msg": "x"}\n',
    ],
)
def test_several_plans_in_one_file_are_as_many_deployments(tmp_path: Path, between: str) -> None:
    path = tmp_path / "plans.json"
    path.write_text(between.join(json.dumps(plan(name)) for name in ("t.a", "t.b")))
    first, second = read(path)
    assert (first.address, second.address) == ("t.a", "t.b")
    assert (first.file, second.file) == (str(path), str(path))
    assert first.line == 1
    assert second.line == path.read_text().count("\n") + 1
    assert first.document != second.document


def test_plans_in_terragrunt_s_log_are_read(tmp_path: Path) -> None:
    """As the source of Terragrunt 1.1.3 writes a line of what its tool printed to a log of JSON."""

    def logged(level: str, message: str) -> str:
        entry = {"time": "2026-11-26T16:00:00Z", "level": level, "working-dir": "live/chat"}
        by = {"tf-path": "terraform", "tf-command-args": ["show", "plan"]}
        return json.dumps({**entry, **by, "msg": message})

    own = json.dumps({"@level": "info", "@message": "Terraform 1.11"})
    lines = [
        logged("info", "Unit live/chat"),
        logged("stdout", own),
        logged("stdout", json.dumps(plan("t.a"))),
        logged("stderr", json.dumps(plan("t.no"))),
        logged("stdout", json.dumps(plan("t.b"))),
    ]
    path = tmp_path / "plans.json"
    path.write_text("\n".join(lines))
    first, second = read(path)
    assert [(each.address, each.line) for each in (first, second)] == [("t.a", 3), ("t.b", 5)]
    path.write_text(f"{lines[0]}\n{lines[1]}")
    with pytest.raises(InputError, match="is a log of messages"):
        read(path)
    before = {"level": "info", "executedCommandArgs": ["show"], "msg": json.dumps(plan("t.a"))}
    path.write_text(f"{json.dumps({'level': 'info', 'msg': 'Group 1'})}\n{json.dumps(before)}")
    assert [each.address for each in read(path)] == ["t.a"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[command]/usr/bin/terraform-bin show -json plan\n", "\n::debug::stdout\n"),
        ("warning: A new version of Pulumi is available.\n\n", ""),
        ("\ufeff", "\n"),
        ("", "\nDone.\n"),
    ],
)
def test_words_around_a_document_are_left_out(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "plan.json"
    path.write_text(before + json.dumps(plan("t.a"), indent=2) + after)
    (resource,) = read(path)
    assert (resource.address, resource.line) == ("t.a", None)


def test_half_a_document_does_not_pass_for_none(tmp_path: Path) -> None:
    path = tmp_path / "plans.json"
    path.write_text(json.dumps(plan("t.a")) + "\n" + json.dumps(plan("t.b"))[:-20])
    assert "does not parse" in answer(path)


def test_what_is_wrong_with_the_second_of_two_documents_is_said_with_its_line(
    tmp_path: Path,
) -> None:
    path = tmp_path / "plans.json"
    path.write_text(json.dumps(plan("t.a")) + "\n" + json.dumps(plan("t.b") | {"errored": True}))
    assert answer(path).startswith(f"{path}:2: errored: ")


def test_the_log_of_a_plan_is_no_plan(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    message = json.dumps({"@level": "info", "@message": "Terraform 1.15.5", "type": "version"})
    path.write_text(f"{message}\n{message}\n")
    assert "is a log of messages" in answer(path)
    assert "Fix: run terraform plan -out=plan" in answer(path)
