"""What a machine does when it starts: fetch the model's files, and run the server's container."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from lichen_components.google.container import HEALTH
from lichen_components.google.files import DIRECTORY, FilesAt

COPIER = "gcr.io/google.com/cloudsdktool/google-cloud-cli:slim"
"""Google's own image of its command line, for both kinds of processor."""

# A container-optimised system has this one place that keeps files.
_KEPT = "/mnt/stateful_partition/lichen"

_GPU = """cos-extensions install gpu
mount --bind /var/lib/nvidia /var/lib/nvidia
mount -o remount,exec /var/lib/nvidia
"""
_GPU_OPTIONS = (
    "--volume=/var/lib/nvidia/lib64:/usr/local/nvidia/lib64",
    "--volume=/var/lib/nvidia/bin:/usr/local/nvidia/bin",
    "--device=/dev/nvidia0",
    "--device=/dev/nvidia-uvm",
    "--device=/dev/nvidiactl",
)
# Source: GitHub vllm-project/tpu-inference, docs/getting_started/tpu_setup.md.
_TPU_OPTIONS = ("--privileged", "--net=host", "--shm-size=150gb")


@dataclass(frozen=True, kw_only=True)
class StartUp:
    """What is started: ``chips`` says of which kind the machine's accelerators are, if any."""

    server: str
    image: str
    arguments: list[str]
    variables: Mapping[str, str]
    files: FilesAt
    chips: str = ""


def script(start: StartUp) -> str:
    """The start-up script, which runs at each boot."""
    port = HEALTH[start.server].port
    options = [
        "--restart=always",
        "--name=server",
        f"--volume={_KEPT}/model:{DIRECTORY}:ro",
        f"--volume={_KEPT}/cache:/mnt/cache",
    ]
    options += {"gpu": _GPU_OPTIONS, "tpu": _TPU_OPTIONS}.get(start.chips, ())
    if start.chips != "tpu":
        options.append(f"--publish={port}:{port}")
    options += [f"--env={name}={value}" for name, value in start.variables.items()]
    run = shlex.join(["docker", "run", "--detach", *options, start.image, *start.arguments])
    lines = [
        "#! /bin/sh",
        "set -e",
        f"mkdir -p {_KEPT}/model {_KEPT}/cache",
        _registry(start.image),
        _GPU.strip() if start.chips == "gpu" else "",
        _fetch(start.files),
        "docker rm --force server || true",
        run,
    ]
    return "\n".join(line for line in lines if line) + "\n"


def _registry(image: str) -> str:
    host = image.partition("/")[0]
    if not host.endswith("-docker.pkg.dev"):
        return ""
    # The home directory of a container-optimised system cannot be written.
    login = f"docker-credential-gcr configure-docker --registries={host}"
    return f"export HOME={_KEPT}\n{login} || gcloud auth configure-docker {host} --quiet"


def _fetch(files: FilesAt) -> str:
    if not files.bucket:
        return ""
    copy = ["gcloud", "storage", "rsync", "--recursive", f"gs://{files.bucket}/{files.prefix}"]
    return shlex.join(
        ["docker", "run", "--rm", f"--volume={_KEPT}/model:{DIRECTORY}", COPIER, *copy, DIRECTORY]
    )
