"""`python -m sandbox.engine.hosts`: makes sure of the language hosts; exit code 2 without them."""

import sys

from sandbox.engine import ensure
from sandbox.engine.find import say
from sandbox.engine.hosts import COMMANDS, build, install_node_packages
from sandbox.engine.started import started


def made() -> str:
    build(ensure(), say)
    install_node_packages(say)
    return f"Language hosts: python, {', '.join(COMMANDS)}"


if __name__ == "__main__":
    sys.exit(started(made))
