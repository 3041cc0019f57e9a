"""The official Pulumi CLI by npm's package `pulumi`, where this machine can reach its download.

The package holds no engine. Its script fetches Pulumi's install script from get.pulumi.com and runs
it; that puts the CLI and its language hosts into PULUMI_HOME/versions/VERSION/bin. A machine that
may reach npm's registry but not Pulumi's own host is refused within a second or two; one whose
firewall drops packets hangs, and is given up on.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from sandbox.engine.build import Progress, dotted, pinned, run
from sandbox.errors import EngineMissing

BEGINS_WITHIN_S = 20.0
ENDS_WITHIN_S = 300.0
_ANNOUNCEMENT = "Downloading pulumi v"  # the package's own line, before it has reached anything


def installed(tools: Path) -> Path:
    """The directory that holds the official engine and its language hosts, if it is there."""
    return tools / "official" / "versions" / _version() / "bin"


def download(tools: Path, progress: Progress) -> bool:
    """Try the download into `tools`; whether it worked. Half of an installation is never kept."""
    npx = shutil.which("npx")
    if npx is None:
        progress("npm's pulumi: skipped, for there is no npx (Node.js) on PATH.")
        return False
    version, partial = _version(), tools / "official.partial"
    progress(f"npm's pulumi: trying the official Pulumi {version}.")
    shutil.rmtree(partial, ignore_errors=True)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    environ |= {
        "PULUMI_HOME": str(partial),
        "PULUMI_VERSION": version,
        "npm_config_cache": str(tools / "npm"),
        "npm_config_fetch_retries": "0",
        "npm_config_fetch_timeout": str(int(BEGINS_WITHIN_S * 1000)),
        "npm_config_loglevel": "error",
        "npm_config_update_notifier": "false",
    }
    command = [npx, "--yes", f"pulumi@{version}", "version"]
    try:
        run(command, environ, progress, "downloading Pulumi", _give_up)
        shutil.rmtree(tools / "official", ignore_errors=True)
        partial.replace(tools / "official")
    except (EngineMissing, OSError) as error:
        reason = str(error).splitlines()[-1].strip()
        progress(f"npm's pulumi: not available here ({reason}).")
        return False
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return True


def _version() -> str:
    return dotted(pinned("github.com/pulumi/pulumi/pkg/v3"))


def _give_up(seconds: float, lines: list[str]) -> str:
    """Why to stop: nothing but the package's announcement so far, or no end in sight."""
    if seconds >= ENDS_WITHIN_S:
        return f"no end after {seconds:.0f} s"
    if seconds >= BEGINS_WITHIN_S and all(line.startswith(_ANNOUNCEMENT) for line in lines):
        return f"no answer within {seconds:.0f} s"
    return ""
