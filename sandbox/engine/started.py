"""How a build ends that a person starts by its module: what it says, and its exit code."""

import signal
import sys
from collections.abc import Callable

from sandbox.errors import EngineMissing


def started(make: Callable[[], str]) -> int:
    """Print what `make` says it has made; exit code 2 where it cannot be made.

    A build that is stopped stops its compilers too.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        made = make()
    except EngineMissing as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the next run begins the build anew with what is cached.", file=sys.stderr)
        return 128 + signal.SIGINT
    print(made)
    return 0
