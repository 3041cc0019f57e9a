"""Terragrunt built from its Go module into `.tools/`, once.

go.mod beside this file pins the version, go.sum the hash of every module. It is the newest of which
the Go module proxy has every module: on 2026-11-26 it refused 0.67.16 and all later ones that were
asked for. By its source, 1.1.3 hands on what `run --all -- show -json` prints as it is (the first
shape of the test), and logs other commands as JSON with time, level, working-dir, tf-path,
tf-command-args and msg (tests/dialects/test_read.py).
"""

from __future__ import annotations

from pathlib import Path

from sandbox.engine.build import Go, Progress, built_once, compile_to, dotted, pinned, present
from sandbox.engine.find import TOOLS, say

COMMAND = "github.com/gruntwork-io/terragrunt"
MODULE = Path(__file__).resolve().parent
VERSION = dotted(pinned(COMMAND, MODULE))
NOT_BUILT = f"Terragrunt {VERSION} is not built here: `make terragrunt` builds it, once"


def built(tools: Path = TOOLS) -> Path | None:
    """The program of the pinned version; None where it is not built."""
    return present(_program(tools))


def ensure(progress: Progress = say, tools: Path = TOOLS) -> Path:
    """The program, built where it is not there; raises EngineMissing."""

    def build(go: Go, partial: Path) -> None:
        progress(f"Building Terragrunt {VERSION} from its Go module, once:")
        progress("  about 2 minutes of a processor; other machines may need more or less.")
        compile_to(partial, go, COMMAND, f"-s -w -X main.VERSION=v{VERSION}", MODULE)

    return built_once(_program(tools), progress, MODULE, build, what="Terragrunt")


def _program(tools: Path) -> Path:
    return tools / "bin" / f"terragrunt-{VERSION}"
