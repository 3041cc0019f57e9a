"""`python -m sandbox.terragrunt`: makes sure of a Terragrunt and names it; code 2 without one."""

import sys

from sandbox.engine.started import started
from sandbox.terragrunt.build import VERSION, ensure

if __name__ == "__main__":
    sys.exit(started(lambda: f"Terragrunt {VERSION}: {ensure()}"))
