"""The JSON documents of a file: one as a rule, several where a command printed one a line.

Tools print words around them: ``terragrunt run-all show -json`` one plan a line behind a prefix,
a wrapper of ``terraform`` its command, ``pulumi`` its warnings. The events that Pulumi's engine
streams, one a line, are one document. Words are left out; what begins
like an object and does not parse is an error, or half a document would pass for a whole one. What
Terragrunt logs as JSON has the line that its tool printed as a message, a plan among them. A
template of Azure may have comments.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lichen.document import InputError
from lichen.parsing.json_comments import without_comments
from lichen.parsing.json_text import Decoder, explained, value_of

BEGINS = re.compile(r'\{(?=\s*["}])')
"""How an object begins, in words that are none."""

LATER = {"configuration", "planned_values", "prior_state", "resource_changes"} | {
    *("checks", "output_changes", "relevant_attributes", "resource_drift")
}
"""The parts of a Terraform plan that are large: each is decoded where it is read, if it is."""

_BEGINNINGS = ("{", "//", "/*")
"""How a text begins that is one object, with comments or without."""
_SEVERAL = "Extra data"
"""What Python's parser says of what is behind the first object."""

_MESSAGES = ({"@level", "@message"}, {"level", "msg"})
"""Keys of one line of a log: Terraform's own, and Terragrunt's."""


class Parsed(NamedTuple):
    """The documents of a file, each with the line that it begins in if it is not alone there.
    ``text`` is that of the file, in which comments are blank."""

    text: str
    documents: list[tuple[int | None, Any]]


def parsed(text: str) -> Parsed:
    """The documents of a text.

    :class:`InputError` where there is none, or one does not parse.
    """
    with explained(text):
        try:
            return Parsed(text, [(None, value_of(text, LATER))])
        except json.JSONDecodeError as error:
            if text.lstrip().startswith(_BEGINNINGS) and error.msg != _SEVERAL:
                plain = without_comments(text)
                if plain == text:
                    raise  # what is inside of it is no document
                return parsed(plain)
            every = list(_found(text))
            if not every:
                raise
    return Parsed(text, _of_lines(every))


def _of_lines(every: list[tuple[int, Mapping[str, Any]]]) -> list[tuple[int | None, Any]]:
    """The documents among what was found in several lines."""
    found = [
        (line, document)
        for line, logged in every
        if logged
        for document in (_printed(logged) if _is_log(logged) else (logged,))
    ]
    if not found:
        raise InputError(
            "is a log of messages, which does not hold what is planned",
            fix="run terraform plan -out=plan, then terraform show -json plan > plan.json",
        )
    if all(_is_event(document) for _line, document in found):
        return [(None, {"events": [document for _line, document in found]})]
    alone = len(found) == 1
    return [(None if alone else line, document) for line, document in found]


def _is_log(document: Mapping[str, Any]) -> bool:
    return any(message <= document.keys() for message in _MESSAGES)


def _printed(logged: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What a tool printed, of a log that has its lines as messages: documents, not its own log."""
    message = logged.get("msg")
    # Terragrunt before 0.67 gave a line no level of its own, but said by which command it came.
    is_printed = logged.get("level") == "stdout" or (
        logged.get("level") == "info" and "executedCommandArgs" in logged
    )
    if isinstance(message, str) and is_printed:
        for _line, document in _found(message):
            if document and not _is_log(document):
                yield document


def _is_event(document: Mapping[str, Any]) -> bool:
    """Whether it is one line of what Pulumi's engine streams."""
    return {"sequence", "timestamp"} <= document.keys()


def _found(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    decoder = Decoder()
    line, counted = 1, 0
    begins = BEGINS.search(text)
    while begins is not None:
        document, end = decoder.raw_decode(text, begins.start())
        line += text.count("\n", counted, begins.start())
        counted = begins.start()
        yield line, document
        begins = BEGINS.search(text, end)
