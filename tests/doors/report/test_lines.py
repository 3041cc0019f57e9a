"""Text in lines: it breaks where rich breaks it, which is not loaded for it."""

from __future__ import annotations

import random

from lichen_doors.report.lines import Words, plain
from rich.console import Console
from rich.text import Text

WORDS = ("a", "is", "set to", "-", "ml.g5.12xlarge", "x" * 23, "production_variants[0].", "  ")


def test_a_text_breaks_as_rich_breaks_it() -> None:
    choices = random.Random(20261126)
    console = Console()
    for _ in range(500):
        words = " ".join(choices.choices(WORDS, k=choices.randrange(1, 14)))
        width = choices.randrange(4, 40)
        wrapped = Text(words).wrap(console, width)
        assert plain([[Words(words)]], width) == "".join(
            f"{line.plain.rstrip()}\n" for line in wrapped
        ), (words, width)


def test_a_wide_character_takes_two_columns() -> None:
    assert (
        plain([[Words("エンドポイント エンドポイント")]], 16) == "エンドポイント\nエンドポイント\n"
    )
