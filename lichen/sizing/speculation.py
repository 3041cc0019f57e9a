"""Speculative decoding: a cheap draft of some tokens, which the model checks in one step.

A drafted token is kept with the probability ``acceptance``, until the first that is not; the step
itself gives one more. Of ``ahead`` drafts that leaves ``(1 - a^(n + 1)) / (1 - a)`` tokens a step
on average (Leviathan, Kalman, Matias 2023, arXiv 2211.17192, equation 1, which takes acceptances as
independent). The answers are distributed as without it.
"""

from __future__ import annotations

import math

import msgspec

from lichen.sizing.need import Need


class Speculation(msgspec.Struct, frozen=True, kw_only=True):
    """``ahead`` tokens are drafted for each step, and each is kept with ``acceptance``.

    ``draft`` is what the drafting model takes; None where drafts come from the text itself
    (n-grams) and cost nothing worth counting.
    """

    ahead: int
    acceptance: float
    draft: Need | None = None

    @property
    def checked(self) -> float:
        """Tokens of a sequence that the model computes in one step."""
        return self.ahead + 1.0

    @property
    def tokens(self) -> float:
        """Tokens that a step leaves, on average."""
        return tokens_a_step(self.acceptance, self.ahead)


def tokens_a_step(acceptance: float, ahead: int) -> float:
    """What a step leaves on average; from 1 to ``ahead`` + 1."""
    return math.fsum(acceptance**kept for kept in range(ahead + 1))


def acceptance_for(tokens: float, ahead: int) -> float | None:
    """The acceptance at which a step leaves so many tokens; None where none does."""
    if tokens > ahead + 1.0:
        return None
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2.0
        low, high = (low, middle) if tokens_a_step(middle, ahead) >= tokens else (middle, high)
    return high
