"""Pulumi's own provider for Kubernetes, built from its Go module into `.tools/`, once.

go.mod beside this file pins the one version that there is, of 2026-01-15, and go.sum the hash of
every module. The module's own program embeds files that a release generates; ours embeds the two
that they are generated from, which the module has. It says the version that pulumi_kubernetes asks
for: its code is some releases older than that.
"""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.engine.build import Go, Progress, built_once, compile_to, present
from sandbox.engine.find import TOOLS, say

MODULE = Path(__file__).resolve().parent
PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
NOT_BUILT = "Pulumi's own provider for Kubernetes is not built here: `make conformance` builds it"

_EMBEDDED = ("schema.json", "terraform-mapping.json")


def built(tools: Path = TOOLS) -> Path | None:
    """The program; None where it is not built."""
    return present(_program(tools))


def ensure(progress: Progress = say, tools: Path = TOOLS) -> Path:
    """The program, built where it is not there; raises EngineMissing.

    A build takes some 32 minutes of a processor and 4 GB of memory.
    """

    def build(go: Go, partial: Path) -> None:
        progress("Building Pulumi's own provider for Kubernetes from its Go module, once:")
        progress("  about 17 minutes on two idle cores; other machines may need more or less.")
        _compile(go, partial)

    return built_once(_program(tools), progress, MODULE, build, what="Pulumi's provider")


def install(pulumi_home: Path, program: Path) -> Path:
    """Put it among the plugins of a PULUMI_HOME, and give its file."""
    folder = pulumi_home / "plugins" / f"resource-kubernetes-v{version('pulumi_kubernetes')}"
    folder.mkdir(parents=True, exist_ok=True)
    placed = folder / "pulumi-resource-kubernetes"
    placed.unlink(missing_ok=True)
    placed.symlink_to(program)
    return placed


def _program(tools: Path) -> Path:
    return tools / "bin" / f"pulumi-resource-kubernetes-{version('pulumi_kubernetes')}"


def _compile(go: Go, partial: Path) -> None:
    """In a folder of its own, with the two files that it embeds beside our program."""
    flags = f"-s -w -X {PROVIDER}/pkg/version.Version={version('pulumi_kubernetes')}"
    with TemporaryDirectory() as folder:
        for name in ("go.mod", "go.sum", "main.go"):
            shutil.copy(MODULE / name, folder)
        go(["-C", folder, "mod", "download", PROVIDER], "downloading the provider")
        *_, source = go(["-C", folder, "list", "-m", "-f", "{{.Dir}}", PROVIDER], "finding it")
        for name in _EMBEDDED:
            shutil.copyfile(
                Path(source, "cmd", "pulumi-resource-kubernetes", name), Path(folder, name)
            )
        compile_to(partial, go, ".", flags, Path(folder))
