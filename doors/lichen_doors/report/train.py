"""Where and when to train, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_practices.retraining.plan import TrainingOption, TrainingPlan
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.figures import UNKNOWN, between, co2e, grams, many, percent, usd


def renderables(plan: TrainingPlan, *, top: int) -> Iterator[RenderableType]:
    """A plan for a terminal."""
    chosen = plan.chosen
    yield Text.assemble(
        "\n",
        (f"{plan.work}: {chosen.machines} x {chosen.machine} in {chosen.region}", "name"),
        f" ({chosen.place}), from {chosen.start:%Y-%m-%d %H:%M} UTC for "
        f"{between(chosen.hours, 'h')}",
    )
    table = Table.grid(padding=(0, 2))
    table.add_column(style="quiet")
    table.add_column()
    table.add_row("emissions", co2e(chosen.gco2e))
    table.add_row("energy", between(chosen.kwh, "kWh"))
    table.add_row("cost", _cost(chosen))
    for name, option, saves in (
        ("at once, at the data", plan.now, None),
        ("later, at the data", plan.later, plan.waiting_saves_pct),
        ("chosen", chosen, plan.moving_saves_pct),
    ):
        if option is None or plan.now is None:
            continue
        less = "" if saves is None else f", {_less(saves)}"
        table.add_row(
            name, f"{grams(option.gco2e.likely)} from {option.start:%Y-%m-%d %H:%M} UTC{less}"
        )
    if plan.scheduled is not None:
        table.add_row(
            f"each run ({plan.repeats})",
            f"begin at {plan.scheduled:%H:%M} UTC: the cleanest hour over a whole year; the next "
            "run's own is by its month",
        )
    yield Padding(table, (0, 2))
    regions = Table(box=None, padding=(0, 2, 0, 0))
    for name in ("region", "machine", "start (UTC)", "CO2e", "cost", "grid in these hours"):
        regions.add_column(name, justify="right" if name in ("CO2e", "cost") else "left")
    for each in plan.options[:top]:
        regions.add_row(
            each.region,
            f"{each.machines} x {each.machine}",
            f"{each.start:%m-%d %H:%M}",
            grams(each.gco2e.likely),
            UNKNOWN if each.usd is None else usd(each.usd),
            f"{percent(each.ratio)} of its mean" if each.hours_known else "not known",
        )
    yield Text(f"\nThe best {min(top, len(plan.options))} of {many(len(plan.options), 'region')}",
               style="name")  # fmt: skip
    yield Padding(regions, (0, 2))
    for note in plan.notes:
        yield Padding(Text(f"{note[:1].upper()}{note[1:]}.", style="quiet"), (0, 2))


def _less(saves_pct: float) -> str:
    return f"{saves_pct:.0f} % less" if saves_pct >= 0 else f"{-saves_pct:.0f} % more"


def _cost(option: TrainingOption) -> str:
    if option.usd is None:
        return "not known"
    egress = option.usd_egress or 0.0
    return usd(option.usd) + (f", {usd(egress)} of it for data that moves" if egress else "")
