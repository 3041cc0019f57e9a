"""The place of a value in a YAML or JSON document: a template, a manifest."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from lichen_policies.facts import Resource
from lichen_policies.remediation import steps
from lichen_policies.verdict import Value

from lichen_doors.fixing.editing import Edit, NoPlace, read_text

_PLAIN = "tag:yaml.org,2002:"


def edit(path: str, to: Value, resource: Resource) -> Edit:
    """The edit that sets a property of a resource; NoPlace where its value is no literal."""
    file = Path(resource.file or "")
    text = read_text(file)
    try:
        documents = [node for node in yaml.compose_all(text, yaml.SafeLoader) if node is not None]
    except (yaml.YAMLError, RecursionError):
        raise NoPlace(f"{file} does not parse") from None
    node = _resource(documents, resource)
    for step in steps(path):
        node = _within(node, step, path)
    if not isinstance(node, yaml.ScalarNode) or not node.tag.startswith(_PLAIN):
        raise NoPlace(f"{path} is made of other values")
    return Edit(file, node.start_mark.index, node.end_mark.index, _written(to, node))


def _resource(documents: list[yaml.Node], resource: Resource) -> yaml.Node:
    """The node that holds a resource's properties."""
    if resource.dialect == "cloudformation":
        node = documents[0]
        for step in ("Resources", resource.address, "Properties"):
            node = _within(node, step, resource.address)
        return node
    line = (resource.line or 1) - 1
    for node in documents:
        if node.start_mark.line <= line <= node.end_mark.line and isinstance(
            node, yaml.MappingNode
        ):
            return node
    raise NoPlace(f"{resource.name} is not found in {resource.file}")


def _within(node: yaml.Node, step: str | int, path: str) -> yaml.Node:
    found: yaml.Node | None = None
    if isinstance(step, int):
        if isinstance(node, yaml.SequenceNode) and step < len(node.value):
            found = node.value[step]
    elif isinstance(node, yaml.MappingNode):
        found = next((value for key, value in node.value if key.value == step), None)
    if found is None:
        raise NoPlace(f"{path} is not written there")
    if not node.start_mark.index <= found.start_mark.index < node.end_mark.index:
        raise NoPlace(f"{path} is shared with other places by an anchor")
    return found


def _written(to: Value, node: yaml.ScalarNode) -> str:
    """A value in the style of the one that it replaces."""
    text = str(to).lower() if isinstance(to, bool) else str(to)
    if node.style == '"':
        return json.dumps(text)
    if node.style == "'":
        return "'" + text.replace("'", "''") + "'"
    if node.style in ("|", ">"):
        raise NoPlace("it is a text of several lines")
    plain = not isinstance(to, str) or yaml.safe_load(text) == text
    return text if plain else json.dumps(text)
