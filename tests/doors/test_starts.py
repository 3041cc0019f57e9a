"""What the command loads before it works: a start must not wait for what it does not use."""

from __future__ import annotations

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
         "lichen_policies.gate")
print("LOADED", *[name for name in heavy if name in sys.modules])
"""


def loaded(words: list[list[str]], folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words=words)],
        cwd=folder,
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
