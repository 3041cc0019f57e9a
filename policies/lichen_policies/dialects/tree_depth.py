"""Where a syntax tree is nested too deeply to follow."""

from __future__ import annotations

from tree_sitter import Node

from lichen.input_error import InputError
from lichen.parsing.bounds import too_deep

_LEVELS = 300
"""Nodes in each other; what people write has some 60."""


def tree_too_deep(root: Node) -> InputError | None:
    """The refusal of a tree, with the line from which it goes on and on; None where it is flat.

    Nothing recurses, and it takes a second for some MiB: ask once something has failed.
    """
    cursor = root.walk()
    while True:
        if cursor.depth > _LEVELS and cursor.node is not None:
            return too_deep(f"line {cursor.node.start_point.row + 1}")
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while cursor.goto_parent():
            if cursor.goto_next_sibling():
                break
        else:
            return None
