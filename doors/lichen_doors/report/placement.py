"""A placement as a person reads it in one look, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.figures import between, figure, grams, grams_between, usd
from lichen.placing.placement import NoPlacement, Option, Placement, Rejected
from lichen_doors.report.sizing import savings_table, steps_table

WORTH_TELLING = 0.05
"""A way to hold a machine that saves less than a twentieth is not shown to a person."""


def renderables(answer: Placement | NoPlacement, *, top: int) -> Iterator[RenderableType]:
    """The answer for a terminal of 80 columns or more."""
    if isinstance(answer, NoPlacement):
        yield from _nothing_fits(answer)
        return
    yield Text.assemble(
        "\n", (answer.workload, "name"), f"  {answer.model}, lowest {answer.objective}\n"
    )
    yield Padding(_receipt(answer), (0, 2))
    yield Text("\nBecause", style="name")
    for reason in answer.because:
        yield Padding(Text(f"{reason}."), (0, 2))
    for note in answer.notes:
        yield Padding(Text(f"Note: {note}.", style="warn"), (0, 2))
    yield Text()
    yield _options_table(answer, top)
    if worth := [saving for saving in answer.savings if saving.saved_share >= WORTH_TELLING]:
        yield Text()
        yield Padding(savings_table(worth), (0, 1))
    yield Text()
    yield _rejected_table(answer.rejected)
    yield Padding(
        Text(
            "Offered is not quota: ask the cloud for the machines before you count on them. "
            "lichen explain FILE has the arithmetic, --format json every offer and its reason.",
            style="quiet",
        ),
        (1, 2, 0, 2),
    )


def arithmetic(answer: Placement | NoPlacement) -> Iterator[RenderableType]:
    """The receipt: every step from the model's size to grams and dollars, with its source."""
    if isinstance(answer, NoPlacement):
        yield from _nothing_fits(answer)
        return
    chosen = answer.chosen
    yield Text.assemble(
        "\n",
        (answer.workload, "name"),
        f"  {answer.model} on {chosen.machine} in {chosen.region}\n",
    )
    yield steps_table(answer.steps)


def _receipt(answer: Placement) -> Table:
    chosen, sizing, emitted = answer.chosen, answer.sizing, answer.footprint
    prediction = sizing.prediction
    table = Table.grid(padding=(0, 2))
    table.add_column(style="quiet")
    table.add_column()

    def row(name: str, value: str, style: str = "") -> None:
        table.add_row(name, Text(value, style=style))

    row(
        "take",
        f"{chosen.machine} in {chosen.region}, on {chosen.hosting_title}",
        "name",
    )
    row(
        "run",
        f"{chosen.precision} on {chosen.stack}; {chosen.replicas_minimum} to "
        f"{chosen.replicas_maximum} replicas, {chosen.replicas_peak} at the peak, "
        f"{figure(chosen.replicas_mean)} on average",
    )
    row("emits", f"{grams_between(chosen.gco2e_month)} CO2e a month, {_split(answer)}", "good")
    row("", _per_unit(answer))
    price = (
        "" if chosen.price_basis == "hosting" else "; the machine's price, hosting may add to it"
    )
    row("costs", f"{usd(chosen.usd_month)} a month with idle hours{price}")
    row("draws", f"{between(emitted.watts, 'W')} at the socket, PUE {emitted.pue:g}")
    row("answers", _speed(answer))
    row(
        "holds",
        f"{between(prediction.memory_gib, 'GiB')} of "
        f"{figure(prediction.memory_available_gib)} GiB a replica",
    )
    return table


def _split(answer: Placement) -> str:
    embodied = answer.footprint.embodied_gco2e_hour
    if embodied is None:
        return "operation only (nobody publishes what making it emits)"
    share = embodied.likely / answer.footprint.gco2e_hour.likely
    return f"{share * 100:.0f} % of it from making the hardware"


def _per_unit(answer: Placement) -> str:
    chosen = answer.chosen
    if chosen.gco2e_unit is None or chosen.usd_unit is None:
        return "no traffic, so nothing per unit"
    return (
        f"{between(chosen.gco2e_unit, 'g')} and {usd(chosen.usd_unit)} "
        f"per {answer.functional_unit} (SCI)"
    )


