"""Plain words in everything that is printed: a private dialect costs every reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from lichen_doors.command import main
from lichen_policies.registry import rules

ROOT = Path(__file__).parents[1]
AVOIDED = {
    "held": "provisioned, reserved, kept",
    "told": "shown, reported, known",
    "borne": "served, carried",
    "bear": "serve, carry",
    "bears": "serves, carries",
    "mend": "fix",
    "kin": "related",
    "whatever": "any, every",
    "stands": "is",
}
WORD = re.compile(rf"\b({'|'.join(AVOIDED)})\b", re.IGNORECASE)


def documents() -> Iterator[Path]:
    """What is printed, and what shows it."""
    for folder in ("tests/golden", "tests/policies/cases", "docs/schemas"):
        yield from sorted(path for path in (ROOT / folder).rglob("*") if path.is_file())
    yield ROOT / "README.md"
    yield ROOT / "policies" / "README.md"


@pytest.mark.parametrize(
    "path", list(documents()), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_printed_text_has_plain_words(path: Path) -> None:
    assert_plain(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", rules())
def test_a_rule_s_page_has_plain_words(name: str) -> None:
    rule = rules()[name]
    assert_plain("\n".join((rule.offence, rule.why, rule.fix, rule.exceptions)))


def test_help_has_plain_words() -> None:
    for command in commands(main, click.Context(main)):
        with click.Context(command) as context:
            assert_plain(command.get_help(context))


def commands(command: click.Command, context: click.Context) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from commands(inner, context)


def assert_plain(text: str) -> None:
    found = [
        f"{number}: {word[0]!r} (write {AVOIDED[word[0].lower()]}): {line.strip()}"
        for number, line in enumerate(text.splitlines(), 1)
        for word in WORD.finditer(line)
    ]
    assert not found, "\n".join(found)
