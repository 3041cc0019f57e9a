"""The place of a value in a YAML or JSON document: a template, a manifest, a workload."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import yaml
from lichen_policies.facts import Resource
from lichen_policies.remediation import steps
from lichen_policies.verdict import Change, Value

from lichen_doors.fixing.editing import Edit, NoPlace, read_text

_PLAIN = "tag:yaml.org,2002:"


def edit(change: Change, to: Value, resource: Resource) -> Edit:
    """The edit that sets a property of a resource; NoPlace where its value is no literal."""
    file = Path(resource.file or "")
    return edit_within(file, _resource(documents(file), resource), change.path, to, change)


def documents(file: Path) -> list[yaml.Node]:
    """The documents of a file; NoPlace where it does not parse."""
    try:
        composed = yaml.compose_all(read_text(file), yaml.SafeLoader)
        return [node for node in composed if node is not None]
    except (yaml.YAMLError, RecursionError):
        raise NoPlace(f"{file} does not parse") from None


def edit_within(file: Path, node: yaml.Node, path: str, to: Value, change: Change) -> Edit:
    """The edit that sets what is at a path below a node to the value of a change."""
    *way, last = steps(path)
    for step in way:
        node = within(node, step, path)
    if change.adds and isinstance(node, yaml.MappingNode) and _under(node, last) is None:
        return _addition(file, node, str(last), to, change)
    node = within(node, last, path)
    if change.listed and isinstance(node, yaml.SequenceNode) and len(node.value) == 1:
        node = within(node, 0, path)
    if not isinstance(node, yaml.ScalarNode) or not node.tag.startswith(_PLAIN):
        raise NoPlace(f"{path} is made of other values")
    return Edit(file, node.start_mark.index, node.end_mark.index, _written(to, node.style))


def _addition(file: Path, node: yaml.MappingNode, name: str, to: Value, change: Change) -> Edit:
    """The edit that adds a property to an object: above its first one, or, where the object is
    written in braces, behind its last one."""
    if not node.value:
        raise NoPlace(f"{change.path} has nothing beside it")
    first, last = node.value[0][0], node.value[-1][1]
    quoted = first.style == '"'
    value = _written(to, '"' if quoted and isinstance(to, str) else None)
    text = f"{json.dumps(name) if quoted else name}: {f'[{value}]' if change.listed else value}"
    if node.flow_style:
        at = last.end_mark.index
        return Edit(file, at, at, f", {text}")
    at = first.start_mark.index
    return Edit(file, at, at, f"{text}\n{' ' * first.start_mark.column}")


def _resource(found: list[yaml.Node], resource: Resource) -> yaml.Node:
    """The node that holds a resource's properties."""
    if resource.dialect == "cloudformation":
        node = found[0]
        for step in ("Resources", resource.address, "Properties"):
            node = within(node, step, resource.address)
        return node
    line = (resource.line or 1) - 1
    objects = [node for document in found for node in _objects(document)]
    for node in objects:
        if node.start_mark.line == line:
            return node
    if len(objects) == 1 and resource.line is None:
        return objects[0]
    raise NoPlace(f"{resource.name} is not found in {resource.file}")


def _objects(document: yaml.Node) -> Iterator[yaml.Node]:
    """The objects of a document: itself, or those of a list."""
    kind, items = _under(document, "kind"), _under(document, "items")
    if (
        isinstance(kind, yaml.ScalarNode)
        and kind.value.endswith("List")
        and isinstance(items, yaml.SequenceNode)
    ):
        for item in items.value:
            yield from _objects(item)
    elif isinstance(document, yaml.MappingNode):
        yield document


def _under(node: yaml.Node, step: str | int) -> yaml.Node | None:
    """What an object or a list has under a name or a number; None where it has nothing there."""
    if isinstance(step, int):
        inside = isinstance(node, yaml.SequenceNode) and step < len(node.value)
        return node.value[step] if inside else None
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for key, value in node.value if key.value == step), None)


def within(node: yaml.Node, step: str | int, path: str) -> yaml.Node:
    """What is under a node; NoPlace where nothing is, or it is shared with other places."""
    found = _under(node, step)
    if found is None:
        raise NoPlace(f"{path} is not written there")
    if not node.start_mark.index <= found.start_mark.index < node.end_mark.index:
        raise NoPlace(f"{path} is shared with other places by an anchor")
    return found


def _written(to: Value, style: str | None) -> str:
    """A value in the style of the one that it replaces."""
    text = str(to).lower() if isinstance(to, bool) else str(to)
    if style == '"':
        return json.dumps(text)
    if style == "'":
        return "'" + text.replace("'", "''") + "'"
    if style in ("|", ">"):
        raise NoPlace("it is a text of several lines")
    plain = not isinstance(to, str) or yaml.safe_load(text) == text
    return text if plain else json.dumps(text)
