"""``lichen catalogue``: show a table of the catalogue.

A table is a function of :mod:`lichen_doors.report.catalogue`: its name is the command's, its
docstring the command's help, its keywords the command's options.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from lichen.catalogue import Catalogue
from lichen.day import present_day
from lichen_doors.command.options import CLOUD, formats, sort
from lichen_doors.command.output import show
from lichen_doors.command.own_rows import configured_catalogue
from lichen_doors.report import catalogue as report


class TableCommand(NamedTuple):
    """A table and the options that choose and sort its rows."""

    view: Callable[..., report.View]
    options: Sequence[Callable[[Callable[..., None]], Callable[..., None]]] = ()


def stale(catalogue: Catalogue) -> report.View:
    """Sources that are older than their limit."""
    return report.stale(catalogue, present_day())


TABLES = (
    TableCommand(
        report.regions,
        (
            CLOUD,
            click.option(
                "--class",
                "level",
                type=click.Choice(["low", "medium", "high", "unknown"]),
                help="Carbon class of the electricity.",
            ),
            sort("carbon", "name"),
        ),
    ),
    TableCommand(
        report.machines,
        (
            CLOUD,
            click.option("--accelerator", help="Only machines with this chip."),
            click.option("--family", help="Only this family of machines."),
            sort("name", "price", "carbon"),
        ),
    ),
    TableCommand(
        report.offers,
        (
            click.option("--machine", help="Only this machine."),
            click.option("--region", help="Only this region."),
            CLOUD,
            sort("carbon", "price", "name"),
        ),
    ),
    TableCommand(
        report.accelerators,
        (
            click.option(
                "--kind",
                type=click.Choice(["gpu", "neuron", "tpu", "cpu"]),
                help="Only this kind of chip.",
            ),
        ),
    ),
    TableCommand(report.models, (click.option("--kind", help="Only this kind of model."),)),
    TableCommand(report.sources),
    TableCommand(stale),
)


def view_of(name: str, catalogue: Catalogue) -> report.View:
    """The whole table of that name."""
    return next(table.view for table in TABLES if table.view.__name__ == name)(catalogue)


@click.group("catalogue")
def command() -> None:
    """Show a table of the catalogue."""


def _command(table: TableCommand) -> click.Command:
    """The command that prints a table."""

    def printing(top: int, form: str, **filters: str | None) -> None:
        view = table.view(configured_catalogue(Path.cwd()), **filters)
        if form == "json":
            click.echo(report.as_json(view))
        else:
            show(report.renderables(view, most=top or None), form, title=table.view.__name__)

    top = click.option(
        "--top",
        type=click.IntRange(0),
        default=30,
        show_default=True,
        help="How many rows to show; 0 shows all.",
    )
    for option in (formats("text", "json"), top, *reversed(table.options)):
        option(printing)
    return click.command(table.view.__name__, help=table.view.__doc__)(printing)


for each in TABLES:
    command.add_command(_command(each))
