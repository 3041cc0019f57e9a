"""Which files are Terraform's configuration, or OpenTofu's, by their names."""

from __future__ import annotations

from pathlib import Path

_NATIVE = (".tf", ".tofu")
_SUFFIXES = (*_NATIVE, ".tf.json", ".tofu.json")


def is_configuration(path: Path) -> bool:
    """Whether a file is a part of Terraform's configuration."""
    return path.name.endswith(_SUFFIXES)


def is_native(path: Path) -> bool:
    """Whether a file of the configuration is in the language's own syntax, not in JSON."""
    return path.suffix in _NATIVE


def configuration_in(folder: Path) -> list[Path]:
    """The files of a module, sorted by name. OpenTofu leaves out ``main.tf`` beside ``main.tofu``,
    and so it is read here: who writes such a file deploys with OpenTofu."""
    files = [file for file in sorted(folder.iterdir()) if is_configuration(file) and file.is_file()]
    names = {file.name for file in files}
    return [file for file in files if _name_in_opentofu(file) not in names]


def _name_in_opentofu(file: Path) -> str | None:
    """The file that OpenTofu reads in place of one; None of one that it always reads."""
    for suffix in (".tf", ".tf.json"):
        if file.name.endswith(suffix):
            return file.name.removesuffix(suffix) + suffix.replace(".tf", ".tofu")
    return None
