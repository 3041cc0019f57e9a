"""Where the engine finds our ``pulumi-resource-gcp``."""

from pathlib import Path

from sandbox.aws.plugin import placed


def install(pulumi_home: Path) -> Path:
    """Put the provider among the plugins of a PULUMI_HOME, and give its file."""
    return placed(pulumi_home, "gcp", "pulumi_gcp", "sandbox.google.provider")
