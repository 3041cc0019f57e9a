"""What it costs to serve a model in more bits than it is released in."""

from __future__ import annotations

from collections.abc import Iterator

from lichen.placing.candidates import Candidate
from lichen.placing.question import Question
from lichen.sizing.coefficients import knowledge
from lichen.sizing.layout import Layout, lay_out
from lichen.sizing.need import weights_gib

MORE = 1.1
"""Weights that take this many times as much memory are of a wider precision."""


def widening_notes(chosen: Candidate, question: Question) -> Iterator[str]:
    """A warning for each listed precision that is wider than the checkpoint: memory, and the
    machines that the chosen one needs for it. None where nobody says what the release is."""
    workload, card = question.workload, question.card
    released, formats = card.released_in, knowledge(question.catalogue).formats
    narrow = None if released is None else weights_gib(card, released, formats)
    if released is None or narrow is None:
        return
    taken = chosen.sized.layout
    for precision in workload.precisions or ():
        wide = weights_gib(card, precision, formats)
        if wide is None or wide < narrow * MORE:
            continue
        note = (
            f"{precision} is wider than the {released} that {card.name} is released in: its "
            f"weights take {wide:.3g} GiB, not {narrow:.3g}, and are no better for it"
        )
        if precision == taken.precision:
            machine = question.catalogue.machine(chosen.offer.machine)
            as_released = lay_out(
                workload, card, machine, released, question.catalogue, question.evidence
            )
            ours = taken.sizing().replicas_peak
            if isinstance(as_released, Layout):
                theirs = as_released.sizing().replicas_peak
                note += f"; at the peak {ours} of {machine.name} where {theirs} would do"
        yield note
