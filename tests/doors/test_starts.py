"""What the command loads before it works: a start must not wait for what it does not use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from lichen_doors.command import COMMANDS

LOADED = """
import sys
from lichen_doors.command import main
for words in {words!r}:
    try:
        main(words, standalone_mode=False, prog_name="lichen")
    except SystemExit as end:
        assert end.code in (None, 0, 2), end
heavy = ("msgspec", "yaml", "rich", "asyncio", "lichen.catalogue", "lichen.workload",
         "lichen_policies.gate", "lichen.sizing", "rich.console", "lichen_policies.fleets")
print("LOADED", *[name for name in heavy if name in sys.modules])
"""


def loaded(words: list[list[str]], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words=words)],
        cwd=folder,
        env={key: os.environ[key] for key in os.environ if key != "PYTHONDONTWRITEBYTECODE"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.rpartition("LOADED")[2].strip()


def test_help_of_every_command_loads_none_of_the_libraries(tmp_path: Path) -> None:
    assert loaded([[name, "--help"] for name in COMMANDS], tmp_path) == ""


def test_a_missing_file_is_said_before_anything_is_loaded(tmp_path: Path) -> None:
    reading = ("place", "check", "watch", "scorecard", "train", "verify", "prompts")
    assert loaded([[name, "nope.yaml"] for name in reading], tmp_path) == ""


def test_what_only_prints_loads_no_rule_and_nothing_that_sizes_or_draws(tmp_path: Path) -> None:
    loaded([["rules"]], tmp_path)  # keeps what it read of the rules
    printing = [["rules"], ["explain", "dirty-region"], ["explain", "us-east-1"]]
    assert set(loaded(printing, tmp_path).split()) == {
        "msgspec",
        "rich",  # how wide a character is, for a long line
        "lichen.catalogue",
        "lichen.workload",  # the words of a passport
        "lichen_policies.gate",
    }
