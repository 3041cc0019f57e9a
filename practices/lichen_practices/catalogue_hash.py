"""One value for all of a catalogue: the same tables give the same hash."""

from __future__ import annotations

import hashlib
from functools import lru_cache

from lichen.catalogue import Catalogue


@lru_cache(maxsize=4)
def catalogue_hash(catalogue: Catalogue) -> str:
    """SHA-256 over the names and the content of the tables that are read, an organisation's own
    included."""
    digest = hashlib.sha256()
    folders = [catalogue.directory / "published", catalogue.directory / "derived"]
    files = [path for folder in folders for path in sorted(folder.glob("*.csv"))]
    files.append(catalogue.directory / "sources.toml")
    if catalogue.overlay is not None:
        files += sorted(path for path in catalogue.overlay.iterdir() if path.is_file())
    for path in files:
        digest.update(f"{path.parent.name}/{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
