"""The text of Terraform's configuration as blocks and arguments, in either of its two syntaxes.

The language's own syntax is parsed by tree-sitter, JSON as JSON; an expression stays as it is
written until :mod:`expressions` asks for its value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import tree_sitter_hcl
from tree_sitter import Language, Node, Parser

from lichen.document import InputError
from lichen.parsing.bounds import twice
from lichen.parsing.content import content_of, text_of
from lichen.parsing.json_text import from_json
from lichen_policies.dialects.largest import HCL

Written = Any
"""An expression: a node of the parser, or a value of JSON."""


class Body(msgspec.Struct, frozen=True):
    """What is between the braces of a block, or in a file: arguments by name, and blocks."""

    arguments: Mapping[str, Written]
    blocks: tuple[Block, ...] = ()

    def of(self, kind: str) -> Iterator[Block]:
        """The blocks of a kind."""
        return (block for block in self.blocks if block.kind == kind)


class Block(msgspec.Struct, frozen=True):
    """A block: its kind, its labels, what is in it, and where it is written."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    file: Path
    line: int | None = None
    last_line: int | None = None

    @property
    def label(self) -> str:
        return self.labels[-1] if self.labels else ""


_LABELS: Mapping[str, int] = {
    "resource": 2,
    "data": 2,
    "module": 1,
    "variable": 1,
    "output": 1,
    "provider": 1,
    "locals": 0,
}
"""How many labels the blocks have that are read, which JSON writes as nested objects."""


def read(file: Path) -> Body:
    """A file's blocks; :class:`InputError` names the line that is no configuration."""
    if file.name.endswith(".json"):
        return _of_json(from_json(text_of(content_of(file))), file)
    body = tree(HCL.text(file))
    for node in body.children:
        if node.type == "block" and len(_labels(node)) != _LABELS.get(
            _kind(node), len(_labels(node))
        ):
            raise _not_terraform(node)
    return _body(body, file)


def variables(file: Path) -> Mapping[str, Written]:
    """The values in a file of variables: ``.tfvars`` or ``.tfvars.json``."""
    if not file.name.endswith(".json"):
        return _body(tree(HCL.text(file)), file).arguments
    document = from_json(text_of(content_of(file)))
    if not isinstance(document, dict):
        raise InputError("is not an object", fix="write {name: value}", document=str(file))
    return document


def tree(text: str) -> Node:
    """The body of a text; :class:`InputError` where it is none."""
    root = _parser().parse(text.encode()).root_node
    if root.has_error:
        raise _templates_in(text) or _not_terraform(next(_errors(root)))
    return next((child for child in root.children if child.type == "body"), root)


def expression(text: str) -> Node:
    """A text as one expression; :class:`InputError` where it is none."""
    return next(_all(tree(f"value = {text}"), "expression"))


def template(text: str) -> Node:
    """A text of JSON as the template that it is in Terraform's language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return expression(f'"{escaped}"')


class HasTemplates(InputError):
    """A file that another tool fills in before Terraform reads it."""


_TEMPLATE = re.compile(r"\{\{-?\s*(?:[.$]\w|(?:if|range|with|end|else|template|include|define)\b)")
"""What Go's templates have: ``{{ .Name }}``, ``{{if .Name}}``, ``{{- range $each }}``."""


def _templates_in(text: str) -> InputError | None:
    """What is wrong where a file that cannot be read has Go's templates in it."""
    found = _TEMPLATE.search(text)
    if found is None:
        return None
    return HasTemplates(
        "has a Go template ({{...}}) in it, so it is not Terraform's language yet",
        fix="name the folder of the files that its tool makes of them",
        field=f"line {text.count(chr(10), 0, found.start()) + 1}",
    )


def _not_terraform(node: Node) -> InputError:
    return InputError(
        "is not Terraform's language",
        fix="correct it until terraform validate succeeds",
        field=f"line {_line(node)}",
    )


def _line(node: Node) -> int:
    return node.start_point.row + 1


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_hcl.language()))


def _errors(node: Node) -> Iterator[Node]:
    """The innermost nodes that are wrong."""
    for child in node.children:
        if child.has_error or child.is_error or child.is_missing:
            yield from _errors(child)
    yield node


def _all(node: Node, kind: str) -> Iterator[Node]:
    for child in node.children:
        if child.type == kind:
            yield child
        else:
            yield from _all(child, kind)


def text_in(node: Node) -> str:
    """The text of a node."""
    return (node.text or b"").decode()


def _body(node: Node, file: Path) -> Body:
    arguments: dict[str, Written] = {}
    blocks: list[Block] = []
    for child in node.children:
        if child.type == "attribute":
            named, written = (each for each in child.named_children if each.type != "comment")
            name = text_in(named)
            if name in arguments:
                raise twice(name, f", in line {_line(arguments[name])} and in line {_line(child)}")
            arguments[name] = written
        elif child.type == "block":
            blocks.append(_block(child, file))
    return Body(arguments, tuple(blocks))


def _kind(block: Node) -> str:
    return text_in(block.named_children[0])


def _labels(block: Node) -> tuple[str, ...]:
    return tuple(
        text_in(part).strip('"')
        for part in block.named_children[1:]
        if part.type in ("identifier", "string_lit")
    )


def _block(node: Node, file: Path) -> Block:
    inner = next((part for part in node.named_children if part.type == "body"), None)
    return Block(
        kind=_kind(node),
        labels=_labels(node),
        body=Body({}) if inner is None else _body(inner, file),
        file=file,
        line=_line(node),
        last_line=node.end_point.row + 1,
    )


def _of_json(document: Any, file: Path) -> Body:
    if not isinstance(document, dict):
        raise InputError("is not an object", fix="write it as terraform validate takes it")
    blocks = [
        Block(kind=kind, labels=labels, body=Body(inner), file=file)
        for kind, depth in _LABELS.items()
        for labels, inner in _labelled(document.get(kind), depth)
    ]
    return Body({}, tuple(blocks))


def _labelled(value: Any, depth: int) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The bodies below labels: objects, or lists of them, at every level."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, dict):
            continue
        if depth == 0:
            yield (), each
        for label, inner in each.items() if depth else ():
            for labels, body in _labelled(inner, depth - 1):
                yield (label, *labels), body


def elements(expression: Node) -> Iterator[tuple[str, str]]:
    """The keys and values of an object, as they are written."""
    for element in _all(expression, "object_elem"):
        key, value = (each for each in element.named_children if each.type == "expression")
        yield text_in(key), text_in(value)
