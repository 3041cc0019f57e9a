"""Derive markups.csv: what a hosting charges over the machines that it runs on.

``python -m derive.markups`` writes the table from price_pairs.csv and machines.csv beside it. A
markup is known of a machine where a source gives both of its prices on one day: ``published``. Its
family's others are ``derived``: the median of those pairs. All other machines with accelerators,
or without, are ``assumed`` to have the median of theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from derive.csv_writer import write_rows
from lichen.catalogue import DIRECTORY
from lichen.catalogue.csv_table import read_rows
from lichen.catalogue.schema import TABLES, Basis, Machine, Markup, PricePair, path_of
from lichen.interval import Interval


def markups(pairs: Iterable[PricePair], machines: Iterable[Machine]) -> list[Markup]:
    """Every markup that follows from the pairs: machines first, then families, then kinds."""
    by_hosting: dict[str, list[PricePair]] = {}
    for pair in pairs:
        by_hosting.setdefault(pair.hosting, []).append(pair)
    of = {machine.name: machine for machine in machines}
    return [
        row
        for hosting, known in sorted(by_hosting.items())
        for row in _of_hosting(known, hosting, of)
    ]


def _of_hosting(
    pairs: list[PricePair], hosting: str, machines: dict[str, Machine]
) -> Iterator[Markup]:
    families: dict[str, list[PricePair]] = {}
    kinds: dict[bool, list[PricePair]] = {}
    for pair in pairs:
        machine = machines[pair.machine]
        families.setdefault(machine.family, []).append(pair)
        kinds.setdefault(machine.accelerator is not None, []).append(pair)
        yield _markup([pair], "published", hosting, machine=pair.machine)
    for family, known in sorted(families.items()):
        yield _markup(known, "derived", hosting, family=family)
    for accelerated, known in sorted(kinds.items()):
        yield _markup(known, "assumed", hosting, accelerated=accelerated)


def _markup(
    pairs: list[PricePair],
    basis: Basis,
    hosting: str,
    *,
    machine: str | None = None,
    family: str | None = None,
    accelerated: bool | None = None,
) -> Markup:
    over = [pair.usd_hour / pair.base_usd_hour for pair in pairs]
    return Markup(
        hosting=hosting,
        machine=machine,
        family=family,
        accelerated=accelerated,
        markup=Interval(round(min(over), 4), round(median(over), 4), round(max(over), 4)),
        basis=basis,
        source=min(pair.source for pair in pairs),
    )


def read_and_derive(directory: Path = DIRECTORY) -> list[Markup]:
    """The markups of the tables in a directory."""
    pairs = [PricePair(**row) for row in _values("price_pairs", directory)]
    machines = [Machine(**row) for row in _values("machines", directory)]
    return markups(pairs, machines)


def _values(name: str, directory: Path) -> list[dict[str, Any]]:
    table = TABLES[name]
    return read_rows(path_of(name, directory), table.row, key=table.key, joined=table.joined)


def main() -> None:
    write_rows(path_of("markups", DIRECTORY), read_and_derive(), Markup)


if __name__ == "__main__":
    main()
