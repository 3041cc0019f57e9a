"""Documents into resources: what is deployed, or is to be, as rules can judge it.

One module a kind of document. A new kind is a module, and its name in :data:`KINDS` with the keys
that such a document may have at its top: the module is asked, and imported, only where the document
has one of them. A policy pack reads none.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec

from lichen.document import InputError, did_you_mean
from lichen.input_error import NotParsed, NotRecognised, NotRendered
from lichen.parsing.bounds import too_deep
from lichen.parsing.content import content_of, text_of
from lichen_policies.dialects.azure import is_deployment
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.dialects.largest import YAML
from lichen_policies.document_kinds import KINDS
from lichen_policies.facts.resource import Resource

__all__ = [
    "KINDS",
    "KUSTOMIZATIONS",
    "PROGRAMS",
    "DeploymentInput",
    "Kind",
    "check_source",
    "is_program",
    "read",
]


class Kind(Protocol):
    """What a module of this folder does for one kind of document."""

    def recognises(self, document: Mapping[str, Any], /) -> bool:
        """Whether a document looks like one of this kind."""

    def resources(self, document: Mapping[str, Any], file: str, /) -> list[Resource]:
        """The resources of a document; :class:`InputError` where it is not whole."""


PROGRAMS: Mapping[str, tuple[str, str]] = {
    "Pulumi.yaml": (
        "is a Pulumi program",
        "run pulumi preview --json --show-sames > preview.json, and check that file",
    ),
    "Chart.yaml": ("is a chart of Helm", "run helm template . | lichen check -"),
    ".bicepparam": (
        "has parameters for a file of Bicep",
        "run lichen check main.bicep --parameters main.bicepparam",
    ),
    "cdk.json": ("is a program of the AWS CDK", "run cdk synth, and check cdk.out"),
    "terragrunt.hcl": (
        "is a unit of Terragrunt",
        "run terragrunt plan -out=plan and terragrunt show -json plan > plan.json, and check that "
        "file",
    ),
}
"""What a file of that name or ending is of, and what makes a document of it."""


KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""The names of Kustomize's own files, in which version and kind may be left out (Kubernetes
documentation, "Declarative Management of Kubernetes Objects Using Kustomize")."""


def is_program(file: str, name: str) -> bool:
    """Whether a file has a name, or an ending, of :data:`PROGRAMS`."""
    return file == name or (name[0] == "." and file.endswith(name))


def _module(kind: str) -> Kind:
    module: Kind = importlib.import_module(f"{__name__}.{kind.replace('-', '_')}")
    return module


def read(
    path: Path,
    source: str = "auto",
    given: DeploymentInput | None = None,
    text: str | None = None,
) -> list[Resource]:
    """The resources in a document; ``source`` is "auto" or a name in :data:`KINDS`, ``given`` what
    the deployment gives to a template. ``text`` is the document's, where it has been read already.

    :class:`InputError` names the file, what is wrong with it, and what to type instead.
    """
    check_source(source)
    try:
        text = _text(path) if text is None else text
        if source == "auto":
            _refuse_programs(path)
        documents = _documents(path, text)
        resources = [
            resource
            for number, (line, document) in enumerate(documents, start=1)
            for resource in _resources(
                document, path, number if len(documents) > 1 else None, line, source, given
            )
        ]
        if not _is_json(path, text) and "lichen:exempt" in text:
            from lichen_policies.beside import with_comments

            resources = with_comments(resources, text)
    except InputError as error:
        raise error.within(str(path)) from None
    except RecursionError:
        raise too_deep().within(str(path)) from None
    return resources


def check_source(source: str) -> None:
    """Refuse what is neither "auto" nor a name in :data:`KINDS`."""
    if source != "auto" and source not in KINDS:
        raise InputError(
            f"{source!r} is not a kind of document", fix=did_you_mean(source, ["auto", *KINDS])
        )


def _resources(
    document: Mapping[str, Any],
    path: Path,
    number: int | None,
    line: int | None,
    source: str,
    given: DeploymentInput | None,
) -> list[Resource]:
    """The resources of one document; ``number`` and ``line`` say which it is and where it begins in
    a file that has several."""
    try:
        kind = _kind(document) if source == "auto" else source
        if kind == "cloudformation":
            from lichen_policies.dialects import cloudformation

            found = cloudformation.resources(document, str(path), given)
        elif kind == "azure-template":
            from lichen_policies.dialects import azure_template

            found = azure_template.resources(document, str(path), given)
        elif kind == "workload":
            from lichen_policies.dialects import workload

            counter = None if given is None else given.counter
            found = workload.resources(document, str(path), counter)
        else:
            found = _module(kind).resources(document, str(path))
            if any(is_deployment(each.type) for each in found):
                from lichen_policies.dialects.azure.deployments import expanded

                found = list(expanded(found))
    except InputError as error:
        raise error.within(str(path) if line is None else f"{path}:{line}") from None
    file = str(path)
    own = file if number is None else f"{file}#{number}"
    return [
        resource
        if (resource.document or resource.file) == own
        else msgspec.structs.replace(
            resource,
            document=resource.document or own,
            line=line if resource.line is None and resource.file == file else resource.line,
        )
        for resource in found
    ]


