"""Conftest (OPA) with the first six rules of Lichen, written in Rego: what a team would use else.

It is built from its Go module into ``.tools/bin`` where Go is at hand; where it is not, and no
``conftest`` is on PATH, nothing is compared with it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from lichen.catalogue import load

MODULE = "github.com/open-policy-agent/conftest@v0.71.1"
RULES = (
    "dirty-region",
    "idle-floor",
    "oversized-endpoint",
    "region-unresolved",
    "scale-to-zero-without-inference-component",
    "too-many-accelerators",
)
REQUESTS_PER_S = 20.0
"""What a machine is taken to serve in Rego's table: no figure of ours, and none that is judged."""
_HERE = Path(__file__).parent
_BUILT = _HERE.parents[1] / ".tools" / "bin" / "conftest"


def found() -> Path | None:
    """Conftest, built where Go can; None where there is none."""
    if on_path := shutil.which("conftest"):
        return Path(on_path)
    go = shutil.which("go")
    if not _BUILT.exists() and go is not None:
        subprocess.run(
            [go, "install", "-trimpath", "-ldflags=-s -w", MODULE],
            env={**os.environ, "GOBIN": str(_BUILT.parent), "CGO_ENABLED": "0"},
            check=False,
        )
    return _BUILT if _BUILT.exists() else None


def command(conftest: Path, document: Path, data: Path) -> list[str]:
    """The command that judges a document; ``data`` is a file to write the tables to."""
    catalogue = load()
    tables = {
        "grid": {row.name: row.grid_gco2e_kwh for row in catalogue.regions.values()},
        "accelerators": {row.name: row.accelerators for row in catalogue.machines.values()},
        "requests_per_s": dict.fromkeys(catalogue.machines, REQUESTS_PER_S),
    }
    data.write_text(json.dumps(tables))
    return [
        str(conftest), "test", "--no-color", "--output=json", "--policy", str(_HERE),
        "--data", str(data), str(document),
    ]  # fmt: skip
