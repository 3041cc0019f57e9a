"""The real Checkov, in the environment of its own that `make setup` makes."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from select import select
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[3]
CHECKS = ROOT / "doors" / "lichen_doors" / "checkov_checks"
WARM = Path(__file__).with_name("warm.py")
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
    *arguments: str | Path,
    checks: Path = CHECKS,
    asked: str | None = "CKV2_LICHEN_*",
    environment: dict[str, str] | None = None,
    from_its_start: bool = False,
    whole: bool = True,
) -> Run:
    """Run Checkov with the checks that are ``asked``, or all, in a fork of one that has imported
    itself, or as its users start it. With ``whole`` a file that does not parse fails."""
    given = [
        *map(str, arguments),
        "--external-checks-dir",
        str(checks),
        *(() if asked is None else ("--check", asked)),
        "--skip-download",
        "--compact",
        "--output",
        "json",
    ]
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith("LICHEN_")},
        **(environment or {}),
    }
    with TemporaryDirectory() as folder:
        stdout, stderr = Path(folder, "stdout"), Path(folder, "stderr")
        if from_its_start:
            exit_code = _started(given, variables, stdout, stderr)
        else:
            exit_code = warm().run(given, variables, stdout, stderr)
        return _read(exit_code, stdout.read_text(), stderr.read_text(), whole)


def _started(arguments: list[str], variables: dict[str, str], stdout: Path, stderr: Path) -> int:
    with stdout.open("w") as printed, stderr.open("w") as told:
        return subprocess.run(
            [executable(), *arguments],
            env=variables,
            stdout=printed,
            stderr=told,
            timeout=TIMEOUT_S,
            check=False,
        ).returncode


class Warm:
    """A process of :mod:`tests.doors.checkov.warm`; it ends when this one does."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [executable().with_name("python"), WARM],
            env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self, arguments: list[str], environment: dict[str, str], stdout: Path, stderr: Path
    ) -> int:
        """The exit code of one run, which prints into the two files."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        given = {
            "arguments": arguments,
            "environment": environment,
            "stdout": str(stdout),
            "stderr": str(stderr),
        }
        print(json.dumps(given), file=self._process.stdin, flush=True)
        if not select([self._process.stdout], [], [], TIMEOUT_S)[0]:
            self._process.kill()
            warm.cache_clear()
            raise subprocess.TimeoutExpired(arguments, TIMEOUT_S)
        return int(self._process.stdout.readline())


@cache
def warm() -> Warm:
    """The one of this process."""
    return Warm()


def _read(exit_code: int, stdout: str, stderr: str, whole: bool) -> Run:
    try:
        printed = json.loads(stdout)
    except ValueError:
        raise AssertionError(f"Checkov printed no JSON:\n{stdout}\n{stderr}") from None
    reports = printed if isinstance(printed, list) else [printed]
    # A report with nothing in it is a summary alone.
    summaries = [report.get("summary", report) for report in reports]
    return Run(
        exit_code=exit_code,
        version=summaries[0]["checkov_version"],
        records=tuple(_record(row) for report in reports for row in _rows(report, whole)),
        stderr=stderr,
    )


def executable() -> Path:
    """Checkov beside LICHEN_CHECKOV_PYTHON, or in .venv-checkov."""
    python = os.environ.get("LICHEN_CHECKOV_PYTHON", str(ROOT / ".venv-checkov" / "bin" / "python"))
    found = Path(python).with_name("checkov")
    assert found.exists(), f"no Checkov at {found}: type `make setup`"
    return found


def _rows(report: dict[str, Any], whole: bool) -> list[dict[str, Any]]:
    results = report.get("results", {})
    assert not whole or not results.get("parsing_errors"), results["parsing_errors"]
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
