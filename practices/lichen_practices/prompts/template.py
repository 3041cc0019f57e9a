"""A prompt's template: what is the same in every request, and where something varies.

Placeholders are those of Jinja (``{{ name }}``, ``{% for ... %}``), of Python's ``format``
(``{name}``) and of shells (``${name}``). A cache of prefixes has what is before the first one.
"""

from __future__ import annotations

import re

import msgspec

from lichen.prompt_tokens import COMMENT, VARYING, fixed_part, prefix_part

_NAME = re.compile(r"[A-Za-z_][\w.]*")
_BLANKS = re.compile(r"[ \t]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


class PromptTemplate(msgspec.Struct, frozen=True):
    """``fixed`` is all text outside the placeholders, ``prefix`` what is before the first one;
    ``names`` are the placeholders', each once, in order."""

    fixed: str
    prefix: str
    names: tuple[str, ...]


def template_of(text: str) -> PromptTemplate:
    """The parts of a prompt's text."""
    text = COMMENT.sub("", text)
    found = list(VARYING.finditer(text))
    names = dict.fromkeys(name for match in found if (name := _name(match)))
    return PromptTemplate(
        fixed=fixed_part(text),
        prefix=prefix_part(text),
        names=tuple(names),
    )


def _name(match: re.Match[str]) -> str:
    """What a placeholder is called; blank of a block, whose names are those in it."""
    said = match["jinja"] or match["shell"] or match["format"] or ""
    found = _NAME.search(said)
    return found[0] if found else ""


def shortened(text: str) -> str:
    """The text without what says nothing: blanks in a row, empty lines, lines that repeat an
    earlier one. No word is changed."""
    lines: list[str] = []
    seen: set[str] = set()
    for line in text.splitlines():
        indented = line[: len(line) - len(line.lstrip())]
        plain = indented + _BLANKS.sub(" ", line.strip())
        if plain.strip() and plain in seen:
            continue
        seen.add(plain)
        lines.append(plain)
    # A last line's end is how files end: no saving.
    ending = "\n" if text.endswith("\n") else ""
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip() + ending
