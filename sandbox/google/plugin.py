"""Where the engine finds our ``pulumi-resource-gcp``."""

from __future__ import annotations

import shlex
import sys
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LAUNCHER = """#!/bin/sh
PYTHONPATH={root}${{PYTHONPATH:+:$PYTHONPATH}} exec {python} -m sandbox.google.provider "$@"
"""


def install(pulumi_home: Path) -> Path:
    """Put the provider among the plugins of a PULUMI_HOME, and give its file."""
    version = metadata.version("pulumi_gcp")
    launcher = pulumi_home / "plugins" / f"resource-gcp-v{version}" / "pulumi-resource-gcp"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    root, python = shlex.quote(str(_ROOT)), shlex.quote(sys.executable)
    launcher.write_text(_LAUNCHER.format(root=root, python=python))
    launcher.chmod(0o755)
    return launcher
