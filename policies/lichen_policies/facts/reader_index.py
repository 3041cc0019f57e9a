"""What each reader reads, known without importing it: a stack needs three of a hundred.

The files are what is believed. Their declarations are kept beside Python's byte code, under the
checksum of the content of every file of this package. A copy whose checksum differs is made anew by
importing each reader; where it cannot be written, they are imported each time.
"""

from __future__ import annotations

import importlib
import os
import sys
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from lichen.input_error import InputError
from lichen.whole_file import write_whole
from lichen_policies.facts import kinds
from lichen_policies.facts.fact import Fact
from lichen_policies.facts.resource import Dialect
from lichen_policies.timed import place_of

_CHECKSUM_BYTES = 4
_COPY = "readers.msgpack"


class Declared(msgspec.Struct, frozen=True):
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


def declared(paths: Iterable[str], package: str) -> tuple[Declared, ...]:
    """The readers of a package, in the order of their names. Raises :class:`InputError` for a file
    that is none."""
    roots = [Path(path) for path in paths]
    checksum = _checksum(roots)
    copy = roots[0] / "__pycache__" / _COPY
    with suppress(OSError, msgspec.MsgspecError, AttributeError):
        content = copy.read_bytes()
        if content[:_CHECKSUM_BYTES] == checksum:
            kept = msgspec.msgpack.decode(content[_CHECKSUM_BYTES:], type=tuple[Declared, ...])
            for each in kept:
                each.kinds()
            return kept
    found = tuple(filter(None, (_imported(name, package) for name in _modules(roots, package))))
    if not sys.dont_write_bytecode and checksum == _checksum(roots):
        with suppress(OSError):
            copy.parent.mkdir(exist_ok=True)
            write_whole(copy, checksum + msgspec.msgpack.encode(found))
    return found


def _imported(name: str, package: str) -> Declared | None:
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
        return Declared(name, module.CLOUD, dict(module.TYPES), facts, hasattr(module, "complete"))
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


def _checksum(roots: Iterable[Path]) -> bytes:
    """Of every file that readers are made of, and of the Python that runs them."""
    total = zlib.crc32(f"{sys.version}\n{msgspec.__version__}".encode())
    for folder in (Path(__file__).parent, *roots):
        for path in _files(str(folder)):
            with open(path, "rb", buffering=0) as file:
                total = zlib.crc32(file.read(), zlib.crc32(path.encode(), total))
    return total.to_bytes(_CHECKSUM_BYTES, "big")


def _files(folder: str) -> list[str]:
    found: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(".py"):
                found.append(entry.path)
            elif entry.name != "__pycache__" and entry.is_dir():
                found += _files(entry.path)
    return sorted(found)
