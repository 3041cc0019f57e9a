"""Precisions narrower than 16 bits that a machine's chip and serving stack run."""

from __future__ import annotations

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import PLAIN, Machine
from lichen.sizing.answers import Misfit
from lichen.sizing.coefficients import knowledge
from lichen.sizing.need import WORK
from lichen.words import Precision
from lichen.workload import ModelCard

NARROWER: tuple[Precision, ...] = ("fp8", "int8", "int4")
"""Precisions that are tried where nobody names one: one for each number of bits that servers run
widely, on GPUs and on processors."""


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
