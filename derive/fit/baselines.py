"""What else would predict the same rows: a roofline, one efficiency, and EcoLogits' closed form."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from derive.fit.energy import Metered
from derive.fit.model import Array, Observation
from lichen.sizing.terms import Terms


def roofline(observations: Sequence[Observation]) -> Array:
    """Log seconds of the slower of the two roofs at their peaks; nothing else takes time."""
    terms = np.array([o.terms for o in observations])
    by_name = Terms(*terms.T[:-1])
    move = by_name.bandwidth + by_name.cache
    do = by_name.compute + by_name.prefill + by_name.attention
    return np.asarray(np.log(np.maximum(np.maximum(move, do), 1e-9)))


def constant_efficiency(
    observations: Sequence[Observation], roof: Array, fold: Mapping[str, str]
) -> Array:
    """The roofline times one factor for each family and stack: the median of the other folds'
    rows; of the family, then of all, where the pair has no other rows."""
    target = np.array([o.log_seconds for o in observations])
    excess = target - roof
    levels: tuple[Callable[[Observation], tuple[str, ...]], ...] = (
        lambda o: (o.family, o.stack, o.work),
        lambda o: (o.family,),
        lambda o: (o.work,),
        lambda o: (),
    )
    groups = []
    for level in levels:
        found: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for place, o in enumerate(observations):
            if o.physical:
                found[level(o)].append(place)
        groups.append(found)
    medians: dict[tuple[int, tuple[str, ...], str], float | None] = {}
    predicted = roof.copy()
    for place, o in enumerate(observations):
        for number, level in enumerate(levels):
            key = (number, level(o), fold[o.cluster])
            if key not in medians:
                others = [
                    excess[p]
                    for p in groups[number].get(key[1], ())
                    if fold[observations[p].cluster] != key[2]
                ]
                medians[key] = float(np.median(others)) if others else None
            factor = medians[key]
            if factor is not None:
                predicted[place] = roof[place] + factor
                break
    return predicted


def ecologits_j_token(m: Metered) -> float:
    """EcoLogits 0.11.3 (impacts/llm.py): watt-hours a token and GPU, closed form in the batch and
    active parameters, times the GPUs; here in joules."""
    batch = float(m.run.load.batch or 1.0)
    card = m.run.model.card
    active = (card.active_parameters or card.parameters) / 1e9
    wh = 1.1665e-6 * math.exp(-0.0112 * batch) * active + 4.0529e-5
    return wh * 3600.0 * m.chips
