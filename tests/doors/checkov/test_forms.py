"""What Checkov prints of a finding in each of its forms: the rule's title, and the message."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

from lichen_policies.registry import rules

from tests.doors.checkov.engine import CHECKS, TIMEOUT_S, executable

RULE = "too-many-accelerators"
ID = "CKV2_LICHEN_TOO_MANY_ACCELERATORS"
ONE = """\
resource "aws_sagemaker_endpoint_configuration" "{}" {{
  production_variants {{
    model_name             = "m"
    instance_type          = "ml.g5.48xlarge"
    initial_instance_count = {}
  }}
}}
"""
MESSAGES = ("4 machines with 8 NVIDIA A10G", "9 machines with 8 NVIDIA A10G")


def printed(folder: Path, *forms: str) -> str:
    """Two resources that break one rule, as Checkov prints them."""
    (folder / "main.tf").write_text(ONE.format("one", 4) + ONE.format("two", 9))
    outputs = [word for form in forms for word in ("--output", form)]
    given = ["--directory", ".", "--external-checks-dir", str(CHECKS), "--check", ID]
    return subprocess.run(
        [executable(), *given, "--skip-download", "--compact", *outputs],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith("LICHEN_")},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    ).stdout


def test_a_title_in_sarif_is_the_rule_s(tmp_path: Path) -> None:
    """One title stands for all findings of a rule, so it has no figure of one of them; each
    finding's message is in what is attached to it, and below the title on the screen."""
    screen = printed(tmp_path, "cli", "sarif")
    (run,) = json.loads((tmp_path / "results.sarif").read_text())["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    title = rules()[RULE].offence
    assert rule["id"] == ID
    assert rule["name"] == rule["shortDescription"]["text"] == title
    assert rule["fullDescription"]["text"] == title
    assert rule["help"]["text"].startswith(f"{title}\n")
    assert rule["helpUri"].endswith(f"/{RULE}.md")
    for result, message in zip(run["results"], MESSAGES, strict=True):
        assert result["message"]["text"] == title
        (attached,) = result["attachments"]
        assert attached["description"].startswith(message)
    assert f'"{title}"' in screen
    assert all(f"Details: {message}" in screen for message in MESSAGES)


def test_elsewhere_the_name_is_the_finding(tmp_path: Path) -> None:
    """JUnit and others print a check's name and no details."""
    both = printed(tmp_path, "json", "junitxml").split("--- OUTPUT DELIMITER ---")
    failed = json.loads(both[0])["results"]["failed_checks"]
    failures = list(ElementTree.fromstring(both[1].strip()).iter("failure"))
    assert len(failed) == len(failures) == len(MESSAGES)
    for record, failure, message in zip(failed, failures, MESSAGES, strict=True):
        assert record["check_name"].startswith(message)
        assert failure.attrib["message"].startswith(message)
