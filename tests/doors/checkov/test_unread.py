"""A file that cannot be judged stops Checkov, whichever checks a run asks for, skips or makes soft:
all but CKV2_LICHEN_UNREAD itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.doors.checkov.engine import ROOT, Run, checkov

pytestmark = pytest.mark.xdist_group("checkov")

UNREAD = "CKV2_LICHEN_UNREAD"
FIRST = "CKV2_LICHEN_ACCELERATOR_NOT_IN_REGION"
"""The check of the first rule."""

OTHER = "CKV2_LICHEN_DIRTY_REGION"
SOFT = f"{OTHER}_UNVERIFIED"

DOCUMENTS = {
    "terraform": (
        "main.tf",
        'resource "aws_instance" "chat" {\n  instance_type = "g5.xlarge"\n}\n'
        'resource "aws_instance" "other" {\n  instance_type = "g5.xlarge"\n}\n',
    ),
    "terraform_plan": (
        "plan.json",
        json.dumps(
            {
                "format_version": "1.2",
                "terraform_version": "1.11.4",
                "planned_values": {
                    "root_module": {
                        "resources": [
                            {
                                "address": f"aws_instance.{name}",
                                "mode": "managed",
                                "type": "aws_instance",
                                "name": name,
                                "values": {"instance_type": "g5.xlarge"},
                            }
                            for name in ("chat", "other")
                        ]
                    }
                },
                "resource_changes": [
                    {
                        "address": f"aws_instance.{name}",
                        "mode": "managed",
                        "type": "aws_instance",
                        "name": name,
                        "change": {
                            "actions": ["create"],
                            "before": None,
                            "after": {"instance_type": "g5.xlarge"},
                            "after_unknown": {},
                        },
                    }
                    for name in ("chat", "other")
                ],
                "configuration": {"root_module": {}},
            }
        ),
    ),
    "cloudformation": (
        "template.json",
        json.dumps(
            {
                "AWSTemplateFormatVersion": "2010-09-09",
                "Resources": {
                    name: {
                        "Type": "AWS::EC2::Instance",
                        "Properties": {"InstanceType": "g5.xlarge"},
                    }
                    for name in ("Chat", "Other")
                },
            }
        ),
    ),
    "kubernetes": (
        "pods.yaml",
        "".join(
            f"""\
---
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: default}}
spec:
  containers:
    - {{name: server, image: vllm/vllm-openai, resources: {{limits: {{nvidia.com/gpu: 1}}}}}}
