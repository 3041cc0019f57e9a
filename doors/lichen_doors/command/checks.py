"""``lichen checks``: print the folder of the Checkov checks."""

from __future__ import annotations

from pathlib import Path

import click

from lichen_doors import checkov_checks


@click.command("checks")
def command() -> None:
    """Print the folder of the Checkov checks.

    checkov --directory . --skip-download --external-checks-dir "$(lichen checks)"
    """
    click.echo(Path(checkov_checks.__file__).parent)