def _kind(document: Mapping[str, Any]) -> str:
    for kind, keys in KINDS.items():
        if any(key in document for key in keys) and _module(kind).recognises(document):
            return kind
    raise NotRecognised(
        "is not a document that Lichen recognises",
        fix=f"name its kind with --source: one of {', '.join(KINDS)}",
    )


def _text(path: Path) -> str:
    is_yaml = path.suffix.lower() in _YAML_SUFFIXES
    content = YAML.content(path) if is_yaml else content_of(path)
    if content.startswith(b"PK\x03\x04") and b"tfplan" in content:
        raise InputError(
            "is a plan in Terraform's binary form",
            fix=f"run terraform show -json {path.name} > {path.stem}.json, and check that file",
        )
    return text_of(content)


def _refuse_programs(path: Path) -> None:
    """A document is made of a program by its own tool."""
    if path.name in KUSTOMIZATIONS:
        from lichen_policies.dialects import kubernetes

        raise kubernetes.of_kustomize()
    for name, (because, fix) in PROGRAMS.items():
        if is_program(path.name, name):
            raise NotRecognised(because, fix=fix)


def _documents(path: Path, text: str) -> list[tuple[int | None, dict[str, Any]]]:
    """The documents of a file, each with the line that it begins in where there are several."""
    try:
        documents = _parsed(path, text)
    except InputError as error:
        if error.fix:
            raise
        raise NotParsed(error.wrong, fix=_TYPE_THIS, field=error.field) from None
    for _line, document in documents:
        if document is None:
            raise NotRecognised("is empty", fix=_TYPE_THIS)
        if not isinstance(document, dict):
            found = _WORDS.get(type(document), "a value")
            raise NotRecognised(f"is {found}, not an object", fix=_TYPE_THIS)
    return documents


_WORDS = {
    str: "plain text",
    list: "a list",
    bool: "a yes or no",
    int: "a number",
    float: "a number",
}
"""What a document is that is none, such as the table that a command prints."""


def _parsed(path: Path, text: str) -> list[tuple[int | None, Any]]:
    if path.suffix.lower() == ".toml":
        from lichen.parsing.toml_text import from_toml

        return [(None, from_toml(text))]
    if not _is_json(path, text):
        YAML.check(len(text))
        return _of_yaml(text)
    from lichen_policies.dialects import json_documents

    text, documents = json_documents.parsed(text)
    if len(documents) == 1 and isinstance(document := documents[0][1], dict):
        for listed, keys in _WITH_LINES.items():
            if keys <= document.keys():
                from lichen.parsing.json_lines import with_lines  # a plan needs none

                return [(None, with_lines(text, document, listed))]
    return documents


_WITH_LINES = {
    "Resources": {"Resources"},
    "items": {"apiVersion", "kind"},
    "resources": {"$schema", "resources"},
}
"""What a template of CloudFormation, a list of Kubernetes and a template of Azure list, by the keys
that each has. A plan has no line of a file that somebody wrote."""


_YAML_SUFFIXES = (".yaml", ".yml")


def _is_json(path: Path, text: str) -> bool:
    """Whether a file is read as JSON: by its name, else by how it begins."""
    suffix = path.suffix.lower()
    if suffix == ".json" or suffix in _YAML_SUFFIXES:
        return suffix == ".json"
    return text.lstrip()[:1] in ("{", "[")


_TYPE_THIS = (
    # What is said of a file that may be of any kind.
    "give the output of pulumi preview --json or terraform show -json, a template or a manifest"
)
_RENDER = "render it first: helm template . | lichen check -"
_TO_RENDER = r"\{\{(?!resolve:)"


def _of_yaml(text: str) -> list[tuple[int | None, Any]]:
    """The documents of a YAML file, or of JSON behind words that a program printed; several objects
    of Kubernetes are one list."""
    from lichen_policies.dialects import cloudformation, json_documents, kubernetes

    try:
        documents = cloudformation.parsed(text)
    except InputError:
        if json_documents.BEGINS.search(text):
            with suppress(InputError):
                return json_documents.parsed(text).documents
        if not re.search(_TO_RENDER, text):
            raise
        raise NotRendered("is a template of Helm, not a manifest yet", fix=_RENDER) from None
    if len(documents) < 2:
        return [(None, documents[0] if documents else None)]
    return [(None, kubernetes.list_of(documents))]
