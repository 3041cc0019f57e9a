"""One machine as a whole cloud: the engine, an emulated AWS, and where both keep their state."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from sandbox.aws import plugin
from sandbox.aws.cloud import Cloud, emulated_aws
from sandbox.aws.provider.api import session
from sandbox.engine import Engine, ensure
from sandbox.errors import CommandFailed
from sandbox.whole_file import write_whole

ROOT = Path(__file__).resolve().parents[1]
STATES = ROOT / ".sandbox"
_URIS = re.compile(r"s3://\S+")
QUIET = ("--yes", "--non-interactive", "--suppress-progress")
"""Options of a ``pulumi`` command that nobody watches."""


@dataclass(frozen=True)
class World:
    """A place to deploy to: commands that run in ``environment`` reach no real account."""

    engine: Engine
    cloud: Cloud
    environment: Mapping[str, str]

    def run(
        self, *command: str | Path, cwd: Path = ROOT, check: bool = True, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; raises CommandFailed with its output where it fails."""
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )
        if check and done.returncode:
            raise CommandFailed(
                f"{' '.join(map(str, command))} ended {done.returncode}:\n{done.stdout}"
            )
        return done

    def stacks(self, *names: str, cwd: Path = ROOT) -> None:
        """Make empty stacks, so that ``pulumi up --stack NAME`` finds them.

        The artefacts that ``stacks/Pulumi.NAME.yaml`` names are then in every region.
        """
        for name in names:
            self.run("pulumi", "stack", "init", name, "--no-select", "--non-interactive", cwd=cwd)
        regions = session().get_available_regions("sagemaker")
        for name in names:
            settings = cwd / "stacks" / f"Pulumi.{name}.yaml"
            for uri in _URIS.findall(settings.read_text()) if settings.exists() else ():
                self.cloud.upload(uri, *regions)


@contextmanager
def world(kubeconfig: Path | None = None, *, new_account: bool = False) -> Iterator[World]:
    """An engine over an empty emulated AWS; all of it is gone when the block ends.

    ``kubeconfig``: of the cluster that node groups of EKS put their nodes into. A ``new_account``
    may have no accelerated machine until its quotas are raised.
    """
    engine = ensure()
    STATES.mkdir(exist_ok=True)
    state = Path(mkdtemp(dir=STATES))
    try:
        with emulated_aws(new_account=new_account, kubeconfig=kubeconfig) as cloud:
            environment = engine.environment(state) | cloud.environment()
            plugin.install(Path(environment["PULUMI_HOME"]))
            environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
            yield World(engine, cloud, environment)
    finally:
        shutil.rmtree(state, ignore_errors=True)
        _forget_salts()


def _forget_salts() -> None:
    """Take out what the engine adds to a stack's configuration for a passphrase of its own.

    It belongs to a state that is gone, and would make every run a change to the clone. What a user
    edited meanwhile stays.
    """
    for path in (ROOT / "stacks").glob("Pulumi.*.yaml"):
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith("encryptionsalt:")]
        if kept != lines:
            write_whole(path, "".join(kept))  # another engine may be reading it
