"""An answer of the panel in full, as ``lichen place`` prints it for the same file."""

from __future__ import annotations

import tempfile
from pathlib import Path

import yaml
from click.testing import CliRunner
from lichen_doors.command import main

from tests.placements.panel import Case


def whole(case: Case) -> str:
    """What the command prints for a workload of the panel, a mistake included."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{case.name}.yaml"
        file.write_text(yaml.safe_dump(case.workload, sort_keys=False), encoding="utf-8")
        options = ["--objective", case.asked.objective, *(["--any"] if case.asked.any else [])]
        return CliRunner().invoke(main, ["place", str(file), *options]).output
