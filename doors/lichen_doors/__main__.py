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
    """Ends the process with ``code``, where the command is all that it does.

    What is registered for the end is done before, threads are waited for, and what is printed is
    written. What was registered before the command would not be done, nor are files of others
    closed: such a process ends as Python does.
    """

    def __init__(self) -> None:
        self.code: object = None
        if _is_alone():
            atexit.register(self._leave)  # the first that is registered is the last that runs

    def _leave(self) -> None:
        if not isinstance(self.code, int) or hasattr(sys, "last_value"):
            return  # an exception that nobody caught: Python has said it
        try:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
        except (OSError, ValueError):  # closed, or full: Python has its way to end then
            return
        os._exit(self.code)


def _is_alone() -> bool:
    """Whether the process was started for the command, by its script or by ``-m``, and nothing
    waits for the end of it (a profiler or an exporter may)."""
    started = sys.modules["__main__"]
    package = getattr(started, "__package__", None) or ""
    script = os.path.basename(getattr(started, "__file__", None) or "")
    by_command = package.partition(".")[0] == "lichen_doors" or script == "lichen"
    return by_command and atexit._ncallbacks() == 0


def main() -> None:
    """What is typed, done; ends the process with the command's exit code."""
    if sys.stderr is None:  # it is closed: nothing that is said there can be read
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the process ends
    if sys.stdout is None:  # which is no mistake where the answer goes to a file
        sys.stdout = _Closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")  # ASCII and Latin-1 lack some letters of a region
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
