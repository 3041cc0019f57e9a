"""Templates inside of a template: nested stacks and SAM's applications, where their file is here.

What the outer template gives to the inner one is all that the inner one gets: its other parameters
have their defaults. A template at an address elsewhere is not fetched: its stack says so.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lichen.document import InputError
from lichen.parsing.at import At
from lichen.words import Environment
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.facts import environment
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

DEEPEST = 10
"""How many templates may be inside of each other."""

MOST = 1_000
"""How many templates are read inside of one, each as often as it is nested."""

_PLACES = {
    "AWS::CloudFormation::Stack": "TemplateURL",
    "AWS::Serverless::Application": "Location",
}
_INCLUDE = "AWS::Include"
_STACK_SET = "AWS::CloudFormation::StackSet"
_MODULE = "::MODULE"
"""How the types of modules end (CloudFormation User Guide, "Use modules")."""
_FILE = re.compile(r"[\w./-]{1,200}")
"""The path of a file, which may be printed."""

_OF_CDK = "aws:asset:path"
"""Where CDK writes which file of its folder a nested stack's template is."""


def file_of(stack: Resource, metadata: object) -> Path | None:
    """The file of the template inside of a resource; None where it is none, or not here."""
    place = _PLACES.get(stack.type)
    if place is None or stack.file is None:
        return None
    written = metadata.get(_OF_CDK) if isinstance(metadata, Mapping) else None
    if not isinstance(written, str):
        written = _written(stack, place)
    if not isinstance(written, str) or "://" in written:
        return None
    folder = Path(stack.file).parent
    # As the AWS CLI and SAM do when they package it: `link/..` is `.`, wherever the link leads.
    inner = Path(os.path.normpath(folder / written))
    try:
        is_here = any(
            inner.resolve().is_relative_to(above.resolve()) for above in (folder, Path.cwd())
        )
        return inner if is_here and inner.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None


def _written(stack: Resource, place: str) -> object:
    """What a resource has at a property; unknown where all of its properties are."""
    properties: object = stack.properties
    return properties.get(place) if isinstance(properties, Mapping) else properties


def missing(stack: Resource, *, is_circle: bool = False) -> str:
    """Why the template inside of a resource is not here, or is in a circle; empty for one that has
    none inside."""
    if stack.type == _STACK_SET:
        return f"has the stack set {stack.address}, whose template has regions of its own"
    if stack.type.endswith(_MODULE):
        return f"has the module {stack.address}, whose template is in CloudFormation's registry"
    place = _PLACES.get(stack.type)
    if place is None:
        return ""
    written = _written(stack, place)
    name = f" {written}" if isinstance(written, str) and _FILE.fullmatch(written) else ""
    if is_circle:
        because = f"template{name} is one that it is inside of"
    elif written is None:
        because = f"template is not named: it has no {place}"
    elif isinstance(written, Mapping):
        because = "template is in a repository of applications"
    elif is_unknown(written):
        because = f"template is at an address that is not known here: {place} {written.because}"
    elif not isinstance(written, str):
        because = f"template is not named: its {place} is no text"
    elif "://" in written:
        because = "template is at an address elsewhere, and nothing is fetched"
    else:
        because = f"template{name} is not here"
    return f"nests the stack {stack.address}, whose {because}"


def included(name: str, written: object, file: str) -> Resource:
    """An entry for what changes a template when it is deployed: a macro, whose work nobody can
    read, or a part of the template that is at an address elsewhere."""
    return Resource(
        type=f"Transform {name}",
        name=name,
        address=f"Transform.{name}",
        properties={},
        dialect="cloudformation",
        file=file,
        line=written.line if isinstance(written, At) else None,
        unseen="includes a part that is at an address elsewhere, and nothing is fetched"
        if name == _INCLUDE
        else "",
    )


def is_circle(inner: Path, stack: Resource, given: DeploymentInput) -> bool:
    """Whether the template inside of a resource is one that the resource is inside of."""
    outer = (*given.inside, str(stack.file))
    return inner.resolve() in {Path(each).resolve() for each in outer}


def fix_of(stack: Resource) -> str:
    """What to do about a template that is not here."""
    if stack.type == _STACK_SET:
        return "check that template by itself, with --region for each of its regions"
    if stack.type not in _PLACES:
        return "check that template by itself"
    place = _PLACES[stack.type]
    written = _written(stack, place)
    if is_unknown(written):
        return "give what it is made of, or check that template by itself"
    if isinstance(written, str) and "://" not in written:
        return "put that template where it says, or check it by itself"
    if written is None or not isinstance(written, str | Mapping):
        return f"name its template in {place}, or check that template by itself"
    return "check that template by itself"


def given_by(stack: Resource, given: DeploymentInput) -> DeploymentInput:
    """What a resource gives to the template inside of it.

    :class:`InputError` where templates are inside of each other without an end.
    """
    inside = (*given.inside, str(stack.file))
    if len(inside) > DEEPEST:
        raise InputError(
            f"is the {DEEPEST + 1}th template inside of another",
            fix="see whether one holds itself",
        )
    if next(given.nested) >= MOST:
        raise InputError(
            f"nests more than {MOST:,} templates", fix="check those inside of it by themselves"
        )
    return msgspec.structs.replace(
        given,
        environment=environment_of(stack, given),
        parameters=dict(_parameters(stack)),
        exact=False,
        whole=True,
        inside=inside,
    )


def environment_of(stack: Resource, given: DeploymentInput) -> Environment | None:
    """The environment of the template inside of a resource, as far as anything states it."""
    tags = Properties(stack.properties, "cloudformation").tags("tags")
    stated = environment.tagged(tags) if isinstance(tags, Mapping) else None
    return given.environment or stated


def _parameters(stack: Resource) -> Iterator[tuple[str, Maybe[str]]]:
    written = stack.properties.get("Parameters")
    if isinstance(written, Mapping):
        for name, value in written.items():
            yield str(name), _as_text(value)


def _as_text(value: Any) -> Maybe[str]:
    if is_unknown(value):  # the inner template knows none of the resources that it is made of
        return Unknown(value.because)
    if isinstance(value, list):
        parts = [_as_text(part) for part in value]
        return next(filter(is_unknown, parts), None) or ",".join(map(str, parts))
    return str(value).lower() if isinstance(value, bool) else str(value)
