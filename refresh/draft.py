"""A draft of the tables: what a refresh would change, checked whole before it is put in place.

A script reads the installed rows and replaces some. Then the changed tables are written to a
directory of their own with what is derived from them, the lot is loaded as the engine would, the
changes are shown (cells, region classes, placements), and only then is table by table renamed.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from derive import regional_prices
from derive.csv_writer import cell, write_rows
from derive.estimates import estimate, read_inputs
from derive.markups import read_and_derive
from lichen.catalogue import DIRECTORY, Catalogue, row_counts
from lichen.catalogue.csv_table import read_rows
from lichen.catalogue.schema import (
    TABLES,
    Hosting,
    Image,
    Machine,
    MachineEstimates,
    Markup,
    Offer,
    Price,
    Region,
    RegionalPrice,
    RegionReading,
    Registry,
    Sale,
    Source,
    path_of,
)
from lichen.catalogue.sold import Sales, sales_by_machine
from lichen.clouds import REGIONAL
from lichen.whole_file import write_whole

S = TypeVar("S", bound=msgspec.Struct)
Key = tuple[str, ...]

ROWS: dict[str, type[msgspec.Struct]] = {
    "regions": Region,
    "readings": RegionReading,
    "machines": Machine,
    "offers": Offer,
    "prices": Price,
    "registries": Registry,
    "images": Image,
}
"""The tables that refreshes change, in the order that they are put in place: no row ever names
another that is not there yet."""


_DERIVED = {"machines": ["estimates", "markups"], "prices": ["regional_prices"]}
"""The tables that are derived from others, by the one that they are put in place after."""


class RowChange(msgspec.Struct, frozen=True, kw_only=True):
    """One row before and after; ``None`` where it was not, or is no more."""

    table: str
    key: Key
    before: msgspec.Struct | None
    after: msgspec.Struct | None

    def cells(self) -> Iterator[tuple[str, str, str]]:
        """Each changed field, its old cell and its new one."""
        before = msgspec.structs.asdict(self.before) if self.before else {}
        after = msgspec.structs.asdict(self.after) if self.after else {}
        for name in {**before, **after}:
            old, new = cell(before.get(name)), cell(after.get(name))
            if old != new:
                yield name, old, new


class Draft:
    """Rows of the tables in a directory, by key, to be read and replaced."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        self.directory = directory
        self._before: dict[str, dict[Key, msgspec.Struct]] = {}
        self._after: dict[str, dict[Key, msgspec.Struct]] = {}
        self._sources: dict[str, Source] = {}

    def rows(self, table: str, row: type[S]) -> dict[Key, S]:
        """The table's rows as they are in the draft; change them in place."""
        if table not in self._after:
            key, joined = TABLES[table].key, TABLES[table].joined
            path = path_of(table, self.directory)
            found = read_rows(path, row, key=key, joined=joined)
            rows: dict[Key, msgspec.Struct] = {
                tuple(values[name] for name in key): _row(row, values) for values in found
            }
            self._before[table], self._after[table] = rows, dict(rows)
        return self._after[table]  # type: ignore[return-value]

    def prices_of(self, offer: Key) -> list[Key]:
        """The keys of an offer's prices, by hosting."""
        prices = self.rows("prices", Price)
        hostings = {name for name, *_ in self.rows("hostings", Hosting)}
        return [(*offer, name) for name in sorted(hostings) if (*offer, name) in prices]

    @cached_property
    def sales(self) -> dict[str, Sales]:
        """How machines can be bought; no refresh changes it."""
        return sales_by_machine(self.rows("sold", Sale).values())

    def fetched(self, source: Source) -> None:
        """Say that a source was read today, or that there is a new one."""
        self._sources[source.id] = source

    def changes(self) -> list[RowChange]:
        found = []
        for table in ROWS:
            before, after = self._before.get(table, {}), self._after.get(table, {})
            for key in {**before, **after}:
                if before.get(key) != after.get(key):
                    found.append(
                        RowChange(
                            table=table, key=key, before=before.get(key), after=after.get(key)
                        )
                    )
        return found

    @contextmanager
    def staged(self) -> Iterator[Path]:
        """The tables as they would be, in a directory of their own."""
        with tempfile.TemporaryDirectory(prefix="lichen-tables-") as name:
            staged = Path(name)
            for path in (self.directory / "sources.toml", *self.directory.glob("*/*.csv")):
                copy = staged / path.relative_to(self.directory)
                copy.parent.mkdir(exist_ok=True)
                shutil.copy2(path, copy)
            for table in self._changed():
                write_rows(path_of(table, staged), self._ordered(table), ROWS[table])
            if "machines" in self._changed():
                derived = estimate(read_inputs(staged))
                write_rows(path_of("estimates", staged), derived, MachineEstimates)
                write_rows(path_of("markups", staged), read_and_derive(staged), Markup)
            if {"machines", "offers", "prices"} & set(self._changed()):
                following = regional_prices.read_and_derive(staged)
                write_rows(path_of("regional_prices", staged), following, RegionalPrice)
            if self._sources:
                path = staged / "sources.toml"
                path.write_text(with_sources(path.read_text(), self._sources.values()))
            row_counts.record(staged)
            yield staged

    def put_in_place(self, staged: Path) -> list[str]:
        """Rename the staged files that differ over the installed ones; gives their names.

        Each is whole at every moment. Interrupted between two, the next run finishes.
        """
        tables = list(ROWS)
        for table, derived in _DERIVED.items():
            place = tables.index(table) + 1
            tables[place:place] = derived
        record = self.directory / row_counts.FILE
        before, after = row_counts.read(self.directory), row_counts.read(staged)
        if before != after:  # a table never has fewer rows than the record says meanwhile
            lower = {table: min(rows, before.get(table, rows)) for table, rows in after.items()}
            write_whole(record, row_counts.text_of(lower))
        placed = []
        for new in (staged / "sources.toml", *(path_of(table, staged) for table in tables)):
            path, text = self.directory / new.relative_to(staged), new.read_text()
            if text != path.read_text():
                write_whole(path, text)
                placed.append(new.name)
        if before != after:
            write_whole(record, row_counts.text_of(after))
        return placed

    def _changed(self) -> list[str]:
        return [table for table in ROWS if self._before.get(table) != self._after.get(table)]

    def _ordered(self, table: str) -> Iterable[msgspec.Struct]:
        rows = self._after[table]
        return [rows[key] for key in sorted(rows, key=self._order(table))]

    def _order(self, table: str) -> Callable[[Key], Any]:
        """The order of each table's rows, which the tables in the repository have as well."""
        if table == "machines":
            rows = self._after["machines"]
            return lambda key: _machine_order(rows[key])  # type: ignore[arg-type]
        if table in ("offers", "prices"):
            machines = sorted(self.rows("machines", Machine).values(), key=_machine_order)
            place = {machine.name: at for at, machine in enumerate(machines)}
            return lambda key: (place[key[0]], *key[1:])
        if table in ("images", "registries"):
            return lambda key: key
        clouds = {key[0]: row.cloud for key, row in self.rows("regions", Region).items()}
        return lambda key: (REGIONAL.index(clouds[key[0]]), key[0], *map(_method_first, key[1:]))


