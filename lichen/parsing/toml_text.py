"""TOML into plain values."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from lichen.input_error import InputError
from lichen.parsing.bounds import too_deep

_PLACE = re.compile(r"\(at (line \d+, column \d+|end of document)\)")


def from_toml(text: str) -> dict[str, Any]:
    """The value of a text. Raises :class:`InputError`, which names the place and quotes nothing."""
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise too_deep() from None
    except ValueError as error:
        place = _PLACE.search(str(error))
        where = f" in {place[1]}" if place and place[1].startswith("line") else ""
        raise InputError(f"does not parse{where}: it is not TOML") from None
