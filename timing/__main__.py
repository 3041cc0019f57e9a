"""Every timing in one run, each figure beside what it is compared with."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from timing import check, command, pack, templates, watch
from timing.measure import Measured


def main() -> None:
    with Console(stderr=True).status("timing in turn, A B A B"):
        measured = [
            *pack.measure(),
            *command.measure(),
            *templates.measure(),
            *check.measure(),
            *watch.measure(),
        ]
    Console(highlight=False).print(_table(measured))


def _table(measured: list[Measured]) -> Table:
    title = "medians of runs taken in turn; of starts, the least time on a processor"
    table = Table(box=None, title=title, title_justify="left")
    for heading in ("", "ms", "against", "ms", "ratio", "MiB", "wanted"):
        table.add_column(heading, justify="right" if heading in ("ms", "ratio", "MiB") else "left")
    for one in measured:
        table.add_row(
            one.name,
            f"{one.median_ms:,.1f}",
            one.against,
            "" if one.against_ms is None else f"{one.against_ms:,.1f}",
            "" if one.ratio is None else f"{one.ratio:.2f}",
            "" if one.most_mib is None else f"{one.most_mib:,.0f}",
            one.target,
        )
    return table


if __name__ == "__main__":
    main()
