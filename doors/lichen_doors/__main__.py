"""The command as a process of its own: ``lichen``, and ``python -m lichen_doors``.

What is imported lives until the process ends. Python would search it for garbage while it is
imported, at each search later, and take it apart at the end: that takes as long as a small answer.
So it is kept out of these searches, and the process ends as soon as nothing is left to do.
"""

import atexit
import errno
import gc
import io
import os
import sys


class _Closed(io.TextIOBase):
    """In place of a standard output that is closed."""

    def write(self, text: str) -> int:
        if not text:
            return 0
        raise OSError(errno.EBADF, "standard output is closed")


class _End:
    """Ends the process with ``code``.

    What is registered for the end is done before, threads are waited for, and what is printed is
    written.
    """

    def __init__(self) -> None:
        self.code: object = None
        # The first that is registered is the last that runs. Where another was before, a profiler
        # or an exporter that was started with Python, it has something to do at the end too.
        if atexit._ncallbacks() == 0:
            atexit.register(self._leave)

    def _leave(self) -> None:
        if not isinstance(self.code, int) or hasattr(sys, "last_value"):
            return  # an exception that nobody caught: Python has said it
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        except (OSError, ValueError):  # closed, or full: Python has its way to end then
            return
        os._exit(self.code)


def main() -> None:
    """What is typed, done; ends the process with the command's exit code."""
    if sys.stderr is None:  # it is closed: nothing that is said there can be read
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the process ends
    if sys.stdout is None:  # which is no mistake where the answer goes to a file
        sys.stdout = _Closed()
    end = _End()
    gc.disable()
    from lichen_doors.command import main as command

    gc.freeze()
    gc.enable()
    try:
        command(prog_name="lichen")
    except SystemExit as leaving:
        end.code = leaving.code
        raise


if __name__ == "__main__":
    main()
