"""YAML into plain values, from the events of a parser: nothing is built twice, nothing recurses.

PyYAML builds a tree of nodes, checks it, and builds values of it. That takes ten times as long as
reading the text, copies what merge keys name before anybody can count it, and recurses. Only its
parser is used here, which is libyaml where PyYAML has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator
from functools import lru_cache
from math import isfinite
from typing import Any

import yaml

from lichen.input_error import InputError
from lichen.parsing.at import At
from lichen.parsing.bounds import DEEPEST, MOST_ADDED, too_deep, twice

ShortForm = Callable[[str, Any], Any]
"""What a tag of a format's own (``!Ref``, handed over as ``Ref``) makes of the value behind it."""


def from_yaml(text: str, *, typed: bool = True, short_form: ShortForm | None = None) -> list[Any]:
    """The values of each document in a text.

    ``typed`` is YAML as people write it: a day is a date, a key may be a number. Otherwise only
    null, true, false and numbers are more than text, every key is text, and mappings are
    :class:`At`. Raises :class:`InputError`, which names line and column and quotes nothing.
    """
    try:
        return list(_Values(typed, short_form).of(_events(text)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" in line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputError(f"does not parse{where}: {_unquoted(error.problem)}") from None
    except yaml.YAMLError:
        raise InputError("does not parse: it holds a character that YAML does not allow") from None


def _events(text: str) -> Iterator[Any]:
    """What ``yaml.parse`` yields, without asking before each event whether there is one."""
    parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
    return iter(parser.get_event, None)


_QUOTED = re.compile(r"""\s*(['"])(?:(?!\1).){2,}\1""", re.DOTALL)


def _unquoted(problem: str | None) -> str:
    """A parser's sentence without the words that it quotes from the text."""
    return _QUOTED.sub("", problem or "it is not YAML")


_NO_KEY: Any = object()
_MERGE: Any = object()
_UNFINISHED: Any = object()


class _Open:
    """A list or mapping that is being read. ``size`` counts the values in it, aliases in full."""

    __slots__ = ("anchor", "is_list", "key", "key_line", "line", "merged", "size", "tag", "value")

    def __init__(self, value: Any, event: Any) -> None:
        self.value = value
        self.is_list = type(value) is list
        self.tag: str | None = event.tag
        self.anchor: str | None = event.anchor
        self.line: int = event.start_mark.line
        self.key: Any = _NO_KEY
        self.key_line = 0
        self.size = 1
        self.merged: list[Any] = []


class _Values:
    """Events into values. ``added`` counts what aliases add to the values that are written."""

    def __init__(self, typed: bool, short_form: ShortForm | None) -> None:
        self.typed = typed
        self.mapping: type[dict[Any, Any]] = dict if typed else At
        self.scalar_of = _as_people_write if typed else _plainly
        self.short_form = short_form
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.added = 0

    def of(self, events: Iterator[Any]) -> Iterator[Any]:
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value, size = self.scalar(event), 1
                if event.anchor is not None:
                    self.anchors[event.anchor] = (value, 1)
            elif kind is yaml.MappingStartEvent:
                self.begin(self.mapping(), event)
                continue
            elif kind is yaml.SequenceStartEvent:
                self.begin([], event)
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                value, size = self.end()
            elif kind is yaml.AliasEvent:
                value, size = self.alias(event)
            else:
                if kind is yaml.DocumentStartEvent:
                    self.anchors.clear()
                continue
            if self.stack:
                self.place(value, size, event)
            else:
                yield value

    def begin(self, value: Any, event: Any) -> None:
        if len(self.stack) >= DEEPEST:
            raise too_deep(f"line {event.start_mark.line + 1}")
        self.stack.append(_Open(value, event))
        if event.anchor is not None:
            self.anchors[event.anchor] = (_UNFINISHED, 0)

    def end(self) -> tuple[Any, int]:
        done = self.stack.pop()
        value = done.value
        if done.merged:
            for merged in done.merged:  # the first has the last word
                value = self.mapping(merged | value)
        if type(value) is At:
            value.line = done.line + 1
        if done.tag is not None:
            value = self.tagged(done.tag, value, done.line)
        if done.anchor is not None:
            self.anchors[done.anchor] = (value, done.size)
        return value, done.size

    def alias(self, event: Any) -> tuple[Any, int]:
        value, size = self.anchors.get(event.anchor, (_NO_KEY, 0))
        where = f"line {event.start_mark.line + 1}"
        if value is _NO_KEY:
            raise InputError(f"does not parse in {where}: an alias names no anchor")
        if value is _UNFINISHED:
            raise InputError(f"holds itself: see the alias in {where}", fix="write it out")
        self.added += size
        if self.added > MOST_ADDED:
            raise InputError(
                f"grows by more than {MOST_ADDED:,} values through its aliases ({where})",
                fix="write out what is meant",
            )
        return value, size

    def place(self, value: Any, size: int, event: Any) -> None:
        """A whole value into the list or mapping that it is in."""
        holder = self.stack[-1]
        holder.size += size
        if holder.is_list:
            holder.value.append(value)
        elif holder.key is _NO_KEY:
            holder.key_line = event.start_mark.line
            if value is not _MERGE:
                _check_key(holder.value, value, holder.key_line)
            holder.key = value
        elif holder.key is _MERGE:
            holder.merged += _mergeable(value, holder.key_line)
            holder.key = _NO_KEY
        else:
            if type(value) is At and type(event) is yaml.MappingEndEvent:
                value.line = holder.key_line + 1
            holder.value[holder.key] = value
            holder.key = _NO_KEY

    def scalar(self, event: Any) -> Any:
        tag, text = event.tag, event.value
        if tag is not None and tag not in _TEXT_TAGS:
            return self.tagged(tag, text, event.start_mark.line)
        if tag is not None or event.style:
            return text
        stack = self.stack
        if stack and not stack[-1].is_list and stack[-1].key is _NO_KEY:
            if text == "<<":
                return _MERGE
            if not self.typed:
                return text
        try:
            return self.scalar_of(text)
        except ValueError:
            raise InputError(
                f"holds a number in line {event.start_mark.line + 1} that nobody can count with",
                fix="put quotes around it if it is text",
            ) from None

    def tagged(self, tag: str, value: Any, line: int) -> Any:
        """A value behind a tag that says what it is."""
        if tag in _OF_ITS_KIND:
            return value
        if tag in _PLAIN_TAGS and isinstance(value, str):
            return self.scalar_of(value)
        if self.short_form is not None and tag.startswith("!"):
            return self.short_form(tag[1:], value)
        raise InputError(f"has a tag in line {line + 1} that is not read", fix="leave the tag out")


_TEXT_TAGS = frozenset(("!", "tag:yaml.org,2002:str", "tag:yaml.org,2002:binary"))
_OF_ITS_KIND = frozenset(("!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"))
_PLAIN_TAGS = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float", "timestamp")
)


def _check_key(mapping: dict[Any, Any], key: Any, line: int) -> None:
    """Of two values of one key only the last would count, without a word."""
    if type(key) is not str and not isinstance(key, Hashable):
        raise InputError(f"has a list or a mapping as a key in line {line + 1}")
    if key in mapping:
        raise twice(str(key), f", the second time in line {line + 1}")


def _mergeable(value: Any, line: int) -> list[dict[Any, Any]]:
    """The mappings behind a merge key, of which the first has the last word."""
    mappings = value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in mappings):
        raise InputError(f"merges what is not a mapping, in line {line + 1}")
    return mappings


