"""A CSV table read into typed rows, or refused with the file, the row, the column and the mend."""

from __future__ import annotations

import csv
import math
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo, fields

from lichen.document import InputError, did_you_mean
from lichen.interval import Interval

_REFUSED = object()
ENDS = ("low", "likely", "high")
"""An interval takes three columns: its field's name and one of these."""


class _Bad(Exception):
    """What a cell should have held."""


def _number(cell: str) -> float:
    try:
        value = float(cell)
    except ValueError:
        raise _Bad("a number") from None
    if not math.isfinite(value):
        raise _Bad("a finite number")
    return value


def _integer(cell: str) -> int:
    try:
        return int(cell)
    except ValueError:
        raise _Bad("a whole number") from None


def _yes_or_no(cell: str) -> bool:
    if cell not in ("yes", "no"):
        raise _Bad("yes or no")
    return cell == "yes"


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    known = frozenset(words)

    def parse(cell: str) -> str:
        if cell not in known:
            raise _Bad(f"one of {', '.join(words)}")
        return cell

    return parse


def _listed(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(";"))


_PARSERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    float: _number,
    int: _integer,
    bool: _yes_or_no,
    Interval: _number,
}


def _parser(kind: Any) -> Callable[[str], Any]:
    origin = get_origin(kind)
    if origin is Literal:
        return _one_of(get_args(kind))
    if origin is tuple:
        return _listed
    if origin is Annotated:
        return _bounded(kind)
    return _PARSERS[kind]


def _bounded(kind: Any) -> Callable[[str], Any]:
    """A parser that holds the value to the type's own bounds."""
    plain = _parser(get_args(kind)[0])

    def parse(cell: str) -> Any:
        try:
            return msgspec.convert(plain(cell), kind)
        except msgspec.ValidationError as error:
            raise _Bad(str(error).removeprefix("Expected ")) from None

    return parse


class _Column:
    """How one cell becomes a value; a blank one is unknown, or refused where it is required."""

    __slots__ = ("blank", "name", "parse")

    def __init__(self, name: str, field: FieldInfo) -> None:
        options = options_of(field.type)
        kind = next(option for option in options if option is not type(None))
        self.name = name
        self.blank: Any = _REFUSED
        if type(None) in options:
            self.blank = None
        elif not field.required:
            self.blank = field.default
        self.parse = _parser(kind)


def columns_of(row: type[Struct], joined: frozenset[str] = frozenset()) -> list[str]:
    """The columns that a row type asks of its table, in order; ``joined`` fields have none."""
    return [column.name for column in _columns(row, joined)]


def _columns(row: type[Struct], joined: frozenset[str]) -> list[_Column]:
    columns = []
    for field in fields(row):
        if field.name in joined:
            continue
        if _is_interval(field):
            columns += [_Column(f"{field.name}_{end}", field) for end in ENDS]
        else:
            columns.append(_Column(field.name, field))
    return columns


def options_of(kind: Any) -> tuple[Any, ...]:
    """The types that a field may have: ``X | None`` gives both."""
    return get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)


def _is_interval(field: FieldInfo) -> bool:
    return Interval in options_of(field.type)


def read_rows(
    path: Path,
    row: type[Struct],
    *,
    key: tuple[str, ...] = (),
    joined: frozenset[str] = frozenset(),
    partial: bool = False,
) -> list[dict[str, Any]]:
    """Each row's values by field name, ready for ``row(**values)``.

    ``joined`` fields are left out: another table holds them. ``partial`` accepts any of the
    columns, and gives only the cells that are filled in. :class:`InputError` names the file, the
    line, the column and what was expected; a repeated key, a missing column, a row that is too
    short and a file that ends inside a row are refused likewise.
    """
    header, lines = _cells(path)
    columns = _columns(row, joined)
    plan = _plan(header, columns, path, key, partial)
    intervals = [f.name for f in fields(row) if f.name not in joined and _is_interval(f)]
    rows: list[dict[str, Any]] = []
    seen: dict[tuple[str, ...], int] = {}
    key_at = [header.index(name) for name in key]
    for number, cells in lines:
        if len(cells) != len(header):
            raise InputError(
                f"has {len(cells)} cells, not {len(header)}",
                fix="give every column a cell; a blank one is unknown",
                field=f"row {number}",
                document=path.name,
            )
        if key:
            found = tuple(cells[at] for at in key_at)
            if found in seen:
                raise InputError(
                    f"{' in '.join(found)} stands in row {seen[found]} already",
                    fix="keep one",
                    field=f"row {number}",
                    document=path.name,
                )
            seen[found] = number
        values: dict[str, Any] = {}
        for cell, column in zip(cells, plan, strict=True):
            if cell == "" and partial:
                continue
            try:
                values[column.name] = column.parse(cell) if cell else column.blank
            except _Bad as bad:
                raise _refused(path, number, column.name, cell, str(bad)) from None
            if values[column.name] is _REFUSED:
                raise _refused(path, number, column.name, cell, "a value")
        for field in intervals:
            _join_interval(values, field, path, number)
        rows.append(values)
    if not rows and not partial:
        raise InputError("has no rows", fix="restore the table", document=path.name)
    return rows


def _cells(path: Path) -> tuple[list[str], Iterator[tuple[int, list[str]]]]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"cannot be read ({error.strerror})", fix="restore the table", document=path.name
        ) from None
    except UnicodeDecodeError:
        raise InputError("is not UTF-8 text", fix="restore it", document=path.name) from None
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


def _plan(
    header: list[str], columns: list[_Column], path: Path, key: tuple[str, ...], partial: bool
) -> list[_Column]:
    by_name = {column.name: column for column in columns}
    for at, name in enumerate(header):
        if name not in by_name:
            raise InputError(
                f"{name!r} is not a column of this table",
                fix=did_you_mean(name, by_name),
                field="row 1",
                document=path.name,
            )
        if name in header[:at]:
            raise InputError(
                f"{name!r} stands twice", fix="keep one", field="row 1", document=path.name
            )
    needed = key if partial else tuple(by_name)
    for name in needed:
        if name not in header:
            raise InputError(
                f"column {name!r} is missing", fix="add it", field="row 1", document=path.name
            )
    return [by_name[name] for name in header]


def _join_interval(values: dict[str, Any], field: str, path: Path, number: int) -> None:
    given = [f"{field}_{end}" for end in ENDS if f"{field}_{end}" in values]
    if not given:
        return
    low, likely, high = (values.pop(f"{field}_{end}", None) for end in ENDS)
    if low is None and likely is None and high is None:
        values[field] = None
        return
    try:
        values[field] = Interval(low, likely, high)
    except (TypeError, ValueError):
        column, cell = f"{field}_low/likely/high", f"{low}, {likely}, {high}"
        raise _refused(path, number, column, cell, "three numbers in order") from None


def _refused(path: Path, number: int, column: str, cell: str, expected: str) -> InputError:
    shown = repr(cell) if cell else "blank"
    return InputError(
        f"{shown} where {expected} is expected",
        fix="correct the cell; a blank one is unknown",
        field=f"row {number}, {column}",
        document=path.name,
    )
