"""What a hosting says of itself: rows in the ``__init__.py`` of its own folder.

``MAKERS`` are its makers; ``RECORDS``, of a cloud, where it keeps what stays where. What chooses a
maker names no hosting: :mod:`lichen_components.makers` finds the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lichen.words import Mode

S3, GCS, HUGGING_FACE, VOLUME = "s3://", "gs://", "hf://", "pvc://"
"""How locations of a model's files begin."""


@dataclass(frozen=True)
class MakerRow:
    """What makes a way of serving on a hosting.

    ``maker`` is a class, as ``module:Name``, imported when it is needed. ``mode`` left out: every
    way that has no row of its own. ``to-zero``: real time with a floor of no replicas.
    ``artifacts`` are the beginnings of the locations that the model's files may be read from;
    where there is none, the files are in the image.
    """

    hosting: str
    maker: str
    mode: Mode | Literal["to-zero"] | None = None
    artifacts: tuple[str, ...] = ()


@dataclass(frozen=True)
class RecordRow:
    """Where the placements on a cloud are recorded.

    ``module`` has ``record`` and ``placed_now``, of the kinds that
    :class:`lichen_components.makers.PlacementRecord` gives.
    """

    cloud: str
    module: str
