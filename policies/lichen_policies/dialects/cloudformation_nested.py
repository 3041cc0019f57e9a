"""Templates inside of a template: nested stacks and SAM's applications, where their file is here.

What the outer template gives to the inner one is all that the inner one gets: its other parameters
have their defaults. A template at an address elsewhere is not fetched: its stack says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from lichen.document import InputError
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
    inner = folder / written
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


def missing(stack: Resource) -> str:
    """Why the template inside of a resource is not here; empty for one that has none inside."""
    place = _PLACES.get(stack.type)
    if place is None:
        return ""
    written = _written(stack, place)
    if written is None:
        because = "is not named"
    elif isinstance(written, Mapping):
        because = "is in a repository of applications"
    elif is_unknown(written):
        because = "is at an address that is not known here"
    elif isinstance(written, str) and "://" in written:
        because = "is at an address elsewhere, and nothing is fetched"
    else:
        because = "is not here"
    return f"nests the stack {stack.address}, whose template {because}"


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
    tags = Properties(stack.properties, "cloudformation").tags("tags")
    stated = environment.tagged(tags) if isinstance(tags, Mapping) else None
    return msgspec.structs.replace(
        given,
        environment=given.environment or stated,
        parameters=dict(_parameters(stack)),
        exact=False,
        whole=True,
        inside=inside,
    )


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
