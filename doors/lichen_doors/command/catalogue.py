"""``lichen catalogue``: show a table of the catalogue.

A table is a function of :mod:`lichen_doors.report.catalogue`: its name is the command's, its
keywords the command's options. It is imported when its table is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from lichen_doors.command.options import CLOUD, formats, sort
from lichen_doors.command.output import show
from lichen_doors.command.own_rows import configured_catalogue

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue
    from lichen_doors.report.catalogue import View


class TableCommand(NamedTuple):
    """A table and the options that choose and sort its rows."""

    name: str
    help: str
    options: Sequence[Callable[[Callable[..., None]], Callable[..., None]]] = ()


TABLES = (
    TableCommand(
        "regions",
        "Regions by their electricity, and how the sources agree.",
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
        "machines",
        "Machines: their shape, chips and watts.",
        (
            CLOUD,
            click.option("--accelerator", help="Only machines with this chip."),
            click.option("--family", help="Only this family of machines."),
            sort("name", "price", "carbon"),
        ),
    ),
    TableCommand(
        "offers",
        "Machines in regions: grams an hour, and dollars.",
        (
            click.option("--machine", help="Only this machine."),
            click.option("--region", help="Only this region."),
            CLOUD,
            sort("carbon", "price", "name"),
        ),
    ),
    TableCommand(
        "accelerators",
        "Chips: rates, memory, watts and embodied carbon.",
        (
            click.option(
                "--kind",
                type=click.Choice(["gpu", "neuron", "tpu", "cpu"]),
                help="Only this kind of chip.",
            ),
        ),
    ),
    TableCommand(
        "models",
        "Models: size, shape, context and licence.",
        (click.option("--kind", help="Only this kind of model."),),
    ),
    TableCommand("sources", "Where the numbers come from, and under which licence."),
    TableCommand("stale", "Sources that are older than their limit."),
)


def view_of(name: str, catalogue: Catalogue, **filters: str | None) -> View:
    """The table of that name, whole where nothing is filtered."""
    from lichen.day import present_day
    from lichen_doors.report import catalogue as report

    if name == "stale":
        return report.stale(catalogue, present_day())
    view: View = getattr(report, name)(catalogue, **filters)
    return view


@click.group("catalogue")
def command() -> None:
    """Show a table of the catalogue."""


def _command(table: TableCommand) -> click.Command:
    """The command that prints a table."""

    def printing(top: int, form: str, **filters: str | None) -> None:
        view = view_of(table.name, configured_catalogue(Path.cwd()), **filters)
        from lichen_doors.report import catalogue as report

        if form == "json":
            click.echo(report.as_json(view))
        else:
            show(report.renderables(view, most=top or None), form, title=table.name)

    top = click.option(
        "--top",
        type=click.IntRange(0),
        default=30,
        show_default=True,
        help="How many rows to show; 0 shows all.",
    )
    for option in (formats("text", "json"), top, *reversed(table.options)):
        option(printing)
    return click.command(table.name, help=table.help)(printing)


for each in TABLES:
    command.add_command(_command(each))
