"""What the command loads before it works: a start must not wait for what it does not use."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
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
    printing = [["rules"], ["rules", "--format", "json"], ["explain", "dirty-region"]]
    assert loaded(printing, tmp_path) == ""
    assert set(loaded([["explain", "us-east-1"]], tmp_path).split()) == {
        "msgspec",
        "rich",  # how wide a character is: the bars of a region are no letters
        "lichen.catalogue",
        "lichen.workload",  # what a row of models is
    }


def test_what_is_kept_of_the_rules_is_what_a_configured_folder_prints(tmp_path: Path) -> None:
    (tmp_path / "configured").mkdir()
    (tmp_path / "configured" / "lichen.yaml").write_text("{}\n")

    def printed(folder: Path, *words: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "lichen_doors.command", *words],
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    for words in (("rules", "--format", "json"), ("explain", "dirty-region", "--format", "json")):
        assert printed(tmp_path, *words) == printed(tmp_path / "configured", *words)


def test_a_process_ends_as_its_command_does_and_not_before_its_threads(tmp_path: Path) -> None:
    ends = """
import atexit, sys, threading, time
from lichen_doors.__main__ import main
works = lambda: (time.sleep(0.05), atexit.register(print, "registered"), print("thread"))
threading.Thread(target=works).start()
{run}
"""

    def ended(word: str, run: str = "main()") -> subprocess.CompletedProcess[str]:
        (tmp_path / "lichen").write_text(ends.format(run=run))
        return subprocess.run(
            [sys.executable, "lichen", word],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    done = ended("--version")
    assert (done.returncode, done.stderr) == (0, "")
    *words, last = done.stdout.splitlines()
    assert (sorted(words)[1:], last) == (["thread"], "registered")
    assert ended("nope").returncode == 2
    goes_on = "try: main()\nexcept SystemExit: raise ValueError('later')"
    assert ended("--version", goes_on).returncode == 1


@pytest.mark.parametrize(
    ("file", "before"),
    [("lichen", "atexit.register(print, 'mine')"), ("theirs.py", "kept = open('kept', 'w')")],
)
def test_a_process_that_does_more_than_the_command_ends_as_python_does(
    tmp_path: Path, file: str, before: str
) -> None:
    (tmp_path / file).write_text(
        f"import atexit\n{before}\nfrom lichen_doors.__main__ import main\n"
        "if 'kept' in globals(): kept.write('mine')\nmain()\n"
    )
    done = subprocess.run(
        [sys.executable, file, "--version"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    kept = tmp_path / "kept"
    assert "mine" in (kept.read_text() if kept.exists() else done.stdout)
