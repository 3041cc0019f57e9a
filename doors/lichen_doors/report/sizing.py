"""Predictions for a terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.figures import amount, between, figure, lasting, many, percent, span, whole
from lichen.interval import Interval
from lichen.sizing.answers import Basis, Misfit, Origin, Prediction, Step
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


def renderables(sized: Sized) -> Iterator[RenderableType]:
    """``lichen size`` for a terminal."""
    yield Text.assemble("\n", (sized.model, "name"), " on ", (sized.machine, "name"), "\n")
    if sized.misfit is not None:
        yield Padding(Text(f"does not fit: {sized.misfit.reason}.", style="bad"), (0, 2))
    if sized.prediction is not None:
        yield Padding(_figures(sized.prediction), (0, 2))
    if sized.steps:
        yield Text("\nThe arithmetic", style="name")
        yield Padding(steps_table(sized.steps), (0, 2))


def _figures(p: Prediction) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="quiet")
    table.add_column()
    chips = "1 chip" if p.chips == 1 else f"{whole(p.chips)} chips"
    copies = f", {p.copies} copies" if p.copies > 1 else ""
    table.add_row("layout", f"{p.precision} on {p.stack}, {chips}{copies}")
    table.add_row(
        "memory",
        f"{between(p.memory_gib, 'GiB')} of {figure(p.memory_available_gib)} GiB",
    )
    rows: tuple[tuple[str, Interval | None, str], ...] = (
        ("first token", p.time_to_first_token_ms, ""),
        ("each token", p.time_per_output_token_ms, ""),
        ("request", p.request_ms, ""),
        ("output", p.output_tokens_per_s, "tokens/s"),
        ("requests", p.requests_per_s, "requests/s"),
    )
    for name, value, unit in rows:
        if value is not None:
            table.add_row(name, between(value, unit) if unit else lasting(value))
    table.add_row("", f"at {whole(p.concurrency)} in flight; 80 % intervals, {p.basis}")
    return table


def steps_table(steps: Sequence[Step]) -> Table:
    """A receipt's arithmetic: what, how much, the formula, the source."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="quiet")
    table.add_column(justify="right", no_wrap=True)
    table.add_column()
    table.add_column(style="quiet")
    for step in steps:
        table.add_row(step.name, step_value(step), step.formula, step.source)
    return table


def step_value(step: Step) -> str:
    """How much a line of the arithmetic says: ``84.8 W``, ``19 rows``, ``1 replica``."""
    if step.unit in ("rows", "replicas") and step.value.is_integer():
        return many(int(step.value), step.unit.removesuffix("s"))
    return f"{amount(step.value)} {step.unit}"


def about_origin(origin: Origin) -> Iterator[str]:
    """What a predicted speed and its interval rest on: which rows, how many, how far apart."""
    setting = f"{origin.family} under {origin.stack}"
    rows = (
        f"{many(origin.rows, 'measured row')} of {setting}, in {many(origin.clusters, 'cluster')} "
        "of one model and setting"
    )
    if origin.basis == "fitted":
        yield f"fitted to {rows}"
    elif origin.rows:
        yield f"{origin.basis} from {origin.leans_on}, since there is little else: {rows}"
    else:
        yield f"{origin.basis} from {origin.leans_on}: nobody has measured {setting}"
    if origin.publishers:
        by = many(origin.publishers, "publisher")
        apart = "" if origin.apart_pct is None else f", {figure(origin.apart_pct)} % apart"
        yield f"measured by {by}{apart}: {'; '.join(origin.sources)}"
    if origin.error_pct is not None:
        yield f"median error on publishers that the fit had not seen: {figure(origin.error_pct)} %"
    if origin.interval_rows:
        yield (
            f"the interval is drawn from errors on {many(origin.interval_rows, 'row')} of "
            f"{many(origin.interval_publishers, 'publisher')}, {_LEFT_OUT[origin.basis]}"
        )
    else:
        yield "too few such rows are measured: the interval follows from wider groups of machines"
    if origin.records:
        yield f"narrowed by {many(origin.records, 'benchmark record')} of your own"
    tokens = (
        ("a first token", origin.first_token_factors),
        ("each token", origin.token_factors),
    )
    factors = (
        *(tokens if origin.work == "llm" else ()),
        ("a request", origin.request_factors),
        ("time at a full machine's rate", origin.rate_factors),
    )
    named = ", ".join(f"{name} {span(*ends)}" for name, ends in factors)
    yield f"80 % interval, in times the likely time: {named}"


_LEFT_OUT: Mapping[Basis, str] = {
    "fitted": "each predicted by a fit without that publisher",
    "borrowed": "each predicted by a fit without that family under that stack",
    "assumed": "each predicted by a fit without that family and without that stack",
}


def savings_table(savings: Sequence[Saving]) -> Table:
    """Other ways to run the machine: what each saves of the replica-hours, what it gives up."""
    table = Table(box=None, pad_edge=False)
    table.add_column("alternative")
    table.add_column("saves", justify="right")
    table.add_column("trade-off", style="quiet")
    for saving in savings:
        table.add_row(saving.way, percent(saving.saved_share), trade_off(saving))
    return table


def trade_off(saving: Saving) -> str:
    """What another way to run the machine gives up, and why no component makes it."""
    return saving.gives_up + (f"; {saving.unmade}" if saving.unmade else "")
