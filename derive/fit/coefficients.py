"""``make fit``: the measured rows into coefficients, ratios and intervals of the catalogue.

Writes efficiencies.csv, adjustments.csv, ratios.csv and spreads.csv. Deterministic: the same rows
give the same files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from derive import estimates
from derive.fit.cloud_runs import RUNS_TITLE, intervals_from_runs, known_from_runs
from derive.fit.energy import fit_energy
from derive.fit.fit_tables import rounded, write_table
from derive.fit.hierarchies import Hierarchies
from derive.fit.model import CENTRE, Fit, Observation, floor_of, log_bounds, side
from derive.fit.observations import all_rows, observed
from derive.fit.spread import Spread
from derive.fit.support import Pair, Support, pair_of
from lichen.catalogue import load
from lichen.catalogue.schema import FitBasis
from lichen.sizing.coefficients import knowledge
from lichen.sizing.terms import COEFFICIENTS


def main() -> None:
    data = observed(all_rows())
    observations = [each.observation for each in data]
    sources: dict[Pair, set[str]] = {}
    for row, _, _, o in data:
        sources.setdefault(pair_of(o), set()).add(row["source_title"])
    known = known_from_runs()
    for k in known:
        sources.setdefault(pair_of(k), set()).add(RUNS_TITLE)
    fits = Hierarchies(observations, known)
    spread = {name: Spread(of.errors) for name, of in fits.sides.items()}
    write_table("efficiencies", efficiencies(fits, spread, sources))
    write_table("adjustments", adjustments(fits))
    write_table("ratios", ratios(fits))
    write_table("spreads", spreads(fits, spread))
    powers, energy_spreads = fit_energy(data, fits.predicted, fits.target - fits.unseen)
    write_table("powers", powers)
    write_table("energy_spreads", energy_spreads)
    estimates.main()  # the machines' watts follow from powers.csv


def efficiencies(
    fits: Hierarchies, spread: Mapping[str, Spread], sources: Mapping[Pair, set[str]]
) -> Iterable[dict[str, object]]:
    """Coefficients of every family of chips under every stack that could run on it."""
    known = knowledge(load())
    families = sorted({(h.kind, h.family) for h in known.chips})
    for stack in known.stacks:
        for kind, family in families:
            if stack.kind != kind:
                continue
            for work in stack.works:
                if family == "Inferentia1" and work == "llm":
                    continue
                pair = (family, stack.stack, work)
                of = fits.of(work)
                support = of.errors.support
                rows = [o for o in of.fit.design.observations if pair_of(o) == pair]
                _, _, error = spread[side(work)].size("fitted", pair)
                seen = support.seen_stack(kind, stack.stack, work)
                like = stack.stack if seen or not stack.like else stack.like
                yield {
                    "family": family,
                    "stack": stack.stack,
                    "work": work,
                    **_shares(of.fit, kind, family, like, work),
                    "drift_pct_year": rounded(100 * math.expm1(of.fit.effect("drift", like, kind))),
                    "rows": len(rows),
                    "clusters": len({o.cluster for o in rows}),
                    "publishers": len(support.publishers(pair)),
                    "apart_pct": _apart(fits, pair),
                    "cv_error_pct": error if not math.isnan(error) else "",
                    "basis": support.basis(pair, kind, like),
                    "leans_on": _leans_on(support, pair, kind, like),
                    "sources": ";".join(sorted(sources.get(pair, ()))),
                }


def _apart(fits: Hierarchies, pair: Pair) -> float | str:
    """How far apart publishers are: half the range of their median errors, in percent."""
    errors: dict[str, list[float]] = {}
    for o, error in zip(fits.observations, fits.unseen, strict=True):
        if pair_of(o) == pair and not o.caution:
            errors.setdefault(o.publisher, []).append(float(error))
    medians = [float(np.median(found)) for found in errors.values()]
    if len(medians) < 2:
        return ""
    return rounded(100 * math.expm1((max(medians) - min(medians)) / 2))


def _leans_on(support: Support, pair: Pair, kind: str, like: str) -> str:
    family, stack, work = pair
    if support.basis(pair, kind) == "fitted":
        return ""
    if support.seen_stack(kind, stack, work):
        return f"{stack} on other {kind} families"
    if support.seen_stack(kind, like, work):
        return f"{like}, which it is like"
    return f"other stacks on {family}" if support.seen_family(pair) else f"any {kind}"


def _shares(fit: Fit, kind: str, family: str, stack: str, work: str) -> dict[str, float]:
    """Weights as the catalogue has them: factors of time become shares of the peak."""
    named, bounds = {}, log_bounds(kind)
    for place, name in enumerate(COEFFICIENTS):
        log_excess = CENTRE[place] + (
            fit.effect("all", side(work), name)
            + fit.effect("kind", kind, side(work), name)
            + fit.effect("work", kind, work, name)
            + fit.effect("stack", kind, stack, work, name)
            + fit.effect("family", family, side(work), name)
            + fit.effect("pair", family, stack, work, name)
        )
        # A pair that nobody measured is a sum of effects that no row has kept inside the bounds.
        weight = floor_of(work)[place] + math.exp(min(log_excess, bounds[place]))
        if name in SHARE_OF:
            named[SHARE_OF[name]] = rounded(1.0 / weight)
        else:
            named[name] = rounded(weight)
    return named


SHARE_OF = {
    "bandwidth": "bandwidth_share",
    "cache": "cache_share",
    "link": "link_share",
    "compute": "compute_share",
    "prefill": "prefill_share",
    "attention": "attention_share",
}


FORMS = ("fp32", "bf16", "fp8", "int8", "fp4")


def adjustments(fits: Hierarchies) -> Iterable[dict[str, object]]:
    """Factors on weights by format of compute, and for mixtures of experts."""
    for kind in ("gpu", "neuron", "tpu", "cpu"):
        for name, of in fits.sides.items():
            stacks = sorted({o.stack for o in of.fit.design.observations if o.kind == kind})
            routed = [(("sparse stack", kind, stack), "sparse", stack) for stack in stacks]
            for names, case, stack in (
                *((("form", kind, case), case, "") for case in FORMS),
                (("sparse", kind), "sparse", ""),
                *routed,
            ):
                factors = {c: of.fit.effect(*names, c) for c in COEFFICIENTS}
                if any(factors.values()):
                    exact = {c: rounded(math.exp(log)) for c, log in factors.items()}
                    yield {"kind": kind, "side": name, "case": case, "stack": stack, **exact}


def ratios(fits: Hierarchies) -> Iterable[dict[str, object]]:
    """What a percentile or a protocol does to the predicted time, widest name first."""
    rows = [o for o in fits.observations if o.ratio]
    for name, work in sorted({(o.ratio, o.work) for o in rows}):
        own = [o for o in rows if (o.ratio, o.work) == (name, work)]
        base = fits.effect(work, "ratio", name)
        yield _ratio(name, "", "", "", work, base, len(own))
        for kind in sorted({o.kind for o in own}):
            wide = base + fits.effect(work, "ratio", name, kind, work)
            count = sum(o.kind == kind for o in own)
            yield _ratio(name, kind, "", "", work, wide, count)
            for family, stack in sorted({(o.family, o.stack) for o in own if o.kind == kind}):
                narrow = wide + fits.effect(work, "ratio", name, family, stack, work)
                count = sum((o.family, o.stack) == (family, stack) for o in own)
                yield _ratio(name, kind, family, stack, work, narrow, count)


def _ratio(
    name: str, kind: str, family: str, stack: str, work: str, log: float, rows: int
) -> dict[str, object]:
    return {
        "ratio": name,
        "kind": kind,
        "family": family,
        "stack": stack,
        "work": work,
        "factor": rounded(math.exp(log)),
        "rows": rows,
    }


def spreads(fits: Hierarchies, spread: Mapping[str, Spread]) -> Iterable[dict[str, object]]:
    """80 % factors on time by cell: of pairs that were measured, and of those that were not."""
    pairs = {pair_of(o): o for o in fits.observations}
    groups: dict[tuple[str, str], set[str]] = {}
    for o in fits.observations:
        groups.setdefault((o.kind, o.work), set()).add(o.group)
    for pair, o in sorted(pairs.items()):
        if fits.of(o.work).errors.support.basis(pair, o.kind) != "fitted":
            continue
        for group in sorted(groups[(o.kind, o.work)]):
            own = (*pair, group)
            example = replace(o, group=group)
            yield _spread("fitted", spread[side(o.work)], example, ("", *pair), own)
    yield from intervals_from_runs(pairs)
    kinds = {(o.kind, side(o.work), o.group): o for o in fits.observations}
    works = sorted({(o.kind, o.work) for o in fits.observations})
    bases: tuple[FitBasis, ...] = ("borrowed", "assumed")
    for basis in bases:
        for kind, work in works:
            for group in sorted(groups[(kind, work)]):
                example = replace(kinds[(kind, side(work), group)], work=work)
                cell = (kind, work, group)
                yield _spread(basis, spread[side(work)], example, (kind, "", "", work), cell)
        for name in fits.sides:
            for group in sorted({o.group for o in fits.observations if side(o.work) == name}):
                of_side = next(
                    o for o in fits.observations if (side(o.work), o.group) == (name, group)
                )
                example = replace(of_side, kind="")
                names = ("", "", "", of_side.work if name == "llm" else "")
                yield _spread(basis, spread[name], example, names, (name, group))


def _spread(
    reach: FitBasis,
    spread: Spread,
    example: Observation,
    names: tuple[str, str, str, str],
    cell: tuple[str, ...],
) -> dict[str, object]:
    low, high = spread.interval(example, reach)
    rows, publishers, error = spread.size(reach, cell)
    kind, family, stack, work = names
    return {
        "reach": reach,
        "kind": kind,
        "family": family,
        "stack": stack,
        "work": work,
        "group": example.group,
        "time_low": rounded(math.exp(low)),
        "time_high": rounded(math.exp(high)),
        "rows": rows,
        "publishers": publishers,
        "cv_error_pct": error if rows else "",
    }


if __name__ == "__main__":
    main()
