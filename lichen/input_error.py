"""The mistake of a user: which field, what is wrong with it, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable

from lichen.visible import visible


class InputError(Exception):
    """Input that cannot be used: which field, what is wrong with it, and what to write instead.

    Rendered in one line, as visible characters only:
    ``chat.yaml: traffic.peak_rps: -2 is not a rate. Fix: a number of 0 or more.``
    """

    def __init__(self, wrong: str, *, fix: str = "", field: str = "", document: str = "") -> None:
        self.wrong, self.fix, self.field, self.document = wrong, fix, field, document
        super().__init__(str(self))

    def __str__(self) -> str:
        place = "".join(f"{part}: " for part in (self.document, self.field) if part)
        sentence = f"{place}{self.wrong}."
        if self.fix:
            sentence += f" Fix: {self.fix}" + ("" if self.fix.endswith("?") else ".")
        return visible(sentence)

    def within(self, document: str) -> InputError:
        """The same error, with the document that the field is in where it does not say."""
        return type(self)(
            self.wrong, fix=self.fix, field=self.field, document=self.document or document
        )


class NotRecognised(InputError):
    """A file that is of no kind that can be judged."""


class NotParsed(InputError):
    """A file whose text cannot be parsed, so that it may be of any kind."""


class NotRendered(InputError):
    """A file that another tool reads, such as a chart: what that tool makes of it is judged."""


def nearest(word: str, words: Iterable[str], least: float = 0.5) -> list[str]:
    """The known word closest to a misspelt one; empty when nothing is as close as ``least``, where
    1 is alike."""
    import difflib  # only a mistake needs it

    by_folded = {known.casefold(): known for known in words}
    close = difflib.get_close_matches(word.casefold(), by_folded, n=1, cutoff=least)
    return [by_folded[folded] for folded in close]


ALIKE = 0.65
"""How close a name is to one that may be meant, where there are hundreds: one of them is always a
little like it."""


def did_you_mean(word: str, words: Iterable[str], *, otherwise: str = "") -> str:
    """The fix for an unknown word: the nearest known one, or what there is to choose from.
    ``otherwise`` says where to look, of words that are too many to list."""
    words = sorted(words)
    if close := nearest(word, words, ALIKE) if otherwise else nearest(word, words):
        return f"did you mean {close[0]!r}?"
    if otherwise:
        return otherwise
    shown = ", ".join(words[:12]) + (", ..." if len(words) > 12 else "")
    return f"one of {shown}"
