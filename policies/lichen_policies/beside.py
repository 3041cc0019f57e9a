"""Exemptions written beside the resource that they cover.

In a tag, a label or an annotation the key names the rule and the value says the rest::

    lichen:exempt.dirty-region: owner=search until=2027-03-31 reason=moves with the next contract

In a comment in or directly above the resource, in Terraform's language and in YAML::

    # lichen:exempt dirty-region owner=search until=2027-03-31 reason="moves with the contract"

What is written wrongly exempts nothing, and is a finding of the rule *orphaned-exemption*.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Sequence

import msgspec

from lichen.clouds import CLOUDS
from lichen.input_error import did_you_mean
from lichen.passport import EXEMPT, exempt_tags
from lichen_policies.exemptions import Exemption
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.reading import reader_of, tags_of
from lichen_policies.facts.resource import Note, Resource
from lichen_policies.facts.unknown import is_unknown

_COMMENT = r"(?:#|//|/\*)\s*lichen:exempt\s+(?P<rule>\S+)(?P<text>.*?)\s*(?:\*/)?\s*$"
_ABOVE = r"\s*(?:(?:#|//).*|[^\s#].*:\s*)?$"
"""What may stand between a comment and the resource that it is above: comments, empty lines, and
the key that a resource begins with."""

_PART = r"\s*(?P<name>[A-Za-z]+)=(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>\S*))"
_PARTS = ("owner", "until", "reason", "approver")
_REASON = r"(?:^|\s)reason=(?P<reason>[^\"\s].*)$"


class Beside(msgspec.Struct, frozen=True):
    """What is written beside a resource: the exemption, or the mistake that makes it none."""

    rule: str
    where: str
    exemption: Exemption | None
    mistake: str = ""


def written(resource: Resource) -> tuple[Beside, ...]:
    """All that is written beside a resource, in the order in which it is written.

    Each finding of a resource asks, one after the other, so the last answer is kept.
    """
    last = _Last.answer
    if last is not None and last[0] is resource:
        return last[1]
    found = tuple(_read(note, resource) for note in (*resource.notes, *_of_tags(resource)))
    _Last.answer = (resource, found)  # at once: threads that judge others replace it
    return found


class _Last:
    """The resource that was asked for last, and what is beside it."""

    answer: tuple[Resource, tuple[Beside, ...]] | None = None


def comments(lines: Sequence[str], first: int, last: int) -> tuple[Note, ...]:
    """The comments of lines ``first`` to ``last`` of a file, counted from 1, and of the comment
    that is directly above."""
    while first > 1 and re.match(r"\s*(?:#|//)", lines[first - 2]):
        first -= 1
    return tuple(note for _, note in _comments(lines, first, last))


def with_comments(resources: Sequence[Resource], text: str) -> list[Resource]:
    """Resources of a YAML document with what its comments exempt.

    A comment belongs to the resource that it is in, or directly above.
    """
    if "lichen:exempt" not in text:
        return list(resources)
    lines = text.splitlines()
    starts = sorted({resource.line for resource in resources if resource.line is not None})
    notes: dict[int, list[Note]] = {}
    for number, note in _comments(lines, 1, len(lines)):
        following = next((start for start in starts if start > number), None)
        start = next((start for start in reversed(starts) if start <= number), None)
        if following is not None and all(
            re.match(_ABOVE, line) for line in lines[number : following - 1]
        ):
            start = following
        if start is not None:
            notes.setdefault(start, []).append(note)
    return [
        msgspec.structs.replace(resource, notes=(*resource.notes, *notes[resource.line]))
        if resource.line in notes
        else resource
        for resource in resources
    ]


def _comments(lines: Sequence[str], first: int, last: int) -> Iterator[tuple[int, Note]]:
    for number, line in enumerate(lines[first - 1 : last], start=first):
        if "lichen:exempt" in line and (found := re.search(_COMMENT, line)):
            yield number, Note(found["rule"], found["text"], f"comment in line {number}")


def _of_tags(resource: Resource) -> Iterator[Note]:
    reader = reader_of(resource.dialect, resource.type)
    if reader is None:
        return
    cloud = CLOUDS[reader.cloud]
    _, tags = tags_of(Properties(resource.properties, resource.dialect), cloud)
    if tags is None or is_unknown(tags):
        return
    # Of thousands of resources hardly one has such a tag.
    texts = {
        key: str(value) for key, value in tags.items() if EXEMPT in key and not is_unknown(value)
    }
    for key, rule, text in exempt_tags(texts, cloud.name):
        yield Note(rule, text, f"tag {key}")


def _read(note: Note, resource: Resource) -> Beside:
    try:
        exemption = _exemption(note, resource)
    except ValueError as error:
        return Beside(note.rule, note.where, None, str(error))
    return Beside(note.rule, note.where, exemption)


def _exemption(note: Note, resource: Resource) -> Exemption:
    """The exemption of a note; ValueError says what is wrong with it, without its values."""
    text, parts = note.text, {}
    if unquoted := re.search(_REASON, text):  # a tag's value takes no quotes: the reason ends it
        parts["reason"] = unquoted["reason"].strip()
        text = text[: unquoted.start()]
    position = 0
    while text[position:].strip():
        part = re.match(_PART, text[position:])
        if part is None:
            raise ValueError("it is not written as owner=... until=... reason=...")
        name = part["name"]
        if name not in _PARTS:
            raise ValueError(f"it has no part of that name: {did_you_mean(name, _PARTS)}")
        parts[name] = part["bare"] if part["quoted"] is None else part["quoted"]
        position += part.end()
    for name in ("owner", "until", "reason"):
        if not parts.get(name, "").strip():
            raise ValueError(f"{name}= is missing")
    try:
        expires = datetime.date.fromisoformat(parts["until"])
    except ValueError:
        raise ValueError("until= is no date such as 2027-03-31") from None
    return Exemption(
        rule=note.rule,
        resource=resource.address,
        owner=parts["owner"],
        reason=parts["reason"],
        expires=expires,
        where=note.where,
    )
