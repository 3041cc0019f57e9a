"""What Lambda takes, and what it refuses."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lichen.catalogue.schema import Machine
from lichen.document import InputError
from lichen_components.aws.args import AwsArgs
from lichen_components.promises import longest_s
from lichen_components.servers.container import Decision

LONGEST_S = 900
"""A function runs for 15 minutes at most (Lambda quotas)."""

_MOST_FILES_BYTES = 1e9
"""Weights that are loaded within the 10 s of initialisation, at the 0.1 GB/s that starts.csv has
for Lambda (design choice)."""

_LARGEST_ENVIRONMENT_BYTES = 4096
"""All variables together (Lambda quotas)."""

_LEAST_MB, _MOST_MB = 128, 10_240


def memory_mb(machine: Machine) -> int:
    """The memory of a function, which decides its processors too."""
    return min(_MOST_MB, max(_LEAST_MB, round((machine.memory_gib or 0) * 1024)))


def timeout_s(decision: Decision) -> int:
    """Twice the longest answer that is planned for, with one start before it."""
    return min(LONGEST_S, math.ceil(2 * longest_s(decision)) + 10)


def check_limits(decision: Decision, args: AwsArgs) -> None:
    """:class:`InputError` where the model or its answers are beyond what Lambda takes."""
    asked = args.get("function", {})
    if longest_s(decision) > LONGEST_S:
        raise InputError(
            f"an answer may take {longest_s(decision):,.0f} s, and a function runs for "
            f"{LONGEST_S} s at most",
            fix="bound latency.p95_ms, or allow ecs-fargate or sagemaker in where.hosting",
            field="workload.latency.p95_ms",
        )
    size = decision.sizing.artifact_bytes
    if size > _MOST_FILES_BYTES and not asked.get("provisioned"):
        raise InputError(
            f"the weights are {size / 1e9:.1f} GB, and a function has 10 s to load them: it starts "
            "again within the request's own time",
            fix="use a smaller or quantised model, or keep copies ready (function.provisioned), or "
            "allow ecs-fargate in where.hosting",
            field="workload.model",
        )
    share = asked.get("canary_share")
    if share is not None and not 0 < share < 1:
        raise InputError(
            f"{share:g} is not a share of requests between 0 and 1",
            fix="write 0.1 for a tenth",
            field="function.canary_share",
        )
    if (share is None) != ("stable_version" not in asked):
        raise InputError(
            "a canary has two versions: the one that serves, and the newest with its share",
            fix="write function.stable_version and function.canary_share, or neither",
            field="function.stable_version" if share is not None else "function.canary_share",
        )


def check_image(args: AwsArgs) -> None:
    """:class:`InputError` where there is no image: none that AWS publishes runs on Lambda."""
    if "image" not in args:
        raise InputError(
            "is required on Lambda: none of AWS's serving images has Lambda's runtime interface",
            fix="build one with the model's files inside, from public.ecr.aws/lambda/python, for "
            "linux/arm64 and with --provenance=false, and push it to ECR in the chosen region",
            field="image",
        )


def check_environment(environment: Mapping[str, Any]) -> None:
    """:class:`InputError` where the variables are longer than Lambda takes."""
    length = sum(
        len(name) + len(value) for name, value in environment.items() if isinstance(value, str)
    )
    if length > _LARGEST_ENVIRONMENT_BYTES:
        raise InputError(
            f"the variables are {length:,} bytes, and a function takes "
            f"{_LARGEST_ENVIRONMENT_BYTES:,}",
            fix="put long values into the image",
            field="environment",
        )
