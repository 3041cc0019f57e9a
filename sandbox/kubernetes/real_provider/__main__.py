"""`python -m sandbox.kubernetes.real_provider`: makes sure of it and names it; else code 2."""

import sys

from sandbox.engine.started import started
from sandbox.kubernetes.real_provider import ensure

if __name__ == "__main__":
    sys.exit(started(lambda: f"Pulumi's own provider for Kubernetes: {ensure()}"))
