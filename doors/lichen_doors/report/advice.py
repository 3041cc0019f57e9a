"""What to do about a resource, as sentences: the same ones in every report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from lichen_policies.verdict import Verdict, advice_of


class AdviceLine(msgspec.Struct, frozen=True):
    """A sentence, and what it is: a fix, a choice between two, another way out, or the saving."""

    mark: Literal["fix", "conflict", "or", "saves"]
    text: str


def advice_lines(verdicts: Sequence[Verdict]) -> Iterator[AdviceLine]:
    """The one advice that all verdicts of a resource give together."""
    advice = advice_of(verdicts)
    findings = sum(bool(each.saves.text) for each in verdicts if each.exemption is None)
    for change in advice.changes:
        text = f"{change.text}: {change.why}" if change.why else change.text
        yield AdviceLine("fix", sentence(text))
    for conflict in advice.conflicts:
        choose = "Only one of these can be done: choose one."
        yield AdviceLine("conflict", f"{conflict.text}. {choose}")
    for other in advice.also:
        yield AdviceLine("fix", sentence(other))
    for other in advice.or_else:
        yield AdviceLine("or", sentence(other))
    saving = advice.saves.text.removeprefix("Saves ").removesuffix(".")
    if saving:
        overlap = f" (the largest of {findings} findings; their fixes overlap)"
        yield AdviceLine("saves", sentence(saving + (overlap if findings > 1 else "")))


def sentence(text: str) -> str:
    """A text with a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def begun(text: str) -> str:
    """A text with a capital letter where it begins with a plain word: ``g5.xlarge`` stays."""
    first = text.split(" ", 1)[0]
    return f"{text[:1].upper()}{text[1:]}" if first.isalpha() else text
