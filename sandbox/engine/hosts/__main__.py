"""`python -m sandbox.engine.hosts`: makes sure of the language hosts; exit code 2 without them."""

import signal
import sys

from sandbox.engine import EngineMissing, ensure
from sandbox.engine.find import say
from sandbox.engine.hosts import COMMANDS, build, install_node_packages


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        build(ensure(), say)
        install_node_packages(say)
    except EngineMissing as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Stopped; the next run begins the build anew with what is cached.", file=sys.stderr)
        return 128 + signal.SIGINT
    print(f"Language hosts: python, {', '.join(COMMANDS)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
