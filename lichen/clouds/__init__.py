"""Everything that is one cloud's, one module a cloud.

A new cloud is a module in this folder that defines ``CLOUD``, a
:class:`~lichen.clouds.cloud.Cloud`; nothing else lists the clouds.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from lichen.clouds.cloud import Cloud, Spelling

__all__ = ["CLOUDS", "REGIONAL", "Cloud", "CloudName", "Spelling", "region_of"]


def _found() -> dict[str, Cloud]:
    modules = (
        importlib.import_module(f"{__name__}.{path.stem}")
        for path in sorted(Path(__file__).parent.iterdir())
        if path.suffix == ".py" and not path.name.startswith("_")
    )
    return {module.CLOUD.name: module.CLOUD for module in modules if hasattr(module, "CLOUD")}


CLOUDS: Mapping[str, Cloud] = _found()
"""Every cloud by its name, in the order of the names."""

REGIONAL: tuple[str, ...] = tuple(name for name, cloud in CLOUDS.items() if cloud.has_regions)
"""The clouds that sell machines in regions of their own: those that a workload may be placed on."""

if TYPE_CHECKING:
    CloudName = str
else:
    CloudName = Literal[REGIONAL]
"""A name of :data:`REGIONAL`: checked, and listed in schemas, wherever a document is read."""


@lru_cache(maxsize=1024)  # a deployment is in few places, and each of its resources asks
def region_of(zone: str) -> str:
    """The region of a zone, whichever cloud's it is: ``us-east-1`` of ``us-east-1a``,
    ``us-central1`` of ``us-central1-a``. Any other text is a region already and stays as it is."""
    for cloud in CLOUDS.values():
        region = cloud.region_of_zone(zone)
        if region is not None:
            return region
    return zone.rsplit("/", 1)[-1]
