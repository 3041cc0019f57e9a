"""The language hosts beside the engine: what runs a program in TypeScript, YAML or Go.

The official Pulumi brings them; an engine that was built here has the one for Python alone. Those
for Node and Go are in an older version of Pulumi's SDK module, the one for YAML in a module of its
own: a folder here has the go.mod and go.sum of each.
"""

import os
import shutil
from pathlib import Path

from sandbox.engine.build import Progress, beside, go_command, locked, run
from sandbox.engine.find import TOOLS, Engine

PLACE = Path(__file__).resolve().parent
COMMANDS = {
    "nodejs": ("sdk", "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs"),
    "go": ("sdk", "github.com/pulumi/pulumi/sdk/v3/go/pulumi-language-go"),
    "yaml": ("yaml", "github.com/pulumi/pulumi-yaml/cmd/pulumi-language-yaml"),
}
"""Language -> the folder with its go.mod, and the command that is its host."""

NODE_PACKAGES = PLACE.parents[2] / "tests" / "languages" / "typescript"
"""The folder whose package.json and package-lock.json say what a program for Node needs."""


def missing(engine: Engine) -> list[str]:
    """The languages that an engine has no host for, beside itself or on PATH."""
    beside = engine.path.resolve().parent
    return [
        language
        for language in COMMANDS
        if not (beside / _host(language)).is_file() and shutil.which(_host(language)) is None
    ]


def build(engine: Engine, progress: Progress, tools: Path = TOOLS) -> None:
    """Build the hosts that an engine lacks into `tools`/bin; raises EngineMissing.

    All three take about two minutes on two cores, once.
    """
    with locked(tools, progress):
        wanted = missing(engine)
        if not wanted:
            return
        progress(f"Building language hosts from their Go modules, once: {', '.join(wanted)}.")
        with go_command(tools, progress) as go:
            for language in wanted:
                folder, command = COMMANDS[language]
                with beside(tools / "bin" / _host(language)) as partial:
                    flags = ["-C", str(PLACE / folder), "-ldflags", "-s -w", "-o", str(partial)]
                    go(["build", *flags, command], f"compiling the host for {language}")


def install_node_packages(progress: Progress, tools: Path = TOOLS) -> Path | None:
    """`tools`/node/node_modules with what is locked, of npm; None where there is no npm.

    Raises EngineMissing where npm cannot have them.
    """
    npm = shutil.which("npm")
    folder = tools.resolve() / "node"  # npm loses its way behind a link
    if npm is None:
        progress("Node.js and npm are not on PATH: programs in TypeScript do not run here.")
        return None
    lock = (NODE_PACKAGES / "package-lock.json").read_bytes()
    kept = folder / "package-lock.json"
    if not (folder / "ready").exists() or kept.read_bytes() != lock:
        progress("Fetching Pulumi's packages for Node with npm, some 130 MB, once.")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(NODE_PACKAGES / name, folder / name)
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        run([npm, "--prefix", str(folder), "ci", *quiet], os.environ, progress, "fetching")
        (folder / "ready").touch()
    return folder / "node_modules"


def _host(language: str) -> str:
    return f"pulumi-language-{language}"
