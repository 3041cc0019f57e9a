"""The table of rules and a rule's page, as text: from pages, however they were found.

Nothing here needs a rule's Python, so that a list of rules loads none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TypedDict

from lichen_policies.levels import BLOCKING, Level, LimitValue, Severity

from lichen.figures import whole
from lichen.words import Environment
from lichen_doors.report.lines import BETWEEN, Line, Rows, Words

STYLE: Mapping[Severity, str] = {"critical": "bad", "high": "bad", "medium": "warn", "low": "quiet"}


class Page(TypedDict):
    """A rule as configured: its page, its level in each environment, its limits in production."""

    rule: str
    offence: str
    severity: Severity
    levels: Mapping[Environment, Level]
    limits: Mapping[str, LimitValue]
    why: str
    fix: str
    exceptions: str
    tags: str
    url: str


def read_pages(text: str) -> list[Page]:
    """The pages in such a JSON."""
    found: list[Page] = json.loads(text)
    return found


def lines(pages: Sequence[Page], configured: Sequence[str]) -> Iterator[Line | Rows]:
    """The rules in 80 columns: name, severity, where a finding stops a deployment, limits; then
    what is ``configured``."""
    width = max(len(page["rule"]) for page in pages)
    yield (Words(f"{'rule':{width}}  {'severity':8}  blocks in", "quiet"),)
    for page in pages:
        yield (
            Words(f"{page['rule']:{width}}  "),
            Words(f"{page['severity']:8}", STYLE[page["severity"]]),
            Words(f"  {_where_it_blocks(page)}"),
        )
        if page["limits"]:
            yield indented(Words(", ".join(_limits(page)), "quiet"), 4)
    for line in configured:
        yield (Words(f"\n{line}" if line == configured[0] else line, "quiet"),)
    yield (
        Words(
            "\nlichen explain RULE has the reasons; lichen.yaml changes levels and limits. The "
            "policy pack's own configuration (--policy-pack-config) goes before lichen.yaml, for "
            "its run.",
            "quiet",
        ),
    )


def indented(words: Words, blanks: int) -> Rows:
    """Words that are wrapped behind some blanks."""
    return Rows(((Words(""), (words,)),), indent=blanks - BETWEEN)


def _where_it_blocks(page: Page) -> str:
    blocking = [name for name, level in page["levels"].items() if level in BLOCKING]
    if len(blocking) == len(page["levels"]):
        return "all"
    return ", ".join(blocking) or "none"


def _limits(page: Page) -> Iterator[str]:
    """``floor 0``: each limit with its value in production."""
    for name, value in page["limits"].items():
        yield f"{name} {value if isinstance(value, str) else whole(value)}"


def _paragraphs(page: Page) -> tuple[tuple[str, str], ...]:
    return (
        ("Why", page["why"]),
        ("Fix", page["fix"]),
        ("Exceptions", page["exceptions"]),
        ("Tags", page["tags"]),
    )


def page(rule: Page) -> Iterator[Line | Rows]:
    """All of one rule."""
    yield Words("\n" + rule["rule"], "name"), Words(f"  {rule['offence']}\n")
    for heading, text in _paragraphs(rule):
        yield (Words(heading, "name"),)
        yield indented(Words(text), 2)
        yield ()
    levels = ", ".join(f"{level} in {name}" for name, level in rule["levels"].items())
    yield Words("Level  ", "name"), Words(f"{levels}; severity {rule['severity']}")
    for limit in _limits(rule):
        yield Words("Limit  ", "name"), Words(f"{limit} (in prod)")


def markdown(pages: Sequence[Page]) -> str:
    """Every rule's page as a document: a table of all, then each."""
    lines = [
        "# Rules",
        "",
        "| Rule | What it finds | Severity | dev | staging | prod | Limits in prod |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| [{each['rule']}](#{each['rule']}) | {each['offence']} | {each['severity']} "
        f"| {' | '.join(each['levels'].values())} "
        f"| {', '.join(_limits(each))} |"
        for each in pages
    ]
    for each in pages:
        lines += ["", f"## {each['rule']}", "", f"{each['offence']}."]
        for heading, text in _paragraphs(each):
            lines += ["", f"**{heading}.** {text}"]
    return "\n".join(lines)
