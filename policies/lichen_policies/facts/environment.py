"""The ladder of a resource's environment. The first rung that states one decides:

1. the resource's passport, its ``lichen`` tags (:func:`of_resource`);
2. the stack: its ``lichen:environment`` setting, its name, its tags (:func:`of_stack`);
3. where the document has none, what the command line gives (``Gate.completed``);
4. the resource's tags (:func:`of_resource`).

Where no rung states it, a rule judges as in production.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lichen.passport import Passport
from lichen.words import Environment
from lichen_policies.facts.unknown import Maybe, is_unknown

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


def of_stack(
    stack: str, settings: Mapping[str, str], tags: Mapping[str, str] | None = None
) -> Environment | None:
    """Rung 2: the environment that a Pulumi stack's settings, its name or its tags state."""
    return (
        named(settings.get("lichen:environment", ""))
        or named(stack.rsplit("/", 1)[-1])
        or tagged(tags or {})
    )


def of_resource(
    passport: Maybe[Passport], deployment: Environment | None, tags: Maybe[Mapping[str, object]]
) -> Maybe[Environment]:
    """Rungs 1 and 4, with what the rungs between them found for the whole ``deployment``."""
    if isinstance(passport, Passport) and passport.environment:
        return passport.environment
    if deployment:
        return deployment
    if tags is None or is_unknown(tags):
        return tags
    return tagged(tags)
