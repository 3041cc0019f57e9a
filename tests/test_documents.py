"""What the documents show of commands is what the commands print."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_spec = importlib.util.spec_from_file_location("printed", ROOT / "docs" / "printed.py")
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)

DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for path in (ROOT / "README.md", *ROOT.glob("docs/*.md"), ROOT / "policies" / "README.md")
    if path.is_file() and _module.BLOCK.search(path.read_text(encoding="utf-8"))
)


def test_the_readme_shows_commands() -> None:
    assert "README.md" in DOCUMENTS


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_document_shows_what_is_printed(document: str) -> None:
    text = (ROOT / document).read_text(encoding="utf-8")
    assert _module.renewed(text) == text, "`make docs` renews what documents show"
