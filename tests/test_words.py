"""Plain words in all that is printed, in documents and docstrings: a private dialect costs every
reader.
"""

from __future__ import annotations

import ast
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
    "mends": "fixes",
    "kin": "related",
    "whatever": "any, every",
    "stands": "is",
    "tells": "says, shows",
    "settled": "known",
    "laid": "applied, placed",
}
WORD = re.compile(rf"\b({'|'.join(AVOIDED)})\b", re.IGNORECASE)


def documents() -> Iterator[Path]:
    """What is printed, and what shows it."""
    for folder in ("tests/golden", "tests/policies/cases", "docs/schemas"):
        yield from sorted(path for path in (ROOT / folder).rglob("*") if path.is_file())
    yield from sorted((ROOT / "docs").glob("*.md"))
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        yield ROOT / name
    for folder in ("policies", "sandbox"):
        yield ROOT / folder / "README.md"


PACKAGES = (
    "lichen",
    "policies",
    "components",
    "practices",
    "doors",
    "refresh",
    "derive",
    "sandbox",
    "timing",
)


def docstrings(path: Path) -> Iterator[str]:
    """Every docstring of a module: its own, and those of its classes, functions and values."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else ():
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                yield str(statement.value.value)


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_have_plain_words(package: str) -> None:
    modules = sorted((ROOT / package).rglob("*.py"))
    assert modules
    assert_plain("\n".join(text for path in modules for text in docstrings(path)))


@pytest.mark.parametrize(
    "path", list(documents()), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_printed_text_has_plain_words(path: Path) -> None:
    assert_plain(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", rules())
def test_a_rule_s_page_has_plain_words(name: str) -> None:
    rule = rules()[name]
    assert_plain("\n".join((rule.offence, rule.why, rule.fix, rule.exceptions, rule.tags)))


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
