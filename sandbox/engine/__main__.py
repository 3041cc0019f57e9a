"""`python -m sandbox.engine`: makes sure of an engine and says which; exit code 2 without one."""

import signal
import sys

from sandbox.engine import EngineMissing, ensure


def main() -> int:
    # A build that is stopped stops its compilers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        engine = ensure()
    except EngineMissing as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the next run begins the build anew with what is cached.", file=sys.stderr)
        return 128 + signal.SIGINT
    print(f"Pulumi {engine.version} ({engine.origin}): {engine.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
