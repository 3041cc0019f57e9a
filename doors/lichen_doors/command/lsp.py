"""``lichen lsp``: show editors what is wrong in workload files and ``lichen.yaml``."""

from __future__ import annotations

import click

from lichen_doors.command.options import extra


@click.command("lsp")
def command() -> None:
    """Show editors what is wrong in workload files and lichen.yaml.

    The editor starts this command and speaks the Language Server Protocol to it. Mistakes are
    marked while you type. A pointer over a field, a rule, a region, a machine or a model shows what
    Lichen knows of it.
    """
    with extra("agents"):
        from lichen_doors.editors.server import server
    server().start_io()
