"""A placement for a person, as Markdown for a pull request, and as JSON."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.evaluation import PREFIX_CACHING, RATES
from lichen.figures import between, co2e, figure, grams, lasting, listed, many, percent, usd
from lichen.placing.placement import (
    Compared,
    NoPlacement,
    Option,
    Placement,
    Rejected,
    Variant,
)
from lichen.placing.reasons import about_hinge, about_measuring, about_the_likely
from lichen.sizing import Origin, ReplicasAtLoad, Step
from lichen.visible import visible
from lichen_doors.report.sizing import about_origin, savings_table, steps_table

MOST_HINGES = 1
"""Assumed figures that a person is shown at once; `lichen explain` has all."""
WORTH_SHOWING = 0.05
"""An alternative that saves less than a twentieth is not shown to a person."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """``lichen explain FILE --format json``: what the speed rests on, and the arithmetic."""

    origin: Origin
    steps: tuple[Step, ...]


def renderables(answer: Placement | NoPlacement, *, top: int) -> Iterator[RenderableType]:
    """The answer for a terminal of 80 columns or more."""
    if isinstance(answer, NoPlacement):
        yield from _nothing_fits(answer)
        return
    yield Text.assemble("\n", (answer.workload, "name"), f"  {answer.model}, {answer.chosen_by}\n")
    yield Padding(_receipt(answer), (0, 2))
    yield Text("\nBecause", style="name")
    for reason in answer.because:
        yield Padding(Text(f"{reason}."), (0, 2))
    for doubt in doubts(answer):
        yield Padding(Text(f"{doubt}."), (0, 2))
    for note in answer.notes:
        yield Padding(Text(f"Note: {note}.", style="warn"), (0, 2))
    yield Text()
    yield _options_table(answer, top)
    if worth := [saving for saving in answer.savings if saving.saved_share >= WORTH_SHOWING]:
        yield Text()
        yield Padding(savings_table(worth), (0, 1))
    variants = worth_variants(answer)
    if variants:
        yield Text()
        yield Padding(_variants_table(answer, variants), (0, 1))
    if lines := [*about_variants(variants), *about_not_worth(answer)]:
        yield from () if variants else (Text(),)
        for line in lines:
            yield Padding(Text(f"{line}.", style="quiet"), (0, 2))
    yield Padding(
        Text(
            f"{len(answer.rejected):,} other offers lost. `lichen explain FILE` shows why, with "
            "the arithmetic and what the intervals rest on. A listed offer is not a quota: request "
            "the machines from the cloud first.",
            style="quiet",
        ),
        (1, 2, 0, 2),
    )


def doubts(answer: Placement) -> Iterator[str]:
    """What the choice hangs on, and what measuring would be worth."""
    yield from map(about_hinge, answer.hinges[:MOST_HINGES])
    yield from map(about_measuring, answer.worth_measuring)


def arithmetic(answer: Placement | NoPlacement) -> Iterator[RenderableType]:
    """The receipt: what the speed rests on, every step from the model's size to grams and dollars
    with its source, and why the other offers lost."""
    if isinstance(answer, NoPlacement):
        yield from _nothing_fits(answer)
        return
    chosen = answer.chosen
    yield Text.assemble(
        "\n",
        (answer.workload, "name"),
        f"  {answer.model} on {chosen.machine} in {chosen.region}\n",
    )
    yield Text("What the speed rests on", style="name")
    for line in about_origin(answer.origin):
        yield Padding(Text(f"{line}."), (0, 2))
    yield Text("\nThe arithmetic", style="name")
    yield Padding(steps_table(answer.steps), (0, 2))
    for line in map(about_hinge, answer.hinges):
        yield Padding(Text(f"{line}."), (1, 2, 0, 2))
    yield Text()
    yield _rejected_table(answer.rejected)


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
        f"{chosen.precision} on {chosen.stack}; {replicas(chosen)}",
    )
    row("emits", f"{co2e(chosen.gco2e_month)} a month, {making_share(answer)}", "good")
    row("", per_unit(answer))
    price = (
        ""
        if chosen.price_basis == "hosting"
        else "; this is the bare machine's price: the hosting may charge more"
    )
    row("costs", f"{money(chosen)} a month, idle hours included{price}")
    row("draws", f"{between(emitted.watts, 'W')} at the socket, PUE {emitted.pue:g}")
    for name, value in latency(answer):
        row(name, value)
    row(
        "memory",
        f"{between(prediction.memory_gib, 'GiB')} of "
        f"{figure(prediction.memory_available_gib)} GiB per replica",
    )
    return table


def replicas(chosen: Option) -> str:
    """How many machines run: ``1 to 4 replicas, 3 at the peak (2 to 5), 1.42 on average``."""
    mean, needed = f"{figure(chosen.replicas_mean)} on average", chosen.replicas_needed
    ends = "" if needed.low == needed.high else f" ({needed.low:.0f} to {needed.high:.0f})"
    if chosen.replicas_minimum == chosen.replicas_maximum:
        return f"{many(chosen.replicas_maximum, 'replica')}{ends}, {mean}"
    return (
        f"{chosen.replicas_minimum} to {chosen.replicas_maximum} replicas, "
        f"{chosen.replicas_peak} at the peak{ends}, {mean}"
    )


def money(option: Option) -> str:
    """``$1,126 ($960 to $1,800)``: what is planned, and what the speed's interval would need."""
    low, high = usd(option.usd_month_needed.low), usd(option.usd_month_needed.high)
    ends = "" if low == high else f" ({low} to {high})"
    return f"{usd(option.usd_month)}{ends}"


