"""The command: reads what is typed, calls the engine or a door, prints, and exits.

Exit codes, the same everywhere: 0 nothing to stop for; 1 findings that block; 2 the input is wrong
or unreadable; 3 no placement fits, or something unverified where the configuration blocks on it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from lichen import __version__
from lichen.document import InputError

F = TypeVar("F", bound=Callable[..., Any])

OK, BLOCKED, WRONG_INPUT, NOTHING_FITS = 0, 1, 2, 3


class _Told(click.Group):
    """A group that tells an InputError in a sentence and exits 2, never with a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except InputError as error:
            click.echo(f"lichen: {error}", err=True)
            ctx.exit(WRONG_INPUT)
        except BrokenPipeError:  # `lichen ... | head`
            sys.stderr.close()
            ctx.exit(OK)


@click.group(cls=_Told, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lichen")
def main() -> None:
    """Inference on the smallest efficient hardware that does the work, where the grid is clean."""


def _format(*names: str) -> Callable[[F], F]:
    return click.option(
        "--format", "form", type=click.Choice(names), default=names[0], show_default=True
    )


_WORKLOAD = click.Path(exists=True, dir_okay=False, path_type=Path)


@main.command()
@click.argument("workload", type=_WORKLOAD)
@click.option("--cloud", "clouds", multiple=True, type=click.Choice(["aws", "google", "azure"]))
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.")
@click.option(
    "--objective",
    type=click.Choice(["carbon", "cost", "balanced"]),
    default="carbon",
    show_default=True,
)
@click.option(
    "--cost-tolerance",
    type=click.FloatRange(min=0),
    default=15.0,
    show_default=True,
    metavar="PCT",
    help="How much above the cheapest a cleaner offer may cost.",
)
@click.option("--top", type=click.IntRange(0, 100), default=5, show_default=True)
@_format("text", "json", "markdown", "html")
def place(
    workload: Path,
    clouds: tuple[str, ...],
    regions: tuple[str, ...],
    objective: Any,
    cost_tolerance: float,
    top: int,
    form: str,
) -> None:
    """What to deploy for WORKLOAD, where, what it costs and emits, and why nothing else."""
    from lichen.catalogue import load
    from lichen.placement import NoPlacement
    from lichen.placement import place as judge
    from lichen.workload import read_workload

    asked = _narrowed(read_workload(workload), clouds, regions)
    try:
        answer = judge(
            asked,
            load(),
            objective=objective,
            cost_tolerance_pct=cost_tolerance,
            runners_up=top,
        )
    except InputError as error:
        raise error.within(str(workload)) from None
    from lichen.report import placement as report

    if form == "json":
        click.echo(report.as_json(answer))
    elif form == "markdown":
        click.echo(report.as_markdown(answer, top=top), nl=False)
    else:
        _show(report.renderables(answer, top=top), form, title=f"lichen: {asked.name}")
    sys.exit(NOTHING_FITS if isinstance(answer, NoPlacement) else OK)


def _narrowed(workload: Any, clouds: tuple[str, ...], regions: tuple[str, ...]) -> Any:
    """The workload with what the command line says of where it may live."""
    where = workload.where
    if clouds:
        where = msgspec.structs.replace(where, clouds=clouds)
    if regions:
        where = msgspec.structs.replace(where, regions=regions)
    return msgspec.structs.replace(workload, where=where)


def _show(renderables: Any, form: str, *, title: str) -> None:
    """Print renderables to the terminal, or as one HTML page."""
    from lichen.report import terminal

    if form == "html":
        click.echo(terminal.as_html(*renderables, title=title))
        return
    screen = terminal.console()
    for renderable in renderables:
        screen.print(renderable)


def _door(module: str) -> Path:
    """A door's directory: beside the installed rules, or in the checkout they come from."""
    import lichen_policies

    rules = Path(lichen_policies.__file__).parent
    for directory in (rules / module, rules.parent / module):
        if directory.is_dir():
            return directory
    raise InputError(f"the {module} door is not installed", fix="reinstall lichen")


@main.command()
def pack() -> None:
    """The CrossGuard pack's directory: pulumi up --policy-pack "$(lichen pack)"."""
    click.echo(_door("crossguard"))


@main.command()
def checks() -> None:
    """The Checkov checks' directory: checkov --external-checks-dir "$(lichen checks)"."""
    click.echo(_door("checks"))


if __name__ == "__main__":
    main()
