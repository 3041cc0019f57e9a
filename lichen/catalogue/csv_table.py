"""A CSV table read into typed rows, or refused with the file, the row, the column and the fix."""

from __future__ import annotations

import csv
import datetime
import math
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo, fields

from lichen.document import InputError, did_you_mean
from lichen.document_errors import in_words
from lichen.interval import Interval
from lichen.parsing.content import content_of, text_of

ENDS = ("low", "likely", "high")
"""An interval takes three columns: its field's name and one of these."""

_YES_NO = Literal["yes", "no"]
_A_DAY = "a day that exists, a month or a year, such as 2026-11-30,"


def options_of(kind: Any) -> tuple[Any, ...]:
    """The types that a field may have: ``X | None`` gives both."""
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def columns_of(row: type[Struct], joined: frozenset[str] = frozenset()) -> list[str]:
    """The columns of a row type's table, in order; ``joined`` fields have none."""
    return list(_Lines(row, joined, False).columns)


def end_of(kind: Any) -> Any:
    """What each of an interval's three numbers is; None of another type."""
    if kind is Interval:
        return float
    if get_origin(kind) is not Annotated or get_args(kind)[0] is not Interval:
        return None
    return next((meta.extra or {})["end"] for meta in get_args(kind)[1:] if isinstance(meta, Meta))


def _bare(kind: Any) -> Any:
    """A column's type without its bounds, and without ``None``."""
    kind = next((each for each in options_of(kind) if each is not type(None)), kind)
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _is_day(kind: Any) -> bool:
    kinds = (kind, *options_of(kind))
    return any(
        isinstance(meta, Meta) and (meta.extra or {}).get("is") == "day"
        for each in kinds
        if get_origin(each) is Annotated
        for meta in get_args(each)[1:]
    )


class _Lines:
    """The lines of a row type's table: what each cell is, and how a line becomes values.

    An interval is three numbers, a flag is yes or no. Blank cells are left out before, so a
    column that may be blank has a default.
    """

    def __init__(self, row: type[Struct], joined: frozenset[str], partial: bool) -> None:
        columns: list[tuple[str, Any] | tuple[str, Any, Any]] = []
        self.flat: list[str] = []
        self.intervals: list[str] = []
        for field in fields(row):
            if field.name in joined:
                continue
            options = options_of(field.type)
            kind = next(option for option in options if option is not type(None))
            default = None if type(None) in options or partial else field.default
            each = end_of(kind)
            (self.flat if each is None else self.intervals).append(field.name)
            names = [field.name] if each is None else [f"{field.name}_{end}" for end in ENDS]
            kind = each or {bool: _YES_NO}.get(kind, kind)
            columns += [(n, kind) if default is NODEFAULT else (n, kind, default) for n in names]
        self.type = msgspec.defstruct(row.__name__, columns, kw_only=True)
        self.columns = {column.name: column for column in fields(self.type)}
        types_by_name = {name: column.type for name, column in self.columns.items()}
        self.lists = [n for n, kind in types_by_name.items() if get_origin(kind) is tuple]
        self.flags = [n for n, kind in types_by_name.items() if kind is _YES_NO]
        self.numbers = [n for n, kind in types_by_name.items() if _bare(kind) is float]
        self.days = [n for n, kind in types_by_name.items() if _is_day(kind)]

    def values(self, filled_in: dict[str, Any], path: Path, number: int) -> dict[str, Any]:
        """Values by column from the cells that are filled in, every default included."""
        for name in self.lists:
            if name in filled_in:
                filled_in[name] = filled_in[name].split(";")
        try:
            values = msgspec.structs.asdict(msgspec.convert(filled_in, self.type, strict=False))
        except msgspec.ValidationError as error:
            what, _, at = str(error).partition(" - at `$.")
            if missing := re.match(r"Object missing required field `(.*)`", what):
                raise _refused(path, number, missing[1], "", "a value") from None
            name = at.removesuffix("`").partition("[")[0]
            cell = ";".join(filled_in[name]) if name in self.lists else filled_in[name]
            expected = _expected(self.columns[name], what)
            if name in self.numbers and cell.strip("+-").lower() in ("nan", "inf", "infinity"):
                expected = "a finite number"
            raise _refused(path, number, name, cell, expected) from None
        for name in self.numbers:
            if values[name] is not None and not math.isfinite(values[name]):
                raise _refused(path, number, name, filled_in[name], "a finite number")
        for name in self.days:
            if len(values[name] or "") == len("2026-11-30"):
                try:
                    datetime.date.fromisoformat(values[name])
                except ValueError:
                    raise _refused(path, number, name, values[name], _A_DAY) from None
        for name in self.flags:
            if name in filled_in:
                values[name] = values[name] == "yes"
        return values


