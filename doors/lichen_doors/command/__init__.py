"""The command: reads what is typed, calls the engine or a door, prints, and exits.

Exit codes, the same everywhere: 0 nothing to stop for; 1 findings that block; 2 the input is wrong
or unreadable; 3 no placement fits, or something unverified where the configuration blocks on it.
"""

from __future__ import annotations

import datetime
import functools
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec

from lichen import __version__
from lichen.clouds import REGIONAL
from lichen.document import InputError, find_upwards, nearest
from lichen.words import BITS
from lichen_doors.report import for_programs

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


_FILE = click.Path(dir_okay=False, path_type=Path)


@main.command()
@click.argument("workload", type=_FILE)
@click.option("--cloud", "clouds", multiple=True, type=click.Choice(REGIONAL))
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
    """What to deploy, where, and why.

    Reads WORKLOAD (YAML, TOML or JSON), judges every offer of the catalogue, and tells the one to
    take, what it costs and emits, the next best, and why every other one lost.
    """
    from lichen.placing.placement import NoPlacement
    from lichen.workload import read_workload
    from lichen_doors.report import placement as report

    asked = _narrowed(read_workload(workload), clouds, regions)
    answer = _placed(
        asked, workload, objective=objective, cost_tolerance_pct=cost_tolerance, runners_up=top
    )
    if form == "json":
        click.echo(for_programs(answer))
    elif form == "markdown":
        click.echo(report.as_markdown(answer, top=top), nl=False)
    else:
        _show(report.renderables(answer, top=top), form, title=f"lichen: {asked.name}")
    sys.exit(NOTHING_FITS if isinstance(answer, NoPlacement) else OK)


@main.command()
@click.option("--model", help="A name of `lichen catalogue models`.")
@click.option("--machine", help="A name of `lichen catalogue machines`.")
@click.option("--precision", type=click.Choice(sorted(BITS)), default="bf16", show_default=True)
@click.option("--stack", help="The serving software; the machine's usual one if left out.")
@click.option("--chips", type=click.FloatRange(min=0, min_open=True), help="Of one copy.")
@click.option("--input-tokens", type=click.IntRange(0), default=0)
@click.option("--output-tokens", type=click.IntRange(0), default=0)
@click.option("--concurrency", type=click.FloatRange(min=1), default=1.0, show_default=True)
@click.option("--cases", type=_FILE, help="A CSV of rows to predict, instead of one prediction.")
@click.option("--output", type=_FILE, help="Where the answers to --cases go.")
@_format("text", "json")
def size(
    model: str | None,
    machine: str | None,
    precision: Any,
    cases: Path | None,
    output: Path | None,
    form: str,
    **load: Any,
) -> None:
    """How fast a machine serves a model.

    One prediction with its 80 % intervals and its arithmetic, or a file of cases.
    """
    from lichen import sizing
    from lichen_doors.report import sizing as report

    tables = _tables(Path.cwd())
    if cases is not None:
        told = report.answer_file(cases, output, tables)
        click.echo(f"{told['answered']} answered, {told['not_answered']} told why not", err=True)
        return
    if model is None or machine is None:
        raise click.UsageError("give --model and --machine, or --cases")
    card, held = tables.model(model), tables.machine(machine)
    asked = {"precision": precision, **load}
    answer = sizing.predict(card, held, tables, **asked)
    steps = sizing.explain_prediction(card, held, tables, **asked)
    arithmetic = () if isinstance(steps, sizing.Misfit) else steps
    if form == "json":
        click.echo(for_programs(report.sized(model, machine, answer, arithmetic)))
    else:
        _show(report.prediction_text(model, machine, answer, arithmetic), form, title="lichen size")
    sys.exit(NOTHING_FITS if isinstance(answer, sizing.Misfit) else OK)


def _placed(asked: Any, path: Path, **options: Any) -> Any:
    """A workload of a file placed, with the evidence that lies beside it."""
    from lichen.evidence import read_record
    from lichen.placing.placement import place as judge

    try:
        return judge(
            asked,
            _tables(path),
            evidence=[read_record(path.parent / record) for record in asked.evidence],
            today=_today(),
            **options,
        )
    except InputError as error:
        raise (error if error.document else error.within(str(path))) from None


def _tables(near: Path) -> Any:
    """The catalogue, with the own rows that the lichen.yaml above a file or folder names."""
    if (found := find_upwards("lichen.yaml", near)) is None:  # then the rules need not be loaded
        from lichen.catalogue import load

        return load()
    from lichen_policies.configuration import read as configured

    return configured(found).catalogue


