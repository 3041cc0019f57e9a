"""How SageMaker starts a container: variables, machine image, volume and time-out."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lichen_components.servers.container import MODEL_DIRECTORY, Container

DIRECTORY = "/opt/ml/model"
"""Where SageMaker puts the model's files in a container."""

_OPTION_PREFIXES: Mapping[str, str] = {"vllm": "SM_VLLM_", "neuron": "SM_ON_"}
"""SageMaker passes no arguments: the images' entry points read options from variables
(vllm-project/vllm, examples/online_serving/sagemaker-entrypoint.sh; huggingface/optimum-neuron,
docker/vllm/entrypoint.sh)."""

_VARIABLES: Mapping[str, Mapping[str, str]] = {
    "pytorch": {
        "SAGEMAKER_PROGRAM": "inference.py",
        "SAGEMAKER_SUBMIT_DIRECTORY": f"{DIRECTORY}/code",
        # One worker over all cores: a second copy of the weights would compete for bandwidth.
        "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
    }
}

_MACHINE_IMAGES: Mapping[str, str] = {
    # Its driver runs CUDA 13, which the image is built for; the default's driver does not.
    "vllm": "al2023-ami-sagemaker-inference-gpu-4-1",
    # The one with a Neuron 2 driver.
    "neuron": "al2-ami-sagemaker-inference-neuron-2",
}
"""A machine's system and drivers (SageMaker API, ProductionVariant, InferenceAmiVersion)."""

_MOST_START_S = 3600
_SMALLEST_VOLUME_GIB = 30
_LARGEST_VOLUME_GIB = 512


def variables(container: Container) -> dict[str, str]:
    """The container's options and variables as SageMaker passes them: all are variables."""
    prefix = _OPTION_PREFIXES.get(container.server, "")
    options = {
        f"{prefix}{name.upper().replace('-', '_')}": value.replace(MODEL_DIRECTORY, DIRECTORY)
        for name, value in container.options.items()
    }
    return {**_VARIABLES.get(container.server, {}), **options, **container.environment}


def machine_image(container: Container) -> str | None:
    """SageMaker's name for the machine's system and drivers; None for its default."""
    return _MACHINE_IMAGES.get(container.server)


def start_timeout_s(container: Container) -> int:
    """How long loading may take before SageMaker gives the endpoint up: an hour at most."""
    return min(container.start_s, _MOST_START_S)


def volume_gib(weights_gib: float, instance_store_gib: float | None) -> int | None:
    """Room for the model's files twice (downloaded, unpacked) beside SageMaker's default volume.

    None on a machine with a disk of its own, for which SageMaker takes no volume, and where it is
    not known whether it has one. The default is 30 GiB, the most 512 GiB: CreateEndpointConfig,
    VolumeSizeInGB.
    """
    if instance_store_gib != 0:
        return None
    return min(_SMALLEST_VOLUME_GIB + math.ceil(2 * weights_gib), _LARGEST_VOLUME_GIB)
