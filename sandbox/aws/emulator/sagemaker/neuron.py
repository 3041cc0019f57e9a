"""Whether a Neuron container starts: its runtime and the driver of the machine's image agree.

(aws-neuron-sdk, release notes 2.24 to 2.32: a driver from 2.29 on takes no runtime below 2.33, and
SageMaker's default image has driver 2.10, huggingface/llm-hosting-container pull request 156.)
"""

import re
from typing import Any

from sandbox.aws.emulator.sagemaker.machines import machine

_SDK = re.compile(r"neuronx?[^:]*:.*sdk(?P<major>\d+)\.(?P<minor>\d+)")
_LATEST_SDK: dict[str, tuple[int, int]] = {"al2-ami-sagemaker-inference-neuron-2": (2, 29)}
"""The newest SDK that the driver of SageMaker's Neuron image serves (driver 2.19)."""


def why_not(variant: dict[str, Any], images: list[str]) -> str | None:
    """Why the containers do not start on the variant's machines; None where they do."""
    its = machine(variant.get("InstanceType", ""))
    if its is None or not its.neuron_devices:
        return None
    for image in images:
        if (found := _SDK.search(image)) is None:
            continue
        sdk, on = (int(found["major"]), int(found["minor"])), variant.get("InferenceAmiVersion", "")
        if on not in _LATEST_SDK:
            return (
                f"The container of {image} did not pass the ping health check: the Neuron driver "
                f"of the default machine image is too old. Set InferenceAmiVersion."
            )
        if sdk > _LATEST_SDK[on]:
            return (
                f"The container of {image} did not pass the ping health check: its runtime needs a "
                f"newer Neuron driver than {on} has."
            )
    return None
