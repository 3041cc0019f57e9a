"""A server of a model on a free port of loopback, for as long as somebody needs it."""

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from sandbox.errors import ServerFailed

_STOP_SECONDS = 60


def free_ports(count: int) -> list[int]:
    """Ports of loopback on which nothing listens now."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in held]


@contextmanager
def serving(
    command: Sequence[str | Path],
    *,
    ready: str = "/",
    within_s: float,
    log: Path | None = None,
) -> Iterator[str]:
    """The address of a server that ``command`` starts, given a port as its last argument, once the
    path ``ready`` answers with 200. What it prints goes to the file ``log``, or where ours goes.

    Raises :class:`ServerFailed` where it ends before that, or takes longer than ``within_s``.
    """
    (port,) = free_ports(1)
    with nullcontext() if log is None else log.open("w") as output:
        process = subprocess.Popen([*command, str(port)], stdout=output, stderr=output)
    try:
        address, until = f"http://127.0.0.1:{port}", time.monotonic() + within_s
        while not _answers(f"{address}{ready}"):
            printed = "" if log is None else f":\n{log.read_text()[-2000:]}"
            if process.poll() is not None:
                raise ServerFailed(f"the server ended with {process.returncode}{printed}")
            if time.monotonic() > until:
                raise ServerFailed(f"the server did not answer in {within_s:.0f} s{printed}")
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(_STOP_SECONDS)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
