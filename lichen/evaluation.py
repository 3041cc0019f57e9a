"""Evaluations: what was measured of a variant of a workload, by name and score.

Nothing here knows how well a smaller or a quantised model answers. An evaluation on the team's own
task says it, and its name and score go into the workload or into a benchmark record.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated

import msgspec
from msgspec import Meta

PREFIX_CACHING = "prefix-caching"
SPECULATIVE_DECODING = "speculative-decoding"
RATES = {PREFIX_CACHING: "hit rate", SPECULATIVE_DECODING: "acceptance rate"}
"""Variants that change no answer: what is measured of them is a share, from 0 to 1."""


def _score(value: float) -> str:
    """A score as it was given: ``0.71``, ``1234567.89``."""
    return f"{value:.15g}"


class Evaluation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The score of one evaluation of a variant.

    ``variant`` is a precision (``fp8``), another model by name, ``prefix-caching`` or
    ``speculative-decoding``. ``name`` is what was run, such as ``MMLU-Pro``; of the last two it
    is ``hit rate`` and ``acceptance rate``, and the score is the share of input tokens that were
    cached, and of drafted tokens that were kept.
    ``at_least`` or ``at_most`` is the score that is good enough: ``at_most`` for a rate of errors.
    ``evaluated_on`` is the day.
    """

    variant: Annotated[str, Meta(min_length=1, max_length=200)]
    name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=100,
            pattern=r"^[^\x00-\x1f\x7f-\x9f]*$",
            description="text in one line",
        ),
    ]
    score: Annotated[float, Meta(ge=-1e9, le=1e9)]
    at_least: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None
    at_most: Annotated[float, Meta(ge=-1e9, le=1e9)] | None = None
    evaluated_on: date | None = None

    def __post_init__(self) -> None:
        if self.at_least is not None and self.at_most is not None:
            raise ValueError("give at_least or at_most, not both")
        rate = RATES.get(self.variant)
        if rate is not None and rate not in self.name.lower():
            raise ValueError(
                f"what is measured of {self.variant} is its {rate}, and no answer changes: name it "
                f"{rate}, or give the score to the model or precision that was evaluated"
            )
        if rate is not None and not 0.0 <= self.score <= 1.0:
            raise ValueError(f"the score of {self.variant} is its {rate}, from 0 to 1")
        if not math.isfinite(self.score):
            raise ValueError("score is not a number")

    @property
    def is_enough(self) -> bool | None:
        """Whether the score is good enough; None where nobody says which one is."""
        if self.at_least is not None:
            return self.score >= self.at_least
        return None if self.at_most is None else self.score <= self.at_most

    @property
    def text(self) -> str:
        """``MMLU-Pro 0.71 (at least 0.7)``."""
        limit = ""
        if self.at_least is not None:
            limit = f" (at least {_score(self.at_least)})"
        elif self.at_most is not None:
            limit = f" (at most {_score(self.at_most)})"
        return f"{self.name} {_score(self.score)}{limit}"

    @property
    def tag(self) -> str:
        """What a tag says of it: ``fp8 MMLU-Pro 0.71``."""
        return f"{self.variant} {self.name} {_score(self.score)}"
