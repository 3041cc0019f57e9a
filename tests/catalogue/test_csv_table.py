"""A cell that cannot be read is refused with its file, row and column, and what was expected."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta

from lichen.catalogue.csv_table import columns_of, read_rows
from lichen.document import InputError
from lichen.interval import Interval


class Lamp(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    colour: Literal["red", "green"]
    watts: Interval | None
    count: int
    price: Annotated[float, Meta(gt=0)] | None
    dimmed: bool
    uses: tuple[Literal["desk", "hall"], ...] = ()
    note: str = ""


HEADER = "name,colour,watts_low,watts_likely,watts_high,count,price,dimmed,uses,note"
GOOD = "a,red,1,2,3,4,5.5,yes,desk;hall,"


def rows(tmp_path: Path, *lines: str, header: str = HEADER, partial: bool = False) -> list[Lamp]:
    table = tmp_path / "lamps.csv"
    table.write_text("\n".join((header, *lines)) + "\n")
    found = read_rows(table, Lamp, key=("name",), partial=partial)
    return found if partial else [Lamp(**values) for values in found]  # type: ignore[return-value]


def test_cells_become_values(tmp_path: Path) -> None:
    full, bare = rows(tmp_path, GOOD, "b,green,,,,0,,no,,")
    assert full == Lamp(
        name="a", colour="red", watts=Interval(1, 2, 3), count=4, price=5.5, dimmed=True,
        uses=("desk", "hall"),
    )  # fmt: skip
    assert bare == Lamp(
        name="b", colour="green", watts=None, count=0, price=None, dimmed=False, uses=()
    )
    assert columns_of(Lamp) == HEADER.split(",")


def test_a_partial_table_gives_the_filled_cells_alone(tmp_path: Path) -> None:
    assert rows(tmp_path, "a,,7", header="name,colour,count", partial=True) == [
        {"name": "a", "count": 7}
    ]


FIX = "Fix: correct the cell; a blank one is unknown."


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (GOOD.replace("red", "blue"), "row 2, colour: 'blue' where one of red, green is expected."),
        (GOOD.replace("red", ""), "row 2, colour: blank where a value is expected."),
        (GOOD.replace("1,2,3", "3,2,1"),
         "row 2, watts_low/likely/high: '3.0, 2.0, 1.0' where three numbers in order is expected."),
        (GOOD.replace("1,2,3", ",2,"), "row 2, watts_low/likely/high: 'None, 2.0, None' where "
         "three numbers in order is expected."),
        (GOOD.replace("1,2,3", "x,2,3"), "row 2, watts_low: 'x' where a number is expected."),
        (GOOD.replace("1,2,3", "nan,2,3"), "row 2, watts_low: 'nan' where a finite number is "
         "expected."),
        (GOOD.replace(",4,", ",4.5,"), "row 2, count: '4.5' where a whole number is expected."),
        (GOOD.replace("5.5", "null"), "row 2, price: 'null' where a number is expected."),
        (GOOD.replace("5.5", "-1"), "row 2, price: '-1' where a number > 0 is expected."),
        (GOOD.replace("yes", "true"), "row 2, dimmed: 'true' where yes or no is expected."),
        (GOOD.replace("hall", "attic"), "row 2, uses: 'desk;attic' where one of desk, hall is "
         "expected."),
    ],
)  # fmt: skip
def test_a_cell_is_refused_in_a_sentence(tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(InputError) as refused:
        rows(tmp_path, line)
    assert str(refused.value) == f"lamps.csv: {message} {FIX}"


def test_a_repeated_key_and_a_ragged_row_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError) as twice:
        rows(tmp_path, GOOD, GOOD)
    assert str(twice.value) == "lamps.csv: row 3: a is in row 2 already. Fix: keep one."
    with pytest.raises(InputError) as short:
        rows(tmp_path, "a,red")
    assert str(short.value) == (
        "lamps.csv: row 2: has 2 cells, not 10. "
        "Fix: give every column a cell; a blank one is unknown."
    )
