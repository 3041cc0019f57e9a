"""The real Checkov, in the environment of its own that `make setup` makes."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
CHECKS = ROOT / "doors" / "lichen_doors" / "checkov_checks"
VERSION = "3.3.30"
TIMEOUT_S = 120


@dataclass(frozen=True)
class Record:
    """One row of Checkov's report."""

    check: str
    result: str
    resource: str
    file: str
    messages: tuple[str, ...]
    severity: str
    guideline: str
    comment: str


@dataclass(frozen=True)
class Run:
    """What one run of Checkov said."""

    exit_code: int
    version: str
    records: tuple[Record, ...]
    stderr: str

    def of(self, result: str, file: str = "") -> dict[tuple[str, str], tuple[str, ...]]:
        """Messages by check and resource."""
        return {
            (record.check, record.resource): record.messages
            for record in self.records
            if record.result == result and file in record.file
        }


def checkov(
    *arguments: str | Path, checks: Path = CHECKS, environment: dict[str, str] | None = None
) -> Run:
    """Run Checkov with our checks alone."""
    done = subprocess.run(
        [
            executable(),
            *map(str, arguments),
            "--external-checks-dir",
            str(checks),
            "--check",
            "CKV2_LICHEN_*",
            "--skip-download",
            "--compact",
            "--output",
            "json",
        ],
        env={
            **{name: value for name, value in os.environ.items() if not name.startswith("LICHEN_")},
            **(environment or {}),
        },
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    try:
        printed = json.loads(done.stdout)
    except ValueError:
        raise AssertionError(f"Checkov printed no JSON:\n{done.stdout}\n{done.stderr}") from None
    reports = printed if isinstance(printed, list) else [printed]
    # A report with nothing in it is a summary alone.
    summaries = [report.get("summary", report) for report in reports]
    return Run(
        exit_code=done.returncode,
        version=summaries[0]["checkov_version"],
        records=tuple(_record(row) for report in reports for row in _rows(report)),
        stderr=done.stderr,
    )


def executable() -> Path:
    """Checkov beside LICHEN_CHECKOV_PYTHON, or in .venv-checkov."""
    python = os.environ.get("LICHEN_CHECKOV_PYTHON", str(ROOT / ".venv-checkov" / "bin" / "python"))
    found = Path(python).with_name("checkov")
    assert found.exists(), f"no Checkov at {found}: type `make setup`"
    return found


def _rows(report: dict[str, Any]) -> list[dict[str, Any]]:
    results = report.get("results", {})
    assert not results.get("parsing_errors"), results["parsing_errors"]
    return [
        row for kind in ("passed", "failed", "skipped") for row in results.get(f"{kind}_checks", ())
    ]


def _record(row: dict[str, Any]) -> Record:
    outcome = row["check_result"]
    return Record(
        check=row["check_id"],
        result=outcome["result"],
        resource=row["resource"],
        file=row["file_abs_path"],
        messages=(row["check_name"], *row["details"]),
        severity=row["severity"],
        guideline=row["guideline"] or "",
        comment=outcome.get("suppress_comment", ""),
    )
