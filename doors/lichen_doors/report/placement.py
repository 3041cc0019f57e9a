"""A placement for a person, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.figures import between, co2e, figure, grams, many, usd
from lichen.placing.placement import NoPlacement, Option, Placement, Rejected
from lichen_doors.report.sizing import savings_table, steps_table

WORTH_SHOWING = 0.05
"""An alternative that saves less than a twentieth is not shown to a person."""


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
    if worth := [saving for saving in answer.savings if saving.saved_share >= WORTH_SHOWING]:
        yield Text()
        yield Padding(savings_table(worth), (0, 1))
    yield Text()
    yield _rejected_table(answer.rejected)
    yield Padding(
        Text(
            "A listed offer is not a quota: request the machines from the cloud first. "
            "`lichen explain FILE` shows the arithmetic, `--format json` every offer with its "
            "reason.",
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
        "deploy",
        f"{chosen.machine} in {chosen.region}, on {chosen.hosting_title}",
        "name",
    )
    row(
        "run",
        f"{chosen.precision} on {chosen.stack}; {_replicas(chosen)}",
    )
    row("emits", f"{co2e(chosen.gco2e_month)} a month, {_split(answer)}", "good")
    row("", _per_unit(answer))
    price = (
        ""
        if chosen.price_basis == "hosting"
        else "; this is the bare machine's price: the hosting may charge more"
    )
    row("costs", f"{usd(chosen.usd_month)} a month, idle hours included{price}")
    row("draws", f"{between(emitted.watts, 'W')} at the socket, PUE {emitted.pue:g}")
    row("latency", _speed(answer))
    row(
        "memory",
        f"{between(prediction.memory_gib, 'GiB')} of "
        f"{figure(prediction.memory_available_gib)} GiB per replica",
    )
    return table


def _replicas(chosen: Option) -> str:
    """How many machines run: ``1 to 4 replicas, 3 at the peak, 1.42 on average``."""
    mean = f"{figure(chosen.replicas_mean)} on average"
    if chosen.replicas_minimum == chosen.replicas_maximum:
        return f"{many(chosen.replicas_maximum, 'replica')}, {mean}"
    return (
        f"{chosen.replicas_minimum} to {chosen.replicas_maximum} replicas, "
        f"{chosen.replicas_peak} at the peak, {mean}"
    )


def _split(answer: Placement) -> str:
    embodied = answer.footprint.embodied_gco2e_hour
    if embodied is None:
        return "operation only: nobody publishes what making the hardware emits"
    share = embodied.likely / answer.footprint.gco2e_hour.likely
    return f"{share * 100:.0f} % of it from making the hardware"


def _per_unit(answer: Placement) -> str:
    chosen = answer.chosen
    if chosen.gco2e_unit is None or chosen.usd_unit is None:
        return "no figures per unit without traffic"
    return (
        f"{co2e(chosen.gco2e_unit)} and {usd(chosen.usd_unit)} per {answer.functional_unit} (SCI)"
    )


def _speed(answer: Placement) -> str:
    prediction, parts = answer.sizing.prediction, []
    if prediction.time_to_first_token_ms is not None:
        parts.append(f"first token {between(prediction.time_to_first_token_ms, 'ms')}")
    if prediction.time_per_output_token_ms is not None:
        parts.append(f"then {between(prediction.time_per_output_token_ms, 'ms')} each")
    if not parts:
        parts.append(f"a request in {between(prediction.request_ms, 'ms')}")
    if answer.sizing.p95_ms is not None:
        parts.append(f"p95 {between(answer.sizing.p95_ms, 'ms')}")
    return ", ".join(parts)


def _options_table(answer: Placement, top: int) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=True)
    for name in ("", "machine", "region"):
        table.add_column(name, header_style="quiet", overflow="fold")
    for name in ("replicas", "USD/month", "CO2e/month"):
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
    """The rejected offers by kind of reason: how many, and the reason of the nearest one."""
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
            f"| {co2e(option.gco2e_month)} |"
            for label, option in rows
        ),
        "",
        *(f"- {reason}." for reason in answer.because),
        f"- {len(answer.rejected):,} offers rejected; {_per_unit(answer)}.",
    ]
    return "\n".join(lines) + "\n"
