"""What a provider makes of a resource's inputs before anything else: the same of every package."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from typing import Any, NamedTuple

Properties = dict[str, Any]

FILLED = "__defaults"
"""Under which a provider keeps which inputs it filled in, as the real ones do."""


class Failure(NamedTuple):
    """A property that Check refuses, and why."""

    path: str
    reason: str


def set_inputs(news: Properties) -> Properties:
    """The inputs that have a value, without what was filled in before."""
    return {key: value for key, value in news.items() if value is not None and key != FILLED}


def unknown(token: str, strange: Iterable[str], known: Collection[str]) -> list[Failure]:
    """Why each path that is ``strange`` to a type is refused."""
    return [
        Failure(path, unknown_name(token, path.rpartition(".")[2], known))
        for path in sorted(strange)
    ]


def missing(required: Iterable[str], inputs: Properties) -> list[Failure]:
    """What is required and not there."""
    return [Failure(key, "is required") for key in required if key not in inputs]


def unknown_name(what: str, name: str, known: Collection[str]) -> str:
    """Why a name is refused: what there is, and the nearest to it."""
    near = get_close_matches(name, list(known), 1)
    meant = f" (did you mean {near[0]}?)" if near else ""
    return f"{what} has no {name!r}{meant}; it has: {', '.join(sorted(known))}"


def autonamed(
    key: str, make: Callable[[str], str], olds: Properties, seed: bytes, *, keep: bool = True
) -> Properties:
    """A name that nobody gave: the old one if that is to be kept, else made of random
    characters."""
    if keep and key in olds.get(FILLED, ()):
        return {key: olds[key], FILLED: [key]}
    random = hashlib.sha256(seed or secrets.token_bytes(8)).hexdigest()[:7]
    return {key: make(random), FILLED: [key]}
