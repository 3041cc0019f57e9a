"""JSON is decoded in one go, and a key that is there twice is refused wherever it stands."""

from __future__ import annotations

import json

import pytest

from lichen.document import InputError
from lichen.parsing.json_text import from_json

TWICE = r"""
{"a": 1, "a": 2}
{"a": 1, "b": {"c": [{"d": 1, "d" : "\""}]}}
{"a" :1,"a":"\u0022"}
{"a": "\":", "a"
: 2}
{"\u0061": 1, "a": 1}
[{"": "", "": ":"}]
"""
ONCE = r"""
{"a": "\u0022", "b": "\"a\": 1, \"a\": 2", "c": "\\"}
{"a": [1e5, -0.0, 123456789012345678901234567890], "\u0022a": "é\ud83d\ude00"}
{"a": "\ud800"}
[[], {}, null, true, "\/ \u2028"]
"""


@pytest.mark.parametrize("text", filter(None, TWICE.replace('"a"\n', '"a" ').splitlines()))
def test_a_key_that_is_there_twice_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is there twice"):
        from_json(text)


@pytest.mark.parametrize("text", filter(None, ONCE.splitlines()))
def test_any_other_text_is_what_the_standard_library_reads(text: str) -> None:
    assert from_json(text) == json.loads(text)
