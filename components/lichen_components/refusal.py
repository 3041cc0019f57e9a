"""A mistake in a component's inputs, told as one sentence instead of a stack trace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pulumi import InputPropertyError, RunError

from lichen.document import InputError


class Refused(RunError, InputPropertyError):
    """Wrong input: to a Python program a clean end, to another language an error of a property."""

    def __init__(self, error: InputError) -> None:
        InputPropertyError.__init__(self, error.field, str(error))

    def __str__(self) -> str:
        return self.reason


@contextmanager
def refused_cleanly() -> Iterator[None]:
    """Whatever the engine or a component refuses inside ends the program with that sentence."""
    try:
        yield
    except InputError as error:
        raise Refused(error) from None