def _speed(answer: Placement) -> str:
    prediction, told = answer.sizing.prediction, []
    if prediction.time_to_first_token_ms is not None:
        told.append(f"first token {between(prediction.time_to_first_token_ms, 'ms')}")
    if prediction.time_per_output_token_ms is not None:
        told.append(f"then {between(prediction.time_per_output_token_ms, 'ms')} each")
    if not told:
        told.append(f"a request in {between(prediction.request_ms, 'ms')}")
    if answer.sizing.p95_ms is not None:
        told.append(f"p95 {between(answer.sizing.p95_ms, 'ms')}")
    return ", ".join(told)


def _options_table(answer: Placement, top: int) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=True)
    for name in ("", "machine", "region"):
        table.add_column(name, header_style="quiet", overflow="fold")
    for name in ("held", "USD/month", "CO2e/month"):
        table.add_column(name, header_style="quiet", justify="right", no_wrap=True)

    def row(label: str, option: Option, style: str = "") -> None:
        table.add_row(
            Text(label, style="quiet"),
            option.machine,
            option.region,
            f"{figure(option.replicas_mean)} x {option.precision}",
            usd(option.usd_month),
            grams(option.gco2e_month.likely),
            style=style,
        )

    row("chosen", answer.chosen, "name")
    for option in answer.runners_up[:top]:
        row("next", option)
    for option in answer.by_cloud:
        if option.cloud != answer.chosen.cloud:
            row(option.cloud, option)
    return table


def _rejected_table(rejected: tuple[Rejected, ...]) -> Table:
    """The losers by kind of reason: how many, and the nearest one's words."""
    table = Table(
        box=None,
        padding=(0, 1),
        title=f"{len(rejected):,} offers rejected",
        title_style="name",
        title_justify="left",
    )
    table.add_column("", justify="right", style="quiet", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", overflow="fold")
    counts = Counter(loser.kind for loser in rejected)
    for kind, count in counts.most_common():
        nearest = min(
            (loser for loser in rejected if loser.kind == kind),
            key=lambda loser: loser.shortfall or float("inf"),
        )
        table.add_row(
            f"{count:,}", kind, f"{nearest.machine} in {nearest.region}: {nearest.reason}"
        )
    return table


def _nothing_fits(answer: NoPlacement) -> Iterator[RenderableType]:
    yield Text.assemble(
        "\n",
        ("Nothing fits", "bad"),
        f" {answer.workload} ({answer.model}): {len(answer.rejected):,} offers rejected.\n",
    )
    yield Text("The nearest misses", style="name")
    for miss in answer.nearest:
        yield Padding(Text(f"{miss.machine}: {miss.reason}.\nFix: {miss.relax}."), (0, 2))


def as_markdown(answer: Placement | NoPlacement, *, top: int) -> str:
    """A comment for a pull request: the choice, why, and the next best."""
    if isinstance(answer, NoPlacement):
        misses = "\n".join(
            f"- `{miss.machine}`: {miss.reason}. Fix: {miss.relax}." for miss in answer.nearest
        )
        return f"### {answer.workload}: nothing fits\n\n{misses}\n"
    chosen = answer.chosen
    rows = [("**chosen**", chosen), *(("next", option) for option in answer.runners_up[:top])]
    lines = [
        f"### {answer.workload}: `{chosen.machine}` in `{chosen.region}`",
        "",
        "| | machine | region | precision | replicas | USD a month | CO2e a month |",
        "| --- | --- | --- | --- | ---: | ---: | ---: |",
        *(
            f"| {label} | `{option.machine}` | `{option.region}` | {option.precision} "
            f"| {figure(option.replicas_mean)} | {usd(option.usd_month)} "
            f"| {grams_between(option.gco2e_month)} |"
            for label, option in rows
        ),
        "",
        *(f"- {reason}." for reason in answer.because),
        f"- {len(answer.rejected):,} offers rejected; {_per_unit(answer)}.",
    ]
    return "\n".join(lines) + "\n"
