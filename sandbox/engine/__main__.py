"""`python -m sandbox.engine`: makes sure of an engine and says which; exit code 2 without one."""

import sys

from sandbox.engine import ensure
from sandbox.engine.started import started


def made() -> str:
    engine = ensure()
    return f"Pulumi {engine.version} ({engine.origin}): {engine.path}"


def main() -> int:
    return started(made)


if __name__ == "__main__":
    sys.exit(main())
