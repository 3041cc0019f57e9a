"""A workload in every cloud, for a person: what each costs and emits, and what moving takes."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from lichen.figures import figure, grams, listed, usd
from lichen.placing.side_by_side import COPY_GB_S, InCloud, Relocation, SideBySide


def renderables(answer: SideBySide) -> Iterator[RenderableType]:
    """The table, then a paragraph for each place that the workload could move to."""
    yield Text.assemble("\n", (answer.workload, "name"), f"  {answer.model}, in every cloud\n")
    yield _table(answer)
    fields = listed(f"where.{name}" for name in answer.lifted) if answer.lifted else ""
    several = len(answer.lifted) > 1
    if answer.lifted and answer.nowhere:
        yield Padding(
            Text(
                f"Where {fields} {'allow' if several else 'allows'} it nothing does the work: "
                f"{answer.nowhere}. Without {fields} the least carbon is on "
                f"{answer.moved_from or 'no cloud'}."
            ),
            (1, 2, 0, 2),
        )
    elif answer.lifted:
        yield Padding(
            Text(
                f"For the other places {fields} {'are' if several else 'is'} left out of account, "
                "of the file and of the options."
            ),
            (1, 2, 0, 2),
        )
    for each in answer.beside:
        yield from _about(answer, each)
    yield from _notes(answer)
    yield Text()


def _notes(answer: SideBySide) -> Iterator[RenderableType]:
    """What holds for every move."""
    moves = [each.moving for each in answer.beside if each.moving is not None]
    waivers = dict.fromkeys(waiver for moving in moves for waiver in moving.waivers)
    if waivers:
        yield Text(f"\nLeaving {answer.moved_from} may cost less", style="name")
        for waiver in waivers:
            yield Padding(Text(f"{waiver}."), (0, 2))
    if moves:
        yield Padding(
            Text(
                f"Hours are the least: copying at {COPY_GB_S:g} GB/s, a start, and loading. What "
                "compiling, building images and tests take is not known. Egress is at the prices "
                "of North America and Europe.",
                style="quiet",
            ),
            (1, 2, 0, 2),
        )


def _table(answer: SideBySide) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=True)
    for name in ("", "machine", "region"):
        table.add_column(name, header_style="quiet", overflow="fold")
    for name in ("USD/month", "CO2e/month", "egress", "hours"):
        table.add_column(name, header_style="quiet", justify="right", no_wrap=True)
    for each in answer.beside:
        if each.option is None:
            table.add_row(Text(each.place, style="quiet"), "none", "", "", "", "", "")
            continue
        table.add_row(
            Text(each.place, style="quiet"),
            each.option.machine,
            each.option.region,
            usd(each.option.usd_month),
            grams(each.option.gco2e_month.likely),
            "" if each.moving is None else _dollars(each.moving),
            "" if each.moving is None else _hours(each.moving),
            style="name" if each.moving is None else "",
        )
    return table


def _dollars(moving: Relocation) -> str:
    return "unknown" if moving.egress_usd is None else usd(moving.egress_usd)


def _hours(moving: Relocation) -> str:
    return "unknown" if moving.hours is None else figure(moving.hours)


def _about(answer: SideBySide, each: InCloud) -> Iterator[RenderableType]:
    if each.option is None:
        yield Text(f"\n{each.place}: nothing does the work there", style="name")
        yield Padding(Text(f"{each.why_none}."), (0, 2))
        return
    if each.moving is None:
        return
    moving, option = each.moving, each.option
    yield Text(f"\nFrom {answer.moved_from} to {option.hosting_title}", style="name")
    data = f" and {figure(moving.data_gb)} GB of data" if moving.data_gb else ""
    cost = "at a price that is not known" if moving.egress_usd is None else _dollars(moving)
    lines = [
        f"moves {figure(moving.files_gb)} GB of model{data} once, for {cost}",
        *(f"to do: {work}" for work in moving.work),
        *(f"given up: {clause}" for clause in each.given_up),
    ]
    for line in lines:
        yield Padding(Text(f"{line}."), (0, 2))
