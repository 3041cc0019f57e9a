"""Documents into resources: what is deployed, or is to be, as rules can judge it.

One module a kind of document, each with ``recognises(document)`` and
``resources(document, file)``; a new kind is a module and its name in :data:`SOURCES`. The modules
are imported when a document is read: a policy pack reads none.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from lichen.document import InputError, did_you_mean
from lichen_policies.facts.resource import Resource

SOURCES = ("pulumi-preview", "pulumi-state", "terraform-plan", "cloudformation")
"""The kinds of documents, in the order in which they are recognised."""


def _module(source: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{source.replace('-', '_')}")


def read(path: Path, source: str = "auto") -> list[Resource]:
    """The resources that a document tells of; ``source`` is "auto" or a name in :data:`SOURCES`.

    :class:`InputError` names the file, what is wrong with it, and what to type instead.
    """
    if source != "auto" and source not in SOURCES:
        raise InputError(
            f"{source!r} is not a source", fix=did_you_mean(source, ["auto", *SOURCES])
        )
    try:
        document = _parsed(path)
        kind = _kind(document) if source == "auto" else source
        resources: list[Resource] = _module(kind).resources(document, str(path))
    except InputError as error:
        raise error.within(str(path)) from None
    return resources


def _kind(document: Mapping[str, Any]) -> str:
    for source in SOURCES:
        if _module(source).recognises(document):
            return source
    raise InputError(
        "is not a document that Lichen knows by its look",
        fix=f"name its kind with --source: one of {', '.join(SOURCES)}",
    )


def _parsed(path: Path) -> dict[str, Any]:
    import yaml

    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", fix="check the path") from None
    if content.startswith(b"PK\x03\x04"):
        raise InputError(
            "is a plan in Terraform's binary form",
            fix=f"terraform show -json {path.name} > {path.stem}.json, and check that",
        )
    try:
        document = _values(path, content)
    except (ValueError, yaml.YAMLError) as error:
        raise InputError(
            f"does not parse: {' '.join(str(error).split())}", fix=_TYPE_THIS
        ) from None
    if not isinstance(document, dict):
        raise InputError(
            f"holds a {type(document).__name__} where an object is due", fix=_TYPE_THIS
        )
    return document


_TYPE_THIS = "pulumi preview --json, or terraform show -json PLAN; a template as it is"


def _values(path: Path, content: bytes) -> Any:
    if path.suffix.lower() in (".yaml", ".yml"):
        from lichen_policies.dialects import cloudformation

        return cloudformation.parsed(content.decode("utf-8"))
    # As bytes: a shell may have redirected it as UTF-16, and json tells by the first ones.
    return json.loads(content)
