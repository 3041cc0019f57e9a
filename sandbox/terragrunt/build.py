"""Terragrunt built from its Go module into `.tools/`, once.

go.mod beside this file pins the version, go.sum the hash of every module. It is the newest of which
the Go module proxy has every module: on 2026-11-26 it refused 0.67.16 and all later ones that were
asked for. By its source, 1.1.3 hands on what `run --all -- show -json` prints as it is (the first
shape of the test), and logs other commands as JSON with time, level, working-dir, tf-path,
tf-command-args and msg (tests/dialects/test_read.py).
"""

from __future__ import annotations

from pathlib import Path

from sandbox.engine.build import Progress, dotted, go_command, locked, pinned
from sandbox.engine.find import TOOLS, say
from sandbox.errors import EngineMissing

COMMAND = "github.com/gruntwork-io/terragrunt"
MODULE = Path(__file__).resolve().parent
VERSION = dotted(pinned(COMMAND, MODULE))
NOT_BUILT = f"Terragrunt {VERSION} is not built here: `make terragrunt` builds it, once"


def built(tools: Path = TOOLS) -> Path | None:
    """The program of the pinned version; None where it is not built."""
    program = tools / "bin" / f"terragrunt-{VERSION}"
    return program if program.is_file() else None


def ensure(progress: Progress = say, tools: Path = TOOLS) -> Path:
    """The program, built where it is not there; raises EngineMissing."""
    if program := built(tools):
        return program
    with locked(tools, progress):
        return built(tools) or _build(tools, progress)


def _build(tools: Path, progress: Progress) -> Path:
    program = tools / "bin" / f"terragrunt-{VERSION}"
    partial = program.with_suffix(".partial")
    here = ["-C", str(MODULE)]
    flags = f"-s -w -X main.VERSION=v{VERSION}"
    try:
        with go_command(tools, progress, MODULE) as go:
            progress(f"Building Terragrunt {VERSION} from its Go module, once:")
            progress("  about 2 minutes of a processor; other machines may need more or less.")
            arguments = [*here, "build", "-v", "-ldflags", flags, "-o", str(partial), COMMAND]
            go(arguments, "compiling: {} packages")
        return partial.replace(program)
    except OSError as error:
        raise EngineMissing(f"Terragrunt could not be built: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
