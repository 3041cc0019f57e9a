"""``lichen rules``: list the rules, as configured in this folder."""

from __future__ import annotations

from pathlib import Path

import click
from lichen_policies.gate import Gate

from lichen_doors.command.options import CONFIGURATION, formats
from lichen_doors.command.output import show
from lichen_doors.report import for_programs
from lichen_doors.report import rules as report


@click.command("rules")
@CONFIGURATION
@formats("text", "json")
def command(configuration: Path | None, form: str) -> None:
    """List the rules, as configured in this folder."""
    pages = report.pages(Gate.near(Path.cwd(), config=configuration, trusted=Path.cwd()))
    if form == "json":
        click.echo(for_programs(pages))
    else:
        show(report.renderables(pages), form, title="lichen rules")
