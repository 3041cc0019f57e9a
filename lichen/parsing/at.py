"""A mapping that knows its line: apart from the parser, which few documents need."""

from __future__ import annotations

from typing import Any


class At(dict[str, Any]):
    """A mapping with the line of the key before it, or its own, counted from 1."""

    line: int | None = None
