"""``python -m sandbox [COMMAND ...]``: a shell, or one command, with the engine and the cloud."""

from __future__ import annotations

import os
import subprocess
import sys

from sandbox.errors import SandboxError
from sandbox.world import ROOT, world

EXAMPLE = "pulumi up --yes --stack chat --policy-pack policies/crossguard"


def main(command: list[str]) -> int:
    """Run the command in a world of its own; its exit code, or 2 if the sandbox does not start."""
    try:
        with world() as place:
            place.stacks("chat", "embeddings", "wasteful")
            if not command:
                print(f"An emulated AWS and Pulumi {place.engine.version}. Try:\n  {EXAMPLE}\n")
                command = [os.environ.get("SHELL", "/bin/sh")]
            return subprocess.call(command, cwd=ROOT, env=dict(place.environment))
    except SandboxError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
