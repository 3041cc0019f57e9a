"""A CloudFormation template, in YAML or JSON, with SAM's resources.

A template names no region and no environment; tags may, and the command line. What a condition that
does not hold would make is no resource. One whose condition nobody can evaluate is judged, and says
so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import msgspec

from lichen.document import InputError, did_you_mean
from lichen.input_error import NotRendered
from lichen.parsing.at import At
from lichen.parsing.yaml_text import from_yaml
from lichen_policies.dialects import cloudformation_nested
from lichen_policies.dialects.cloudformation_values import Template
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.dialects.largest import YAML
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import has_unknown, is_unknown

MOST_BRANCHES_OF_CONDITIONS = 8
"""The most branches in which a template is judged whose conditions alone are open; with more, what
depends on one is not known."""
MOST_BRANCHES_OF_VALUES = 24
"""The most branches where parameters of few allowed values are open too."""
MOST_RESOURCES_OF_VALUES = 2_000
"""The most resources that all branches of values have together."""

_FUNCTION = "AWS::Serverless::Function"
_SAM = "AWS::Serverless-2016-10-31"
_MACRO = "Fn::Transform"
_OWN_TRANSFORMS = (_SAM, "AWS::LanguageExtensions")


def parsed(text: str) -> list[Any]:
    """The documents of a YAML file as plain values, without empty ones; :class:`InputError` where
    it does not parse. CloudFormation's short forms are written out: ``!Ref x`` is ``{"Ref": "x"}``.
    """
    documents = from_yaml(text, typed=False, short_form=_written_out)
    return [document for document in documents if document is not None]


def _written_out(name: str, argument: Any) -> dict[str, Any]:
    return {name if name in ("Ref", "Condition") else f"Fn::{name}": argument}


def recognises(document: Mapping[str, Any]) -> bool:
    return "AWSTemplateFormatVersion" in document or any(
        str(name).startswith("Fn::")  # loops and macros make the resources
        or (isinstance(entry, Mapping) and "::" in str(entry.get("Type", "")))
        for name, entry in _entries(document).items()
    )


def resources(
    document: Mapping[str, Any], file: str, given: DeploymentInput | None = None
) -> list[Resource]:
    """The template's resources, with those of the templates inside of it that are files here.

    :class:`InputError` where it has none or one is malformed.
    """
    given = given or DeploymentInput()
    if not given.inside:
        given = msgspec.structs.replace(given, nested=count())
    if "Resources" not in document:
        raise InputError("is required", fix="add Resources:", field="Resources")
    template = Template(document, given)
    _check_given(template)
    found: list[Resource] = []
    for name, entry in template.each(_entries(document)):
        if name == _MACRO or (isinstance(entry, Mapping) and {*entry} == {_MACRO}):
            found += _macros(entry if name == _MACRO else entry[_MACRO], file)
            continue
        if isinstance(entry, Mapping) and isinstance(entry.get("Type"), Mapping):
            raise NotRendered("holds modules of rain", fix="run rain pkg, and check what it prints")
        if not isinstance(entry, Mapping) or not isinstance(entry.get("Type"), str):
            raise InputError("is not a resource", fix="give it a Type:", field=f"Resources.{name}")
        properties = {_MACRO: entry[_MACRO]} if _MACRO in entry else entry.get("Properties") or {}
        if not isinstance(properties, Mapping):
            raise InputError("is not a mapping", field=f"Resources.{name}.Properties")
        condition = entry.get("Condition")
        made = True if condition is None else template.condition(condition)
        if made is False:
            continue
        resource = Resource(
            type=entry["Type"],
            name=name,
            address=name,
            properties=_value(template, properties),
            dialect="cloudformation",
            region=given.region,
            environment=given.environment,
            file=file,
            line=entry.line if isinstance(entry, At) else None,
            only_if=str(condition) if is_unknown(made) else "",
        )
        inner = cloudformation_nested.file_of(resource, entry.get("Metadata"))
        circle = inner is not None and cloudformation_nested.is_circle(inner, resource, given)
        if inner is None or circle:
            unseen = cloudformation_nested.missing(resource, is_circle=circle)
            own = resource
            if unseen:
                stated = cloudformation_nested.environment_of(resource, given)
                own = msgspec.structs.replace(resource, unseen=unseen, environment=stated)
            found.append(_of_sam(document, own, template))
        else:
            found += _nested(resource, inner, given)
    return [*_with_branches(document, found, template), *_macros(document.get("Transform"), file)]


def _value(template: Template, properties: Mapping[str, Any]) -> Any:
    """The properties as they are made; none where a function leaves them out."""
    found = template.value(properties)
    return {} if found is None else found


def _with_branches(
    document: Mapping[str, Any], found: list[Resource], template: Template
) -> list[Resource]:
    """A template's resources, with their properties for each way in which its open conditions may
    turn out; those of templates inside of it have ways of their own."""
    ways = [_properties(document, way) for way in _ways(document, template)]
    return [
        _in_ways(document, each, template, ways)
        if ways and each.document is None and has_unknown(each.properties)
        else each
        for each in found
    ]


def _in_ways(
    document: Mapping[str, Any],
    resource: Resource,
    template: Template,
    ways: list[dict[str, Any]],
) -> Resource:
    branches = tuple(
        None
        if way.get(resource.address) is None
        else _of_sam(
            document,
            msgspec.structs.replace(resource, properties=way[resource.address]),
            template,
        ).properties
        for way in ways
    )
    return msgspec.structs.replace(resource, branches=branches)


def _ways(document: Mapping[str, Any], template: Template) -> list[Template]:
    """The template for each way in which its open conditions may turn out, and its parameters
    with few allowed values; none where no property depends on one, or where there are too many
    ways."""
    if not template.open_conditions and not template.open_parameters:
        return []
    with_values = _with_values(document, template)
    if len(with_values) > 1:
        closed, left = _of_conditions(document, with_values, MOST_BRANCHES_OF_VALUES)
        return closed + left  # where conditions are left open, what depends on them is not known
    closed, left = _of_conditions(document, [template], MOST_BRANCHES_OF_CONDITIONS)
    return [] if left or not template.open_conditions else closed


def _with_values(document: Mapping[str, Any], template: Template) -> list[Template]:
    """The template with each of the values that its open parameters may have, those that name
    machines first, as far as there is room for all of a parameter's."""
    resources = max(len(_entries(document)), 1)
    most = min(MOST_BRANCHES_OF_VALUES, MOST_RESOURCES_OF_VALUES // resources)
    ways = [template]
    by_use = sorted(
        template.open_parameters.items(), key=lambda each: not all("." in text for text in each[1])
    )
    for name, allowed in by_use:
        if len(ways) * len(allowed) <= most:
            ways = [way.with_parameter(name, value) for way in ways for value in allowed]
    if len(ways) > 1:
        for way in ways:
            _properties(document, way)
    return ways


def _of_conditions(
    document: Mapping[str, Any], ways: list[Template], most: int
) -> tuple[list[Template], list[Template]]:
    """Templates for each way in which the open conditions of some may turn out, and those of which
    some stay open, since there would be more than ``most``."""
    closed: list[Template] = []
    to_split = [*ways]
    while to_split and len(closed) + len(to_split) <= most:
        way = to_split.pop()
        condition = next(iter(way.open_conditions), None)
        if condition is None:
            closed.append(way)
            continue
        for holds in (True, False):
            each = way.assuming(condition, holds)
            _properties(document, each)
            to_split.append(each)
    return closed, to_split


def _properties(document: Mapping[str, Any], template: Template) -> dict[str, Any]:
    """The properties of what a template makes, by name."""
    return {
        name: _value(template, entry.get("Properties") or {})
        for name, entry in template.each(_entries(document))
        if entry.get("Condition") is None or template.condition(entry["Condition"]) is not False
    }


def _nested(stack: Resource, inner: Path, given: DeploymentInput) -> list[Resource]:
    """The resources of the template inside of a resource: a deployment of their own, which is made
    under the resource's condition."""
    try:
        documents = parsed(YAML.text(inner))
        if len(documents) != 1 or documents[0] is None:
            raise InputError(
                f"{'is empty' if not any(documents) else 'is no template, but several documents'}, "
                f"and {stack.file} nests it as the stack {stack.address}",
                fix="write one template into it, or name another file in the stack",
            )
        (document,) = documents
        if not isinstance(document, Mapping):
            raise InputError("is no template")
        found = resources(document, str(inner), cloudformation_nested.given_by(stack, given))
    except InputError as error:
        raise error.within(str(inner)) from None
    return [
        msgspec.structs.replace(
            each,
            document=each.document or f"{inner}#{stack.address}",
            only_if=each.only_if or stack.only_if,
        )
        for each in found
    ]


def _check_given(template: Template) -> None:
    """Refuse a value for a parameter that is not there: it is another one, misspelt."""
    for name in template.given.parameters if template.given.exact else ():
        if name not in template.parameters:
            raise InputError(
                f"{name!r} is not a parameter of the template",
                fix=did_you_mean(name, template.parameters)
                if template.parameters
                else "leave it out",
                field="Parameters",
            )


def _entries(document: Mapping[str, Any]) -> Mapping[str, Any]:
    entries = document.get("Resources")
    return entries if isinstance(entries, Mapping) else {}


def _macros(written: object, file: str) -> Iterator[Resource]:
    """An entry for each macro that changes the template when it is deployed."""
    for each in written if isinstance(written, list) else [written]:
        name = each.get("Name") if isinstance(each, Mapping) else each
        if name and name not in _OWN_TRANSFORMS:
            yield cloudformation_nested.included(str(name), written, file)


def _of_sam(document: Mapping[str, Any], resource: Resource, template: Template) -> Resource:
    """A function of SAM with the properties that all functions share; others as they are."""
    shared = document.get("Globals")
    written = shared.get("Function") if isinstance(shared, Mapping) else None
    own: object = resource.properties  # a function may give what is none
    if resource.type != _FUNCTION or not (
        isinstance(written, Mapping) and isinstance(own, Mapping)
    ):
        return resource
    properties = template.value(written)
    return msgspec.structs.replace(
        resource,
        properties=_merged(properties, own) if isinstance(properties, dict) else properties,
    )


def _merged(shared: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """SAM's globals under a resource's own properties: mappings are merged, lists are joined."""
    merged = dict(shared)
    for key, value in own.items():
        before = merged.get(key)
        if isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(before, value)
        elif isinstance(before, list) and isinstance(value, list):
            merged[key] = [*before, *value]
        elif value is not None or key not in merged:
            merged[key] = value
    return merged
