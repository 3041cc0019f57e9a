"""``lichen place``: choose what to deploy, and where."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, get_args

import click

from lichen.clouds import REGIONAL
from lichen.defaults import COST_TOLERANCE_PCT, LEAST_CONFIDENCE, MOST_CONFIDENCE
from lichen.input_error import InputError
from lichen.words import Objective
from lichen_doors.command import NOTHING_FITS, OK
from lichen_doors.command.options import INPUT, RECORD, NumberRange, cost_tolerance, formats
from lichen_doors.command.output import check_outputs, check_record, show, write
from lichen_doors.command.own_rows import configured_catalogue

if TYPE_CHECKING:
    from lichen.placing.placement import NoPlacement, Placement
    from lichen.placing.question import Question
    from lichen.workload import Workload


@click.command("place")
@click.argument("workload_file", metavar="WORKLOAD", type=INPUT)
@click.option(
    "--cloud",
    "clouds",
    multiple=True,
    type=click.Choice(REGIONAL),
    help="Only this cloud; may be repeated.",
)
@click.option("--region", "regions", multiple=True, help="Only this region; may be repeated.")
@click.option(
    "--objective",
    type=click.Choice(get_args(Objective)),
    default="carbon",
    show_default=True,
    help="What the best offer has least of; balanced is carbon x cost.",
)
@cost_tolerance(COST_TOLERANCE_PCT, "How much more than the cheapest offer a cleaner one may cost.")
@click.option(
    "--confidence",
    type=NumberRange(LEAST_CONFIDENCE, MOST_CONFIDENCE),
    help="How surely the latency bounds and the traffic are met. Default: the workload's, else 0.8 "
    "in production and 0.5 elsewhere.",
)
@click.option(
    "--any",
    "take_any",
    is_flag=True,
    help="Choose among all offers, also those that you must provision yourself.",
)
@click.option(
    "--copied-images",
    is_flag=True,
    help="You keep copies of the images in every region (registry of the endpoint).",
)
@click.option(
    "--top",
    type=click.IntRange(0, 100),
    default=5,
    show_default=True,
    help="How many of the next best to show.",
)
@click.option(
    "--all-clouds",
    is_flag=True,
    help="The best of each cloud and of Kubernetes side by side, and what moving there takes.",
)
@click.option(
    "--data-gb",
    type=NumberRange(0, 10_000_000),
    metavar="GB",
    help="With --all-clouds: data beside the model that moves with it.",
)
@RECORD
@formats("text", "json", "markdown", "html")
def command(
    workload_file: Path,
    clouds: tuple[str, ...],
    regions: tuple[str, ...],
    objective: Objective,
    cost_tolerance: float,
    confidence: float | None,
    take_any: bool,
    copied_images: bool,
    top: int,
    all_clouds: bool,
    data_gb: float | None,
    record_file: Path | None,
    form: str,
) -> None:
    """Choose what to deploy, and where.

    WORKLOAD is a file (YAML, TOML or JSON) that says what you want to serve. The command compares
    every offer of the catalogue. It prints the best one, its cost and its emissions, and the next
    best. `lichen explain` with the same file prints why each other offer lost.

    It chooses only what a component can build, as the component Endpoint does with the same file.
    If no component can build any offer, it chooses the best one and says so.
    """
    if all_clouds and record_file is not None:
        raise InputError(
            "--all-clouds compares clouds, and decides nothing that could be recorded",
            fix="leave out --all-clouds, or --record",
            field="--record",
        )
    if data_gb is not None and not all_clouds:
        raise InputError(
            "is of data that moves between clouds",
            fix="add --all-clouds, or leave out --data-gb",
            field="--data-gb",
        )
    from msgspec.structs import replace

    from lichen.placing.allowed import check_region, restricted
    from lichen.placing.placement import NoPlacement
    from lichen.workload import read_workload
    from lichen_doors.report import for_programs

    check_outputs([workload_file], {"--record": record_file})
    check_record(record_file)
    if regions:
        catalogue = configured_catalogue(workload_file)
        for name in regions:
            check_region(name, catalogue, "--region")
    workload = restricted(read_workload(workload_file), clouds, regions)
    if confidence is not None:
        workload = replace(workload, confidence=confidence)
    if all_clouds:
        asked_for = _asked(
            workload, workload_file, objective, cost_tolerance, take_any, copied_images
        )
        _compare(asked_for, data_gb or 0, workload_file, form)
    answer = placed(
        workload,
        workload_file,
        objective=objective,
        cost_tolerance_pct=cost_tolerance,
        take_any=take_any,
        copied_images=copied_images,
        runners_up=top,
        variants=True,
    )
    if record_file is not None:
        from lichen_policies.gate import Gate
        from lichen_practices.recording.record import PlaceDecision, record_place, write_record

        asked = PlaceDecision(
            workload=str(workload_file),
            clouds=clouds,
            regions=regions,
            objective=objective,
            cost_tolerance_pct=cost_tolerance,
            confidence=confidence,
            take_any=take_any,
            copied_images=copied_images,
        )
        gate = Gate.near(workload_file, trusted=Path.cwd())
        write_record(record_place(workload_file, workload, gate, asked, answer), record_file)
    if form == "json":
        click.echo(for_programs(answer))
    else:
        _print(answer, workload_file, form, top)
    sys.exit(NOTHING_FITS if isinstance(answer, NoPlacement) else OK)


def _compare(question: Question, data_gb: float, file: Path, form: str) -> NoReturn:
    """Print each cloud's best beside the others, and end."""
    from lichen.placing.side_by_side import side_by_side
    from lichen_doors.report import for_programs
    from lichen_doors.report import side_by_side as report

    if form not in ("text", "json"):
        raise InputError(f"--all-clouds is not written as {form}", fix="use --format text or json")
    try:
        answer = side_by_side(question, data_gb)
    except InputError as error:
        raise (error if error.document else error.within(str(file))) from None
    if form == "json":
        click.echo(for_programs(answer))
    else:
        show(report.renderables(answer), form, title=f"lichen: {answer.workload}")
    sys.exit(OK if answer.moved_from else NOTHING_FITS)


