"""``lichen size``: predict how fast a machine serves a model."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, get_args

import click

from lichen.input_error import InputError
from lichen.words import Precision
from lichen_doors.command import NOTHING_FITS, OK
from lichen_doors.command.options import FILE, INPUT, NumberRange, formats
from lichen_doors.command.output import show
from lichen_doors.command.own_rows import configured_catalogue

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue
    from lichen.catalogue.schema import Machine
    from lichen.workload import ModelCard
    from lichen_doors.report.sizing import Sized


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
@click.option(
    "--precision",
    type=click.Choice(get_args(Precision)),
    help="Default: what the model is released in.",
)
@click.option("--stack", help="The serving software. Default: the usual one of the machine.")
@click.option(
    "--chips",
    type=NumberRange(min=0, min_open=True),
    help="How many chips one copy of the model uses.",
)
@click.option(
    "--input-tokens", type=click.IntRange(0), help="Of one request; a language model needs it."
)
@click.option(
    "--output-tokens", type=click.IntRange(1), help="Of one request; a language model needs it."
)
@click.option(
    "--concurrency",
    type=NumberRange(min=1),
    default=1.0,
    show_default=True,
    help="Requests in flight at the same time.",
)
@click.option("--cases", type=INPUT, help="A CSV file with one prediction to make per row.")
@click.option(
    "--output", type=FILE, help="The file for the predictions of --cases. Default: the screen."
)
@formats("text", "json")
def command(
    model: str | None,
    machine: str | None,
    precision: Precision | None,
    stack: str | None,
    chips: float | None,
    input_tokens: int | None,
    output_tokens: int | None,
    concurrency: float,
    cases: Path | None,
    output: Path | None,
    form: str,
) -> None:
    """Predict how fast a machine serves a model.

    Prints one prediction, with its 80 % intervals and its arithmetic. With --cases, it predicts
    each row of a file.
    """
    if cases is None and (model is None or machine is None):
        raise click.UsageError("--model and --machine are required, unless --cases is given.")
    catalogue = configured_catalogue(Path.cwd())
    if cases is not None:
        from lichen.measured.answer import answer_cases
        from lichen.measured.file import read_cases, write_answers
        from lichen_doors.command.output import check_outputs

        check_outputs([cases], {"--output": output})
        answers = answer_cases(read_cases(cases), catalogue)
        write_answers(answers, output)
        predicted = sum(answer.predicted is not None for answer in answers)
        without = len(answers) - predicted
        click.echo(f"{predicted:,} predicted, {without:,} without a prediction", err=True)
        return
    assert model is not None
    assert machine is not None
    from lichen_doors.report import for_programs
    from lichen_doors.report import sizing as report

    sized = sized_on(
        catalogue,
        model,
        machine,
        precision=precision,
        stack=stack,
        chips=chips,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        concurrency=concurrency,
    )
    if form == "json":
        click.echo(for_programs(sized))
    else:
        show(report.renderables(sized), form, title="lichen size")
    sys.exit(OK if sized.misfit is None else NOTHING_FITS)


def sized_on(
    catalogue: Catalogue,
    model: str,
    machine: str,
    *,
    precision: Precision | None = None,
    stack: str | None = None,
    chips: float | None = None,
    input_tokens: int | None = None,
    output_tokens: int | None = None,
    concurrency: float = 1.0,
) -> Sized:
    """How fast a machine serves a model, with the arithmetic, or why it does not fit.

    Without a precision, the ones that the model is served in are tried in their order. Raises
    :class:`InputError` for a name that is not known, and for a language model without lengths.
    """
    from lichen import sizing
    from lichen.workload import served_in
    from lichen_doors.report import sizing as report

    card, row = catalogue.model(model), catalogue.machine(machine)
    _check_lengths(card, input_tokens, output_tokens)
    _check_chips(card, row, catalogue, stack, chips)
    choices = (precision,) if precision else sizing.precisions_to_try(served_in(card))
    load: PredictionOptions = {
        "precision": choices[0],
        "stack": stack,
        "chips": chips,
        "input_tokens": input_tokens or 0,
        "output_tokens": output_tokens or 0,
        "concurrency": concurrency,
    }
    answer = sizing.predict(card, row, catalogue, **load)
    for other in choices[1:]:
        if not isinstance(answer, sizing.Misfit) or answer.kind != "precision":
            break
        load["precision"] = other
        answer = sizing.predict(card, row, catalogue, **load)
    steps = sizing.explain_prediction(card, row, catalogue, **load)
    arithmetic = () if isinstance(steps, sizing.Misfit) else steps
    return report.sized(model, machine, answer, arithmetic)


def _check_lengths(card: ModelCard, input_tokens: int | None, output_tokens: int | None) -> None:
    """A language model's speed is that of a request of some length: none is taken for granted."""
    if not card.generates:
        return
    given = {"--input-tokens": input_tokens, "--output-tokens": output_tokens}
    lacking = [option for option, value in given.items() if value is None]
    if lacking:
        verb = "are" if len(lacking) > 1 else "is"
        raise InputError(
            f"{verb} required, since {card.name} is a language model",
            fix=f"add {' and '.join(f'{option} N' for option in lacking)}: those of a typical "
            "request",
            field=" and ".join(lacking),
        )


def _check_chips(
    card: ModelCard, machine: Machine, catalogue: Catalogue, stack: str | None, chips: float | None
) -> None:
    """A server splits a model over whole chips, and over cores where one chip has several of them:
    the predictor knows those numbers. A machine with a part of a GPU has no whole one."""
    from lichen.sizing.coefficients import knowledge

    chip = knowledge(catalogue).chips.of_machine(machine)
    if chips is None or chip is None or chip.parallel_degrees or machine.accelerators < 1:
        return
    if not chips.is_integer():
        raise InputError(
            f"{chips:g} is no whole number, and a copy of a model uses whole chips",
            fix=f"write --chips {math.ceil(chips)}",
            field="--chips",
        )
    if stack in (None, "vllm") and card.kind == "llm" and card.heads and card.heads % chips:
        least = max(each for each in range(1, int(chips)) if card.heads % each == 0)
        raise InputError(
            f"the {card.heads:g} heads of {card.name} do not divide over {chips:g} chips",
            fix=f"write --chips {least}",
            field="--chips",
        )