def read_rows(
    path: Path,
    row: type[Struct],
    *,
    key: tuple[str, ...] = (),
    joined: frozenset[str] = frozenset(),
    partial: bool = False,
) -> list[dict[str, Any]]:
    """Each row's values by field name, ready for ``row(**values)``.

    ``joined`` fields are left out: another table has them. ``partial`` accepts any of the columns,
    and gives only the cells that are filled in. :class:`InputError` names the file, the line, the
    column and what was expected; a repeated key, a missing column, a row that is too short and a
    file that ends inside a row are refused likewise.
    """
    header, lines = _cells(path)
    table = _Lines(row, joined, partial)
    _check_header(header, table.columns, key if partial else tuple(table.columns), path)
    rows: list[dict[str, Any]] = []
    seen: dict[tuple[str, ...], int] = {}
    for number, cells in lines:
        if len(cells) != len(header):
            raise InputError(
                f"has {len(cells)} cells, not {len(header)}",
                fix="give every column a cell; a blank one is unknown",
                field=f"row {number}",
                document=path.name,
            )
        filled_in: dict[str, Any] = {
            name: cell for name, cell in zip(header, cells, strict=True) if cell
        }
        keys = tuple(filled_in.get(name, "") for name in key)
        if key and seen.setdefault(keys, number) != number:
            raise InputError(
                f"{' in '.join(keys)} is in row {seen[keys]} already",
                fix="keep one",
                field=f"row {number}",
                document=path.name,
            )
        values = table.values(filled_in, path, number)
        if not partial and not table.intervals:
            rows.append(values)
            continue
        filled = set(filled_in) if partial else table.columns.keys()
        found = {name: values[name] for name in table.flat if name in filled}
        for name in table.intervals:
            ends = [values[f"{name}_{end}"] for end in ENDS if f"{name}_{end}" in filled]
            if ends:
                found[name] = _interval(name, ends, path, number)
        rows.append(found)
    if not rows and not partial:
        raise InputError("has no rows", fix="restore the table", document=path.name)
    return rows


def _expected(column: FieldInfo, what: str) -> str:
    kind = get_args(column.type)[0] if get_origin(column.type) is tuple else column.type
    if _is_day(kind):
        return _A_DAY
    if kind is _YES_NO:
        return "yes or no"
    if get_origin(kind) is Literal:
        return f"one of {', '.join(get_args(kind))}"
    return in_words(what.removeprefix("Expected ").partition(", got")[0])


def _cells(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    """The header, and every line's number and cells."""
    try:
        text = text_of(content_of(path))
    except InputError as error:
        raise error.within(path.name) from None
    if not text.endswith("\n"):
        raise InputError(
            "ends inside a row", fix="restore the table: it is cut short", document=path.name
        )
    reader = csv.reader(text.splitlines(), strict=True)
    try:
        header = next(reader)
    except (StopIteration, csv.Error):
        raise InputError("has no header", fix="restore it", document=path.name) from None

    def lines() -> Iterator[tuple[int, list[str]]]:
        try:
            for cells in reader:
                yield reader.line_num, cells
        except csv.Error as error:
            raise InputError(
                str(error), field=f"row {reader.line_num}", document=path.name
            ) from None

    return header, lines()


def _check_header(
    header: list[str], columns: dict[str, FieldInfo], needed: tuple[str, ...], path: Path
) -> None:
    unknown = next((name for name in header if name not in columns), None)
    twice = next((name for name in header if header.count(name) > 1), None)
    missing = next((name for name in needed if name not in header), None)
    if unknown is not None:
        wrong, fix = f"{unknown!r} is not a column of this table", did_you_mean(unknown, columns)
    elif twice is not None:
        wrong, fix = f"{twice!r} is there twice", "keep one"
    elif missing is not None:
        wrong, fix = f"column {missing!r} is missing", "add it"
    else:
        return
    raise InputError(wrong, fix=fix, field="row 1", document=path.name)


def _interval(name: str, ends: list[Any], path: Path, number: int) -> Interval | None:
    if ends == [None, None, None]:
        return None
    try:
        return Interval(*ends)
    except (TypeError, ValueError):
        cell = ", ".join(map(str, ends))
        column = f"{name}_low/likely/high"
        raise _refused(path, number, column, cell, "three numbers in order") from None


def _refused(path: Path, number: int, column: str, cell: str, expected: str) -> InputError:
    shown = repr(cell) if cell else "blank"
    return InputError(
        f"{shown} where {expected} is expected",
        fix="correct the cell; a blank one is unknown",
        field=f"row {number}, {column}",
        document=path.name,
    )
