"""JSON with comments, as Azure's tools and editors write it."""

from __future__ import annotations

import re

_STRING_OR_COMMENT = re.compile(
    r'"(?:[^"\\]|\\.)*"|(?P<comment>//[^\n]*|/\*.*?\*/)|,(?=\s*[\]}])', re.DOTALL
)
_NOT_A_LINE = re.compile(r"[^\n]")


def without_comments(text: str) -> str:
    """A text with spaces in place of its comments, and of commas before a closing bracket, so that
    every place in it stays where it was."""
    # Twice: a comment may stand between a comma and its bracket.
    return _STRING_OR_COMMENT.sub(_no_comma, _STRING_OR_COMMENT.sub(_no_comment, text))


def _no_comment(found: re.Match[str]) -> str:
    return _NOT_A_LINE.sub(" ", found[0]) if found["comment"] else found[0]


def _no_comma(found: re.Match[str]) -> str:
    return " " if found[0] == "," else found[0]
