"""``lichen mcp``: answer coding agents over the Model Context Protocol."""

from __future__ import annotations

import os
from pathlib import Path

import click

from lichen_doors.command.options import extra


@click.command("mcp")
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=".",
    show_default=True,
    help="The folder whose files the agent may name.",
)
@click.option(
    "--own-rules",
    is_flag=True,
    help="Run the rules in Python that a lichen.yaml of the folder names.",
)
def command(folder: Path, own_rules: bool) -> None:
    """Answer coding agents over the Model Context Protocol.

    The agent starts this command and speaks to it on standard input and output. It is offered
    place, size, explain, check and catalogue. They read files of the folder, and write nothing.
    Rules in Python that a lichen.yaml of the folder names do not run without --own-rules.
    """
    with extra("agents"):
        from lichen_doors.agents.server import server
    os.chdir(folder)
    server(own_rules=own_rules).run("stdio")
