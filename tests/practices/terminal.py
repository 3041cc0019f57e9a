"""The command on a real pseudo-terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def on_a_terminal(
    arguments: Sequence[str], cwd: Path, answers: Sequence[tuple[str, str]] = ()
) -> tuple[int, str]:
    """What ``lichen`` ends with there, and all that the screen showed. ``answers`` are typed in
    order, each when the screen shows the question before it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "lichen_doors", *arguments],
        cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "200"},
    )  # fmt: skip
    os.close(theirs)
    shown, waiting, looked = "", list(answers), 0
    with suppress(OSError):  # the terminal is gone when the command has ended
        while part := os.read(ours, 65_536):
            shown += part.decode("utf-8", "replace")
            if waiting and waiting[0][0] in shown[looked:]:
                looked = len(shown)
                os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
    os.close(ours)
    assert not waiting, f"{waiting[0][0]} was never asked:\n{shown}"
    return process.wait(60), shown