_RESOLVERS = yaml.resolver.Resolver.yaml_implicit_resolvers
_CONSTRUCTOR = yaml.constructor.SafeConstructor()
_FLOAT = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)[eE][-+]?\d+$")
_MOST_DIGITS = 100


@lru_cache(maxsize=8192)
def _as_people_write(text: str) -> Any:
    """A value without quotes, by YAML 1.1, which takes ``3.2e9`` for text, with YAML 1.2's numbers.

    A day that does not exist stays text, which is refused where its field is known.
    """
    tag = _tag_of(text)
    if tag == "timestamp":
        try:
            return _CONSTRUCTOR.construct_yaml_timestamp(yaml.ScalarNode(tag, text))
        except ValueError:
            return text
    value = _number(tag, text) if tag in ("int", "float") else _word(tag, text)
    if isinstance(value, float) and not isfinite(value):
        raise ValueError
    return value


@lru_cache(maxsize=8192)
def _plainly(text: str) -> Any:
    """The same of a document that a program reads: a day, and what is no finite number, is text."""
    tag = _tag_of(text)
    if tag not in ("int", "float"):
        return _word(tag, text)
    try:
        value = _number(tag, text)
    except ValueError:
        return text
    return value if isfinite(value) else text


def _tag_of(text: str) -> str:
    if _FLOAT.match(text):
        return "float"
    for tag, pattern in _RESOLVERS.get(text[:1], ()):
        if pattern.match(text):
            return str(tag).rsplit(":", 1)[-1]
    return "str"


def _word(tag: str, text: str) -> str | bool | None:
    if tag == "null":
        return None
    return text.lower() in ("yes", "true", "on") if tag == "bool" else text


def _number(tag: str, text: str) -> float:
    """ValueError for one that nobody can count with."""
    if len(text) > _MOST_DIGITS:
        raise ValueError
    if _FLOAT.match(text):
        return float(text)
    node = yaml.ScalarNode(tag, text)
    made: float = (
        _CONSTRUCTOR.construct_yaml_int(node)
        if tag == "int"
        else _CONSTRUCTOR.construct_yaml_float(node)
    )
    return made