def _print(answer: Placement | NoPlacement, workload_file: Path, form: str, top: int) -> None:
    """Print an answer for a person; each form is imported when it is asked for."""
    if form == "html":
        from lichen_doors.report.page.placement import as_page

        catalogue = configured_catalogue(workload_file)
        write(as_page(answer, catalogue, today=date.today(), top=top))
        return
    from lichen_doors.report import placement as report

    if form == "markdown":
        write(report.as_markdown(answer, top=top))
    else:
        show(report.renderables(answer, top=top), form, title=f"lichen: {answer.workload}")


def placed(
    workload: Workload,
    file: Path,
    *,
    objective: Objective = "carbon",
    cost_tolerance_pct: float = COST_TOLERANCE_PCT,
    take_any: bool = False,
    copied_images: bool = False,
    runners_up: int = 5,
    variants: bool = False,
) -> Placement | NoPlacement:
    """The placement of a file's workload, with the evidence and the own rows beside the file."""
    from lichen.placing.allowed import check_agreement
    from lichen.placing.choose import place

    asked = _asked(workload, file, objective, cost_tolerance_pct, take_any, copied_images)
    try:
        check_agreement(asked.workload.where, asked.catalogue)
        return place(asked, runners_up=runners_up, variants=variants)
    except InputError as error:
        raise (error if error.document else error.within(str(file))) from None


def _asked(
    workload: Workload,
    file: Path,
    objective: Objective,
    cost_tolerance_pct: float,
    take_any: bool,
    copied_images: bool,
) -> Question:
    """What a file's workload asks, with the evidence and the own rows beside the file."""
    from msgspec.structs import replace

    from lichen.placing.question import Question

    try:
        question = Question.of(
            workload,
            near=file,
            catalogue=configured_catalogue(file),
            objective=objective,
            cost_tolerance_pct=cost_tolerance_pct,
            own_registry=copied_images,
        )
    except InputError as error:
        raise (error if error.document else error.within(str(file))) from None
    return replace(question, makes=None) if take_any else question
