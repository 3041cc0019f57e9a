"""The catalogue with the own rows of the organisation, as every command reads it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue


def configured_catalogue(path: Path) -> Catalogue:
    """The catalogue, with the own rows that the lichen.yaml above a file or folder names, or the
    organisation's."""
    from lichen.catalogue import load

    if not is_configured(path):  # then no rule needs to be loaded
        return load()
    from lichen_policies.configuration import find, named, read

    return read(find(path), above=named()).catalogue


def is_configured(path: Path) -> bool:
    """Whether a lichen.yaml holds for a file or folder: one above it, or the organisation's."""
    from lichen.upwards import CONFIGURATION, find_upwards

    return bool(os.environ.get("LICHEN_CONFIG")) or find_upwards(CONFIGURATION, path) is not None
