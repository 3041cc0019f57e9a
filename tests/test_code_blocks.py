"""The code in the documents: each block is of a language that is named, can be parsed as that, and
names commands and options that there are.

What a block prints is compared in test_documents, the pages of docs/practices run in
tests/practices/test_pages.py, docs/start.md in tests/doors/test_start.py, docs/ci.md in
tests/doors/test_pipelines.py and docs/languages.md in tests/languages.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
import yaml
from lichen_doors.command import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    *("README.md", "policies/README.md", "sandbox/README.md"),
    *sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/**/*.md")),
)
SHOWN = {"text", "console", "mermaid"}
"""What is printed, or drawn."""
WRITTEN = {"sh", "yaml", "json", "python", "csv", "hcl", "typescript", "lua"}
BLOCK = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A block of code of a page."""

    page: str
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text.partition(chr(10))[0][:40]}"


def blocks() -> Iterator[Block]:
    for page in PAGES:
        for language, text in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
            yield Block(page, language, text)


BLOCKS = list(blocks())


def commands(block: Block) -> Iterator[list[str]]:
    """The words of each command of Lichen in a block, without what the shell does with them."""
    joined = block.text.replace("\\\n", " ")
    lines = (
        re.findall(r"^\$ (.*)$", joined, re.MULTILINE)
        if block.language == "console"
        else joined.splitlines()
    )
    for line in lines:
        lexed = shlex.shlex(line, posix=True, punctuation_chars="|&;<>()")
        lexed.whitespace_split = True
        try:
            words = list(lexed)
        except ValueError:  # the words of a document that the shell writes
            continue
        while "lichen" in words:
            words = words[words.index("lichen") + 1 :]
            end = next((at for at, word in enumerate(words) if set(word) <= set("|&;<>()")), None)
            if words and re.fullmatch("[a-z-]+", words[0]):
                yield words[:end]


def test_every_block_names_its_language() -> None:
    assert not [str(block) for block in BLOCKS if block.language not in SHOWN | WRITTEN]
    assert len(BLOCKS) > 50


@pytest.mark.parametrize(
    "block", [each for each in BLOCKS if each.language in ("json", "yaml", "python")], ids=str
)
def test_a_block_parses(block: Block) -> None:
    if block.language == "json":
        json.loads(block.text)
    elif block.language == "yaml":
        list(yaml.safe_load_all(block.text))
    else:
        compile(block.text, block.page, "exec")


def test_every_command_of_a_block_is_one_that_there_is() -> None:
    found = [
        (block, words)
        for block in BLOCKS
        if block.language in ("sh", "console")
        for words in commands(block)
    ]
    assert len(found) > 40
    for block, (verb, *words) in found:
        parent = click.Context(main, info_name="lichen")
        command = main.get_command(parent, verb)
        assert command is not None, (str(block), verb)
        if isinstance(command, click.Group):
            continue
        context = click.Context(command, parent=parent, info_name=verb)
        try:
            command.make_parser(context).parse_args(list(words))
        except click.UsageError as error:
            pytest.fail(f"{block}: lichen {verb} {' '.join(words)}: {error.format_message()}")
