"""What each reader reads, known without importing it: a stack needs three of a hundred.

Their declarations are kept, under the checksum of every file of this package (see
:mod:`lichen_policies.kept`).
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from lichen.input_error import InputError
from lichen_policies.facts import kinds
from lichen_policies.facts.fact import Fact
from lichen_policies.facts.resource import Dialect
from lichen_policies.kept import Files, keep, kept, python_files
from lichen_policies.timed import place_of

_COPY = "readers"


class DeclaredReader(msgspec.Struct, frozen=True):
    """What a reader's file declares. ``module`` is its full name; ``facts`` are the names of kinds
    in :mod:`lichen_policies.facts.kinds`; ``completes``: it has a function of that name."""

    module: str
    cloud: str
    types: dict[Dialect, tuple[str, ...]]
    facts: tuple[str, ...]
    completes: bool

    def kinds(self) -> tuple[type[Fact], ...]:
        """The kinds of facts that it yields."""
        return tuple(getattr(kinds, name) for name in self.facts)


def declared(paths: Iterable[str], package: str) -> tuple[DeclaredReader, ...]:
    """The readers of a package, in the order of their names. Raises :class:`InputError` for a file
    that is none."""
    roots = [Path(path) for path in paths]
    files = _files(roots)
    found = kept(roots[0], _COPY, files, tuple[DeclaredReader, ...])
    if found is not None and all(hasattr(kinds, name) for each in found for name in each.facts):
        return found
    checksum = files.checksum
    names = list(_modules(roots, package))
    # A module that this process has already may be of a file that was changed since.
    fresh = not any(name in sys.modules for name in names)
    found = tuple(filter(None, (_imported(name, package) for name in names)))
    if fresh and checksum == _files(roots).checksum:  # no file was changed meanwhile
        keep(roots[0], _COPY, checksum, found)
    return found


def _imported(name: str, package: str) -> DeclaredReader | None:
    """None for a file that other readers share."""
    try:
        module = importlib.import_module(name)
        if not hasattr(module, "TYPES"):
            return None
        facts = tuple(kind.__name__ for kind in module.FACTS)
        if any(getattr(kinds, kind.__name__) is not kind for kind in module.FACTS):
            raise TypeError("a kind of fact of its own")
        if not callable(module.read):
            raise TypeError("read is no function")
        return DeclaredReader(
            name, module.CLOUD, dict(module.TYPES), facts, hasattr(module, "complete")
        )
    except Exception as error:
        # Nobody knows which types it would read, so nothing can be judged.
        raise InputError(
            f"importing the reader failed with {type(error).__name__} at {place_of(error)}",
            fix="correct the file, or remove it",
            document=f"{name.removeprefix(package + '.')}.py",
        ) from None


def _modules(roots: Iterable[Path], package: str) -> Iterator[str]:
    for root in roots:
        yield from _within(root, package)


def _within(folder: Path, package: str) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.is_dir():
            if os.path.isfile(os.path.join(entry.path, "__init__.py")):
                yield from _within(Path(entry.path), f"{package}.{entry.name}")
        elif entry.name.endswith(".py") and entry.name != "__init__.py":
            yield f"{package}.{entry.name.removesuffix('.py')}"


def _files(roots: Iterable[Path]) -> Files:
    folders = (Path(__file__).parent, *roots)
    return Files(path for folder in folders for path in python_files(str(folder)))
