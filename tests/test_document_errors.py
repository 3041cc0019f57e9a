"""Each form of message that msgspec has about a document, as the sentence that a person reads."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest
from msgspec import Meta

from lichen.document import InputError, convert
from lichen.workload import read_workload


class Part(msgspec.Struct, forbid_unknown_fields=True):
    count: int


class Whole(msgspec.Struct, forbid_unknown_fields=True):
    count: int
    rate: Annotated[float, Meta(ge=0, le=5)] = 1.0
    share: float = 1.0
    text: str = ""
    word: Literal["red", "green"] = "red"
    numbers: tuple[int, ...] = ()
    words_of: tuple[str, ...] = ()
    title: Annotated[str, Meta(min_length=1)] = "x"
    pair: Annotated[tuple[int, ...], Meta(min_length=2, max_length=3)] = (1, 2)
    table: dict[str, int] = {}
    name: Annotated[str, Meta(pattern="^x")] = "x"
    code: Annotated[str, Meta(pattern="^[a-z]{2}$", description="two small letters")] = "xx"
    day: datetime.date = datetime.date(2027, 1, 1)
    words: dict[str, Literal["red", "green"] | Part] = {}
    either: str | Part = ""
    flag: bool = False
    maybe: int | None = None
    part: Part | None = None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"count": "x"}, "count: 'x' is not a whole number. Fix: give a whole number."),
        ({"count": 1.5}, "count: 1.5 is not a whole number. Fix: give a whole number."),
        ({"count": True}, "count: true is not a whole number. Fix: give a whole number."),
        ({"share": "y"}, "share: 'y' is not a number. Fix: give a number."),
        ({"rate": -1}, "rate: -1 is not a number >= 0. Fix: give a number >= 0."),
        ({"rate": 6}, "rate: 6 is not a number <= 5. Fix: give a number <= 5."),
        ({"text": 3}, "text: 3 is not text. Fix: give text."),
        ({"words_of": "one"}, "words_of: 'one' is not a list. Fix: give a list: [one]."),
        ({"words_of": "of two: words"}, "words_of: 'of two: words' is not a list. "
         "Fix: give a list."),
        ({"words_of": [None]}, "words_of[0]: null is not text. Fix: give text."),
        ({"title": ""}, "title: is empty. Fix: give title a text."),
        (
            {"name": "y"},
            "name: 'y' is not text that matches '^x'. Fix: give text that matches '^x'.",
        ),
        ({"code": "X"}, "code: 'X' is not a valid value. Fix: give two small letters."),
        ({"either": 3}, "either: 3 is not text or a mapping. Fix: give text or a mapping."),
        ({"day": "soon"}, "day: 'soon' is not a date. Fix: write it like 2027-03-31."),
        ({"day": "2027-02-30"}, "day: '2027-02-30' is not a date. Fix: write it like 2027-03-31."),
        ({"flag": "yes"}, "flag: 'yes' is not true or false. Fix: give true or false."),
        ({"word": "gren"}, "word: 'gren' is not a valid value. Fix: did you mean 'green'?"),
        ({"word": "blue"}, "word: 'blue' is not a valid value. Fix: one of green, red."),
        ({"numbers": 3}, "numbers: 3 is not a list. Fix: give a list: [3]."),
        ({"numbers": None}, "numbers: null is not a list. Fix: give a list."),
        (
            {"numbers": [1, "q"]},
            "numbers[1]: 'q' is not a whole number. Fix: give a whole number.",
        ),
        (
            {"pair": [1]},
            "pair: it is not a list of at least 2 entries. Fix: give a list of at least 2 entries.",
        ),
        (
            {"pair": [1, 2, 3, 4]},
            "pair: it is not a list of at most 3 entries. Fix: give a list of at most 3 entries.",
        ),
        ({"table": 3}, "table: 3 is not a mapping. Fix: give a mapping."),
        (
            {"table": {"a": "b"}},
            "table.a: 'b' is not a whole number. Fix: give a whole number.",
        ),
        ({"words": {"a": "red", "b": "gren"}},
         "words.b: 'gren' is not a valid value. Fix: did you mean 'green'?"),
        ({"words": {"a": {"count": "x"}}},
         "words.a.count: 'x' is not a whole number. Fix: give a whole number."),
        ({"table": {1: 2}}, "table: a key is not text. Fix: put quotes around it."),
        (
            {"maybe": "x"},
            "maybe: 'x' is not a whole number or nothing. Fix: give a whole number or nothing.",
        ),
        ({"part": {}}, "part.count: is required. Fix: add count:."),
        ({"part": {"count": "z"}}, "part.count: 'z' is not a whole number. "
         "Fix: give a whole number."),
        ({"part": {"count": 1, "cont": 2}}, "part.cont: 'cont' is not a field. "
         "Fix: did you mean 'count'?"),
        ({"conut": 1}, "conut: 'conut' is not a field. Fix: did you mean 'count'?"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_sentence(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        convert({"count": 1} | changed, Whole)
    assert str(caught.value) == message


def test_a_missing_field_and_a_document_of_another_kind() -> None:
    with pytest.raises(InputError) as missing:
        convert({}, Whole)
    assert str(missing.value) == "count: is required. Fix: add count:."
    with pytest.raises(InputError) as other:
        convert(3, Whole)
    assert str(other.value) == "3 is not a mapping. Fix: give a mapping."


def test_the_version_of_msgspec_is_the_one_whose_messages_are_read() -> None:
    assert msgspec.__version__.startswith("0.22.")


class Chosen(msgspec.Struct, forbid_unknown_fields=True):
    model: str
    mode: str = ""


@pytest.mark.parametrize(
    ("given", "meant"),
    [({"modle": "x"}, "model"), ({"model": "x", "modle": "y"}, "mode"), ({"mdoe": "x"}, "mode")],
    ids=["missing", "there", "like-another"],
)
def test_a_wrong_key_means_the_field_that_is_missing(given: dict[str, str], meant: str) -> None:
    with pytest.raises(InputError, match=f"did you mean '{meant}'"):
        convert(given, Chosen)


@pytest.mark.parametrize("place", ["password", "traffic.password", "where.password"])
def test_the_value_of_an_unknown_field_is_not_said(place: str, tmp_path: Path) -> None:
    document: dict[str, Any] = {"name": "chat", "model": "m", "traffic": {"peak_rps": 1}}
    *above, field = place.split(".")
    inner = document.setdefault(above[0], {}) if above else document
    inner[field] = "hunter2"
    path = tmp_path / "workload.yaml"
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match="password") as raised:
        read_workload(path)
    assert "hunter2" not in f"{raised.value} {raised.value.fix}"
