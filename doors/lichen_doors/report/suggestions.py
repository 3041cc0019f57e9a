"""Changes that a pull request's author commits with a click: where the place and the change are
known, and the change may be made without a person.

For GitHub, each line is the body of the call that creates a review with one comment, whose
suggestion replaces the lines that it is on. GitHub refuses a line that the pull request does not
touch. For GitLab, each line is a comment with its file and line: where in the merge request that is
depends on its commits, which :mod:`lichen_doors.gitlab` asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from hashlib import sha256
from pathlib import Path

import msgspec
from lichen_policies.facts import Resource
from lichen_policies.verdict import Report

from lichen_doors import fixing
from lichen_doors.report.markdown import code, escaped

MOST_ABOVE = 100
"""How many lines above its own a suggestion of GitLab may replace."""

MARK = "<!-- lichen suggestion {} -->"
"""The first line of a comment, by which a later run knows that it is there."""


class Suggestion(msgspec.Struct, frozen=True):
    """Lines ``first`` to ``last`` of a file, counted from 1, and those in their place."""

    file: Path
    first: int
    last: int
    lines: tuple[str, ...]


def as_suggestions(report: Report, resources: Sequence[Resource]) -> str:
    """A line for each suggestion, as GitHub takes it; what several rules ask for is one."""
    return _as_lines(
        _review(suggestion, reasons) for suggestion, reasons in _asked(report, resources).items()
    )


def as_gitlab_suggestions(report: Report, resources: Sequence[Resource]) -> str:
    """The same for GitLab."""
    return _as_lines(
        _comment(suggestion, reasons)
        for suggestion, reasons in _asked(report, resources).items()
        if suggestion.last - suggestion.first <= MOST_ABOVE
    )


def _as_lines(each: Iterable[Mapping[str, object]]) -> str:
    return "".join(f"{json.dumps(one, ensure_ascii=False)}\n" for one in each)


def _asked(report: Report, resources: Sequence[Resource]) -> Mapping[Suggestion, Sequence[str]]:
    """Each suggestion with what the rules say that ask for it."""
    asked: dict[Suggestion, list[str]] = {}
    for verdict in report.findings:
        if verdict.is_old:
            continue
        edits, _left = fixing.edits([verdict], resources)
        for file, (before, after) in fixing.new_texts(edits).items():
            for suggestion in _suggestions(file, before, after):
                said = f"{verdict.what}; {verdict.limit}" if verdict.what else verdict.message
                asked.setdefault(suggestion, []).append(f"{code(verdict.rule)}: {escaped(said)}.")
    return asked


def _suggestions(file: Path, before: str, after: str) -> Iterator[Suggestion]:
    old, new = before.splitlines(), after.splitlines()
    for kind, start, end, first, last in SequenceMatcher(None, old, new, False).get_opcodes():
        if kind == "equal":
            continue
        if start == end and start > 0:  # what is added goes behind the line before it
            start, first = start - 1, first - 1
        if start < end:
            yield Suggestion(file, start + 1, end, tuple(new[first:last]))


def _body(suggestion: Suggestion, reasons: Sequence[str], kind: str = "suggestion") -> str:
    text = "\n".join(suggestion.lines)
    place = f"{suggestion.file.as_posix()}:{suggestion.first}"
    mark = MARK.format(sha256(f"{place}\0{text}".encode()).hexdigest()[:16])
    fence = "```"
    while fence in text:
        fence += "`"
    return "\n".join([mark, *reasons, "", f"{fence}{kind}", text, fence])


def _comment(suggestion: Suggestion, reasons: Sequence[str]) -> dict[str, object]:
    kind = f"suggestion:-{suggestion.last - suggestion.first}+0"
    return {
        "path": _relative(suggestion.file),
        "line": suggestion.last,
        "body": _body(suggestion, reasons, kind),
    }


def _review(suggestion: Suggestion, reasons: Sequence[str]) -> dict[str, object]:
    comment: dict[str, object] = {
        "path": _relative(suggestion.file),
        "line": suggestion.last,
        "side": "RIGHT",
        "body": _body(suggestion, reasons),
    }
    if suggestion.first < suggestion.last:
        comment |= {"start_line": suggestion.first, "start_side": "RIGHT"}
    return {"event": "COMMENT", "comments": [comment]}


def _relative(file: Path) -> str:
    """A file as the repository names it, from its top, where the check runs."""
    here = Path.cwd()
    whole = file.resolve()
    return (whole.relative_to(here) if whole.is_relative_to(here) else file).as_posix()
