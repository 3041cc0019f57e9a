"""Lower ceilings where the electricity is dirtier: patches for what scales in a cluster.

The same manifests run in several regions. Where a region's class is high or medium, each autoscaler
may go to a share of its ceiling alone, so that work which can go elsewhere does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from lichen.catalogue.schema import Region
from lichen.document import InputError
from lichen.grid import CarbonClass, classify

_CEILINGS = {
    "HorizontalPodAutoscaler": ("maxReplicas", "minReplicas", 1),
    "ScaledObject": ("maxReplicaCount", "minReplicaCount", 0),
    "ScaledJob": ("maxReplicaCount", "minReplicaCount", 0),
}
"""By kind: the field of the ceiling, that of the floor, and the floor where it is left out."""
_DEFAULT_CEILING = {"ScaledObject": 100, "ScaledJob": 100}
"""KEDA's own where none is written: https://keda.sh/docs/latest/reference/scaledobject-spec/."""

_QUANTITY = re.compile(r"(\d+\.?\d*|\.\d+)(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")
"""A quantity of Kubernetes: a number with an exponent or a unit."""
_SMALLER = {
    "k": ("", 1000), "M": ("k", 1000), "G": ("M", 1000), "T": ("G", 1000), "P": ("T", 1000),
    "E": ("P", 1000), "Ki": ("", 1024), "Mi": ("Ki", 1024), "Gi": ("Mi", 1024),
    "Ti": ("Gi", 1024), "Pi": ("Ti", 1024), "Ei": ("Pi", 1024),
}  # fmt: skip
"""The next unit below each, and how many of it make one; what has no unit is whole."""
_MOST_EXPONENT = 18
"""Kubernetes keeps quantities below 2^63."""
_FINE = 100
"""A share of so many units is rounded up, by 1 % at most; of fewer, a smaller unit is taken."""


class Capped(NamedTuple):
    """The class of the region, the share that it may use, and the patches."""

    level: CarbonClass
    percent: float
    patches: Sequence[dict[str, Any]]


def ceilings(
    manifests: Iterable[Any], region: Region, percents: Mapping[CarbonClass, float]
) -> Capped:
    """Patches that lower each ceiling to the share of the region's class, never below the floor.

    ``percents`` has a share in percent by class; a class that it does not name keeps its ceilings.
    Manifests of other kinds are passed over. Raises :class:`InputError` where a ceiling is no
    number, or nothing in the manifests scales.
    """
    level = classify(region).level
    percent = percents.get(level, 100.0)
    patches: list[dict[str, Any]] = []
    scaling = 0
    for manifest in _each(manifests):
        kind = manifest.get("kind")
        if kind not in _CEILINGS and kind != "NodePool":
            continue
        scaling += 1
        try:
            spec = _mapping(manifest.get("spec"), f"{kind}.spec")
            lower = _limits(spec, percent) if kind == "NodePool" else _replicas(kind, spec, percent)
            if lower:
                patches.append(_patch(manifest, lower))
        except InputError as error:
            field = f"{error.field}{_of(manifest)}"
            raise InputError(error.wrong, fix=error.fix, field=field) from None
    if not scaling:
        raise InputError(
            "nothing in these manifests scales",
            fix=f"give files with a {', '.join(_CEILINGS)} or NodePool",
        )
    return Capped(level, percent, patches)


def _of(manifest: dict[str, Any]) -> str:
    """`` of NAME``; blank where it has none."""
    metadata = manifest.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return f" of {name}" if isinstance(name, str) else ""


def _each(manifests: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for manifest in manifests:
        if isinstance(manifest, dict):
            if manifest.get("kind") == "List":
                yield from _each(manifest.get("items") or ())
            else:
                yield manifest


def _mapping(value: Any, field: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError("is no mapping", fix="give a manifest that the cluster takes", field=field)
    return value


def _replicas(kind: str, spec: dict[str, Any], percent: float) -> dict[str, Any]:
    field, floor_field, least = _CEILINGS[kind]
    most = _count(spec.get(field, _DEFAULT_CEILING.get(kind)), f"{kind}.spec.{field}")
    floor = _count(spec.get(floor_field, least), f"{kind}.spec.{floor_field}")
    lower = max(ceil(most * percent / 100), floor, 1)
    return {field: lower} if lower < most else {}


def _limits(spec: dict[str, Any], percent: float) -> dict[str, Any]:
    """Each limit of a NodePool as its share; one with a unit (``100Gi``) keeps its unit, unless the
    share is a fraction of few: half of ``1Ti`` is ``512Gi``."""
    lower: dict[str, Any] = {}
    for name, written in _mapping(spec.get("limits") or {}, "NodePool.spec.limits").items():
        found = _QUANTITY.fullmatch(str(written))
        if found is None:
            raise InputError(
                f"{written!r} is no quantity",
                fix="write it like 100 or 400Gi",
                field=f"limits.{name}",
            )
        number, exponent, unit = found[1], int(found[2] or 0), found[3] or ""
        if abs(exponent) > _MOST_EXPONENT:
            raise InputError(
                "is no quantity that a cluster has", fix="write it like 100 or 400Gi",
                field=f"limits.{name}",
            )  # fmt: skip
        most = Fraction(number) * Fraction(10) ** exponent
        share = most * Fraction(str(percent)) / 100
        while share.denominator > 1 and share < _FINE and unit in _SMALLER:
            unit, times = _SMALLER[unit]
            share, most = share * times, most * times
        whole = ceil(share)
        if whole < most:
            lower[name] = f"{whole}{unit}" if isinstance(written, str) else whole
    return {"limits": lower} if lower else {}


def _count(value: Any, field: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise InputError(
            f"{value!r} is no count", fix="give a whole number, without quotes", field=field
        )
    return value


def _patch(manifest: dict[str, Any], lower: dict[str, Any]) -> dict[str, Any]:
    """A patch as Kustomize and `kubectl patch` take it: what identifies the object, what changes.

    Raises :class:`InputError` for an object without a name.
    """
    metadata = _mapping(manifest.get("metadata"), f"{manifest['kind']}.metadata")
    if not isinstance(metadata.get("name"), str):
        raise InputError(
            "is required", fix="give the object a name", field=f"{manifest['kind']}.metadata.name"
        )
    identity = {key: metadata[key] for key in ("name", "namespace") if key in metadata}
    return {
        "apiVersion": manifest.get("apiVersion"),
        "kind": manifest["kind"],
        "metadata": identity,
        "spec": lower,
    }
