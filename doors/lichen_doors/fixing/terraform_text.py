"""The place of a value in Terraform's language, for a resource of a plan.

A plan does not say where a resource is written: its block is looked for in the folder of the plan.
The text is read only as far as an edit needs it: blocks, arguments, and where strings, comments and
brackets end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from lichen_policies.dialects.terraform_files import configuration_in, is_native
from lichen_policies.facts import Resource
from lichen_policies.remediation import steps
from lichen_policies.verdict import Change, Value

from lichen_doors.fixing.editing import Edit, NoPlace, read_text

_TEMPLATES = tuple(f"{sign}{{" for sign in "$%")
"""How an interpolation and a directive of HCL's templates begin."""


class Item(msgspec.Struct, frozen=True):
    """A block, an argument, or a member of an object: its name, its labels, and the text that it
    holds."""

    name: str
    labels: tuple[str, ...]
    start: int
    end: int
    is_block: bool


_ADDRESS = re.compile(r"(?P<type>[\w-]+)\.(?P<name>[\w-]+)(?:\[.*\])?$")
_ALONE = re.compile(r"\[\s*(\"[^\"$%\\]*\")\s*,?\s*\]")
_REST_OF_LINE = re.compile(r"[ \t]*(?:(?:#|//)[^\n]*)?\r?\n")
_LITERAL = re.compile(r'-?\d+(?:\.\d+)?|true|false|"[^"$%\\]*"')


def edit(change: Change, to: Value, resource: Resource) -> Edit:
    """The edit that sets an argument of a resource; NoPlace where its value is no literal."""
    path = change.path
    address = _ADDRESS.match(resource.address)
    if address is None:
        raise NoPlace("it is in a module")
    file, text, item = _block(Path(resource.file or "."), address["type"], address["name"])
    way = steps(path)
    while way:
        step = way.pop(0)
        if isinstance(step, int):
            item = _element(text, item, step, path)
            continue
        index = int(way.pop(0)) if item.is_block and way and isinstance(way[0], int) else 0
        if change.adds and not way and not _is_there(text, item, step):
            return _addition(file, text, item, step, to, change)
        item = _within(text, item, step, index, path)
    if change.listed and (alone := _ALONE.fullmatch(text, item.start, item.end)):
        item = msgspec.structs.replace(item, start=alone.start(1), end=alone.end(1))
    value = text[item.start : item.end]
    if item.is_block or not _LITERAL.fullmatch(value):
        raise NoPlace(f"{path} is made of other values in {file.name}")
    written = json.dumps(str(to)) if value[0] == '"' else _written(to)
    return Edit(file, item.start, item.end, written)


def _written(to: Value) -> str:
    return json.dumps(to) if isinstance(to, str | bool) else str(to)


def _is_there(text: str, item: Item, name: str) -> bool:
    if not item.is_block:
        return bool(_members(text, item, name))
    inner = items(text, item.start, item.end)
    return any(each.name == name or each.labels == (name,) for each in inner)


def _addition(file: Path, text: str, block: Item, name: str, to: Value, change: Change) -> Edit:
    """The edit that adds an argument to a block, as its first line."""
    rest = _REST_OF_LINE.match(text, block.start, block.end)
    if not block.is_block:
        raise _no_member(text, block, change.path)
    if rest is None:
        raise NoPlace(f"{change.path} is not written there, and its block has one line")
    own_line = text[text.rfind("\n", 0, block.start) + 1 :]
    indent = own_line[: len(own_line) - len(own_line.lstrip())]
    value = f"[{_written(to)}]" if change.listed else _written(to)
    return Edit(file, rest.end(), rest.end(), f"{indent}  {name} = {value}\n")


def _block(plan: Path, type_: str, name: str) -> tuple[Path, str, Item]:
    """The one file of the plan's folder that has a resource's block, its text and the block."""
    found = [
        (file, text, item)
        for file in configuration_in(plan.parent)
        if is_native(file)
        for text in (read_text(file),)
        for item in items(text, 0, len(text))
        if item.is_block and item.name == "resource" and item.labels == (type_, name)
    ]
    if len(found) != 1:
        where = plan.parent.resolve().name or "the folder"
        raise NoPlace(f"no .tf file beside the plan, in {where}, has its block")
    return found[0]


def _within(text: str, item: Item, name: str, index: int, path: str) -> Item:
    if not item.is_block:
        return _member(text, item, name, path)
    inner = list(items(text, item.start, item.end))
    if any(each.name == "dynamic" and each.labels == (name,) for each in inner):
        raise NoPlace(f"{name} is a dynamic block")
    named = [each for each in inner if each.name == name]
    if index >= len(named):
        raise NoPlace(f"{path} is not written there")
    return named[index]


