"""The pages of docs/practices do what they say: each command in a block ``sh`` is run.

A page's commands run in order, in a copy of what a clone has for them. ``# ends with 1`` after
a command says with what it ends; without it that is 0. What needs a cloud, a key or another tool
is in a block ``console`` and is not run.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import kubernetes_validate
import pytest
import yaml
from click.testing import CliRunner
from lichen_doors.command import main

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs/practices").glob("*.md"))
_BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_MANIFEST = re.compile(r"^```yaml\n(apiVersion: .*?)^```", re.MULTILINE | re.DOTALL)
_ENDS = re.compile(r"\s+# ends with (\d)$")


class Command(NamedTuple):
    """A line of a block: its words, the file that it writes, and what it ends with."""

    words: list[str]
    output: str | None
    ends: int


def commands(page: Path) -> Iterator[Command]:
    for block in _BLOCK.findall(page.read_text(encoding="utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            found = _ENDS.search(line)
            words = shlex.split(line[: found.start()] if found else line, comments=True)
            if not words:
                continue
            output = words[words.index(">") + 1] if ">" in words else None
            if output is not None:
                words = words[: words.index(">")]
            yield Command(words, output, int(found[1]) if found else 0)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_s_commands_do_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("docs/practices/examples", "stacks/workloads", "stacks/records"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    found = list(commands(page))
    assert found, f"{page.name} has no command"
    for words, output, ends in found:
        assert words[0] == "lichen", f"{page.name}: {' '.join(words)}: put it in a block console"
        done = CliRunner().invoke(main, words[1:])
        assert done.exit_code == ends, f"{page.name}: {' '.join(words)}\n{done.output}"
        if output is not None:
            Path(output).write_text(done.stdout)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_s_links_lead_to_files(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert "://" in link or (page.parent / link).exists(), link


def test_each_practice_of_the_readme_has_a_page_here() -> None:
    table = (ROOT / "README.md").read_text(encoding="utf-8").split("| practice | by | page |")[1]
    rows = [line for line in table.split("\n\n")[0].splitlines() if "](" in line]
    linked = [ROOT / link for row in rows for link in re.findall(r"\]\(([^)#]+)", row)]
    assert len(linked) == len(rows) == 8
    assert set(linked) <= set(PAGES)


def test_manifests_of_the_pages_are_what_kubernetes_takes() -> None:
    found = [
        manifest
        for page in PAGES
        for block in _MANIFEST.findall(page.read_text(encoding="utf-8"))
        for manifest in yaml.safe_load_all(block)
    ]
    assert [manifest["kind"] for manifest in found] == ["CronJob"]
    for manifest in found:
        kubernetes_validate.validate(manifest, "1.33", strict=True)
