"""How many tokens a text has, where no tokenizer is at hand: an estimate with an interval.

What is counted is what every tokenizer cuts a text into before it merges: words by their length,
digits, signs, line ends, and the bytes of letters that are not Latin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from lichen.interval import Interval

_PARTS = re.compile(
    r"([A-Za-z]+)|([0-9])|([\r\n]+)|([^\S\r\n]{2,})|([!-/:-@\[-`{-~]+)|([^\x00-\x7f]+)"
)
LONG_WORD = 6
"""Letters beyond which a word is usually more than one token."""

COEFFICIENTS = (0.930, 0.116, 0.934, 1.826, 0.123, 1.166)
"""Tokens of a word, of each letter beyond LONG_WORD, of a digit, of line ends, of blanks in a row,
and of a run of signs. ``python -m derive.token_estimate`` fits them to eight real tokenizers."""
REAL_OVER_ESTIMATE = (0.88, 0.99, 1.09)
"""80 of 100 texts in English or of code have so many times the estimate (1,264 counts)."""
OUTSIDE_ASCII = Interval(0.34, 0.5, 0.77)
"""Tokens of a byte outside ASCII, of the eight tokenizers on strings of many scripts."""


def features_of(text: str) -> tuple[float, ...]:
    """How often each thing is in a text that COEFFICIENTS weigh, and its bytes outside ASCII."""
    words = letters = digits = ends = blanks = signs = others = 0
    for word, digit, end, blank, sign, other in _PARTS.findall(text):
        if word:
            words += 1
            letters += max(0, len(word) - LONG_WORD)
        elif digit:
            digits += 1
        elif end:
            ends += 1
        elif blank:
            blanks += 1
        elif sign:
            signs += 1
        else:
            others += len(other.encode("utf-8", "replace"))
    return (words, letters, digits, ends, blanks, signs, others)


def estimated_tokens(text: str) -> Interval:
    """The tokens of a text, with their 80 % interval over tokenizers and texts."""
    *plain, outside = features_of(text)
    likely = sum(weight * count for weight, count in zip(COEFFICIENTS, plain, strict=True))
    low, middle, high = REAL_OVER_ESTIMATE
    return Interval(likely * low, likely * middle, likely * high) + OUTSIDE_ASCII * outside


COMMENT = re.compile(
    r"\{#.*?#\}|\{\{~?!--.*?--~?\}\}|\{\{~?!.*?\}\}|\{\{-?\s*/\*.*?\*/\s*-?\}\}", re.DOTALL
)
"""A comment of Jinja, Handlebars, Mustache or Go, which is never sent."""
VARYING = re.compile(
    r"\{\{(?P<jinja>.*?)\}\}|\{%-?(?P<block>.*?)-?%\}|\$\{(?P<shell>[A-Za-z_]\w*)\}"
    r"|\{(?P<format>[A-Za-z_][\w.]*)(?:![rsa])?"
    r"(?::(?:(?:.?[<>=^])?[-+ ]?z?\#?\d*[,_]?(?:\.\d+)?[a-zA-Z%]?|[^{}]*%[a-zA-Z][^{}]*))?\}",
    re.DOTALL,
)
"""Where something varies in a template: Jinja, Python's ``format``, and as shells write it. What
follows a colon is a format, of numbers or dates: ``{role: user}`` is a text."""


def fixed_part(text: str) -> str:
    """What of a prompt's text is the same in every request."""
    return VARYING.sub("", COMMENT.sub("", text))


def prefix_part(text: str) -> str:
    """What of a prompt's text is before anything that varies: a cache of prefixes has it."""
    text = COMMENT.sub("", text)
    found = VARYING.search(text)
    return text if found is None else text[: found.start()]


def varies(text: str) -> bool:
    """Whether anything of a prompt's text varies."""
    return VARYING.search(COMMENT.sub("", text)) is not None


def prefixes_of(texts: Iterable[str]) -> Iterator[str]:
    """What of a request that sends these prompts in their order is before anything that varies:
    whole prompts, and the prefix of the first in which something does."""
    for text in texts:
        yield prefix_part(text)
        if varies(text):
            return
