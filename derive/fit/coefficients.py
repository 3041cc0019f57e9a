"""``make fit``: the measured rows into coefficients, ratios and intervals of the catalogue.

Writes efficiencies.csv, adjustments.csv, ratios.csv and spreads.csv. Deterministic: the same rows
give the same files.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from derive import estimates
from derive.fit.cloud_runs import known_from_runs
from derive.fit.energy import fit_energy
from derive.fit.model import CENTRE, Design, Fit, Observation, floor_of, side
from derive.fit.observations import all_rows, observed
from derive.fit.spread import Spread, folds_of, left_out
from lichen.catalogue import DIRECTORY, load
from lichen.catalogue.schema import path_of
from lichen.sizing.coefficients import knowledge
from lichen.sizing.terms import COEFFICIENTS

FITTED_CLUSTERS = 2
"""A pair of family and stack is fitted with this many clusters of rows; with fewer it leans on
related ones so much that it is called borrowed."""


def main() -> None:
    data = observed(all_rows())
    observations = [each.observation for each in data]
    sources: dict[tuple[str, str, str], set[str]] = {}
    for row, _, _, o in data:
        sources.setdefault((o.family, o.stack, o.work), set()).add(row["source_title"])
    fit = Fit(Design(observations, known_from_runs()))
    fold = folds_of(observations)
    target = np.array([o.log_seconds for o in observations])
    unseen = left_out(fit, lambda o: fold.get(o.cluster))
    near = Spread(observations, target - unseen)
    far = Spread(observations, target - left_out(fit, lambda o: (o.family, o.stack, o.work)))
    write("efficiencies", efficiencies(fit, observations, near, sources))
    write("adjustments", adjustments(fit))
    write("ratios", ratios(fit, observations))
    write("spreads", spreads(observations, near, far))
    by_publisher = left_out(fit, lambda o: o.publisher)
    powers, energy_spreads = fit_energy(data, fit.predicted(), by_publisher)
    write("powers", powers)
    write("energy_spreads", energy_spreads)
    estimates.main()  # the machines' watts follow from powers.csv


def efficiencies(
    fit: Fit,
    observations: Sequence[Observation],
    near: Spread,
    sources: dict[tuple[str, str, str], set[str]],
) -> Iterable[dict[str, object]]:
    """Coefficients of every family of chips under every stack that could run on it."""
    known = knowledge(load())
    stacks_seen = {(o.kind, o.stack, o.work) for o in observations}
    families_seen = {(o.family, side(o.work)) for o in observations}
    families = sorted({(h.kind, h.family) for h in known.chips})
    for stack in known.stacks:
        for kind, family in families:
            if stack.kind != kind:
                continue
            for work in stack.works:
                if family == "Inferentia1" and work == "llm":
                    continue
                cell = (family, stack.stack, work)
                rows, clusters, error = near.size(cell)
                seen = (kind, stack.stack, work) in stacks_seen
                like = stack.stack if seen or not stack.like else stack.like
                if clusters >= FITTED_CLUSTERS:
                    basis, leans_on = "fitted", ""
                elif seen:
                    basis, leans_on = "borrowed", f"{stack.stack} on other {kind} families"
                elif (kind, like, work) in stacks_seen:
                    basis, leans_on = "borrowed", f"{like}, which it is like"
                elif (family, side(work)) in families_seen:
                    basis, leans_on = "borrowed", f"other stacks on {family}"
                else:
                    basis, leans_on = "assumed", f"any {kind}"
                yield {
                    "family": family,
                    "stack": stack.stack,
                    "work": work,
                    **_shares(fit, kind, family, like, work),
                    "drift_pct_year": _round(100 * math.expm1(fit.effect("drift", like, kind))),
                    "rows": rows,
                    "clusters": clusters,
                    "cv_error_pct": _round(error) if rows else "",
                    "basis": basis,
                    "leans_on": leans_on,
                    "sources": ";".join(sorted(sources.get(cell, ()))),
                }


def _shares(fit: Fit, kind: str, family: str, stack: str, work: str) -> dict[str, float]:
    """Weights as the catalogue has them: factors of time become shares of the peak."""
    named = {}
    for place, name in enumerate(COEFFICIENTS):
        weight = floor_of(work)[place] + math.exp(
            CENTRE[place]
            + fit.effect("all", name)
            + fit.effect("kind", kind, name)
            + fit.effect("work", kind, work, name)
            + fit.effect("stack", kind, stack, work, name)
            + fit.effect("family", family, side(work), name)
            + fit.effect("pair", family, stack, work, name)
        )
        if name in SHARE_OF:
            named[SHARE_OF[name]] = _round(1.0 / weight)
        else:
            named[name] = _round(weight)
    return named


SHARE_OF = {
    "bandwidth": "bandwidth_share",
    "cache": "cache_share",
    "compute": "compute_share",
    "prefill": "prefill_share",
    "attention": "attention_share",
}


def adjustments(fit: Fit) -> Iterable[dict[str, object]]:
    """Factors on weights by format of compute, and for mixtures of experts."""
    for kind in ("gpu", "neuron", "tpu", "cpu"):
        for form in ("fp32", "bf16", "fp8", "int8", "fp4"):
            factors = {c: fit.effect("form", kind, form, c) for c in COEFFICIENTS}
            if any(factors.values()):
                yield {"kind": kind, "case": form, **_factors(factors)}
        factors = {c: fit.effect("sparse", kind, c) for c in COEFFICIENTS}
        if any(factors.values()):
            yield {"kind": kind, "case": "sparse", **_factors(factors)}


def _factors(logs: dict[str, float]) -> dict[str, float]:
    return {name: _round(math.exp(value)) for name, value in logs.items()}


def ratios(fit: Fit, observations: Sequence[Observation]) -> Iterable[dict[str, object]]:
    """What a percentile or a protocol does to the predicted time, narrowest name first."""
    with_ratio = [o for o in observations if o.ratio]
    for name in sorted({o.ratio for o in with_ratio}):
        base = fit.effect("ratio", name)
        yield _ratio(name, "", "", "", "", base, sum(o.ratio == name for o in with_ratio))
        for kind, work in sorted({(o.kind, o.work) for o in with_ratio if o.ratio == name}):
            wide = base + fit.effect("ratio", name, kind, work)
            rows = [o for o in with_ratio if (o.ratio, o.kind, o.work) == (name, kind, work)]
            yield _ratio(name, kind, "", "", work, wide, len(rows))
            for family, stack in sorted({(o.family, o.stack) for o in rows}):
                own = wide + fit.effect("ratio", name, family, stack, work)
                count = sum((o.family, o.stack) == (family, stack) for o in rows)
                yield _ratio(name, kind, family, stack, work, own, count)


def _ratio(
    name: str, kind: str, family: str, stack: str, work: str, log: float, rows: int
) -> dict[str, object]:
    return {
        "ratio": name,
        "kind": kind,
        "family": family,
        "stack": stack,
        "work": work,
        "factor": _round(math.exp(log)),
        "rows": rows,
    }


def spreads(
    observations: Sequence[Observation], near: Spread, far: Spread
) -> Iterable[dict[str, object]]:
    """80 % factors on time by cell: near where the pair was fitted, far where it was not."""
    pairs: dict[tuple[str, ...], Observation] = {}
    groups: dict[tuple[str, str], set[str]] = {}
    for o in observations:
        pairs.setdefault((o.family, o.stack, o.work), o)
        groups.setdefault((o.kind, o.work), set()).add(o.group)
    for pair, o in sorted(pairs.items()):
        for group in sorted(groups[(o.kind, o.work)]):
            example = replace(o, group=group)
            family, stack, work = pair
            cell = (*pair, group)
            yield _spread("near", "", family, stack, work, group, near, example, cell)
    wide: dict[tuple[str, ...], Observation] = {}
    for o in observations:
        wide.setdefault((o.kind, o.work, o.group), o)
    for cell in sorted(wide):
        kind, work, group = cell
        nobody = replace(wide[cell], family="", stack="")
        yield _spread("far", kind, "", "", work, group, far, nobody, cell)
    for group in sorted({o.group for o in observations}):
        example = next(o for o in observations if o.group == group)
        nobody = Observation(**{**vars(example), "family": "", "stack": "", "kind": "", "work": ""})
        yield _spread("far", "", "", "", "", group, far, nobody, (group,))


def _spread(
    reach: str,
    kind: str,
    family: str,
    stack: str,
    work: str,
    group: str,
    spread: Spread,
    example: Observation,
    cell: tuple[str, ...],
) -> dict[str, object]:
    low, high = spread.interval(example)
    rows, clusters, error = spread.size(cell)
    return {
        "reach": reach,
        "kind": kind,
        "family": family,
        "stack": stack,
        "work": work,
        "group": group,
        "time_low": _round(math.exp(low)),
        "time_high": _round(math.exp(high)),
        "rows": rows,
        "clusters": clusters,
        "cv_error_pct": _round(error) if rows else "",
    }


def _round(value: float) -> float:
    return float(f"{value:.4g}")


def write(table: str, rows: Iterable[dict[str, object]]) -> None:
    rows = list(rows)
    path = path_of(table, DIRECTORY)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
