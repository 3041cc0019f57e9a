"""A mistake in a component's inputs, told as one sentence instead of a stack trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi import RunError

from lichen.document import InputError


@contextmanager
def refused_cleanly() -> Iterator[None]:
    """Whatever the engine or a component refuses inside ends the program with that sentence."""
    try:
        yield
    except InputError as error:
        raise RunError(str(error)) from None
