"""A mistake in a component's inputs ends the program with one sentence, not a stack trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi import RunError

from lichen.document import InputError


@contextmanager
def input_errors() -> Iterator[None]:
    """An :class:`InputError` raised inside ends the program with its sentence."""
    try:
        yield
    except InputError as error:
        raise RunError(str(error)) from None
