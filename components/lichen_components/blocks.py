"""The arguments for one cloud: from its block, and from beside it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pulumi

from lichen.document import InputError, did_you_mean


def block_of(args: Mapping[str, object], cloud: str, names: Iterable[str]) -> dict[str, Any]:
    """The arguments ``names`` of the block ``cloud``, with those beside it.

    :class:`InputError` where both give an argument and the values differ.
    """
    found = args.get(cloud)
    block: dict[str, Any] = dict(found) if isinstance(found, Mapping) else {}
    for name in names:
        if name not in args:
            continue
        value = args[name]
        if name in block and not _same(block[name], value):
            raise InputError(
                f"'{name}' and '{cloud}.{name}' have different values",
                fix="write it once",
                field=f"{cloud}.{name}",
            )
        block[name] = value
    return block


def check_names(args: Mapping[str, object], cloud: str, names: Iterable[str]) -> None:
    """:class:`InputError` for a name in the block of a cloud that is none of its arguments: a
    program in Python may write any."""
    found, known = args.get(cloud), list(names)
    for name in found if isinstance(found, Mapping) else ():
        if name not in known:
            raise InputError(
                f"{name!r} is not an argument for {cloud}",
                fix=did_you_mean(name, known),
                field=f"{cloud}.{name}",
            )


def anywhere(args: Mapping[str, object], name: str) -> bool:
    """Whether an argument is given, in any block or beside them."""
    return name in args or any(name in at for at in args.values() if isinstance(at, Mapping))


def _same(one: Any, other: Any) -> bool:
    """Outputs are the same only if they are one object: their values are not known yet."""
    if isinstance(one, pulumi.Output) or isinstance(other, pulumi.Output):
        return one is other
    return bool(one == other)
