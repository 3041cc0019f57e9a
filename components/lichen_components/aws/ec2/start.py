"""What a machine does when it starts: fetch image and files, serve, warm up, then report ready."""

from __future__ import annotations

import base64
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lichen.document import InputError
from lichen_components.aws.balancer import INVOCATIONS, PING, PORT
from lichen_components.aws.locations import Objects, Repository
from lichen_components.aws.sagemaker.settings import DIRECTORY
from lichen_components.aws.serving import COPIER, copy_command

HOOK = "warm-up"
_LARGEST_BYTES = 16 * 1024
"""User data takes 16 KiB (EC2 User Guide)."""

_FILES = "/srv/model"


@dataclass(frozen=True, kw_only=True)
class Boot:
    """What a machine starts with. ``request`` is sent once before clients may send theirs."""

    region: str
    group: str
    log_group: str
    image: Repository
    files: Objects
    environment: Mapping[str, str]
    devices: Sequence[str]
    start_s: int
    request: str


def user_data(boot: Boot) -> str:
    """The script, as EC2 takes it; :class:`InputError` where it is longer than EC2 allows.

    The machine completes its own launch: where anything fails, it says so, and the group starts
    another.
    """
    text = script(boot)
    if len(text.encode()) > _LARGEST_BYTES:
        raise InputError(
            f"the variables make a start script of {len(text.encode()):,} bytes, and EC2 takes "
            f"{_LARGEST_BYTES:,}",
            fix="put long values into a file beside the model's",
            field="environment",
        )
    return base64.b64encode(text.encode()).decode()


def script(boot: Boot) -> str:
    """The script as text."""
    registry = boot.image.uri.partition("/")[0]
    here = f"http://127.0.0.1:{PORT}"
    aws = f"docker run --rm --network host -e AWS_REGION={boot.region} {COPIER}"
    copy = " ".join(shlex.quote(part) for part in copy_command(boot.files))
    options = [
        "--name server --restart unless-stopped",
        f"-p {PORT}:{PORT} -v {_FILES}:{DIRECTORY}",
        f"--log-driver awslogs --log-opt awslogs-region={boot.region}",
        f"--log-opt awslogs-group={shlex.quote(boot.log_group)}",
        '--log-opt "awslogs-stream=$machine"',
        *(f"--device={device}" for device in boot.devices),
        *(
            f"-e {shlex.quote(f'{name}={value}')}"
            for name, value in sorted(boot.environment.items())
        ),
        f"{boot.image.uri} serve",
    ]
    return f"""#!/bin/bash
set -euo pipefail
metadata=http://169.254.169.254/latest
token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' "$metadata/api/token")
machine=$(curl -sf -H "X-aws-ec2-metadata-token: $token" "$metadata/meta-data/instance-id")
systemctl disable --now ecs || true
systemctl enable --now docker
launch() {{
  {aws} autoscaling complete-lifecycle-action --lifecycle-hook-name {HOOK} \\
    --auto-scaling-group-name {boot.group} --instance-id "$machine" \\
    --lifecycle-action-result "$1"
}}
trap 'launch ABANDON' ERR
{aws} ecr get-login-password | docker login --username AWS --password-stdin {registry}
mkdir -p {_FILES}
docker run --rm --network host -e AWS_REGION={boot.region} -v {_FILES}:{DIRECTORY} {COPIER} {copy}
docker run -d {f" {chr(92)}{chr(10)}  ".join(options)}
until curl -sf {here}{PING}; do
  [ $SECONDS -lt {boot.start_s} ]
  sleep 5
done
curl -sf --max-time {boot.start_s} -H 'content-type: application/json' \\
  -d {shlex.quote(boot.request)} {here}{INVOCATIONS}
launch CONTINUE
"""


def first_request(kind: str) -> str:
    """A request that every server of a kind of model answers."""
    if kind in ("llm", "vlm"):
        return json.dumps({"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1})
    return json.dumps({"inputs": "Hello"})
