"""Which environment a resource belongs to: said by its passport, the stack, or its tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lichen.words import Environment

WORDS: Mapping[str, Environment] = {
    "dev": "dev",
    "development": "dev",
    "sandbox": "dev",
    "test": "dev",
    "testing": "dev",
    "staging": "staging",
    "stage": "staging",
    "preprod": "staging",
    "uat": "staging",
    "qa": "staging",
    "prod": "prod",
    "production": "prod",
    "live": "prod",
}
"""What people call the three environments."""

TAGS = ("environment", "env", "stage")
"""Tags that state it, by any capitals."""


def named(text: str) -> Environment | None:
    """The environment that a name states: ``prod`` for ``chat-prod-eu``; None where it states none,
    or more than one."""
    stated = {WORDS[word] for word in re.split(r"[^a-z0-9]+", text.lower()) if word in WORDS}
    return stated.pop() if len(stated) == 1 else None


def tagged(tags: Mapping[str, object]) -> Environment | None:
    """The environment that a resource's tags state."""
    by_name = {key.lower(): value for key, value in tags.items()}
    return first(named(value) for key in TAGS if isinstance(value := by_name.get(key), str))


def first(found: Iterable[Environment | None]) -> Environment | None:
    return next((environment for environment in found if environment), None)


def of_stack(stack: str, config: Mapping[str, str]) -> Environment | None:
    """The environment of a Pulumi stack: its ``lichen:environment``, else what its name says."""
    return named(config.get("lichen:environment", "")) or named(stack.rsplit("/", 1)[-1])
