"""``lichen checks``: print the folder of the Checkov checks."""

from __future__ import annotations

from pathlib import Path

import click

from lichen_doors import checkov_checks
from lichen_doors.command.options import formats


@click.command("checks")
@formats("text", "json")
def command(form: str) -> None:
    """Print the folder of the Checkov checks.

    checkov --directory . --skip-download --external-checks-dir "$(lichen checks)"
    """
    folder = Path(checkov_checks.__file__).parent
    if form == "json":
        from lichen_doors.report import for_programs
        from lichen_doors.report.answers import Installed

        use = f"checkov --directory . --skip-download --external-checks-dir {folder}"
        click.echo(for_programs(Installed(path=str(folder), use=use)))
    else:
        click.echo(folder)