def _today() -> datetime.date:
    """Today; or the day of SOURCE_DATE_EPOCH, so that documents are reproducible."""
    if epoch := os.environ.get("SOURCE_DATE_EPOCH"):
        return datetime.datetime.fromtimestamp(int(epoch), datetime.UTC).date()
    return datetime.date.today()


def _narrowed(workload: Any, clouds: tuple[str, ...], regions: tuple[str, ...]) -> Any:
    """The workload with what the command line says of where it may live."""
    where = workload.where
    if clouds:
        where = msgspec.structs.replace(where, clouds=clouds)
    if regions:
        where = msgspec.structs.replace(where, regions=regions)
    return msgspec.structs.replace(workload, where=where)


def _show(renderables: Iterable[Any], form: str, *, title: str, output: Path | None = None) -> None:
    """Print renderables to the terminal, or write them as text or as one HTML page."""
    from lichen_doors.report import terminal

    if form == "html":
        _write(terminal.as_html(renderables, title=title), output)
    elif output is not None:
        _write(terminal.as_text(renderables), output)
    else:
        terminal.show(renderables)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text.rstrip("\n"))
    else:
        output.write_text(text, encoding="utf-8")


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", default="auto", show_default=True, help="What the documents are.")
@click.option(
    "--environment",
    type=click.Choice(["dev", "staging", "prod"]),
    envvar="LICHEN_ENVIRONMENT",
    show_envvar=True,
)
@click.option(
    "--region",
    help="Where documents deploy to that do not say so.",
    envvar="LICHEN_REGION",
    show_envvar=True,
)
@click.option("--config", type=_FILE, help="lichen.yaml; found upwards from PATH if left out.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path))
@_format("text", "json", "sarif", "html")
def check(
    paths: tuple[Path, ...],
    source: str,
    environment: Any,
    region: str | None,
    config: Path | None,
    output: Path | None,
    form: str,
) -> None:
    """Judge what is to be deployed.

    Reads Pulumi previews and states, Terraform plans and CloudFormation templates. Ends 0 when
    there is nothing to stop for, 1 when a finding blocks, 3 when something unverified does.
    """
    from lichen_policies.configuration import find
    from lichen_policies.configuration import read as configured
    from lichen_policies.dialects import read
    from lichen_policies.rulebook import judge, rules

    told = {"region": region, "environment": environment}
    resources = [
        _completed(resource, told) for path in paths for resource in read(path, source=source)
    ]
    configuration = configured(config or find(paths[0]))
    if region is not None:
        configuration.catalogue.region(region)
    report = judge(resources, configuration, configuration.catalogue)
    if form == "json":
        from lichen_doors.report import findings

        _write(findings.as_json(report), output)
    elif form == "sarif":
        from lichen_doors.report import sarif

        _write(sarif.as_sarif(report, rules()), output)
    else:
        from lichen_doors.report import findings

        _show(findings.renderables(report), form, title="lichen check", output=output)
    sys.exit(BLOCKED if report.blocks else NOTHING_FITS if report.unverified_blocks else OK)


def _completed(resource: Any, told: dict[str, Any]) -> Any:
    """A resource with what the command line says of it where its document says nothing."""
    missing = {
        name: value
        for name, value in told.items()
        if value is not None and getattr(resource, name) is None
    }
    return msgspec.structs.replace(resource, **missing) if missing else resource


@main.command()
@click.option("--config", type=_FILE, help="lichen.yaml; found upwards from here if left out.")
@_format("text", "json")
def rules(config: Path | None, form: str) -> None:
    """The rules, as configured here."""
    from lichen_doors.report import rules as report

    pages = _pages(config)
    if form == "json":
        click.echo(for_programs(pages))
    else:
        _show(report.renderables(pages), form, title="lichen rules")


def _pages(config: Path | None) -> list[Any]:
    """Every rule's page as the configuration has it."""
    from lichen_policies.configuration import find
    from lichen_policies.configuration import read as configured
    from lichen_policies.limits import ENVIRONMENTS
    from lichen_policies.rulebook import rules as every

    from lichen_doors.report.rules import Page

    configuration = configured(config or find(Path.cwd()))
    return [
        Page(
            rule=rule.name,
            offence=rule.offence,
            severity=rule.severity,
            levels={each: configuration.level(rule, each) for each in ENVIRONMENTS},
            limits=msgspec.to_builtins(configuration.limits(rule, "prod")),
            why=rule.why,
            fix=rule.fix,
            exceptions=rule.exceptions,
            url=rule.url,
        )
        for rule in every().values()
    ]


@main.command()
@click.argument("what")
@_format("text", "json")
def explain(what: str, form: str) -> None:
    """Everything known of one thing.

    WHAT is a rule, a region, a machine or a model; or a workload's file, whose placement is told
    step by step.
    """
    from lichen_doors.report import explain as story
    from lichen_doors.report import rules as report

    if Path(what).is_file():
        _explain_placement(Path(what), form)
        return

    held = _tables(Path.cwd())
    pages = {page.rule: page for page in _pages(None)}
    if what in pages:
        if form == "json":
            click.echo(for_programs(pages[what]))
        else:
            _show(report.page(pages[what]), form, title=what)
    elif not story.knows(held, what) and (close := nearest(what, pages)):
        raise InputError(f"{what!r} is not known", fix=f"did you mean {close[0]!r}?")
    elif form == "json":
        click.echo(for_programs(story.story(held, what)))
    else:
        _show(story.renderables(held, what), form, title=what)


def _explain_placement(path: Path, form: str) -> None:
    """Every step of a workload's placement."""
    from lichen.workload import read_workload
    from lichen_doors.report import placement as report

    answer = _placed(read_workload(path), path)
    if form == "json":
        click.echo(for_programs(getattr(answer, "steps", answer)))
    else:
        _show(report.arithmetic(answer), form, title=str(path))


@main.group()
def catalogue() -> None:
    """The tables, with their sources."""


def _table(*options: Any) -> Callable[[Callable[..., Any]], click.Command]:
    """A command of the catalogue: the function chooses the rows, this prints them."""

    def decorate(choose: Callable[..., Any]) -> click.Command:
        @functools.wraps(choose)
        def command(top: int, form: str, **filters: Any) -> None:
            from lichen_doors.report import catalogue as report

            view = choose(report, _tables(Path.cwd()), **filters)
            if form == "json":
                click.echo(report.as_json(view))
            else:
                _show(report.renderables(view, most=top or None), form, title=choose.__name__)

        shown = click.option("--top", type=click.IntRange(0), default=30, help="0 shows all.")
        wrapped: Any = shown(_format("text", "json")(command))
        for option in reversed(options):
            wrapped = option(wrapped)
        return catalogue.command(choose.__name__)(wrapped)

    return decorate


_CLOUD = click.option("--cloud", type=click.Choice(REGIONAL))


def _sort(*keys: str) -> Any:
    return click.option("--sort", type=click.Choice(keys), default=keys[0], show_default=True)


@_table(
    _CLOUD,
    click.option("--class", "level", type=click.Choice(["low", "medium", "high", "unknown"])),
    _sort("carbon", "name"),
)
def regions(report: Any, held: Any, **filters: Any) -> Any:
    """Regions by their electricity, and how far the sources agree."""
    return report.regions(held, **filters)


@_table(
    _CLOUD,
    click.option("--accelerator"),
    click.option("--family"),
    _sort("name", "price", "carbon"),
)
def machines(report: Any, held: Any, **filters: Any) -> Any:
    """Machines: their shape, chips and watts."""
    return report.machines(held, **filters)


@_table(
    click.option("--machine"), click.option("--region"), _CLOUD, _sort("carbon", "price", "name")
)
def offers(report: Any, held: Any, **filters: Any) -> Any:
    """Machines in regions: grams an hour, and dollars."""
    return report.offers(held, **filters)


@_table(click.option("--kind", type=click.Choice(["gpu", "asic", "tpu", "cpu"])))
def accelerators(report: Any, held: Any, **filters: Any) -> Any:
    """Chips: rates, memory, watts, and what making them emits."""
    return report.accelerators(held, **filters)


@_table(click.option("--kind"))
def models(report: Any, held: Any, **filters: Any) -> Any:
    """Models: size and shape."""
    return report.models(held, **filters)


@_table()
def sources(report: Any, held: Any) -> Any:
    """Where the numbers come from, and under which licence."""
    return report.sources(held)


@_table()
def stale(report: Any, held: Any) -> Any:
    """Tables that are past their age."""
    return report.stale(held, _today())


def _pack() -> Path:
    """The pack's directory: of the installed package, or of the checkout that it comes from."""
    import lichen_doors

    doors = Path(lichen_doors.__file__).parent
    for directory in (doors / "crossguard" / "pack", doors.parents[1] / "policies" / "crossguard"):
        if directory.is_dir():
            return directory
    raise InputError("the pack is not installed", fix="reinstall lichen")


@main.command()
def pack() -> None:
    """The CrossGuard pack's directory.

    pulumi up --policy-pack "$(lichen pack)"
    """
    click.echo(_pack())


@main.command()
def checks() -> None:
    """The Checkov checks' directory.

    checkov --directory . --skip-download --external-checks-dir "$(lichen checks)"
    """
    from lichen_doors import checkov_checks

    click.echo(Path(checkov_checks.__file__).parent)
