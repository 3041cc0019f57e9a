"""Numbers written as text: read, or an Unknown that says why; nothing raises."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_policies.facts.numbers import quantity, whole_in
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import UNKNOWN, is_unknown


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1k", 1000), ("2", 2), (3, 3), ("500m", 0.5), ("1e3", 1000), ("2Ki", 2048), ("1.5", 1.5),
        (" 4 ", 4), ("0", 0), (None, None),
    ],
)  # fmt: skip
def test_a_quantity_is_read_with_its_suffix(written: Any, number: float | None) -> None:
    assert quantity(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "-1",
        "1kk",
        "²",
        "",
        "inf",
        "nan",
        "9" * 5000,
        "1e999",
        "1e308",
        "9.3E",
        True,
        [1],
        {},
        UNKNOWN,
        "0x10",
    ],
)
def test_what_is_no_quantity_is_unknown(written: Any) -> None:
    assert is_unknown(quantity(written))


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "1.0", "9" * 5000, " 1"])
def test_other_texts_are_no_whole_numbers(text: str) -> None:
    assert whole_in(text) is None
    assert whole_in("12") == 12


def test_there_cannot_be_less_than_none_of_something() -> None:
    properties = Properties({"count": -1, "fewest": "-2", "some": 3}, "terraform")
    assert is_unknown(properties.whole("count"))
    assert is_unknown(properties.amount("fewest"))
    assert properties.number("count") == -1
    assert properties.whole("some") == 3