def _member(text: str, item: Item, name: str, path: str) -> Item:
    """The value of a name in an object: ``{ spec = { replicas = 2 } }``."""
    named = _members(text, item, name)
    if len(named) == 1:
        return named[0]
    raise _no_member(text, item, path)


def _no_member(text: str, item: Item, path: str) -> NoPlace:
    is_written = any(_parts(text, item, "{}")) or any(_parts(text, item, "[]"))
    return NoPlace(f"{path} is {'not written there' if is_written else 'inside of an expression'}")


def _members(text: str, item: Item, name: str) -> list[Item]:
    return [
        msgspec.structs.replace(value, start=sign.end())
        for value in _parts(text, item, "{}")
        if (sign := _KEY.match(text, value.start, value.end))
        and name in (sign["plain"], sign["quoted"])
    ]


def _element(text: str, item: Item, index: int, path: str) -> Item:
    """One value of a list."""
    values = [] if item.is_block else list(_parts(text, item, "[]"))
    if index >= len(values):
        raise _no_member(text, item, path)
    return values[index]


def _parts(text: str, item: Item, brackets: str) -> Iterator[Item]:
    """What is between the brackets of an object or a list, without the space around it; nothing of
    an expression that begins otherwise, goes on after them, or is made by ``for``."""
    start = _skip_space(text, item.start, item.end)
    if text[start : start + 1] != brackets[0]:
        return
    end = _end_of_value(text, start + 1, item.end, closing=brackets[1])
    if text[end + 1 : item.end].strip() or _FOR.match(text, start + 1, end):
        return
    position = start + 1
    while (position := _skip_space(text, position, end)) < end:
        closing = ",\n" if brackets == "{}" else ","
        after = _end_of_value(text, position, end, closing=closing)
        value = text[position:after]
        if value.strip():
            yield Item("", (), position, position + len(value.rstrip()), False)
        position = after + (text[after : after + 1] in closing)


_FOR = re.compile(r"\s*for\b")
_KEY = re.compile(r'(?:(?P<plain>[\w-]+)|"(?P<quoted>[^"$%\\]*)")\s*(?:=(?!=)|:)\s*')


def items(text: str, position: int, end: int) -> Iterator[Item]:
    """The blocks and arguments of a body, in their order; none behind what cannot be read."""
    while (position := _skip_space(text, position, end)) < end:
        name = re.compile(r"[\w-]+").match(text, position, end)
        if name is None:
            return
        position = name.end()
        labels = []
        while label := _LABEL.match(text, position, end):
            labels.append(label[1] if label[1] is not None else label[2])
            position = label.end()
        sign = _SIGN.match(text, position, end)
        if sign is None:
            return
        start = sign.end()
        if sign[1] == "{":
            closing = _end_of_value(text, start, end, closing="}")
            yield Item(name[0], tuple(labels), start, closing, True)
            position = closing + 1
        else:
            position = _end_of_value(text, start, end, closing="\n")
            value = text[start:position]
            yield Item(name[0], (), start, start + len(value.rstrip()), False)


_LABEL = re.compile(r'[ \t]+(?:"([^"\n]*)"|([A-Za-z][\w-]*))(?=[ \t]*["{\w])')
_SIGN = re.compile(r"[ \t]*(\{|=(?!=))[ \t]*")
_SPACE = re.compile(r"(?:\s+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_HEREDOC = re.compile(r"<<-?(\w+)\r?\n.*?\n[ \t]*\1(?=\r?\n|$)", re.DOTALL)


def _skip_space(text: str, position: int, end: int) -> int:
    space = _SPACE.match(text, position, end)
    return space.end() if space else position


def _end_of_value(text: str, position: int, end: int, closing: str) -> int:
    """Where a value or a body ends: at one of ``closing`` outside of all brackets, strings and
    comments; a comment ends a value on its line."""
    depth = 0
    while position < end:
        character = text[position]
        if depth == 0 and character in closing:
            return position
        if character == '"':
            position = _end_of_string(text, position + 1, end)
            continue
        if character == "<" and (heredoc := _HEREDOC.match(text, position, end)):
            position = heredoc.end()
            continue
        if text.startswith(("#", "//", "/*"), position):
            if "\n" in closing and depth == 0 and not text.startswith("/*", position):
                return position
            position = _skip_space(text, position, end)
            if "\n" in closing and depth == 0 and "\n" in text[position - 1 : position]:
                return position - 1
            continue
        depth += (character in "{[(") - (character in "}])")
        position += 1
    return end


def _end_of_string(text: str, position: int, end: int) -> int:
    """The position after a string's closing quote; templates in it may hold strings again."""
    while position < end:
        if text[position] == "\\":
            position += 2
        elif text.startswith(_TEMPLATES, position):
            position = _end_of_value(text, position + 2, end, closing="}") + 1
        elif text[position] == '"':
            return position + 1
        else:
            position += 1
    return end
