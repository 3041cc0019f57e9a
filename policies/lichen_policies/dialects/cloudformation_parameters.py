"""The values that a deployment gives to a template's parameters: files of the tools that deploy,
and ``NAME=VALUE``.

Read are ``aws cloudformation``'s list of keys and values, CodePipeline's mapping under
``Parameters``, a list of ``NAME=VALUE``, and a plain mapping; in JSON, YAML or TOML. Azure's files
give each name an object, whose value may be of any type or in a key vault.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lichen.document import InputError, read_document
from lichen.parsing.content import content_of, text_of
from lichen.parsing.json_comments import without_comments
from lichen.parsing.json_text import from_json
from lichen_policies.facts.unknown import Maybe, Unknown

_KEY, _VALUE = "ParameterKey", "ParameterValue"
_FORMS = "give a mapping of names and values, or the list that aws cloudformation takes"


_SECRET = Unknown("is in a key vault, so Lichen does not read it")


def of(file: Path | None, pairs: Iterable[str] = ()) -> dict[str, Maybe[str]]:
    """The values of a file and of pairs, which go before it. :class:`InputError` names the entry,
    never the value."""
    given: dict[str, Maybe[str]] = {}
    if file is not None:
        try:
            given.update(_entries(_document(file)))
        except InputError as error:
            raise error.within(str(file)) from None
    given.update(_pair(pair, "--parameter") for pair in pairs)
    return given


def _document(file: Path) -> Any:
    if file.suffix.lower() != ".json":
        return read_document(file)
    return from_json(without_comments(text_of(content_of(file))))


def _entries(document: object) -> Iterator[tuple[str, Maybe[str]]]:
    if isinstance(document, Mapping):
        inner = document.get("Parameters", document.get("parameters", document))
        if not isinstance(inner, Mapping):
            raise InputError("is not a mapping", fix=_FORMS, field="Parameters")
        for name, value in inner.items():
            if isinstance(value, Mapping) and "reference" in value:
                yield str(name), _SECRET
            elif not isinstance(value, Mapping) or "value" not in value:
                yield str(name), _text(value, str(name))
            elif isinstance(value["value"], Mapping | list):
                yield str(name), json.dumps(value["value"])
            elif value["value"] is not None:  # a parameter may be given nothing
                yield str(name), _text(value["value"], str(name))
        return
    if not isinstance(document, list):
        raise InputError("is no file of parameters", fix=_FORMS)
    for index, entry in enumerate(document):
        field = f"[{index}]"
        if isinstance(entry, str):
            yield _pair(entry, field)
        elif not isinstance(entry, Mapping) or not isinstance(entry.get(_KEY), str):
            raise InputError("is no parameter", fix=f"give it a {_KEY}", field=field)
        elif _VALUE in entry:  # otherwise the value that was given before is used again
            yield entry[_KEY], _text(entry[_VALUE], f"{field}.{_VALUE}")


def _pair(pair: str, field: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not equals or not name:
        raise InputError("is not NAME=VALUE", fix="write Machine=ml.g5.xlarge", field=field)
    return name, value


def _text(value: object, field: str) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list):
        return ",".join(_text(part, field) for part in value)
    raise InputError("is neither text nor a number", fix="put quotes around it", field=field)
