"""The files that an agent may name: those below the folder where the server runs, and what these
name in turn.

What its user set up is read wherever it is: a lichen.yaml above the folder, or the one that
``LICHEN_CONFIG`` names, with what it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import lichen_policies
from lichen_policies import configuration

import lichen
from lichen.document import InputError
from lichen.parsing.content import only_read
from lichen.visible import visible

_INSTALLED = tuple(
    Path(folder).resolve() for package in (lichen, lichen_policies) for folder in package.__path__
)
"""Where Lichen's own tables are."""


@contextmanager
def folder_only() -> Iterator[None]:
    """Meanwhile no other file is read than those of the folder, of Lichen, and of what the user
    set up."""
    folder = Path.cwd().resolve()
    allowed = (folder, *_INSTALLED, *_set_up(folder))
    with only_read(lambda path: any(path.is_relative_to(each) for each in allowed)):
        yield


def check_configuration(near: Path) -> None:
    """Refuse a lichen.yaml of the server's folder, over a file or folder, that names a file or a
    directory outside of it."""
    folder = Path.cwd().resolve()
    for layer in configuration.layers_of(configuration.find(near)):
        if not layer.path.resolve().is_relative_to(folder):
            continue  # the user's own
        for field, named in _directories(layer):
            try:
                inside(named.resolve(), field)
            except InputError as error:
                raise error.within(layer.shown) from None


def _set_up(folder: Path) -> Iterator[Path]:
    """The files and directories of the user's own configuration."""
    found = configuration.find(folder)
    above = found if found is not None and not found.resolve().is_relative_to(folder) else None
    for layer in configuration.layers_of(configuration.named(), above):
        yield layer.path.resolve()
        for _field, named in _directories(layer):
            yield named.resolve()


def _directories(layer: configuration.Layer) -> Iterator[tuple[str, Path]]:
    for field in ("catalogue", "rules"):
        if (named := layer.directory(field)) is not None:
            yield field, named


def within_folder(name: str, field: str) -> Path:
    """The file or folder ``name``; links are followed first.

    Raises :class:`InputError` with the field where it is outside the folder, or is not there.
    """
    path = inside(name, field)
    if not path.exists():
        raise InputError(
            f"{visible(name)} is not there",
            fix="name a file of the folder that this server reads",
            field=field,
        )
    return path


def inside(name: str | Path, field: str) -> Path:
    """The same of what need not be there."""
    folder = Path.cwd().resolve()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder):
        raise InputError(
            f"{visible(str(name))} is outside the folder that this server reads",
            fix="name a file of that folder, or start lichen mcp --folder with another one",
            field=field,
        )
    return path.relative_to(folder)
