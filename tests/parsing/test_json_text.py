"""JSON is decoded in one go, and a key that is there twice is refused wherever it stands."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from lichen.document import InputError
from lichen.parsing.json_text import Later, from_json, value_of

TWICE = (
    r'{"a": 1, "a": 2}',
    r'{"a": 1, "b": {"c": [{"d": 1, "d" : "\""}]}}',
    r'{"a" :1,"a":"\u0022"}',
    '{"a": ":", "a"\n: 2}',
    r'{"\u0061": 1, "a": 1}',
    '{"é":1,"é":1}',
    r'[{"": "", "": ":"}]',
)
ONCE = (
    r'{"a": "\u0022", "b": "\"a\": 1, \"a\": 2", "c": "\\"}',
    r'{"a": [1e5, -0.0, 123456789012345678901234567890], "\u0022a": "é\ud83d\ude00"}',
    r'{"a": "\ud800"}',
    r'[[], {}, null, true, "\/ \u2028"]',
)


@pytest.mark.parametrize("text", TWICE)
def test_a_key_that_is_there_twice_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is there twice"):
        from_json(text)


@pytest.mark.parametrize("text", ONCE)
def test_any_other_text_is_what_the_standard_library_reads(text: str) -> None:
    assert from_json(text) == json.loads(text)


@pytest.mark.parametrize("text", TWICE)
def test_it_is_refused_in_a_part_that_is_decoded_later_too(text: str) -> None:
    whole = f'{{"other": 1,\n "part": {text}}}'
    part = value_of(whole, later={"part"})["part"]
    assert isinstance(part, Later)
    with pytest.raises(InputError, match="is there twice"):
        _ = part.value
    assert part.by(msgspec.json.Decoder(Any)) is None  # so that the reader asks for its value


@pytest.mark.parametrize("text", ['{"part": 1, "part": 2}', '{"part":1,"\\u0070art":2}'])
def test_a_part_that_is_there_twice_is_refused_at_once(text: str) -> None:
    with pytest.raises(InputError, match="part: is there twice"):
        value_of(text, later={"part"})


@pytest.mark.parametrize("text", ONCE)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_part_that_is_decoded_later_has_the_same_value(text: str, indent: int | None) -> None:
    given = json.dumps({"x": 1, "part": json.loads(text), "é": [2]}, indent=indent)
    found = value_of(given, later={"part"})
    part = found["part"]  # half a character is decoded by the standard library, and at once
    assert (part.value if isinstance(part, Later) else part) == json.loads(text)
    assert isinstance(part, Later) or "ud800" in given
    assert {**found, "part": None} == {"x": 1, "part": None, "é": [2]}


class Named(msgspec.Struct, omit_defaults=True):
    name: str
    size: Any = msgspec.UNSET


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"part":{"name":"a","size":[1]}}', Named("a", [1])),
        ('{ "part" : {"size": null, "name": "a"} }', Named("a", None)),
        ('{"part":{"name":"a","colour":1}}', None),  # a type that lost a key proves nothing
        ('{"part":{"name":1}}', None),
        ('{"part":{"name":"a","name":"b"}}', None),
        ('{"part":{"name":"a","size":{"b":1,"b":2}}}', None),
    ],
)
def test_a_part_is_a_type_where_each_of_its_keys_is_a_field(text: str, found: Named | None) -> None:
    assert value_of(text, later={"part"})["part"].by(msgspec.json.Decoder(Named)) == found


def test_what_is_wrong_in_a_part_is_in_the_line_of_the_whole_text() -> None:
    part = value_of('{"x": 1,\n\n"part": [\n1' + "0" * 5000 + "]}", later={"part"})["part"]
    with pytest.raises(InputError, match="holds a number in line 4 that"):
        _ = part.value
