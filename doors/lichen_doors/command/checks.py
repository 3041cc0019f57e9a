"""``lichen checks``: the Checkov checks' directory."""

from __future__ import annotations

from pathlib import Path

import click

from lichen_doors import checkov_checks


@click.command("checks")
def command() -> None:
    """The Checkov checks' directory.

    checkov --directory . --skip-download --external-checks-dir "$(lichen checks)"
    """
    click.echo(Path(checkov_checks.__file__).parent)
