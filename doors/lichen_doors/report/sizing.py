"""Predictions for a terminal and for programs, and files of cases with an answer to each row."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.catalogue import Catalogue
from lichen.document import InputError, did_you_mean
from lichen.interval import Interval
from lichen.measured.answer import COLUMNS, NEEDED, Answer, answer_cases
from lichen.sizing.answers import Misfit, Prediction, Step
from lichen.sizing.savings import Saving


class Sized(msgspec.Struct, frozen=True, kw_only=True):
    """``lichen size --format json``: the prediction or why it does not fit, and its arithmetic."""

    model: str
    machine: str
    prediction: Prediction | None
    misfit: Misfit | None
    steps: tuple[Step, ...]


def sized(
    model: str, machine: str, answer: Prediction | Misfit, steps: Sequence[Step] = ()
) -> Sized:
    """One answer of ``predict()`` for programs."""
    return Sized(
        model=model,
        machine=machine,
        prediction=answer if isinstance(answer, Prediction) else None,
        misfit=answer if isinstance(answer, Misfit) else None,
        steps=tuple(steps),
    )


def prediction_text(
    model: str, machine: str, answer: Prediction | Misfit, steps: Sequence[Step] = ()
) -> Iterator[RenderableType]:
    """``lichen size`` for a terminal."""
    yield Text.assemble("\n", (model, "name"), " on ", (machine, "name"), "\n")
    if isinstance(answer, Misfit):
        yield Padding(Text(f"does not fit: {answer.reason}.", style="bad"), (0, 2))
        return
    yield Padding(_figures(answer), (0, 2))
    if steps:
        yield Text("\nThe arithmetic", style="name")
        yield Padding(steps_table(steps), (0, 2))


def _figures(p: Prediction) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="quiet")
    table.add_column(justify="right")
    table.add_column(style="quiet")
    copies = f", {p.copies} copies" if p.copies > 1 else ""
    table.add_row("set out", f"{p.precision}, {p.stack}", f"{p.chips:g} chips{copies}")
    table.add_row(
        "memory", f"{p.memory_gib.likely:.1f} GiB", f"of {p.memory_available_gib:.1f} GiB"
    )
    rows: tuple[tuple[str, Interval | None, str], ...] = (
        ("first token", p.time_to_first_token_ms, "ms"),
        ("each token", p.time_per_output_token_ms, "ms"),
        ("request", p.request_ms, "ms"),
        ("output", p.output_tokens_per_s, "tokens/s"),
        ("requests", p.requests_per_s, "/s"),
    )
    for name, value, unit in rows:
        if value is not None:
            between = f"{value.low:.3g} to {value.high:.3g}"
            table.add_row(name, f"{value.likely:.3g} {unit}", between)
    table.add_row("", f"at {p.concurrency:g} in flight", f"80 % intervals, {p.basis}")
    return table


def steps_table(steps: Sequence[Step]) -> Table:
    """A receipt's arithmetic: what, how much, how it came about, from where."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="quiet")
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_column(style="quiet")
    for step in steps:
        table.add_row(step.name, f"{step.value:.4g} {step.unit}", step.formula, step.source)
    return table


def savings_table(savings: Sequence[Saving]) -> Table:
    """Other ways to hold the machine: hours a day, what that saves, what it gives up."""
    table = Table(box=None, pad_edge=False)
    table.add_column("instead")
    table.add_column("replica-hours a day", justify="right")
    table.add_column("saves", justify="right")
    table.add_column("gives up", style="quiet")
    for saving in savings:
        table.add_row(
            saving.way,
            f"{saving.replica_hours:.1f}",
            f"{saving.saved_share:.0%}",
            saving.gives_up,
        )
    return table


def read_cases(path: Path) -> list[dict[str, str]]:
    """Rows of a file of cases; :class:`InputError` where it lacks a column that is needed."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = [
                {name: value or "" for name, value in row.items() if isinstance(name, str)}
                for row in reader
            ]
            columns = reader.fieldnames or []
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", fix="check the path", document=str(path)
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"is not a CSV table ({error})", document=str(path)) from None
    for name in NEEDED:
        if name not in columns:
            raise InputError(
                f"has no column {name!r}",
                fix=did_you_mean(name, columns) if columns else f"add {name}",
                document=str(path),
            )
    return rows


def write_answers(answers: Sequence[Answer], output: Path | None) -> None:
    """Answers as CSV, to a file or to the terminal; blank cells where nothing can be said."""
    if output is None:
        _write(answers, sys.stdout)
        return
    try:
        with output.open("w", encoding="utf-8", newline="") as file:
            _write(answers, file)
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror})", fix="check the path", document=str(output)
        ) from None


def _write(answers: Sequence[Answer], file: TextIO) -> None:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for answer in answers:
        writer.writerow(_cell(getattr(answer, column)) for column in COLUMNS)


def _cell(value: float | str | None) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else value


def answer_file(cases: Path, output: Path | None, catalogue: Catalogue) -> Mapping[str, int]:
    """``lichen size --cases``: every row answered or told why not; how many of each."""
    answers = answer_cases(read_cases(cases), catalogue)
    write_answers(answers, output)
    answered = sum(answer.predicted is not None for answer in answers)
    return {"answered": answered, "not_answered": len(answers) - answered}
