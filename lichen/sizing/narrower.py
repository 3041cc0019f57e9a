"""Precisions narrower than 16 bits that a machine's chip and serving stack run, and what an
evaluation says of a smaller one."""

from __future__ import annotations

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import PLAIN, Machine, WeightFormat
from lichen.evaluation import RATES
from lichen.sizing.answers import Misfit
from lichen.sizing.coefficients import knowledge
from lichen.sizing.need import WORK
from lichen.words import Precision
from lichen.workload import ModelCard

NARROWER: tuple[Precision, ...] = ("fp8", "int8", "int4")
"""Precisions that are tried where nobody names one: one for each number of bits that servers run
widely, on GPUs and on processors."""

REDUCED_BITS = 16.0
"""Weights of fewer bits are reduced."""


def bits_of(precision: str | None, catalogue: Catalogue) -> float | None:
    """The bits of a weight in a precision; None of one that is not known."""
    rows = catalogue.table("precisions", WeightFormat)
    return next((row.bits for row in rows if row.precision == precision), None)


def is_of_a_smaller_one(
    evaluated: str, bits: float, card: ModelCard | None, catalogue: Catalogue
) -> bool:
    """Whether a tag's text (``int8 MMLU-Pro 0.71``) is of fewer bits than the ``bits`` that are
    served, or of a model with fewer parameters than ``card``: no rate, and not what is served. A
    model that is not in the catalogue counts as smaller."""
    if evaluated.startswith(tuple(RATES)):
        return False
    variant = evaluated.split(" ", 1)[0]
    own = bits_of(variant, catalogue)
    if own is not None:
        return own < bits
    other = catalogue.models.get(variant)
    return other is None or card is None or other.parameters < card.parameters


def narrower_on(machine: Machine, card: ModelCard, catalogue: Catalogue) -> tuple[Precision, ...]:
    """Those of NARROWER in which a machine serves a kind of model; none where its chip is not
    known."""
    known = knowledge(catalogue)
    chip, work = known.chips.of_machine(machine), WORK[card.kind]
    if chip is None:
        return ()
    found: list[Precision] = []
    for precision in NARROWER:
        stack = known.usual_stack(chip.family, chip.kind, work, precision)
        runs = not isinstance(known.formats.on(precision, chip, work), Misfit)
        if runs and stack is not None and precision in (stack.precisions or PLAIN):
            found.append(precision)
    return tuple(found)
