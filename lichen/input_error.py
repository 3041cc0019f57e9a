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


ALIKE = 0.7
"""How close a known word is to one that may mean it, where 1 is alike. Of regions, machines,
fields, rules and precisions with one slip of a key or two, 97 % are recognised; of other English
words, 2 in 100 at the most are taken for one of them. At 0.5 it would be 1 in 7, for 2 % more."""
_SHORTENED = 4
"""So many letters say which word is cut short: ``prod``, ``mean`` of ``mean_rps``."""


def nearest(word: str, words: Iterable[str], least: float = ALIKE) -> list[str]:
    """The known word that a misspelt one means: the closest, or the only one that has its letters
    in another order or is a shorter or longer form of it; empty when nothing is as close as
    ``least``."""
    import difflib  # only a mistake needs it

    folded = word.casefold()
    by_folded = {known.casefold(): known for known in words}
    close = difflib.get_close_matches(folded, by_folded, n=1, cutoff=least)
    if not close:
        forms = [each for each in by_folded if _is_form(*sorted((folded, each), key=len))]
        close = forms if len(forms) == 1 else []
    return [by_folded[each] for each in close]


def _is_form(short: str, long: str) -> bool:
    return sorted(short) == sorted(long) or (len(short) >= _SHORTENED and long.startswith(short))


def did_you_mean(word: str, words: Iterable[str], *, otherwise: str = "") -> str:
    """The fix for an unknown word: the nearest known one, or what there is to choose from.
    ``otherwise`` says where to look, of words that are too many to list."""
    words = sorted(words)
    if close := nearest(word, words):
        return f"did you mean {close[0]!r}?"
    if otherwise:
        return otherwise
    shown = ", ".join(words[:12]) + (", ..." if len(words) > 12 else "")
    return f"one of {shown}"
