"""An organisation's own rows over the installed ones: a PUE, a contract price, a region.

A directory with CSV files named as the catalogue's. A row needs the key columns and what it
changes: a filled-in cell replaces the installed one, a row with a new key is added and must then
be whole. Every figure names its source, which the directory's ``sources.toml`` or the installed
one describes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, TypeVar

import msgspec
from msgspec.structs import fields, replace

from lichen.catalogue.csv_table import options_of, read_rows
from lichen.catalogue.schema import (
    MEASURED,
    OWN_ONLY,
    SOURCED,
    TABLES,
    Estimates,
    Machine,
    Reading,
    Region,
    Table,
)
from lichen.document import InputError, did_you_mean

S = TypeVar("S", bound=msgspec.Struct)
Own = dict[str, tuple[str, ...]]
"""The fields that own rows gave, by the key of the row."""


READ = tuple(sorted(table.name for table in (*TABLES.values(), *OWN_ONLY) if table.own is not None))
"""The tables that are read from an organisation's own rows."""


def check(overlay: Path) -> None:
    """Refuse a directory that is not there, and a file that is no table or that is not read."""
    if not overlay.is_dir():
        raise InputError(
            "is not a directory", fix="name the directory of your own rows", document=str(overlay)
        )
    read = {f"{name}.csv" for name in READ} | {"sources.toml"}
    for path in sorted(overlay.iterdir()):
        if path.is_dir() and any(path.glob("*.csv")):
            raise InputError(
                f"tables in the folder {path.name} are not read",
                fix=f"put them into {overlay.name} itself",
                document=str(overlay),
            )
        if path.suffix.lower() not in (".csv", ".toml") or path.name in read:
            continue
        table = TABLES.get(path.stem)
        instead = "name benchmark records in a workload's evidence"
        if table is not None:
            instead = table.instead
        elif path.stem not in MEASURED:
            raise InputError(
                f"{path.name} is not a table",
                fix=f"{did_you_mean(path.name, read)}; {_those_read()}",
                document=str(overlay),
            )
        raise InputError(
            f"{path.name} is not read from your own rows",
            fix=f"{instead}; {_those_read()}",
            document=str(overlay),
        )


def _those_read() -> str:
    return f"these are read: {', '.join(READ)}"


def merged(
    installed: Mapping[str, S],
    table: Table,
    row: type[S],
    overlay: Path,
    sources: Collection[str],
) -> tuple[dict[str, S], Own]:
    """The rows by name with the overlay's over them, and what each of those gave."""
    rows, own = dict(installed), Own()
    for values in _own_values(overlay, table, row, sources):
        name = values["name"]
        rows[name] = _changed(rows.get(name), values, row, f"{table.name}.csv", name)
        own[name] = _given(values, table)
    return rows, own


def merged_by_machine(
    installed: Callable[[str], tuple[S, ...]],
    table: Table,
    row: type[S],
    overlay: Path,
    sources: Collection[str],
    known: Mapping[str, Collection[str]],
) -> tuple[dict[str, tuple[S, ...]], Own]:
    """All rows of the machines that the overlay speaks of, and what each own row gave.

    ``known`` are the names that each column of the key may have.
    """
    rows: dict[str, tuple[S, ...]] = {}
    own = Own()
    file = f"{table.name}.csv"
    for values in _own_values(overlay, table, row, sources):
        for column, names in known.items():
            if values[column] not in names:
                raise InputError(
                    f"{values[column]!r} is not known", fix=did_you_mean(values[column], names),
                    field=column, document=file,
                )  # fmt: skip
        key = tuple(values[name] for name in table.key)
        machine = values["machine"]
        others, before = [], None
        for each in rows.get(machine) or installed(machine):
            if tuple(getattr(each, name) for name in table.key) == key:
                before = each
            else:
                others.append(each)
        if table.own == "replaced":
            before = None
        changed = _changed(before, values, row, file, " in ".join(key[:2]))
        rows[machine] = (*others, changed)
        own[" ".join(key)] = _given(values, table)
    return rows, own


def appended(path: Path, row: type[S], sources: Collection[str]) -> list[S]:
    """The rows of an own table that is read after the installed one."""
    table = TABLES.get(path.stem)
    rows = read_rows(path, row, key=table.key if table else ())
    for values in rows:
        name = next((str(value) for value in values.values() if value), "a row")
        _check_sources(values, row, path.name, name, sources)
    return [row(**values) for values in rows]


def _given(values: Mapping[str, Any], table: Table) -> tuple[str, ...]:
    return tuple(name for name in values if name not in table.key)


def _own_values(
    overlay: Path, table: Table, row: type[msgspec.Struct], sources: Collection[str]
) -> list[dict[str, Any]]:
    path = overlay / f"{table.name}.csv"
    if not path.exists():
        return []
    _check_columns(path, table)
    # An own row may give what the installed table has from another one, such as watts.
    rows = read_rows(path, row, key=table.key, joined=table.joined - table.own_joined, partial=True)
    for values in rows:
        key = " in ".join(values[name] for name in table.key[:2])
        _check_sources(values, row, path.name, key, sources)
    return rows


def _check_columns(path: Path, table: Table) -> None:
    """Refuse a column that another table has, and name that table."""
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline().strip().split(",")
    for column in header:
        for ending, instead in table.moved.items():
            if column.endswith(ending):
                raise InputError(
                    f"{column!r} is not a column of this table", fix=instead,
                    field="row 1", document=path.name,
                )  # fmt: skip


def _check_sources(
    values: Mapping[str, Any], row: type, file: str, key: str, sources: Collection[str]
) -> None:
    sourced = SOURCED.get(row, {}) | (SOURCED[Estimates] if row is Machine else {})
    for field, figures in sourced.items():
        filled_in = [figure for figure in figures if values.get(figure) is not None]
        if filled_in and not values.get(field):
            raise InputError(
                f"{filled_in[0]} of {key} has no source",
                fix=f"fill in {field}, and describe it in sources.toml",
                field=field,
                document=file,
            )
        named = values.get(field) or ()
        for source in (named,) if isinstance(named, str) else named:
            if source not in sources:
                raise InputError(
                    f"{source!r} is not a source",
                    fix=f"describe it in sources.toml: {did_you_mean(source, sources)}",
                    field=field,
                    document=file,
                )


def _changed(before: S | None, values: dict[str, Any], row: type[S], file: str, key: str) -> S:
    """The row with the values over it; a new one must be whole."""
    if before is not None:
        after = replace(before, **values)
    else:
        required = [field for field in fields(row) if field.required]
        optional = {field.name: None for field in required if NoneType in options_of(field.type)}
        missing = [f.name for f in required if f.name not in values and f.name not in optional]
        if missing:
            raise InputError(
                f"{key} is new and lacks {missing[0]}", fix=f"add {missing[0]}", document=file
            )
        after = row(**{**optional, **values})
    return _with_own_reading(after, values) if isinstance(after, Region) else after


def _with_own_reading(region: Region, values: dict[str, Any]) -> Any:
    """An own grid figure is a reading like any other: it is shown, and it votes."""
    if values.get("grid_gco2e_kwh") is None:
        return region
    reading = Reading(
        value=values["grid_gco2e_kwh"],
        year=values.get("grid_year"),
        source=values["grid_source"],
        method="location-average",
        scope="region",
    )
    return replace(region, readings=(reading, *region.readings))
