"""Other ways to run what was placed, and which of them a component makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from lichen.placing.candidates import Candidate
from lichen.placing.made import Wanted, why_unmade
from lichen.placing.question import Question
from lichen.sizing.replicas import HOURS
from lichen.sizing.savings import Saving, Way
from lichen.words import Mode

_MODES: Mapping[Way, Mode] = {"asynchronous": "asynchronous", "batch": "batch"}


def instead_of(chosen: Candidate, question: Question) -> Iterator[Saving]:
    """Other ways to run the machine, of the hours that are paid: where only busy time is, a machine
    that is kept saves nothing."""
    paid = chosen.sized.replicas_mean * HOURS
    for each in chosen.sized.layout.savings():
        share = 1 - each.replica_hours / paid if paid else 0.0
        yield replace(
            each, saved_share=max(0.0, share), unmade=_why_unmade(each.way, chosen, question)
        )


def _why_unmade(way: Way, chosen: Candidate, question: Question) -> str | None:
    """Why no component makes the machine run in another way; None where one does, and where
    nothing is asked of components."""
    if question.makes is None:
        return None
    workload, hosting = question.workload, chosen.sized.hosting
    to_zero = way == "scale-to-zero"
    if to_zero and workload.environment == "prod":
        return "a replica always runs in production"
    makes = [
        row
        for row in question.makes
        if row.hosting == hosting.name
        and not (to_zero and chosen.offer.region in row.not_to_zero_in)
    ]
    if way == "schedule":
        if any(row.scheduled for row in makes):
            return None
        return f"no component switches {hosting.unit} off by the clock on {hosting.title}"
    mode = _MODES.get(way, workload.mode)
    arrangement = chosen.sized.layout.arrangement
    wanted = Wanted(
        machine=chosen.offer.machine,
        hosting=hosting.name,
        hosting_title=hosting.title,
        family=arrangement.chips.family,
        kind=question.card.kind,
        mode=mode,
        to_zero=to_zero or mode != "real-time",
        precision=chosen.sized.layout.precision,
        copies=1,
    )
    return why_unmade(wanted, makes)
