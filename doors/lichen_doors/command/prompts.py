"""``lichen prompts``: tokens of prompts, their share of a workload, and their budget."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lichen.input_error import InputError
from lichen_doors.command import BLOCKED, OK
from lichen_doors.command.options import FILE, INPUT, INPUT_PATH, formats
from lichen_doors.command.output import show
from lichen_doors.command.own_rows import configured_catalogue

if TYPE_CHECKING:
    from lichen_practices.prompts.counting import Count, CountedPrompt

    from lichen.workload import Workload


@click.command("prompts")
@click.argument("files", nargs=-1, type=INPUT)
@click.option("--workload", "workload_file", type=INPUT, help="Whose month the prompts have a "
              "share of. Its own `prompts` are counted where no file is named.")  # fmt: skip
@click.option("--tokenizer", type=FILE, help="The model's own tokenizer.json, or "
              "NAME:FILE that an installed package ships. Default: the workload's; without one, an "
              "estimate.")  # fmt: skip
@click.option("--before", "earlier", multiple=True, type=INPUT_PATH,
              help="An earlier version of the files, in their order; may be repeated.")  # fmt: skip
@click.option("--budget", type=click.IntRange(1), help="Fixed tokens of all prompts together. "
              "Default: the workload's.")  # fmt: skip
@click.option("--steps", type=click.IntRange(2, 100), help="What the same prompts would take, sent "
              "in each of so many steps.")  # fmt: skip
@click.option("--step", "step_files", multiple=True, type=INPUT, help="The prompt of one step of "
              "a version in steps, in their order; may be repeated.")  # fmt: skip
@formats("text", "json")
def command(
    files: tuple[Path, ...],
    workload_file: Path | None,
    tokenizer: Path | None,
    earlier: tuple[Path, ...],
    budget: int | None,
    steps: int | None,
    step_files: tuple[Path, ...],
    form: str,
) -> None:
    """Count the tokens of prompts, and what they take of a workload's month.

    FILES are prompts or templates (Jinja's, Python's or the shell's). No prompt is sent anywhere
    and none is printed. Ends 1 where the prompts are over their budget.
    """
    from lichen_practices.prompts.counting import against_budget, counter, read_prompt, total_of
    from lichen_practices.prompts.share import share_of
    from lichen_practices.prompts.splitting import (
        compressed,
        in_equal_steps,
        in_these_steps,
        prefix_of,
        tokens_of,
    )

    from lichen.document import named_by
    from lichen.workload import read_workload
    from lichen_doors.report import for_programs
    from lichen_doors.report import prompts as report

    if steps is not None and step_files:
        raise InputError(
            "and --step are two ways to say the same", fix="give one of them", field="--steps"
        )
    if len(step_files) == 1:
        raise InputError(
            "names one file, and a version in steps has two or more",
            fix="give --step for each of its steps",
            field="--step",
        )
    workload = None if workload_file is None else read_workload(workload_file)
    folder = Path() if workload_file is None else workload_file.parent
    field, named = "--tokenizer", tokenizer
    if tokenizer is None and workload is not None and workload.prompts.tokenizer:
        field, named = "prompts.tokenizer", Path(workload.prompts.tokenizer)
        tokenizer = folder / named
    if budget is None and workload is not None:
        budget = workload.prompts.budget_tokens
    if len(earlier) > len(files):
        raise InputError(
            f"are {len(earlier)}, for {len(files)} files",
            fix="give one for each file, in their order",
            field="--before",
        )
    try:
        with named_by(field, tokenizer or Path(), str(named)):
            count = counter(tokenizer)
        prompts = _named(files, count) if files else _of_workload(workload, folder, count)
    except InputError as error:
        of_workload = workload_file is not None and error.field != "--tokenizer"
        raise error.within(str(workload_file)) if of_workload else error from None
    before = tuple(_one(each.name, read_prompt(each), count) for each in earlier)
    total = total_of(prompts)
    share = question = None
    if workload is not None and workload_file is not None:
        from lichen.placing.question import Question

        question = Question.of(
            workload,
            near=workload_file,
            catalogue=configured_catalogue(workload_file),
            keep_budget=False,
        )
        share = share_of(question, total.likely, prefix_of(prompts))
    request = tokens_of(prompts, None if workload is None else workload.traffic)
    changes = []
    if any(one.shortened.likely < one.fixed.likely - 0.5 for one in prompts):
        changes.append(compressed(request, prompts, question))
    if steps is not None:
        changes.append(in_equal_steps(request, steps, question))
    if step_files:
        changes.append(in_these_steps(request, _named(step_files, count), question))
    answer = report.Prompted(
        prompts=prompts,
        before=before,
        counted_by="estimate" if tokenizer is None else tokenizer.name,
        total=total,
        budget_tokens=budget,
        budget=None if budget is None else against_budget(total, budget),
        share=share,
        changes=tuple(changes),
    )
    if form == "json":
        click.echo(for_programs(answer))
    else:
        show(report.renderables(answer), form, title="lichen prompts")
    sys.exit(BLOCKED if answer.budget == "over" else OK)


def _named(files: tuple[Path, ...], count: Count) -> tuple[CountedPrompt, ...]:
    from lichen_practices.prompts.counting import read_prompt

    return tuple(_one(file.name, read_prompt(file), count) for file in files)


def _of_workload(
    workload: Workload | None, folder: Path, count: Count
) -> tuple[CountedPrompt, ...]:
    from lichen.placing.question import prompt_texts

    if workload is None or not workload.prompts.templates:
        raise InputError(
            "no prompt is named", fix="name files, or a workload whose prompts has templates"
        )
    texts = prompt_texts(workload, folder)
    return tuple(_one(name, text, count) for name, text in texts)


def _one(name: str, text: str, count: Count) -> CountedPrompt:
    from lichen_practices.prompts.counting import counted_prompt

    return counted_prompt(name, text, count)
