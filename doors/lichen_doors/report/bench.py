"""What a measurement found, for a terminal and for programs."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
from lichen_practices.bench.outlook import Expected, Outlook
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.evidence import Energy, Percentile, Percentiles, Record
from lichen.figures import UNKNOWN, amount, co2e, figure, many, usd


class Bench(msgspec.Struct, frozen=True, kw_only=True):
    """``lichen bench --format json``: the records, their files, and what they change in production.

    ``energy_unknown`` is why a record has no energy; blank where it has.
    """

    files: tuple[str, ...]
    records: tuple[Record, ...]
    energy_unknown: str
    outlook: Outlook | None


def renderables(answer: Bench) -> Iterator[RenderableType]:
    """``lichen bench`` for a terminal."""
    for record in answer.records:
        yield Text.assemble("\n", (record.model, "name"), " on ", (record.machine, "name"), "\n")
        yield Padding(_load(record), (0, 2))
        times = _times(record)
        if times.row_count:
            yield Padding(times, (1, 2, 0, 2))
        yield Padding(_energy(record, answer.energy_unknown), (1, 2, 0, 2))
        if record.notes:
            yield Padding(Text(record.notes, style="warn"), (1, 2, 0, 2))
    if answer.outlook is not None:
        yield from _production(answer.outlook)
    for file in answer.files:
        yield Text.assemble("\n", "The record is in ", (file, "name"), ".")


def _load(record: Record) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="quiet")
    table.add_column()
    if record.loop == "closed":
        table.add_row("load", f"closed loop, {amount(record.concurrency)} in flight")
    elif record.loop == "open" and record.offered_rps:
        table.add_row(
            "load",
            f"open loop, {figure(record.offered_rps)} requests/s due, "
            f"{figure(record.concurrency)} in flight on average",
        )
    else:
        table.add_row("load", f"{amount(record.concurrency)} in flight")
    unanswered = record.unanswered.total if record.unanswered is not None else 0
    before = record.warm_up_requests
    warm_up = f", {before:,} before them to warm up" if before else ""
    lasted = f" in {figure(record.seconds)} s" if record.seconds else ""
    table.add_row("requests", f"{record.requests:,} answered{lasted}{warm_up}")
    if unanswered and record.unanswered is not None:
        parts = [
            f"{count:,} {name}"
            for name in record.unanswered.__struct_fields__
            if (count := getattr(record.unanswered, name))
        ]
        table.add_row("missing", Text(f"{many(unanswered, 'request')}: {', '.join(parts)}", "bad"))
    if record.requests_per_s:
        table.add_row("rate", f"{figure(record.requests_per_s)} requests/s answered")
    if record.input_tokens or record.output_tokens:
        table.add_row(
            "tokens", f"{record.input_tokens:,} in, {record.output_tokens:,} out of a request"
        )
    if record.time_per_output_token_ms:
        table.add_row("each token", f"{figure(record.time_per_output_token_ms)} ms after the first")
    return table


def _times(record: Record) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet")
    for name in ("ms, with 95 % confidence", "p50", "p95", "p99"):
        table.add_column(name)
    rows: tuple[tuple[str, Percentiles | None], ...] = (
        ("first token", record.first_token),
        ("between tokens", record.between_tokens),
        ("request", record.request),
    )
    for name, found in rows:
        if found is not None:
            table.add_row(name, *map(_percentile, (found.p50, found.p95, found.p99)))
    return table


def _percentile(found: Percentile) -> str:
    if found.low_ms is None and found.high_ms is None:
        return figure(found.ms)
    low, high = (UNKNOWN if end is None else figure(end) for end in (found.low_ms, found.high_ms))
    return f"{figure(found.ms)} ({low} to {high})"


def _energy(record: Record, unknown: str) -> Text:
    energy = record.energy
    if energy is None:
        why = f": {unknown}" if unknown else ""
        return Text(f"energy unknown{why}.", style="quiet")
    return Text(f"{_drawn(energy, record)}, by {energy.counter}; {energy.covers} alone.")


def _drawn(energy: Energy, record: Record) -> str:
    said = f"{figure(energy.joules)} J in {figure(energy.seconds)} s: " + (
        f"{figure(energy.joules / energy.seconds)} W"
    )
    if record.requests_per_s:
        # What was answered while the counter ran: `requests` are those due in that time.
        each = energy.joules / energy.seconds / record.requests_per_s
        said += f", {figure(each)} J a request"
        if record.output_tokens:
            said += f", {figure(each / record.output_tokens)} J a token"
    return said


def _production(outlook: Outlook) -> Iterator[RenderableType]:
    yield Text("\nProduction", style="name")
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="quiet")
    for name in ("", "machine", "region", "replicas", "a month", "emits"):
        table.add_column(name)
    rows: tuple[tuple[str, Expected | None], ...] = (
        ("without it", outlook.before),
        ("with it", outlook.after),
    )
    for name, expected in rows:
        if expected is None:
            table.add_row(name, "nothing fits")
        else:
            table.add_row(
                name,
                expected.machine,
                expected.region,
                str(expected.replicas_peak),
                f"{usd(expected.usd_month.likely)} ({usd(expected.usd_month.low)} to "
                f"{usd(expected.usd_month.high)})",
                co2e(expected.gco2e_month),
            )
    yield Padding(table, (0, 2))
    yield Padding(Text(_said_of(outlook)), (1, 2, 0, 2))
    for note in outlook.notes:
        yield Padding(Text(f"Note: {note}.", style="warn"), (0, 2))


def _said_of(outlook: Outlook) -> str:
    """How far the measurement narrowed what is expected, in a sentence."""
    if outlook.after is None or outlook.same_before is None or outlook.narrowed is None:
        return "Nothing fits, so that there is nothing to narrow."
    if outlook.narrowed <= 1.005:
        return (
            f"The measurement says nothing of {outlook.after.machine}: it is of another model or "
            "precision, of another family of chips, or of a machine whose speed nobody published."
        )
    said = (
        f"Times on {outlook.after.machine} were {_factors(outlook.same_before)} of the likely "
        f"one, and are {_factors(outlook.after)}: {amount(outlook.narrowed)} times narrower."
    )
    if outlook.carried:
        said += (
            " It was measured on another machine. Little of that carries over, by the roofline of "
            "both: measure this machine to know more."
        )
    return said


def _factors(expected: Expected) -> str:
    low, high = expected.time_factors
    return f"{low:.2f} to {high:.2f}"
