"""Watts from how busy a chip is, fitted on metered runs; joules checked on clusters left out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls  # type: ignore[import-untyped]

from derive.fit.model import Array
from derive.fit.observations import Seen, rows_of, run_key
from derive.fit.single_query import score_errors
from lichen.measured.energy import busy
from lichen.measured.row import Cells, parse_row
from lichen.measured.run import Run

Table = list[dict[str, object]]
RIDGE = 0.03
"""Weight of the prior on each coefficient, against rows of weight one."""


@dataclass(frozen=True)
class Metered:
    """A metered run: watts, its rated watts, and how busy its chips were predicted to be."""

    row: Cells
    run: Run
    boundary: str
    watts: float
    rated_w: float
    chips: float
    move: float
    compute: float
    fitted_s: float
    unseen_s: float
    measured_s: float


@dataclass(frozen=True)
class Unseen:
    """Log of measured over predicted watts and joules of a run whose model was left out."""

    run: Metered
    power: float
    energy: float


def metered_runs(data: Sequence[Seen], fitted: Array, unseen: Array) -> list[Metered]:
    """Every run whose power was metered, with its speed as fitted and as predicted unseen."""
    watts = {
        run_key(row): row
        for row in rows_of("energy_measurements")
        if row["unit"] == "W" and row["use_flag"] in ("ok", "caution")
    }
    found = []
    for position, (row, run, quantity, o) in enumerate(data):
        if "boundary" not in row or not row["boundary"]:
            continue
        power = watts.get(run_key(row))
        boundary = parse_row(row).boundary
        rated = run.hardware.tdp_w
        if power is None or rated is None or boundary not in ("chip", "wall"):
            continue
        fitted_s = math.exp(fitted[position])
        move, compute = busy(quantity, fitted_s)
        found.append(
            Metered(
                row=row,
                run=run,
                boundary=boundary,
                watts=float(power["value"]),
                rated_w=rated.likely,
                chips=run.system_chips,
                move=move,
                compute=compute,
                fitted_s=fitted_s,
                unseen_s=math.exp(unseen[position]),
                measured_s=math.exp(o.log_seconds),
            )
        )
    return found


def features(m: Metered) -> list[float]:
    """What the watts of a run are a sum of, each over the watts measured."""
    rated = m.rated_w * m.chips
    if m.boundary == "wall":
        return [rated, 0.0, 0.0, 1.0, m.chips]
    return [rated, rated * m.move, rated * math.sqrt(m.compute), 0.0, 0.0]


PRIOR = {
    "chip": np.array([0.35, 0.4, 0.8, 0.0, 0.0]),
    "wall": np.array([0.75, 0.0, 0.0, 200.0, 30.0]),
}


def fit_power(runs: Sequence[Metered], prior: Array) -> Array:
    """Non-negative least squares on relative errors, drawn towards ``prior``."""
    a = np.array([features(m) for m in runs]) / np.array([[m.watts] for m in runs])
    b = np.ones(len(runs))
    ridge = np.diag(math.sqrt(RIDGE * len(runs) + 0.5) / np.maximum(prior, 1e-9))
    used = prior > 0
    stacked = np.vstack([a[:, used], ridge[np.ix_(used, used)]])
    target = np.concatenate([b, (ridge @ prior)[used]])
    solution = np.zeros(len(prior))
    solution[used] = nnls(stacked, target)[0]
    return solution


def drawn(m: Metered, coefficients: Array) -> float:
    """Predicted watts; a chip draws no more than it is rated at."""
    idle, move, compute, host, each = coefficients
    share = min(1.0, idle + move * m.move + compute * math.sqrt(m.compute))
    if m.boundary == "chip":
        return float(m.chips * m.rated_w * share)
    return float(host + m.chips * (each + m.rated_w * share))


def fit_energy(data: Sequence[Seen], fitted: Array, unseen: Array) -> tuple[Table, Table]:
    """Rows of powers.csv and energy_spreads.csv."""
    runs = metered_runs(data, fitted, unseen)
    powers: Table = []
    for boundary in ("chip", "wall"):
        here = [m for m in runs if m.boundary == boundary]
        whole = fit_power(here, PRIOR[boundary])
        powers.append(_power(boundary, "", "", whole, here))
        if boundary == "wall":
            continue
        for work in sorted({m.run.need.work for m in here}):
            of_work = [m for m in here if m.run.need.work == work]
            middle = _of_work(of_work, whole)
            powers.append(_power(boundary, "", work, middle, of_work))
            for family in sorted({m.run.family for m in of_work}):
                own = [m for m in of_work if m.run.family == family]
                powers.append(
                    _power(boundary, family, work, fit_power(own, _prior(middle, boundary)), own)
                )
    errors: Errors = defaultdict(list)
    for each in left_out_runs(runs):
        m = each.run
        cell = (m.boundary, m.run.family, m.run.need.work)
        errors[(*cell, "power")].append(each.power)
        errors[(*cell, "energy")].append(each.energy)
        errors[(*cell, "rate")].append(each.energy - each.power)
    # Watt-hours of single queries (AI Energy Score), whose speed was not published.
    errors[("chip", "", "llm", "score")] = score_errors(powers)
    return powers, _spreads(errors)


def left_out_runs(runs: Sequence[Metered]) -> list[Unseen]:
    """Errors of watts, and of joules with the speed predicted unseen, model by model."""
    found = []
    for boundary in ("chip", "wall"):
        here = [m for m in runs if m.boundary == boundary]
        for model in sorted({m.row["model"] for m in here}):
            rest = [m for m in here if m.row["model"] != model]
            whole = fit_power(rest, PRIOR[boundary])
            for m in here:
                if m.row["model"] == model:
                    power = math.log(m.watts / drawn(m, _narrowest(rest, m, whole)))
                    found.append(Unseen(m, power, power + math.log(m.measured_s / m.unseen_s)))
    return found


def _narrowest(rest: Sequence[Metered], m: Metered, whole: Array) -> Array:
    """The coefficients that the catalogue would have for ``m`` without its model."""
    if m.boundary == "wall":
        return whole
    of_work = [each for each in rest if each.run.need.work == m.run.need.work]
    if not of_work:
        return whole
    middle = _of_work(of_work, whole)
    own = [each for each in of_work if each.run.family == m.run.family]
    return fit_power(own, _prior(middle, m.boundary)) if own else middle


def _of_work(runs: Sequence[Metered], whole: Array) -> Array:
    return fit_power(runs, np.maximum(whole, PRIOR["chip"] * 0.01))


def _prior(coefficients: Array, boundary: str) -> Array:
    return np.maximum(coefficients, PRIOR[boundary] * 0.05)


def _power(
    boundary: str, family: str, work: str, coefficients: Array, runs: Sequence[Metered]
) -> dict[str, object]:
    names = ("idle_share", "move_share", "compute_share", "host_w", "chip_host_w")
    return {
        "boundary": boundary,
        "family": family,
        "work": work,
        **{n: float(f"{c:.4g}") for n, c in zip(names, coefficients, strict=True)},
        "rows": len(runs),
        "source": ";".join(sorted({m.row["source_title"] for m in runs})),
    }


Errors = dict[tuple[str, str, str, str], list[float]]


def _spreads(errors: Errors) -> Table:
    """Bias and 80 % factors: a family's own, and all families' of a boundary and work."""
    pooled: dict[tuple[str, str, str, str], list[float]] = defaultdict(list)
    for (boundary, family, work, quantity), found in errors.items():
        pooled[(boundary, family, work, quantity)] += found
        if family:
            pooled[(boundary, "", work, quantity)] += found
        pooled[(boundary, "", "", quantity)] += found
    rows: Table = []
    for (boundary, family, work, quantity), found in sorted(pooled.items()):
        if not found:
            continue
        log = np.array(found)
        bias = float(np.median(log)) if quantity == "score" else 0.0
        reach = min(0.98, 0.9 * (1.0 + 2.0 / len(log)))
        low, high = np.quantile(log - bias, [1.0 - reach, reach])
        if len(log) < 8:
            low, high = low - 0.2, high + 0.2
        rows.append(
            {
                "boundary": boundary,
                "family": family,
                "work": work,
                "quantity": quantity,
                "bias": float(f"{math.exp(bias):.4g}"),
                "low": float(f"{math.exp(min(0.0, low)):.4g}"),
                "high": float(f"{math.exp(max(0.0, high)):.4g}"),
                "rows": len(log),
                "cv_error_pct": float(f"{np.median(np.abs(np.expm1(-log))) * 100:.4g}"),
            }
        )
    return rows
