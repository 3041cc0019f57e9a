"""Documents into resources: what is deployed, or is to be, as rules can judge it.

One module a kind of document; a new kind is a module and its name in :data:`KINDS`. A module is
imported when a document is read: a policy pack reads none.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import msgspec

from lichen.document import InputError, did_you_mean
from lichen_policies.dialects import json_documents
from lichen_policies.facts.resource import Resource


class Kind(Protocol):
    """What a module of this folder does for one kind of document."""

    def recognises(self, document: Mapping[str, Any], /) -> bool:
        """Whether a document looks like one of this kind."""

    def resources(self, document: Mapping[str, Any], file: str, /) -> list[Resource]:
        """The resources of a document; :class:`InputError` where it is not whole."""


STDIN = Path("-")
"""The path that means what is piped into the command."""

KINDS = (
    "pulumi-preview",
    "pulumi-state",
    "terraform-plan",
    "terraform-state",
    "cloudformation",
    "kubernetes",
)
"""The kinds of documents, in the order in which they are recognised."""


def _module(kind: str) -> Kind:
    module: Kind = importlib.import_module(f"{__name__}.{kind.replace('-', '_')}")
    return module


def read(path: Path, source: str = "auto") -> list[Resource]:
    """The resources in a document; ``source`` is "auto" or a name in :data:`KINDS`.

    :class:`InputError` names the file, what is wrong with it, and what to type instead.
    """
    if source != "auto" and source not in KINDS:
        raise InputError(
            f"{source!r} is not a kind of document", fix=did_you_mean(source, ["auto", *KINDS])
        )
    try:
        resources = [
            resource
            for number, (line, document) in enumerate(_parsed(path), start=1)
            for resource in _resources(document, path, number, line, source)
        ]
        if path.suffix.lower() in (".yaml", ".yml"):
            from lichen_policies.beside import with_comments

            resources = with_comments(resources, path.read_text(encoding="utf-8"))
    except InputError as error:
        raise error.within(str(path)) from None
    return resources


def _resources(
    document: Mapping[str, Any], path: Path, number: int, line: int | None, source: str
) -> list[Resource]:
    """The resources of one document; ``line`` is where it begins in a file that has several."""
    try:
        kind = _kind(document) if source == "auto" else source
        found = _module(kind).resources(document, str(path))
    except InputError as error:
        raise error.within(str(path) if line is None else f"{path}:{line}") from None
    return [
        msgspec.structs.replace(
            resource,
            document=f"{path}#{number}",
            line=line if resource.line is None and resource.file == str(path) else resource.line,
        )
        for resource in found
    ]


def _kind(document: Mapping[str, Any]) -> str:
    for kind in KINDS:
        if _module(kind).recognises(document):
            return kind
    raise InputError(
        "is not a document that Lichen recognises",
        fix=f"name its kind with --source: one of {', '.join(KINDS)}",
    )


def _parsed(path: Path) -> list[tuple[int | None, dict[str, Any]]]:
    """The documents of a file, each with the line that it begins in where there are several."""
    import yaml

    try:
        content = sys.stdin.buffer.read() if path == STDIN else path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror})", fix="check the path") from None
    if content.startswith(b"PK\x03\x04"):
        raise InputError(
            "is a plan in Terraform's binary form",
            fix=f"run terraform show -json {path.name} > {path.stem}.json, and check that file",
        )
    try:
        documents = _values(path, content)
    except (ValueError, yaml.YAMLError) as error:
        raise InputError(
            f"does not parse: {' '.join(str(error).split())}", fix=_TYPE_THIS
        ) from None
    for _line, document in documents:
        if not isinstance(document, dict):
            raise InputError(f"is a {type(document).__name__}, not an object", fix=_TYPE_THIS)
    return documents


_TYPE_THIS = (
    "give the output of pulumi preview --json or terraform show -json, a template or a manifest"
)
_RENDER = "render it first: helm template . | lichen check -"


def _values(path: Path, content: bytes) -> list[tuple[int | None, Any]]:
    """The documents of a file; several objects of Kubernetes are one list."""
    json_begins = content.lstrip()[:1] in (b"{", b"[")
    if path.suffix.lower() not in (".yaml", ".yml") and (path != STDIN or json_begins):
        return json_documents.parsed(content)
    import yaml

    from lichen_policies.dialects import cloudformation, kubernetes

    text = content.decode("utf-8")
    try:
        documents = cloudformation.parsed(text)
    except yaml.YAMLError:
        if path == STDIN and '{"' in text:
            return json_documents.parsed(content)
        if "{{" not in text:
            raise
        raise InputError("is a template of Helm, not a manifest yet", fix=_RENDER) from None
    if len(documents) < 2:
        return [(None, documents[0] if documents else None)]
    return [(None, kubernetes.list_of(documents))]
