"""Renews what documents show of commands: `python docs/renew.py README.md ...`.

A block under ``<!-- $ COMMAND -->`` holds what the command prints, run by a shell in the
repository. The tests hold the documents to it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TODAY = "1795392000"
"""2026-11-23: figures have the age of this day, so that a document does not change by itself."""
BLOCK = re.compile(r"(<!-- \$ (?P<command>.+?) -->\n```text\n)(?P<shown>.*?)(```\n)", re.DOTALL)


def renewed(document: str) -> str:
    """The document with what its commands print now."""
    return BLOCK.sub(lambda block: block[1] + printed(block["command"]) + block[4], document)


def printed(command: str) -> str:
    """What a command prints on standard output, 80 columns wide and without colour."""
    environment = dict(os.environ, COLUMNS="80", NO_COLOR="1", SOURCE_DATE_EPOCH=TODAY)
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    run = subprocess.run(
        command, shell=True, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300
    )
    if not run.stdout:
        raise RuntimeError(f"{command} printed nothing and ended {run.returncode}:\n{run.stderr}")
    return "".join(f"{line.rstrip()}\n" for line in run.stdout.strip("\n").splitlines())


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
