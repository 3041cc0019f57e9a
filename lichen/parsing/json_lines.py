"""The lines of what a document of JSON lists: Python's parser does not say them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lichen.parsing.at import At

MOST_CHARACTERS = 16 << 20
"""Of a text that is looked through a second time: about a second for each 4 MiB."""

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]', re.DOTALL)


def with_lines(text: str, document: dict[str, Any], listed: str) -> dict[str, Any]:
    """A document whose own line is known, and that of each object directly below the key
    ``listed``, by name or in a list. Without lines where the text is too long, or has other words
    before the document."""
    if len(text) > MOST_CHARACTERS or not text.lstrip().startswith("{"):
        return document
    whole = At(document)
    whole.line = text.count("\n", 0, text.find("{")) + 1
    entries = document.get(listed)
    if isinstance(entries, dict | list):
        places = dict(_places(text, listed))
        entries = entries.copy()
        for key in entries if isinstance(entries, dict) else range(len(entries)):
            entry = entries[key]
            if isinstance(entry, dict) and key in places:
                entries[key] = At(entry)
                entries[key].line = places[key]
        whole[listed] = entries
    return whole


def _places(text: str, listed: str) -> Iterator[tuple[Any, int]]:
    """The name or the place in a list of each entry, with its line."""
    holders: list[str] = []
    before, inside, place = "", False, 0
    line, counted = 1, 0
    for found in _TOKEN.finditer(text):
        sign = found[0][0]
        depth = len(holders)
        entry: Any = None
        if sign == '"' and before in "{," and holders[-1] == "{":
            if depth == 1:
                inside = json.loads(found[0]) == listed
            elif depth == 2 and inside:
                entry = json.loads(found[0])
        elif sign in "{[":
            if depth == 2 and inside and holders[-1] == "[":
                entry, place = place, place + 1
            holders.append(sign)
        elif sign in "}]":
            holders.pop()
            if not holders:
                return
        if entry is not None:
            line += text.count("\n", counted, found.start())
            counted = found.start()
            yield entry, line
        before = sign
