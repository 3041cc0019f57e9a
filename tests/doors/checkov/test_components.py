"""Checkov's own checks over what the components make, as CloudFormation writes it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import yaml

from tests.doors.checkov.cloudformation import template
from tests.doors.checkov.engine import ROOT, TIMEOUT_S, executable

sys.path.insert(0, str(ROOT))
from docs import component_pages


def test_checkovs_own_checks_find_what_is_exempt_and_no_more(tmp_path: Path) -> None:
    for stack in component_pages.EXAMPLES:
        made = component_pages.example(stack)
        # What is known only after deployment has no other form.
        written = json.dumps(template(made.registered.values()), default=str)
        (tmp_path / f"{stack}.json").write_text(written, encoding="utf-8")
    printed = subprocess.run(
        [
            *(executable(), "--directory", tmp_path, "--framework", "cloudformation"),
            *("--skip-download", "--compact", "--output", "json"),
        ],
        stdout=subprocess.PIPE,
        timeout=TIMEOUT_S,
        check=False,
    ).stdout
    report = json.loads(printed)
    found = defaultdict(set)
    for failed in report["results"]["failed_checks"]:
        found[failed["check_id"]].add(Path(failed["file_path"]).stem)
    assert report["summary"]["passed"] > 250
    exempt = yaml.safe_load((ROOT / "components" / "checkov.yaml").read_text(encoding="utf-8"))
    assert found.keys() == set(exempt["skip-check"])
    assert found["CKV_AWS_370"] == {"rare"}
    assert {stack for stacks in found.values() for stack in stacks} == {"rare", "functions"}
