"""A prompt's template: what is the same in every request, and where something varies.

Placeholders are those of Jinja, Mustache and Go (``{{ name }}``, ``{% for ... %}``), of Python's
``format`` and LangChain (``{name}``) and of shells (``${name}``). A cache of prefixes has what is
before the first one.

A placeholder's name may be printed, a text in one never: not even a word that only might be text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from lichen.prompt_tokens import COMMENT, VARYING, fixed_part, prefix_part

_NAMED = re.compile(r"[-~&#^/>{]?\s*\.?([A-Za-z_][\w.]*)\s*(?:[|(\[].*|[-~]?)", re.DOTALL)
"""What begins with a name and goes on as an expression does: nothing, a filter, a call, an item."""
_STRING = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`", re.DOTALL)
_OPEN = re.compile(r"[\"'`]|^=")
"""A string that ends beyond its placeholder, or Mustache's change of braces."""
_VERBATIM = re.compile(
    r"\{%[-+]?\s*(raw|verbatim)\b.*?\{%[-+]?\s*end\1\b.*?%\}|\{{4}[^{}]*\}{4}.*?\{{4}/[^{}]*\}{4}",
    re.DOTALL,
)
"""What Jinja and Handlebars take as text, braces and all."""
_BLANKS = re.compile(r"[ \t]+")
_EMPTY_LINES = re.compile(r"\n{3,}")


class PromptTemplate(msgspec.Struct, frozen=True):
    """``fixed`` is all text outside the placeholders, ``prefix`` what is before the first one;
    ``names`` are the placeholders' that surely are names, each once, in order."""

    fixed: str
    prefix: str
    names: tuple[str, ...]


def template_of(text: str) -> PromptTemplate:
    """The parts of a prompt's text."""
    return PromptTemplate(
        fixed=fixed_part(text),
        prefix=prefix_part(text),
        names=tuple(dict.fromkeys(_names(text))),
    )


def _names(text: str) -> Iterator[str]:
    """What placeholders are called; none of a block, whose names are those in it."""
    text = _VERBATIM.sub("", COMMENT.sub("", text))
    # Behind a backslash a placeholder is text.
    found = [one for one in VARYING.finditer(text) if text[one.start() - 1 : one.start()] != "\\"]
    if any(_OPEN.search(_expression(one)) for one in found):
        return  # where the next placeholder begins is not sure
    # Where {name} is a placeholder, {{name}} is a text in braces; blocks are Jinja's alone.
    escaped = any(one["format"] for one in found) and not any(one["block"] for one in found)
    for one in found:
        said = one["shell"] or one["format"] or ""
        named = _NAMED.fullmatch(_expression(one).strip())
        if one["jinja"] and named and not escaped:
            said = named[1]
        if said:
            yield said


def _expression(placeholder: re.Match[str]) -> str:
    """What is in a placeholder's double braces or block, without the texts in it."""
    return _STRING.sub("", placeholder["jinja"] or placeholder["block"] or "")


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
