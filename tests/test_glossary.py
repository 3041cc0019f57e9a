"""One word for one thing: the glossary against the classes, and messages in plain words."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    ROOT / "lichen",
    ROOT / "policies" / "lichen_policies",
    ROOT / "components" / "lichen_components",
    ROOT / "doors" / "lichen_doors",
    ROOT / "refresh",
    ROOT / "derive",
)

ENTRY = re.compile(r"^\| (?P<word>[a-z][a-z ]*) \|.*\| `(?P<path>[\w.]+)\.(?P<name>\w+)` \|$", re.M)
ENTRIES = [
    match.groupdict() for match in ENTRY.finditer((ROOT / "docs" / "glossary.md").read_text())
]

NOT_IN_A_MESSAGE = (
    "bear", "bears", "borne", "held", "kin", "laid", "lays", "mend", "mends", "stand", "stands",
    "tell", "tells", "told", "whatever",
)  # fmt: skip
"""Words of a private dialect: a reader whose second language is English must not guess them."""
UNCLEAR = re.compile(rf"\b({'|'.join(NOT_IN_A_MESSAGE)})\b", re.IGNORECASE)


def classes() -> dict[str, list[str]]:
    """Where each class of the product is defined. Each rule has limits of its own, by design."""
    found = defaultdict(list)
    for package in PACKAGES:
        for path in package.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    if node.name == "Limits" and path.parent.name == "rules":
                        continue
                    found[node.name].append(path.relative_to(ROOT).as_posix())
    return dict(found)


def test_no_two_classes_share_a_name() -> None:
    assert {name: where for name, where in classes().items() if len(where) > 1} == {}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["word"])
def test_a_word_of_the_glossary_is_the_class_that_it_names(entry: dict[str, str]) -> None:
    module = importlib.import_module(entry["path"])
    assert getattr(module, entry["name"]).__module__ == entry["path"]


def test_the_glossary_has_each_word_once() -> None:
    words = [entry["word"] for entry in ENTRIES]
    assert len(words) == len(set(words)) > 30


def printed() -> Iterator[tuple[str, str]]:
    """What users read: what commands print, each rule's page, and the messages of its cases."""
    for folder, suffixes in (
        ("tests/golden", (".txt", ".sarif", ".json", ".md")),
        ("tests/policies/cases", (".yaml",)),
        ("policies/lichen_policies/rules", (".py",)),
    ):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes:
                yield path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("path", "text"), printed(), ids=lambda value: value[:60])
def test_what_is_printed_uses_plain_words(path: str, text: str) -> None:
    found = [
        f"{path}:{number}: {match[0]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for match in UNCLEAR.finditer(line)
    ]
    assert found == []
