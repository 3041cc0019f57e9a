"""Where the engine finds our `pulumi-resource-aws`."""

import shlex
import sys
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_LAUNCHER = """#!/bin/sh
PYTHONPATH={root}${{PYTHONPATH:+:$PYTHONPATH}} exec {python} -m sandbox.aws.provider "$@"
"""


def install(pulumi_home: Path) -> Path:
    """Put the provider among the plugins of a PULUMI_HOME, and give its directory.

    It takes the place of the plugin that the installed pulumi_aws asks for, so that the engine says
    nothing of it. (The directory may go on PATH as well; the engine then warns at each run.) The
    launcher names this Python and this source tree: it is made anew on each machine.
    """
    directory = pulumi_home / "plugins" / f"resource-aws-v{metadata.version('pulumi_aws')}"
    directory.mkdir(parents=True, exist_ok=True)
    launcher = directory / "pulumi-resource-aws"
    launcher.write_text(
        _LAUNCHER.format(root=shlex.quote(str(_ROOT)), python=shlex.quote(sys.executable))
    )
    launcher.chmod(0o755)
    return directory
