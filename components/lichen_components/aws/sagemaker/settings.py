"""How SageMaker starts a container: variables, machine image, volume and time-out."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lichen.document import InputError
from lichen.sizing import start_up
from lichen.sizing.need import GIB
from lichen_components.servers.container import MODEL_DIRECTORY, Container

DIRECTORY = "/opt/ml/model"
"""Where SageMaker puts the model's files in a container."""

_OPTION_PREFIXES: Mapping[str, str] = {
    "vllm": "SM_VLLM_",
    "neuron": "SM_ON_",
    "llama.cpp": "SM_LLAMA_CPP_",
}
"""SageMaker passes no arguments: the images' entry points read options from variables
(vllm-project/vllm, examples/online_serving/sagemaker-entrypoint.sh; huggingface/optimum-neuron,
docker/vllm/entrypoint.sh; aws/deep-learning-containers, scripts/docker/llama_cpp)."""

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

_MOST_TIMEOUT_S, _LEAST_TIMEOUT_S = 3600, 600
"""The first is SageMaker's; with less than the second a slow minute of S3 would end a start
(design choice)."""

_PROVISIONING_S = 600
"""From asking for a machine to its download (assumed)."""

_MOST_UPDATE_S = 3300
"""The provider waits an hour for an endpoint (hashicorp/terraform-provider-aws, #39090)."""

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


def start_timeout_s(container: Container, files_gib: float) -> int:
    """How long loading may take before SageMaker gives the endpoint up: twice what it should."""
    return _timeout_s(min(start_up.load_timeout_s(files_gib * GIB), container.start_s))


def download_timeout_s(files_gib: float) -> int:
    """How long the download of the model's files may take: twice what it should."""
    return _timeout_s(start_up.download_timeout_s(files_gib * GIB))


def _timeout_s(seconds: float) -> int:
    return max(_LEAST_TIMEOUT_S, min(_MOST_TIMEOUT_S, math.ceil(seconds)))


def check_update_s(files_gib: float, container: Container, watched_s: int) -> None:
    """:class:`InputError` where one change of an endpoint with an archive may take longer than the
    provider waits. Files below a prefix are downloaded side by side."""
    longest_s = (
        _PROVISIONING_S
        + download_timeout_s(files_gib)
        + start_timeout_s(container, files_gib)
        + watched_s
    )
    if longest_s > _MOST_UPDATE_S:
        raise InputError(
            f"one archive of about {files_gib:.0f} GiB may take {longest_s / 60:.0f} minutes to "
            f"serve, and Pulumi waits {_MOST_UPDATE_S / 60:.0f}",
            fix="unpack it, and give the folder: s3://<bucket>/<prefix>/",
            field="artifacts",
        )


def volume_gib(weights_gib: float, instance_store_gib: float | None) -> int | None:
    """Room for the model's files twice (downloaded, unpacked) beside SageMaker's default volume.

    None on a machine with a disk of its own, for which SageMaker takes no volume, and where it is
    not known whether it has one. The default is 30 GiB, the most 512 GiB: CreateEndpointConfig,
    VolumeSizeInGB.
    """
    if instance_store_gib != 0:
        return None
    return min(_SMALLEST_VOLUME_GIB + math.ceil(2 * weights_gib), _LARGEST_VOLUME_GIB)
