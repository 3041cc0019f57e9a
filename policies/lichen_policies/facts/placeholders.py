"""Placeholders: text in place of which somebody, or a template engine, puts a value later.

They are written in many ways: ``${MODEL}``, ``$(MODEL)``, ``{{ .Values.model }}``, ``<model>``,
``[insert here]``, ``__MODEL__``, ``REPLACE_ME``, ``CHANGEME``, ``YOUR_MODEL``, ``xxx``.
"""

from __future__ import annotations

import re

from lichen_policies.facts.unknown import Unknown

FILLED_IN_LATER = "is filled in later"

_MARKED = r"""
    \$\{[^{}]*\} | \$\([^()]*\) | \{\{.*?\}\} | <[^<>]+> | \[[A-Za-z][\w\ .:-]*\] | __[A-Za-z]\w*?__
"""
_WORDS = r"""
    (?:replace|change)[-_]?(?:me|this|with[-_][\w-]*) | (?:your|insert)[-_][\w-]+ | x{3,} | todo
"""
_FLAGS = re.VERBOSE | re.DOTALL | re.IGNORECASE
_WHOLE = re.compile(rf"\s*(?:{_MARKED}|{_WORDS})\s*", _FLAGS)
_PART = re.compile(rf"{_MARKED}|(?<![A-Za-z0-9])(?:{_WORDS})(?![A-Za-z0-9])", _FLAGS)
_OF_SHELL = re.compile(r"\$(?:[A-Za-z_]\w*|@|\*)")
_ARGUMENTS = re.compile(
    r"(?:^|[^a-z])(?:args?|arguments?|params?|parameters?|options?|opts|flags?|extras?)(?![a-z])"
)


def placeholder(text: str) -> Unknown:
    """The value of a text that is a placeholder, whole or in part: not known."""
    return Unknown(FILLED_IN_LATER, written=as_variables(text))


def is_placeholder(text: str) -> bool:
    """Whether a text is a placeholder and nothing else."""
    return _WHOLE.fullmatch(text) is not None


def is_open_word(word: str) -> bool:
    """Whether a word of a command line is a placeholder, or a variable of the shell."""
    return is_placeholder(word) or _OF_SHELL.fullmatch(word) is not None


def has_placeholder(text: str) -> bool:
    """Whether a text is a placeholder in part: ``models/<model>``."""
    return _PART.search(text) is not None or _OF_SHELL.search(text) is not None


def as_variables(text: str) -> str:
    """A text with ``${NAME}`` for each placeholder in it."""
    return _PART.sub(lambda found: f"${{{re.sub(r'[^A-Za-z0-9_]', '', found[0])}}}", text)


def stands_for_arguments(word: str) -> bool:
    """Whether a placeholder means arguments of a command by its name: ``$EXTRA_ARGS``."""
    return _ARGUMENTS.search(word.lower().replace("_", " ")) is not None