def _machine_order(machine: Machine) -> tuple[int, str, float, str]:
    return REGIONAL.index(machine.cloud), machine.family, machine.vcpu, machine.name


def _method_first(part: str) -> tuple[int, str]:
    methods = ("location-average", "market-based", "marginal", "carbon-free")
    return (methods.index(part), "") if part in methods else (0, part)


def _row(row: type[S], values: dict[str, Any]) -> S:
    if row is Region:
        values = {**values, "grid_gco2e_kwh": None, "grid_year": None}
    return row(**values)


def with_sources(text: str, sources: Iterable[Source]) -> str:
    """sources.toml with each source's section replaced or added, in the order of their names."""
    head, *sections = re.split(r"(?m)^(?=\[)", text)
    by_id = {section[1 : section.index("]")]: section.rstrip() for section in sections}
    for source in sources:
        fields = msgspec.structs.asdict(source)
        name = fields.pop("id")
        lines = [f"[{name}]"]
        for field, value in fields.items():
            if value is not None:
                lines.append(f"{field} = {msgspec.json.encode(value).decode()}")
        by_id[name] = "\n".join(lines)
    return head + "\n\n".join(by_id[name] for name in sorted(by_id)) + "\n"


def catalogues(draft: Draft, staged: Path) -> tuple[Catalogue, Catalogue]:
    """Before and after, every table read: what cannot be believed is refused here."""
    before, after = Catalogue(draft.directory), Catalogue(staged)
    for catalogue in (before, after):
        _ = catalogue.sources, catalogue.regions, catalogue.machines, catalogue.chips
        _ = catalogue.hostings, catalogue.offers, catalogue.prices
    return before, after
