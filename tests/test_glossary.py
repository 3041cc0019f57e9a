"""One word for one thing: the glossary against the classes."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    ROOT / "lichen",
    ROOT / "policies" / "lichen_policies",
    ROOT / "components" / "lichen_components",
    ROOT / "practices" / "lichen_practices",
    ROOT / "doors" / "lichen_doors",
    ROOT / "refresh",
    ROOT / "derive",
)

ENTRY = re.compile(r"^\| (?P<word>[a-z][a-z ]*) \|.*\| `(?P<path>[\w.]+)\.(?P<name>\w+)` \|$", re.M)
ENTRIES = [
    match.groupdict() for match in ENTRY.finditer((ROOT / "docs" / "glossary.md").read_text())
]


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
