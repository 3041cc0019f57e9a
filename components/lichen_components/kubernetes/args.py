"""The arguments for a placement on a Kubernetes cluster: part of the package's schema."""

from collections.abc import Mapping
from typing import TypedDict, cast

import pulumi

from lichen_components.blocks import block_of


class KubernetesArgs(TypedDict, total=False):
    """What an endpoint on a Kubernetes cluster needs beside the workload."""

    artifacts: pulumi.Input[str]
    """The model's files: `pvc://claim/folder`, `hf://organisation/model`, or a bucket that
    the pods may read."""
    image: pulumi.Input[str]
    """The serving image, for every chip that may be chosen."""


def kubernetes_args(args: Mapping[str, object]) -> KubernetesArgs:
    """The arguments for a Kubernetes cluster, from the block and from beside it.

    :class:`lichen.document.InputError` where both give an argument and the values differ.
    """
    return cast(KubernetesArgs, block_of(args, "kubernetes", KubernetesArgs.__annotations__))
