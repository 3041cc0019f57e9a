"""`python -m sandbox.kubernetes`: makes sure of a Kubernetes and names it; code 2 without one."""

import sys

from sandbox.engine.started import started
from sandbox.kubernetes.build import VERSION, ensure

if __name__ == "__main__":
    sys.exit(started(lambda: f"Kubernetes {VERSION}: {ensure()}"))
