"""What a benchmark would be worth: fewer replicas of the chosen machine, or a better one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from lichen.emissions import HOURS_PER_MONTH
from lichen.placing.billing import paid_of
from lichen.placing.candidates import Candidate
from lichen.placing.option import gco2e_hour_of, usd_hour_of
from lichen.placing.placement import WorthMeasuring
from lichen.placing.question import Question
from lichen.placing.ranking import Rank
from lichen.sizing import Misfit

LEAST_SHARE = 0.02
"""A benchmark that would save less of the bill and of the grams is not worth naming."""
RIVALS = 5
"""Machines other than the chosen one that are tried."""


def worth_measuring(
    ranked: Sequence[Candidate], rank: Rank, question: Question
) -> Iterator[WorthMeasuring]:
    """What to measure first: the chosen machine if fewer of it would then hold with the same
    confidence, and the best other machine that would then be chosen."""
    chosen = ranked[0]
    own = _measured(chosen, question)
    if own is not None and _less(own, chosen) > LEAST_SHARE:
        yield _worth(own, chosen, chosen=True)
    reference = chosen if own is None else own
    rivals = (_measured(one, question) for one in _other_machines(ranked))
    better = [
        rival
        for rival in rivals
        if rival is not None and rank(rival) < rank(reference) and _less(rival, reference) > 0.0
    ]
    if better:
        yield _worth(min(better, key=rank), chosen, chosen=False)


def _other_machines(ranked: Sequence[Candidate]) -> Iterator[Candidate]:
    """The best offer of each of the next machines."""
    seen = {ranked[0].offer.machine}
    for one in ranked[1:]:
        if len(seen) > RIVALS:
            return
        if one.offer.machine not in seen:
            seen.add(one.offer.machine)
            yield one


def _measured(candidate: Candidate, question: Question) -> Candidate | None:
    """The candidate once a good benchmark finds its predicted speed; None where it has been
    measured already, or where that changes nothing."""
    sized = candidate.sized
    if sized.layout.records:
        return None
    layout = sized.layout.measured()
    if isinstance(layout, Misfit) or layout.replicas == sized.layout.replicas:
        return None
    return msgspec.structs.replace(
        candidate,
        sized=msgspec.structs.replace(
            sized, layout=layout, replicas_mean=paid_of(layout, sized.hosting)[0]
        ),
        usd_hour=usd_hour_of(candidate, layout),
        gco2e_hour=gco2e_hour_of(candidate, layout, 1.0, question.catalogue),
    )


def _less(one: Candidate, other: Candidate) -> float:
    """The larger share that one has less, of dollars or of grams."""
    return max(
        1.0 - one.usd_hour / other.usd_hour if other.usd_hour else 0.0,
        1.0 - one.gco2e_hour / other.gco2e_hour if other.gco2e_hour else 0.0,
    )


def _worth(measured: Candidate, now: Candidate, *, chosen: bool) -> WorthMeasuring:
    return WorthMeasuring(
        machine=measured.offer.machine,
        region=measured.offer.region,
        chosen=chosen,
        replicas_peak=now.sized.layout.replicas.peak - measured.sized.layout.replicas.peak,
        usd_month=(now.usd_hour - measured.usd_hour) * HOURS_PER_MONTH,
        gco2e_month=(now.gco2e_hour - measured.gco2e_hour) * HOURS_PER_MONTH,
    )
