"""What is not known: a value of its own, and the refusal to judge on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from typing_extensions import TypeIs

T = TypeVar("T")


class Unverified(Exception):
    """A rule cannot judge: what it needs is not known yet, or not stated.

    Judging turns it into the verdict *unverified*; it never reaches a door.
    """


class NotYetKnown(Unverified):
    """A rule cannot judge yet: what it needs is known only after deployment."""


class NotApplicable(Exception):
    """A rule has no business with a fact, and why: nothing was judged, so nothing passed."""


AFTER_DEPLOYMENT = "is known only after deployment"


class Unknown:
    """A value that cannot be known here, and why.

    A fact keeps it in the field; reading that field in a rule raises :class:`Unverified`.
    ``references`` are the addresses of the resources that it is made of, where the document says
    them: a stack finds what the value refers to, though nobody knows the value. ``written`` is the
    text that a template makes it of, with the names of what is not known in it
    (``endpoint/${Chat.EndpointName}/variant/all``); empty where that is not known. ``names`` are
    the names in its expression, of which a plan has no more (``aws_sns_topic.page.arn``).
    ``left_out`` says that nobody gives it: a provider computes it, as a plan marks it.
    """

    __slots__ = ("because", "left_out", "names", "references", "written")

    def __init__(
        self,
        because: str = AFTER_DEPLOYMENT,
        references: tuple[str, ...] = (),
        written: str = "",
        names: tuple[str, ...] = (),
        left_out: bool = False,
    ) -> None:
        self.because = because
        self.references = references
        self.written = written
        self.names = names
        self.left_out = left_out

    def __repr__(self) -> str:
        return f"<unknown: {self.because}>"


UNKNOWN: Any = Unknown()
"""Known only after deployment: what a document or an engine marks as computed.

Typed ``Any`` because a fact's field keeps its honest type: reading it never yields this value.
"""

LEFT_OUT: Any = Unknown(left_out=True)
"""Left to the provider, which computes it: a Terraform plan marks it as known after apply too."""


def is_unknown(value: object) -> TypeIs[Unknown]:
    """Whether a plain value read from a document is an :class:`Unknown`."""
    return type(value) is Unknown


def is_left_out(value: object) -> bool:
    """Whether nobody gives a value, so that its provider computes it."""
    return is_unknown(value) and value.left_out


def has_unknown(value: object) -> bool:
    """Whether a plain value read from a document is an :class:`Unknown`, or holds one."""
    if isinstance(value, Mapping):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list | tuple):
        return any(map(has_unknown, value))
    return is_unknown(value)


def made_of(parts: Iterable[object], otherwise: Unknown) -> Unknown:
    """What is made of values, at any depth, of which some are not known; ``otherwise`` where all
    are."""
    unknown = list(_unknown_in(parts))
    references = tuple(dict.fromkeys(name for part in unknown for name in part.references))
    return Unknown(unknown[0].because if unknown else otherwise.because, references)


def text_of_parts(parts: Sequence[object], texts: Iterable[str], separator: str = "") -> Unknown:
    """The text that is made of values of which some are not known; ``texts`` is what each is where
    it is known."""
    unknown = [part for part in parts if is_unknown(part)]
    whole = made_of(unknown, UNKNOWN)
    written = [
        part.written if is_unknown(part) else text for part, text in zip(parts, texts, strict=True)
    ]
    # One that is made of itself over and over is no name of anything.
    if all(part.written for part in unknown) and sum(map(len, written)) < _MOST_CHARACTERS:
        whole.written = separator.join(written)
    return whole


_MOST_CHARACTERS = 10_000


def _unknown_in(value: object) -> Iterator[Unknown]:
    if is_unknown(value):
        yield value
    elif isinstance(value, Mapping):
        yield from _unknown_in(value.values())
    elif isinstance(value, Iterable) and not isinstance(value, str):
        for part in value:
            yield from _unknown_in(part)


Maybe: TypeAlias = T | Unknown | None
"""A value read from a document: None where it is left out, an Unknown where nobody can know it."""


def field(value: Maybe[T]) -> T | None:
    """A value as a fact's field keeps it, which is unchanged.

    A field is typed as if it were known: reading one that is not raises :class:`Unverified`.
    """
    return value  # type: ignore[return-value]  # cast() would be a call for each field
