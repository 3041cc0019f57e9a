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
    from lichen.document import find_upwards

    found, above = find_upwards("lichen.yaml", path), os.environ.get("LICHEN_CONFIG")
    if found is None and not above:  # then no rule needs to be loaded
        return load()
    from lichen_policies.configuration import named, read

    return read(found, above=named()).catalogue
