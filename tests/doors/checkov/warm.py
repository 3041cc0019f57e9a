"""Checkov, imported once: each line of JSON on standard input is a run, in a fork of this process.

A run has the arguments, the environment and the files for what it prints of the line, and nothing
of any other run. The answer is a line with its exit code. It is for the Python of `.venv-checkov`.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
import warnings
from typing import Any

with warnings.catch_warnings():  # as Checkov's own script does
    warnings.simplefilter("ignore", category=SyntaxWarning)
    from checkov.main import Checkov


def main() -> None:
    ours = [name for name in sys.modules if name.partition("_")[0] == "lichen"]
    assert not ours, f"each run imports these itself: {ours}"
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            _run(json.loads(line))
        _, status = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(given: dict[str, Any]) -> None:
    """What `checkov` does from its start on; it ends the process."""
    code: Any = 1
    try:
        for number, name in enumerate(("/dev/null", given["stdout"], given["stderr"])):
            os.dup2(os.open(name, os.O_RDWR | os.O_CREAT), number)
        os.environ.clear()
        os.environ.update(given["environment"])
        sys.path[:0] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
        sys.argv[1:] = given["arguments"]  # our checks look there, Checkov looked when imported
        code = Checkov(given["arguments"]).run()
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main()
