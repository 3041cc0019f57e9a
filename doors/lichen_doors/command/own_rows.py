"""The catalogue with the own rows of the organisation, as every command reads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lichen.document import find_upwards

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue


def configured_catalogue(path: Path) -> Catalogue:
    """The catalogue, with the own rows that the lichen.yaml above a file or folder names."""
    from lichen.catalogue import load

    if (found := find_upwards("lichen.yaml", path)) is None:  # then no rule needs to be loaded
        return load()
    from lichen_policies.configuration import read

    return read(found).catalogue
