"""Numbers that are written as text: read, or found to be none, and never a reason to fail."""

from __future__ import annotations

import re

from lichen_policies.facts.placeholders import is_placeholder, placeholder
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

MOST_DIGITS = 15
"""More than any number of machines, seconds or bytes that a resource has; Python itself refuses to
read a number of some thousand digits."""

_SUFFIXES = {
    "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15,
    "E": 1e18, "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
    "Ei": 2.0**60,
}  # fmt: skip
_MOST_QUANTITY = 2.0**63
"""Of a quantity, in its own unit; the same source as :func:`quantity`."""
_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:\d{1,30}\.?\d{0,30}|\.\d{1,30})(?:[eE][+-]?\d{1,3})?)"
    r"(?P<suffix>[numkMGTPE]|[KMGTPE]i)?",
    re.ASCII,
)


def whole_in(text: str) -> int | None:
    """The whole number that a text has in plain digits; None where it is another text."""
    plain = text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS
    return int(text) if plain else None


def quantity(written: object) -> Maybe[float]:
    """A quantity of Kubernetes: a number, which may be text and have a suffix (``1k``, ``500m``).

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
    """
    if written is None or is_unknown(written):
        return written
    if isinstance(written, str) and is_placeholder(written):
        return placeholder(written)
    match = None if isinstance(written, bool) else _QUANTITY.fullmatch(str(written).strip())
    if match is None:
        return Unknown("is not a number")
    number = float(match["number"]) * _SUFFIXES[match["suffix"] or ""]
    return number if 0 <= number < _MOST_QUANTITY else Unknown("is not a possible number")
