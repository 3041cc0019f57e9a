"""AWS's own serving images: which one serves a kind of model on a family of chips, and where.

Accounts, repositories, tags and regions are those of sagemaker-core 2.27.0 (PyPI, Apache-2.0), its
tables image_uri_config/huggingface-vllm-neuronx.json, huggingface-neuronx.json, vllm.json and
pytorch.json, read on 2026-11-23. The tags stand as well in AWS's list of Deep Learning Containers
(aws/deep-learning-containers, available_images.md) or in Hugging Face's list for SageMaker. AWS's
list has Neuron images in no more regions than these.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lichen.document import InputError
from lichen.workload import ModelCard

ACCOUNTS: Mapping[str, str] = {
    "af-south-1": "626614931356",
    "ap-east-1": "871362719292",
    "ap-east-2": "975050140332",
    "ap-northeast-1": "763104351884",
    "ap-northeast-2": "763104351884",
    "ap-northeast-3": "364406365360",
    "ap-south-1": "763104351884",
    "ap-south-2": "772153158452",
    "ap-southeast-1": "763104351884",
    "ap-southeast-2": "763104351884",
    "ap-southeast-3": "907027046896",
    "ap-southeast-4": "457447274322",
    "ap-southeast-5": "550225433462",
    "ap-southeast-6": "633930458069",
    "ap-southeast-7": "590183813437",
    "ca-central-1": "763104351884",
    "ca-west-1": "204538143572",
    "cn-north-1": "727897471807",
    "cn-northwest-1": "727897471807",
    "eu-central-1": "763104351884",
    "eu-central-2": "380420809688",
    "eu-north-1": "763104351884",
    "eu-south-1": "692866216735",
    "eu-south-2": "503227376785",
    "eu-west-1": "763104351884",
    "eu-west-2": "763104351884",
    "eu-west-3": "763104351884",
    "il-central-1": "780543022126",
    "me-central-1": "914824155844",
    "me-south-1": "217643126080",
    "mx-central-1": "637423239942",
    "sa-east-1": "763104351884",
    "us-east-1": "763104351884",
    "us-east-2": "763104351884",
    "us-gov-east-1": "446045086412",
    "us-gov-west-1": "442386744353",
    "us-west-1": "763104351884",
    "us-west-2": "763104351884",
}
"""The account that holds AWS's images in each region."""


class Image(msgspec.Struct, frozen=True):
    """A published image; ``regions`` that have it, or all of ACCOUNTS where None."""

    repository: str
    tag: str
    regions: frozenset[str] | None = None


_VLLM_NEURON = Image(
    "huggingface-vllm-inference-neuronx",
    "0.11.0-optimum0.4.4-neuronx-py310-sdk2.26.1-ubuntu22.04",
    frozenset(
        {
            "ap-northeast-1",
            "ap-south-1",
            "ap-southeast-1",
            "ap-southeast-2",
            "eu-central-1",
            "eu-west-1",
            "eu-west-3",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-2",
        }
    ),
)
_TRANSFORMERS_NEURON = Image(
    "huggingface-pytorch-inference-neuronx",
    "2.8.0-transformers4.55.4-neuronx-py310-sdk2.26.0-ubuntu22.04",
    frozenset(
        {
            "ap-northeast-1",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-7",
            "ca-west-1",
            "cn-north-1",
            "cn-northwest-1",
            "eu-central-1",
            "eu-central-2",
            "eu-south-2",
            "eu-west-1",
            "eu-west-3",
            "il-central-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-gov-east-1",
            "us-gov-west-1",
            "us-west-2",
        }
    ),
)
_VLLM_CUDA = Image("vllm", "0.28.0-gpu-py312-cu130-ubuntu24.04-sagemaker")
_PYTORCH_ARM64 = Image("pytorch-inference-arm64", "2.6.0-cpu-py312-ubuntu22.04-sagemaker")

IMAGES: Mapping[tuple[str, str], Image] = {
    ("AWS Inferentia2", "llm"): _VLLM_NEURON,
    ("AWS Inferentia2", "encoder"): _TRANSFORMERS_NEURON,
    ("AWS Inferentia2", "reranker"): _TRANSFORMERS_NEURON,
    ("NVIDIA", "llm"): _VLLM_CUDA,
    ("AWS Graviton", "encoder"): _PYTORCH_ARM64,
    ("AWS Graviton", "reranker"): _PYTORCH_ARM64,
    ("AWS Graviton", "vision"): _PYTORCH_ARM64,
}
"""The image for a chip family and a kind of model."""


def image_uri(family: str, card: ModelCard, region: str, registry: str | None = None) -> str:
    """AWS's image for a model of IMAGES on this family of chips: its own in the region, or a copy.

    ``registry`` is an ECR registry that keeps copies under AWS's own names. :class:`InputError`
    where AWS publishes none in the region and there is no registry of copies.
    """
    image = IMAGES[family, card.kind]
    if registry is not None:
        return f"{registry.rstrip('/')}/{image.repository}:{image.tag}"
    if region not in ACCOUNTS or not (image.regions is None or region in image.regions):
        raise InputError(
            f"AWS does not publish {image.repository} in {region}",
            fix=f"copy {image.repository}:{image.tag} to ECR in {region}, and give the registry "
            "of the copies: <account>.dkr.ecr.{region}.amazonaws.com",
            field="registry",
        )
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"{ACCOUNTS[region]}.dkr.ecr.{region}.{domain}/{image.repository}:{image.tag}"
