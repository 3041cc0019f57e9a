"""What runs on an endpoint's machines, and where its files are: decided before anything is made."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import msgspec
import pulumi

from lichen.document import InputError
from lichen.words import BITS, Precision
from lichen.workload import ModelCard

MODEL_DIRECTORY = "/opt/ml/model"
"""Where SageMaker puts the artefacts in a container."""

TYPES: dict[Precision, str] = {"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}
"""What vLLM, on NVIDIA and on Neuron, calls the precisions that it computes in."""

_VOLUME_FLOOR_GIB = 30
_LARGEST_VOLUME_GIB = 512


@dataclass(frozen=True, kw_only=True)
class Container:
    """An image, its settings and the room it needs.

    ``machine_image`` is SageMaker's name for the machine's own system and drivers, None for its
    default. ``start_timeout_s`` is how long loading may take before the endpoint is given up.
    """

    image: pulumi.Input[str]
    environment: dict[str, str]
    machine_image: str | None
    volume_gib: int
    start_timeout_s: int


def volume_gib(card: ModelCard, precision: Precision) -> int:
    """Room for the artefacts twice (downloaded, unpacked) beside SageMaker's default volume.

    SageMaker's default of 30 GiB and its most, 512 GiB: CreateEndpointConfig, VolumeSizeInGB.
    """
    weights_gib = card.parameters * BITS[precision] / 8 / 2**30
    return min(_VOLUME_FLOOR_GIB + math.ceil(2 * weights_gib), _LARGEST_VOLUME_GIB)


class Repository(msgspec.Struct, frozen=True):
    """An image's place in ECR."""

    uri: str
    account: str
    region: str
    name: str


_ECR = re.compile(
    r"^(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<name>[a-z0-9._/-]+)(:[\w.-]{1,128}|@sha256:[0-9a-f]{64})$"
)


def repository(image: str, region: str) -> Repository:
    """An ECR image for a region; :class:`InputError` where it is none, or another region's."""
    uri = image.replace("{region}", region)
    match = _ECR.match(uri)
    if match is None:
        raise InputError(
            f"{image!r} is not an image in ECR with its tag or digest",
            fix="<account>.dkr.ecr.{region}.amazonaws.com/<repository>:<tag>",
            field="image",
        )
    if match["region"] != region:
        raise InputError(
            f"{image!r} is in {match['region']}, the placement in {region}",
            fix="write {region} for the region, and keep the image in every region that may be "
            "chosen",
            field="image",
        )
    return Repository(uri, match["account"], region, match["name"])


class Objects(msgspec.Struct, frozen=True):
    """Objects in S3: one archive, or everything below a prefix that ends with ``/``."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def is_archive(self) -> bool:
        return not self.key.endswith("/")


_S3 = re.compile(r"^s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(?P<key>.*)$")


def objects(uri: str, region: str, field: str) -> Objects:
    """Where artefacts or results are, for a region; :class:`InputError` where it is no place."""
    match = _S3.match(uri.replace("{region}", region))
    if match is None:
        raise InputError(
            f"{uri!r} is not a place in S3", fix="s3://<bucket>/<prefix>/", field=field
        )
    key = match["key"]
    return Objects(match["bucket"], key if not key or key.endswith((".gz", "/")) else f"{key}/")
