"""``lichen size``: predict how fast a machine serves a model."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TypedDict

import click

from lichen import sizing
from lichen.words import BITS, Precision
from lichen_doors.command import NOTHING_FITS, OK
from lichen_doors.command.options import FILE, formats
from lichen_doors.command.output import show
from lichen_doors.command.own_rows import configured_catalogue
from lichen_doors.report import for_programs
from lichen_doors.report import sizing as report


class PredictionOptions(TypedDict):
    """What is predicted, besides the model and the machine."""

    precision: Precision
    stack: str | None
    chips: float | None
    input_tokens: int
    output_tokens: int
    concurrency: float


@click.command("size")
@click.option("--model", help="A name from `lichen catalogue models`.")
@click.option("--machine", help="A name from `lichen catalogue machines`.")
@click.option("--precision", type=click.Choice(sorted(BITS)), default="bf16", show_default=True)
@click.option("--stack", help="The serving software. Default: the usual one of the machine.")
@click.option(
    "--chips",
    type=click.FloatRange(min=0, min_open=True),
    help="How many chips one copy of the model uses.",
)
@click.option("--input-tokens", type=click.IntRange(0), default=0, help="Of one request.")
@click.option("--output-tokens", type=click.IntRange(0), default=0, help="Of one request.")
@click.option(
    "--concurrency",
    type=click.FloatRange(min=1),
    default=1.0,
    show_default=True,
    help="Requests in flight at the same time.",
)
@click.option("--cases", type=FILE, help="A CSV file with one prediction to make per row.")
@click.option(
    "--output", type=FILE, help="The file for the predictions of --cases. Default: the screen."
)
@formats("text", "json")
def command(
    model: str | None,
    machine: str | None,
    precision: Precision,
    stack: str | None,
    chips: float | None,
    input_tokens: int,
    output_tokens: int,
    concurrency: float,
    cases: Path | None,
    output: Path | None,
    form: str,
) -> None:
    """Predict how fast a machine serves a model.

    Prints one prediction, with its 80 % intervals and its arithmetic. With --cases, it predicts
    each row of a file.
    """
    catalogue = configured_catalogue(Path.cwd())
    if cases is not None:
        from lichen.measured.answer import answer_cases
        from lichen.measured.file import read_cases, write_answers

        answers = answer_cases(read_cases(cases), catalogue)
        write_answers(answers, output)
        predicted = sum(answer.predicted is not None for answer in answers)
        without = len(answers) - predicted
        click.echo(f"{predicted:,} predicted, {without:,} without a prediction", err=True)
        return
    if model is None or machine is None:
        raise click.UsageError("--model and --machine are required, unless --cases is given.")
    card, row = catalogue.model(model), catalogue.machine(machine)
    load: PredictionOptions = {
        "precision": precision,
        "stack": stack,
        "chips": chips,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "concurrency": concurrency,
    }
    answer = sizing.predict(card, row, catalogue, **load)
    steps = sizing.explain_prediction(card, row, catalogue, **load)
    arithmetic = () if isinstance(steps, sizing.Misfit) else steps
    if form == "json":
        click.echo(for_programs(report.sized(model, machine, answer, arithmetic)))
    else:
        show(report.prediction_text(model, machine, answer, arithmetic), form, title="lichen size")
    sys.exit(NOTHING_FITS if isinstance(answer, sizing.Misfit) else OK)
