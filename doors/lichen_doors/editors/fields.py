"""Where the fields of a YAML or JSON text are: a message names a field, an editor marks a place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import yaml


class Span(NamedTuple):
    """A part of a text; lines and characters begin at 0, and the end is not in it."""

    line: int
    character: int
    end_line: int
    end_character: int

    def has(self, line: int, character: int) -> bool:
        start, end = (self.line, self.character), (self.end_line, self.end_character)
        return start <= (line, character) < end


class Field(NamedTuple):
    """A key of a mapping, with the steps that lead to it; ``value`` is where its value is."""

    steps: tuple[str, ...]
    key: Span
    value: Span
    written: str
    """The value, where it is a single word."""


TOP = Span(0, 0, 1, 0)
"""The first line: the place of what no field has."""


def fields_of(text: str) -> list[Field]:
    """Every key of the text, outer ones first; none where the text cannot be parsed."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return []
    return [] if root is None else list(_fields(root, (), set()))


def _fields(node: yaml.Node, steps: tuple[str, ...], open_: set[int]) -> Iterator[Field]:
    if id(node) in open_:  # an alias of what it is in
        return
    open_.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                here = (*steps, key.value)
                yield Field(here, _span(key), _span(value), _word(value))
                yield from _fields(value, here, open_)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            here = (*steps, f"[{number}]")
            yield Field(here, _span(value), _span(value), _word(value))
            yield from _fields(value, here, open_)
    open_.discard(id(node))


def _span(node: yaml.Node) -> Span:
    start, end = node.start_mark, node.end_mark
    return Span(start.line, start.column, end.line, end.column)


def _word(node: yaml.Node) -> str:
    return node.value if isinstance(node, yaml.ScalarNode) else ""


def span_of(path: str, fields: list[Field], *, of_key: bool = False) -> Span:
    """The place of a field that a message names, such as ``traffic.peak_rps`` or ``a[0].b``.

    It is the value of the field, or its key ``of_key`` or where the value is long. A field that is
    missing is where its nearest holder is.
    """
    steps = tuple(re.findall(r"\[\d*\]|[^.\[\]]+", path))
    by_steps = {field.steps: field for field in fields}
    while steps:
        if field := by_steps.get(steps):
            return field.value if field.written and not of_key else field.key
        steps = steps[:-1]
    return TOP


def field_at(line: int, character: int, fields: list[Field]) -> Field | None:
    """The innermost field whose key or single value is at a place of the text."""
    at = [
        field
        for field in fields
        if field.key.has(line, character) or (field.written and field.value.has(line, character))
    ]
    return at[-1] if at else None
