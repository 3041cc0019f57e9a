"""Ends this process when the one that started it is gone."""

import os
import sys
import threading


def exit_with_parent() -> None:
    """Exit as soon as standard input closes.

    Whoever starts us keeps the other end of our standard input open for as long as it lives; the
    kernel closes that end however it dies, SIGKILL included, so nothing is left behind.
    """

    def wait() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=wait, name="exit with parent", daemon=True).start()
