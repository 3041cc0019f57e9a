"""Documents into resources: what is deployed, or is to be, as rules can judge it.

One module a kind of document; a new kind is a module and its name in :data:`KINDS`. A module is
imported when a document is read: a policy pack reads none.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from lichen.document import InputError, did_you_mean
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
        document = _parsed(path)
        kind = _kind(document) if source == "auto" else source
        resources = _module(kind).resources(document, str(path))
        if path.suffix.lower() in (".yaml", ".yml"):
            from lichen_policies.beside import with_comments

            resources = with_comments(resources, path.read_text(encoding="utf-8"))
    except InputError as error:
        raise error.within(str(path)) from None
    return resources


def _kind(document: Mapping[str, Any]) -> str:
    for kind in KINDS:
        if _module(kind).recognises(document):
            return kind
    raise InputError(
        "is not a document that Lichen recognises",
        fix=f"name its kind with --source: one of {', '.join(KINDS)}",
    )


def _parsed(path: Path) -> dict[str, Any]:
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
        document = _values(path, content)
    except (ValueError, yaml.YAMLError) as error:
        raise InputError(
            f"does not parse: {' '.join(str(error).split())}", fix=_TYPE_THIS
        ) from None
    if not isinstance(document, dict):
        raise InputError(f"is a {type(document).__name__}, not an object", fix=_TYPE_THIS)
    return document


_TYPE_THIS = (
    "give the output of pulumi preview --json or terraform show -json, a template or a manifest"
)
_RENDER = "render it first: helm template . | lichen check -"


def _values(path: Path, content: bytes) -> Any:
    """The one document of a file; several objects of Kubernetes are one list."""
    json_begins = content.lstrip()[:1] in (b"{", b"[")
    if path.suffix.lower() not in (".yaml", ".yml") and (path != STDIN or json_begins):
        # As bytes: a shell may have redirected it as UTF-16, which json recognises.
        return json.loads(content)
    import yaml

    from lichen_policies.dialects import cloudformation, kubernetes

    text = content.decode("utf-8")
    try:
        documents = cloudformation.parsed(text)
    except yaml.YAMLError:
        if "{{" not in text:
            raise
        raise InputError("is a template of Helm, not a manifest yet", fix=_RENDER) from None
    if len(documents) < 2:
        return documents[0] if documents else None
    return kubernetes.list_of(documents)
