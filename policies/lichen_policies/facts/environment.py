"""The ladder of a resource's environment. The first rung that states one decides:

1. the stack: its ``lichen:environment`` setting, its name, its tags (:func:`of_stack`);
2. where the document has none, what the command line gives (``Gate.completed``);
3. the resource's own tags, ``lichen:environment`` among them (:func:`of_tags`).

A resource's tags are the last rung, because their author must not choose how strictly the resource
is judged. Where no rung states an environment, a rule judges as in production.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from lichen.passport import Passport
from lichen.words import Environment
from lichen_policies.facts.unknown import Maybe, is_unknown

_PROD = ("prod", "prd", "production", "live")
_PREFIXES = ("non", "not", "no", "pre")
WORDS: Mapping[str, Environment] = {
    "dev": "dev",
    "develop": "dev",
    "development": "dev",
    "sandbox": "dev",
    "test": "dev",
    "testing": "dev",
    "staging": "staging",
    "stage": "staging",
    "stg": "staging",
    "uat": "staging",
    "qa": "staging",
    "nprd": "staging",
    "nprod": "staging",
    **{f"{prefix}{word}": "staging" for prefix in _PREFIXES for word in _PROD},
    **dict.fromkeys(_PROD, "prod"),
}
"""What people call the three environments. What is only said to be no production is staging, the
stricter of the other two."""

TAGS = ("environment", "env", "stage")
"""Tags that state it, by any capitals."""

STRICTEST: tuple[Environment, ...] = ("prod", "staging", "dev")

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def named(text: str) -> Environment | None:
    """The environment that a name states: ``prod`` for ``chat-prod-eu``, ``staging`` for
    ``NonProd``; None where it states none, or more than one."""
    words = [word.lower() for word in _WORD.findall(text)]
    stated: set[Environment] = set()
    before = ""
    for word in words:
        if before in _PREFIXES and WORDS.get(word) == "prod":
            stated.add("staging")
        elif before in _PREFIXES and word in WORDS:
            return None  # "not-dev" may be either of the other two
        elif word in WORDS:
            stated.add(WORDS[word])
        before = word
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
    """Rung 1: the environment that a Pulumi stack's settings, its name or its tags state."""
    return (
        named(settings.get("lichen:environment", ""))
        or named(stack.rsplit("/", 1)[-1])
        or tagged(tags or {})
    )


def of_tags(passport: Maybe[Passport], tags: Maybe[Mapping[str, object]]) -> Maybe[Environment]:
    """Rung 3: the strictest that a tag of a resource states.

    A tag that may state it and whose value is unknown leaves it unknown, unless another states the
    strictest there is.
    """
    if tags is None or is_unknown(tags):
        return tags
    stated = [tagged(tags), passport.environment if isinstance(passport, Passport) else None]
    strictest = next((each for each in STRICTEST if each in stated), None)
    if strictest == STRICTEST[0]:
        return strictest
    unknown = (each for key, each in tags.items() if key.lower() in TAGS and is_unknown(each))
    return next(unknown, strictest)
