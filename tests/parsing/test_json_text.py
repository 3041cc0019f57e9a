"""JSON is decoded in one go, and a key that is there twice is refused wherever it stands."""

from __future__ import annotations

import json

import pytest

from lichen.document import InputError
from lichen.parsing.json_text import from_json

TWICE = (
    r'{"a": 1, "a": 2}',
    r'{"a": 1, "b": {"c": [{"d": 1, "d" : "\""}]}}',
    r'{"a" :1,"a":"\u0022"}',
    '{"a": ":", "a"\n: 2}',
    r'{"\u0061": 1, "a": 1}',
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
