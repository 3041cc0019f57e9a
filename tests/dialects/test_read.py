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
    path.write_bytes(b"PK\x03\x04\x14\x00\x08\x00")
    assert answer(path) == (
        f"{path}: is a plan in Terraform's binary form. "
        "Fix: run terraform show -json plan.out > plan.json, and check that file."
    )


def test_a_file_that_is_not_json(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("Terraform will perform the following actions:")
    assert "does not parse: Expecting value: line 1 column 1 (char 0)" in answer(path)


def test_json_that_is_no_object(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text("[]")
    assert "is a list, not an object" in answer(path)


def test_json_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "package.json"
    path.write_text('{"name": "x"}')
    assert "is not a document that Lichen recognises. Fix: name its kind" in answer(path)


def test_a_misspelt_source(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    assert "did you mean 'terraform-plan'?" in answer(path, "terraform-plans")


def test_a_plan_that_a_shell_wrote_as_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan = {"format_version": "1.2", "terraform_version": "1.15.5"}
    path.write_text(json.dumps(plan), encoding="utf-16")
    assert read(path) == []
