"""The control plane of Kubernetes, built from its Go modules into `.tools/`, once.

etcd, the API server, the controllers and the scheduler are one program (`control_plane/main.go`);
go.mod beside it pins the versions, go.sum the hash of every module. k8s.io/kubernetes takes its own
libraries from folders of its repository; as a module it finds them under their published versions,
which go.mod names.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.engine.build import Progress, dotted, go_command, locked, pinned
from sandbox.engine.find import TOOLS, say
from sandbox.errors import EngineMissing

MODULE = Path(__file__).resolve().parent / "control_plane"
VERSION = dotted(pinned("k8s.io/kubernetes", MODULE))
NOT_BUILT = f"Kubernetes {VERSION} is not built here: `make kubernetes` builds it, once"

_SAID = "k8s.io/component-base/version"


def built(tools: Path = TOOLS) -> Path | None:
    """The program of the pinned version; None where it is not built."""
    program = tools / "bin" / f"kubernetes-{VERSION}"
    return program if program.is_file() else None


def ensure(progress: Progress = say, tools: Path = TOOLS) -> Path:
    """The program, built where it is not there; raises EngineMissing.

    A build takes some 30 minutes of a processor and 3 GB of memory; what it compiled before it was
    stopped is kept by Go.
    """
    if program := built(tools):
        return program
    # Not the engine's lock: who waits for the engine need not wait for this.
    with locked(tools, progress, "Kubernetes", "kubernetes.lock"):
        return built(tools) or _build(tools, progress)


def _build(tools: Path, progress: Progress) -> Path:
    program = tools / "bin" / f"kubernetes-{VERSION}"
    partial = program.with_suffix(".partial")
    major, minor, *_ = VERSION.split(".")
    flags = (
        f"-s -w -X {_SAID}.gitVersion=v{VERSION}"
        f" -X {_SAID}.gitMajor={major} -X {_SAID}.gitMinor={minor}"
    )
    here = ["-C", str(MODULE)]
    try:
        with go_command(tools, progress, MODULE) as go:
            progress(f"Building the control plane of Kubernetes {VERSION} from Go modules, once:")
            progress("  about 17 minutes on two idle cores; other machines may need more or less.")
            listed = go([*here, "list", "-deps", "."], "downloading: {} Go modules")
            packages = sum(not line.startswith("go: ") for line in listed)
            arguments = [*here, "build", "-v", "-ldflags", flags, "-o", str(partial), "."]
            go(arguments, f"compiling: {{}} packages of at most {packages}")
        return partial.replace(program)
    except OSError as error:
        raise EngineMissing(f"Kubernetes could not be built: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