def making_share(answer: Placement) -> str:
    embodied = answer.footprint.embodied_gco2e_hour
    if embodied is None:
        return "operation only: nobody publishes what making the hardware emits"
    whole = answer.footprint.gco2e_hour.likely
    share = embodied.likely / whole if whole else 0.0
    return f"{percent(share)} of it from making the hardware"


def per_unit(answer: Placement) -> str:
    chosen = answer.chosen
    if chosen.gco2e_unit is None or chosen.usd_unit is None:
        return "no figures per unit without traffic"
    return (
        f"{co2e(chosen.gco2e_unit)} and {usd(chosen.usd_unit)} per {answer.functional_unit} (SCI)"
    )


def latency(answer: Placement) -> Iterator[tuple[str, str]]:
    """Lines of the receipt: how fast the replicas are at the expected load and at the peak."""
    sizing = answer.sizing
    if sizing.at_mean is None or sizing.at_peak is None:
        took = lasting(sizing.prediction.request_ms)
        yield "latency", f"one request takes {took}; before that it waits in a queue"
        return
    yield "latency", f"at the expected load, {_times(sizing.at_mean)}"
    yield "", f"at the peak, {_times(sizing.at_peak)}"
    yield (
        "",
        "95 requests of 100 are this fast; bounds and traffic are met with "
        f"{sizing.confidence * 100:g} % confidence",
    )


def _times(served: ReplicasAtLoad) -> str:
    """``2 requests/s on 3 replicas: first token 298 ms (155 to 1,052), then 64.6 ms each``."""
    replicas = "1 replica" if served.replicas == 1 else f"{figure(served.replicas)} replicas"
    load = f"{figure(served.rps)} requests/s on {replicas}"
    if served.time_to_first_token_ms is None or served.time_per_output_token_ms is None:
        return f"{load}: a request in {lasting(served.p95_ms)}"
    return (
        f"{load}: first token {lasting(served.time_to_first_token_ms)}, "
        f"then {between(served.time_per_output_token_ms, 'ms')} each, "
        f"all in {between(served.p95_ms / 1e3, 's')}"
    )


def beside(answer: Placement) -> Iterator[tuple[str, Compared]]:
    """The cheapest and the greenest offer, where they are not the choice."""
    if answer.cheapest is not None:
        yield "cheapest", answer.cheapest
    if answer.greenest is not None:
        yield "greenest", answer.greenest


def next_best(answer: Placement, top: int) -> tuple[Option, ...]:
    """The next best that are not shown already."""
    shown = [compared.option for _, compared in beside(answer)]
    return tuple(option for option in answer.runners_up if option not in shown)[:top]


