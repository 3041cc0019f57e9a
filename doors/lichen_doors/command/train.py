"""``lichen train``: where and when to train again."""

from __future__ import annotations

from pathlib import Path

import click

from lichen.day import present_time
from lichen.defaults import COST_TOLERANCE_PCT
from lichen.input_error import InputError
from lichen_doors.command.options import INPUT, cost_tolerance, formats
from lichen_doors.command.output import show
from lichen_doors.command.own_rows import configured_catalogue


@click.command("train")
@click.argument("training_file", metavar="TRAINING", type=INPUT)
@cost_tolerance(
    COST_TOLERANCE_PCT, "How much more than the cheapest choice a cleaner one may cost."
)
@click.option(
    "--top",
    type=click.IntRange(1, 100),
    default=5,
    show_default=True,
    help="How many regions to show.",
)
@formats("text", "json", "eventbridge", "cloud-scheduler")
def command(training_file: Path, cost_tolerance: float, top: int, form: str) -> None:
    """Choose where and when to train.

    TRAINING is a file (YAML, TOML or JSON) with the machines, the hours or the FLOPs, the deadline
    and where the data is. The command compares regions and hours: grams by the usual day of each
    grid, dollars with the data's egress, and what waiting saves. The formats eventbridge and
    cloud-scheduler print the expression of a schedule, in UTC.
    """
    from lichen_practices.retraining.plan import plan_training
    from lichen_practices.retraining.schedule import expression
    from lichen_practices.retraining.work import read_training

    from lichen_doors.report import for_programs

    work = read_training(training_file)
    try:
        plan = plan_training(
            work,
            configured_catalogue(training_file),
            now=present_time(),
            tolerance_pct=cost_tolerance,
        )
        if form == "eventbridge":
            click.echo(expression(plan, "eventbridge"))
        elif form == "cloud-scheduler":
            click.echo(expression(plan, "cloud-scheduler"))
        elif form == "json":
            click.echo(for_programs(plan))
        else:
            from lichen_doors.report import train as report

            show(report.renderables(plan, top=top), form, title=f"lichen: {work.name}")
    except InputError as error:
        raise (error if error.document else error.within(str(training_file))) from None
