"""Which files are Terraform's configuration, by their names."""

from __future__ import annotations

from pathlib import Path

_SUFFIXES = (".tf", ".tf.json")


def is_configuration(path: Path) -> bool:
    """Whether a file is a part of Terraform's configuration."""
    return path.name.endswith(_SUFFIXES)
