"""Changes that a pull request's author commits with a click: where the place and the change are
known, and the change may be made without a person.

Each line is the body of GitHub's call that creates a review with one comment, whose suggestion
replaces the lines that it is on. GitHub refuses a line that the pull request does not touch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from hashlib import sha256
from pathlib import Path

import msgspec
from lichen_policies.facts import Resource
from lichen_policies.verdict import Report

from lichen_doors import fixing
from lichen_doors.report.markdown import code, escaped

MARK = "<!-- lichen suggestion {} -->"
"""The first line of a comment, by which a later run knows that it is there."""


class Suggestion(msgspec.Struct, frozen=True):
    """Lines ``first`` to ``last`` of a file, counted from 1, and those in their place."""

    file: Path
    first: int
    last: int
    lines: tuple[str, ...]


def as_suggestions(report: Report, resources: Sequence[Resource]) -> str:
    """A line for each suggestion; what several rules ask for is one."""
    asked: dict[Suggestion, list[str]] = {}
    for verdict in report.findings:
        if verdict.is_old:
            continue
        edits, _left = fixing.edits([verdict], resources)
        for file, (before, after) in fixing.new_texts(edits).items():
            for suggestion in _suggestions(file, before, after):
                said = f"{verdict.what}; {verdict.limit}" if verdict.what else verdict.message
                asked.setdefault(suggestion, []).append(f"{code(verdict.rule)}: {escaped(said)}.")
    reviews = (_review(suggestion, reasons) for suggestion, reasons in asked.items())
    return "".join(f"{json.dumps(review, ensure_ascii=False)}\n" for review in reviews)


def _suggestions(file: Path, before: str, after: str) -> Iterator[Suggestion]:
    old, new = before.splitlines(), after.splitlines()
    for kind, start, end, first, last in SequenceMatcher(None, old, new, False).get_opcodes():
        if kind == "equal":
            continue
        if start == end and start > 0:  # what is added goes behind the line before it
            start, first = start - 1, first - 1
        if start < end:
            yield Suggestion(file, start + 1, end, tuple(new[first:last]))


def _review(suggestion: Suggestion, reasons: Sequence[str]) -> dict[str, object]:
    text = "\n".join(suggestion.lines)
    place = f"{suggestion.file.as_posix()}:{suggestion.first}"
    mark = MARK.format(sha256(f"{place}\0{text}".encode()).hexdigest()[:16])
    fence = "```"
    while fence in text:
        fence += "`"
    body = [mark, *reasons, "", f"{fence}suggestion", text, fence]
    comment: dict[str, object] = {
        "path": _relative(suggestion.file),
        "line": suggestion.last,
        "side": "RIGHT",
        "body": "\n".join(body),
    }
    if suggestion.first < suggestion.last:
        comment |= {"start_line": suggestion.first, "start_side": "RIGHT"}
    return {"event": "COMMENT", "comments": [comment]}


def _relative(file: Path) -> str:
    """A file as the repository names it, from its top, where the check runs."""
    here = Path.cwd()
    whole = file.resolve()
    return (whole.relative_to(here) if whole.is_relative_to(here) else file).as_posix()