def _options_table(answer: Placement, top: int) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=True)
    for name in ("", "machine", "region"):
        table.add_column(name, header_style="quiet", overflow="fold")
    others = list(beside(answer))
    figures = ("replicas", "USD/month", "CO2e/month", *(("USD/t",) if others else ()))
    for name in figures:
        table.add_column(name, header_style="quiet", justify="right", no_wrap=True)

    def row(label: str, option: Option, style: str = "", *, a_tonne: float | None = None) -> None:
        table.add_row(
            Text(label, style="quiet"),
            option.machine,
            option.region,
            f"{figure(option.replicas_mean)} x {option.precision}",
            usd(option.usd_month),
            grams(option.gco2e_month.likely),
            *(("" if a_tonne is None else usd(a_tonne),) if others else ()),
            style=style,
        )

    row("chosen", answer.chosen, "name")
    for label, compared in others:
        row(label, compared.option, a_tonne=compared.usd_tonne)
    for option in next_best(answer, top):
        row("next", option)
    for option in answer.by_cloud:
        if option.cloud != answer.chosen.cloud:
            row(option.cloud, option)
    return table


def worth_variants(answer: Placement) -> list[Variant]:
    """The other ways to serve the model that save something worth showing, of dollars or grams, and
    do not cost or emit as much more of the other."""
    found = []
    for each in answer.variants or ():
        shares = [] if each.then is None else _saved_shares(answer.chosen, each.then)
        if shares and max(shares) >= WORTH_SHOWING and min(shares) > -WORTH_SHOWING:
            found.append(each)
    return found


def _saved_shares(now: Option, then: Option) -> list[float]:
    """The shares of dollars and of grams that are saved; 0 of what is nothing now."""
    pairs = (
        (now.usd_month, then.usd_month),
        (now.gco2e_month.likely, then.gco2e_month.likely),
    )
    return [1 - after / before if before else 0.0 for before, after in pairs]


def about_not_worth(answer: Placement) -> Iterator[str]:
    """The other variants of which something is known that somebody wrote: an evaluation, or
    prompts of which a cache has nothing."""
    shown = worth_variants(answer)
    for each in answer.variants or ():
        if each in shown:
            continue
        known = [evidence_of(each)] if each.evaluations else []
        if each.then is None and (known or (each.assumes and each.kind == PREFIX_CACHING)):
            said = (*known, each.assumes, each.breaks_even)
            yield f"{each.name}: {'; '.join(filter(None, said))}"
        elif each.then is not None and known:
            most = max(_saved_shares(answer.chosen, each.then))
            why = (
                f"it saves less than {percent(WORTH_SHOWING)}"
                if most < WORTH_SHOWING
                else "what it saves of dollars or of grams, it takes of the other"
            )
            yield f"{each.name}: {known[0]}; {why}"


def evidence_of(each: Variant) -> str:
    """What is on record of a variant: ``MMLU-Pro 0.71 (at least 0.7)``, or that nothing is."""
    found = "; ".join(visible(one.text) for one in each.evaluations)
    if not found:
        return "none"
    return {True: found, False: f"{found}: not enough", None: found}[each.is_shown]


def about_variants(variants: Sequence[Variant]) -> Iterator[str]:
    """What the figures of the variants rest on, and what evidence each needs."""
    for each in variants:
        said = "; ".join(filter(None, (each.assumes, each.breaks_even)))
        if said:
            yield f"{each.name}: {said}"
    yield from dict.fromkeys(_needs(each) for each in variants if each.is_shown is not True)
    if ready := [each.name for each in variants if each.kind == "precision" and each.is_shown]:
        is_shown, it = ("is", "it") if len(ready) == 1 else ("are", "them")
        yield f"{listed(ready)} {is_shown} shown to be good enough: add {it} to precisions"
    for each in variants:
        if each.kind == "smaller-model" and each.is_shown:
            yield f"{each.name} is shown to be good enough: serve it as model"


def _needs(each: Variant) -> str:
    """The evidence of a kind of variant, in one sentence for all of it."""
    if each.kind in RATES:
        return f"{each.name} needs {each.needs}"
    return (
        "A lower precision or a smaller model may answer worse: it needs an evaluation on your own "
        "task, by name and score (evaluations: of the workload)"
    )


