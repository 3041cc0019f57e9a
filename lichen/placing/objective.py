"""What a placement makes least: each objective with its order and its words, in one value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from lichen.words import Objective


class Aim(msgspec.Struct, frozen=True, kw_only=True):
    """One objective. Its functions take grams and dollars an hour of an offer.

    ``least`` is what it makes least, ``tie_break`` what decides between equals. ``tolerated`` says
    whether an offer may cost at most the tolerance above the cheapest. ``would_be_less`` has a
    place for a share; ``is_more`` has one for a comparison, such as ``34 % more than``.
    ``kind`` is the kind of reason that an offer loses for. ``named`` says what was chosen by; where
    an offer may cost a tolerance more, it has a place for that.
    """

    least: Callable[[float, float], float]
    tie_break: Callable[[float, float], float]
    tolerated: bool = False
    would_be_less: str
    is_more: str
    kind: str
    named: str

    def score(self, grams: float, dollars: float) -> tuple[float, float]:
        """What puts offers in order: the smaller, the better."""
        return self.least(grams, dollars), self.tie_break(grams, dollars)


def _grams(grams: float, dollars: float) -> float:
    return grams


def _dollars(grams: float, dollars: float) -> float:
    return dollars


def _product(grams: float, dollars: float) -> float:
    return grams * dollars


AIMS: Mapping[Objective, Aim] = {
    "carbon": Aim(
        least=_grams,
        tie_break=_dollars,
        tolerated=True,
        would_be_less="emit {} less",
        is_more="emits {} the chosen placement",
        kind="carbon",
        named="lowest carbon within {} % of the cheapest",
    ),
    "cost": Aim(
        least=_dollars,
        tie_break=_grams,
        would_be_less="cost {} less",
        is_more="costs {} the chosen placement",
        kind="cost",
        named="lowest cost",
    ),
    "balanced": Aim(
        least=_product,
        tie_break=_dollars,
        would_be_less="have {} less carbon times cost",
        is_more="carbon times cost is {} the chosen placement's",
        kind="carbon",
        named="lowest carbon times cost",
    ),
}
