"""`python -m sandbox.kubernetes`: makes sure of a Kubernetes and names it; code 2 without one."""

import signal
import sys

from sandbox.errors import EngineMissing
from sandbox.kubernetes.build import VERSION, ensure


def main() -> int:
    # A build that is stopped stops its compilers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        program = ensure()
    except EngineMissing as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the next run begins the build anew with what is cached.", file=sys.stderr)
        return 128 + signal.SIGINT
    print(f"Kubernetes {VERSION}: {program}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