def _variants_table(answer: Placement, variants: Sequence[Variant]) -> Table:
    """Other ways to serve the model beside the choice: what each costs and emits."""
    table = Table(box=None, pad_edge=False)
    table.add_column("another way to serve it", overflow="fold")
    table.add_column("on", overflow="fold")
    for name in ("USD/month", "CO2e/month"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("evidence", style="quiet", overflow="fold")

    def row(name: str, option: Option, evidence: str) -> None:
        table.add_row(
            name,
            f"{figure(option.replicas_mean)} x {option.machine}",
            usd(option.usd_month),
            grams(option.gco2e_month.likely),
            evidence,
        )

    row("now", answer.chosen, "")
    for each in variants:
        if each.then is not None:
            row(each.name, each.then, evidence_of(each))
    return table


def _rejected_table(rejected: tuple[Rejected, ...]) -> Table:
    """The rejected offers by kind of reason: how many, and the reason of the nearest one."""
    table = Table(
        box=None,
        padding=(0, 1),
        title=f"{many(len(rejected), 'offer')} rejected",
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
        f" {answer.workload} ({answer.model}): {many(len(answer.rejected), 'offer')} rejected.\n",
    )
    yield Text("The nearest misses", style="name")
    for miss in answer.nearest:
        yield Padding(Text(f"{miss.machine}: {miss.reason}.\nFix: {miss.relax}."), (0, 2))
    if answer.likely is not None:
        yield Padding(Text(f"{about_the_likely(answer.likely, answer.confidence)}."), (1, 2, 0, 2))
    if answer.compile_command is not None:
        yield Padding(Text(about_compiling(answer.compile_command)), (1, 2, 0, 2))


def about_compiling(command: str) -> str:
    """What to do where compiled files do not serve the workload any more."""
    return (
        "The files of this shape (compiled) do not serve it: compile them for one that does, and "
        f"write its batch, tokens and cores into compiled:\n{command}"
    )


def as_markdown(answer: Placement | NoPlacement, *, top: int) -> str:
    """A comment for a pull request: the choice, why, and the next best."""
    if isinstance(answer, NoPlacement):
        misses = "\n".join(
            f"- `{miss.machine}`: {miss.reason}. Fix: {miss.relax}." for miss in answer.nearest
        )
        if answer.likely is not None:
            misses += f"\n- {about_the_likely(answer.likely, answer.confidence)}."
        if answer.compile_command is not None:
            misses += f"\n- {about_compiling(answer.compile_command)}"
        return f"### {answer.workload}: nothing fits\n\n{misses}\n"
    chosen = answer.chosen
    rows = [
        ("**chosen**", chosen),
        *((label, compared.option) for label, compared in beside(answer)),
        *(("next", option) for option in next_best(answer, top)),
    ]
    lines = [
        f"### {answer.workload}: `{chosen.machine}` in `{chosen.region}`",
        "",
        f"Chosen by {answer.chosen_by}.",
        "",
        "| | machine | region | precision | replicas | USD a month | CO2e a month |",
        "| --- | --- | --- | --- | ---: | ---: | ---: |",
        *(
            f"| {label} | `{option.machine}` | `{option.region}` | {option.precision} "
            f"| {figure(option.replicas_mean)} | {money(option)} "
            f"| {co2e(option.gco2e_month)} |"
            for label, option in rows
        ),
        "",
        *(f"- {reason}." for reason in (*answer.because, *doubts(answer))),
        *(f"- {line}." for _, line in latency(answer)),
        f"- {many(len(answer.rejected), 'offer')} rejected; {per_unit(answer)}.",
        *_variants_as_markdown(answer),
    ]
    return "\n".join(lines) + "\n"


def _variants_as_markdown(answer: Placement) -> Iterator[str]:
    variants = worth_variants(answer)
    lines = [*about_variants(variants), *about_not_worth(answer)]
    if lines:
        yield ""
    if variants:
        yield from _variants_table_as_markdown(variants)
        yield ""
    yield from (f"- {_in_a_cell(line)}." for line in lines)


def _variants_table_as_markdown(variants: Sequence[Variant]) -> Iterator[str]:
    yield "| another way to serve it | on | USD a month | CO2e a month | evidence |"
    yield "| --- | --- | ---: | ---: | --- |"
    for each in variants:
        if each.then is not None:
            yield (
                f"| {each.name} | {figure(each.then.replicas_mean)} x `{each.then.machine}` "
                f"| {money(each.then)} | {co2e(each.then.gco2e_month)} "
                f"| {_in_a_cell(evidence_of(each))} |"
            )


def _in_a_cell(text: str) -> str:
    """What others wrote, as a cell of a Markdown table takes it."""
    return re.sub(r"([|`<>*_\[\]\\])", r"\\\1", text)
