"""The types of Kubernetes' objects, as each dialect spells them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lichen_policies.facts.resource import Dialect


class Api(NamedTuple):
    """A kind of object with the versions that a cluster serves it in.

    ``group`` is empty for the core group. ``terraform`` are the provider's own resources of the
    kind, beside those that carry any object.
    """

    group: str
    versions: tuple[str, ...]
    kind: str
    terraform: tuple[str, ...] = ()


def types(*apis: Api) -> dict[Dialect, tuple[str, ...]]:
    """``TYPES`` of a reader."""
    return {
        "kubernetes": tuple(_in_manifests(apis)),
        "pulumi": tuple(_in_pulumi(apis)),
        "terraform": tuple(name for api in apis for name in api.terraform),
    }


def _in_manifests(apis: tuple[Api, ...]) -> Iterator[str]:
    for api in apis:
        for version in api.versions:
            yield f"{api.group}/{version}/{api.kind}" if api.group else f"{version}/{api.kind}"


def _in_pulumi(apis: tuple[Api, ...]) -> Iterator[str]:
    for api in apis:
        for version in api.versions:
            yield f"kubernetes:{api.group or 'core'}/{version}:{api.kind}"
