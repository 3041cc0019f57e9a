"""The arguments for a placement on Google Cloud: part of the package's schema."""

from collections.abc import Mapping
from typing import TypedDict, cast

import pulumi

from lichen_components.blocks import block_of


class GoogleArgs(TypedDict, total=False):
    """What an endpoint on Google Cloud needs beside the workload."""

    artifacts: pulumi.Input[str]
    """The model's files: `gs://bucket/prefix/` or `hf://organisation/model`."""
    image: pulumi.Input[str]
    """The serving image, for every chip that may be chosen."""


def google_args(args: Mapping[str, object]) -> GoogleArgs:
    """The arguments for Google Cloud, from the block and from beside it.

    :class:`lichen.document.InputError` where both give an argument and the values differ.
    """
    return cast(GoogleArgs, block_of(args, "google", GoogleArgs.__annotations__))
