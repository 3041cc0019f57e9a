"""Where the engine finds our `pulumi-resource-aws` and `pulumi-resource-aws-native`."""

import shlex
import sys
from importlib import metadata
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = {"aws": "pulumi_aws", "aws-native": "pulumi_aws_native"}
_LAUNCHER = """#!/bin/sh
PYTHONPATH={root}${{PYTHONPATH:+:$PYTHONPATH}} exec {python} -m {module} {name} "$@"
"""


def install(pulumi_home: Path) -> dict[str, Path]:
    """Put the providers among the plugins of a PULUMI_HOME, and give their files by package.

    Each takes the place of the plugin that the installed package asks for, so that the engine says
    nothing of it. (Their directories may go on PATH as well; the engine then warns at each run.)
    A launcher names this Python and this source tree: it is made anew on each machine.
    """
    return {
        name: placed(pulumi_home, name, of, "sandbox.aws.provider")
        for name, of in _PACKAGES.items()
    }


def placed(pulumi_home: Path, name: str, distribution: str, module: str) -> Path:
    """The launcher of one provider: `module` serves what the package `distribution` asks for."""
    version = metadata.version(distribution)
    launcher = pulumi_home / "plugins" / f"resource-{name}-v{version}" / f"pulumi-resource-{name}"
    launcher.parent.mkdir(parents=True, exist_ok=True)
    root, python = shlex.quote(str(_ROOT)), shlex.quote(sys.executable)
    launcher.write_text(_LAUNCHER.format(root=root, python=python, module=module, name=name))
    launcher.chmod(0o755)
    return launcher
