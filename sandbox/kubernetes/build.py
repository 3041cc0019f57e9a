"""The control plane of Kubernetes, built from its Go modules into `.tools/`, once.

etcd, the API server, the controllers and the scheduler are one program (`control_plane/main.go`);
go.mod beside it pins the versions, go.sum the hash of every module. k8s.io/kubernetes takes its own
libraries from folders of its repository; as a module it finds them under their published versions,
which go.mod names.
"""

from __future__ import annotations

from pathlib import Path

from sandbox.engine.build import Go, Progress, built_once, compile_to, dotted, pinned, present
from sandbox.engine.find import TOOLS, say

MODULE = Path(__file__).resolve().parent / "control_plane"
VERSION = dotted(pinned("k8s.io/kubernetes", MODULE))
NOT_BUILT = f"Kubernetes {VERSION} is not built here: `make kubernetes` builds it, once"

_SAID = "k8s.io/component-base/version"


def built(tools: Path = TOOLS) -> Path | None:
    """The program of the pinned version; None where it is not built."""
    return present(_program(tools))


def ensure(progress: Progress = say, tools: Path = TOOLS) -> Path:
    """The program, built where it is not there; raises EngineMissing.

    A build takes some 30 minutes of a processor and 3 GB of memory.
    """
    major, minor, *_ = VERSION.split(".")
    flags = (
        f"-s -w -X {_SAID}.gitVersion=v{VERSION}"
        f" -X {_SAID}.gitMajor={major} -X {_SAID}.gitMinor={minor}"
    )

    def build(go: Go, partial: Path) -> None:
        progress(f"Building the control plane of Kubernetes {VERSION} from Go modules, once:")
        progress("  about 17 minutes on two idle cores; other machines may need more or less.")
        compile_to(partial, go, ".", flags, MODULE)

    # Not the engine's lock: who waits for the engine need not wait for this.
    lock = "kubernetes.lock"
    return built_once(_program(tools), progress, MODULE, build, what="Kubernetes", lock=lock)


def _program(tools: Path) -> Path:
    return tools / "bin" / f"kubernetes-{VERSION}"