"""
            for name in ("chat", "other")
        ),
    ),
}
"""Two resources for each framework."""

RUNS = {
    "all of ours": (["--check", "CKV2_LICHEN_*"], {UNREAD}, 1),
    "one other": (["--check", OTHER], {OTHER}, 1),
    "what is unverified alone": (["--check", SOFT], {SOFT}, 1),
    "two, the first soft": (
        ["--check", f"{FIRST},{OTHER}", "--soft-fail-on", FIRST],
        {FIRST, OTHER},
        1,
    ),
    "all but the first rule's": (["--skip-check", FIRST], {UNREAD}, 1),
    "the first rule's is soft": (["--soft-fail-on", FIRST], {UNREAD}, 1),
    "what is not severe is soft": (["--soft-fail-on", "HIGH"], {UNREAD}, 1),
    "another alone is hard": (["--hard-fail-on", OTHER], {UNREAD, OTHER}, 1),
    "what is severe is hard": (["--hard-fail-on", "HIGH"], {UNREAD}, 1),
    "it is soft": (["--soft-fail-on", UNREAD], {UNREAD}, 0),
    "it is skipped": (["--skip-check", UNREAD], set(), 0),
    "one other, and it is skipped": (["--check", OTHER, "--skip-check", UNREAD], set(), 0),
    "everything is soft": (["--soft-fail"], {UNREAD}, 0),
}
"""What a run is asked, which checks of ours fail, and what it ends with."""


def wrong(folder: Path, framework: str) -> list[str | Path]:
    """Checkov's arguments for a framework's document in a folder with a typo in lichen.yaml."""
    name, text = DOCUMENTS[framework]
    (folder / name).write_text(text)
    (folder / "lichen.yaml").write_text("levles: {}\n")
    return ["--directory", folder, "--framework", framework]


def told(run: Run) -> list[str]:
    """The checks of ours that failed, in order, each with the reason."""
    failed = [
        each
        for each in run.records
        if each.result == "FAILED" and each.check.startswith("CKV2_LICHEN_")
    ]
    for each in failed:
        assert each.messages[0].startswith("lichen.yaml: levles: "), each
        assert each.severity == "CRITICAL"
    return sorted(each.check for each in failed)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_stops_unless_it_names_the_check(tmp_path: Path, name: str) -> None:
    given, checks, exit_code = RUNS[name]
    # Checkov's own checks would fail too, and end every run with 1.
    ours = [] if "--check" in given else ["--check", "CKV2_LICHEN_*"]
    run = checkov(*wrong(tmp_path, "terraform"), *ours, *given, asked=None)
    assert (told(run), run.exit_code) == (sorted(checks), exit_code)


@pytest.mark.parametrize("name", ["all of ours", "one other", "another alone is hard"])
@pytest.mark.parametrize("framework", [each for each in DOCUMENTS if each != "terraform"])
def test_every_framework_stops(tmp_path: Path, framework: str, name: str) -> None:
    given, checks, exit_code = RUNS[name]
    ours = [] if "--check" in given else ["--check", "CKV2_LICHEN_*"]
    run = checkov(*wrong(tmp_path, framework), *ours, *given, asked=None)
    assert (told(run), run.exit_code) == (sorted(checks), exit_code)


@pytest.mark.parametrize("place", ["found", "named"])
def test_a_run_s_configuration_file_counts(tmp_path: Path, place: str) -> None:
    """Checkov finds one in the folder that it scans."""
    file = tmp_path / (".checkov.yaml" if place == "found" else "of the run.yaml")
    file.write_text(f"check: [{FIRST}, {OTHER}]\nsoft-fail-on: [{FIRST}]\n")
    named = ["--config-file", file] if place == "named" else []
    run = checkov(*wrong(tmp_path, "terraform"), *named, asked=None, from_its_start=True)
    assert (told(run), run.exit_code) == ([FIRST, OTHER], 1)


def test_a_comment_skips_it_for_its_resource(tmp_path: Path) -> None:
    given = wrong(tmp_path, "terraform")
    file = tmp_path / "main.tf"
    skip = f"  #checkov:skip={UNREAD}:moved next week\n"
    file.write_text(re.sub(r"(?<=\{\n)", skip, file.read_text(), count=1))
    run = checkov(*given)
    (skipped,) = [each for each in run.records if each.result == "SKIPPED"]
    assert (skipped.check, skipped.resource) == (UNREAD, "aws_instance.chat")
    (failed,) = [each for each in run.records if each.result == "FAILED"]
    assert (failed.check, failed.resource) == (UNREAD, "aws_instance.other")


def test_it_has_a_title_and_a_page(tmp_path: Path) -> None:
    run = checkov(*wrong(tmp_path, "terraform"))
    (failed,) = [each for each in run.records if each.check == UNREAD]
    page, _, heading = failed.guideline.partition("/blob/main/")[2].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    assert heading in {each.lower().replace(" ", "-") for each in headings}


@pytest.mark.parametrize("framework", ["terraform", "cloudformation", "kubernetes"])
@pytest.mark.parametrize(
    "given",
    [
        ["--check", OTHER],
        ["--check", "CKV2_LICHEN_*", "--soft-fail-on", OTHER],
        ["--check", "CKV2_LICHEN_*", "--hard-fail-on", OTHER],
    ],
    ids=" ".join,
)
def test_a_gate_that_does_not_load_stops_each_of_them(
    tmp_path: Path, framework: str, given: list[str]
) -> None:
    (tmp_path / "lichen.py").write_text("raise ImportError('not installed')\n")
    broken = {"PYTHONPATH": str(tmp_path)}
    run = checkov(*wrong(tmp_path, framework), *given, asked=None, environment=broken)
    assert {each.result for each in run.records} == {"FAILED"}
    assert run.exit_code == 1
