"""Text that others wrote, as it may be printed: nothing in it moves, hides or adds a line."""

from __future__ import annotations

import re

_UNPRINTED = (
    "[\x00-\x1f\x7f-\x9f"  # controls: a terminal obeys them, a line ends at some
    "\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # order, width
    "\ud800-\udfff"  # halves of a character, which no encoding takes
    "\U000e0000-\U000e007f]"  # tags
)


def visible(text: str) -> str:
    r"""The same text with ``\x1b``, ``\n`` and ``\u202e`` in place of what has no look."""
    return text if text.isprintable() else re.sub(_UNPRINTED, _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
