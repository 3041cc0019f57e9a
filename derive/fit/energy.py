"""Watts from how busy a chip is, fitted on metered runs; checked on publishers left out whole.

Few coefficients, for a new publisher errs more than a new model of a known one: a chip's share of
its rated watts is lichen/power.py's formula with two of them, for all families and all kinds of
model. At the wall come a server's watts and a chip's share of them, and what a power cap leaves.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
from scipy.optimize import least_squares  # type: ignore[import-untyped]
from scipy.stats import norm, t  # type: ignore[import-untyped]

from derive.fit.fit_tables import rounded
from derive.fit.model import Array
from derive.fit.observations import CAUTION, Seen, publisher_of, rows_of, run_key
from derive.fit.single_query import score_errors
from derive.fit.spread import median_error_pct, quantiles
from lichen.catalogue.schema import PowerBoundary, PowerModel
from lichen.measured.energy import busy, drawn_w
from lichen.measured.row import Cells, parse_row
from lichen.measured.run import Run

Table = list[dict[str, object]]

IDLE_SHARE = 0.18
"""Draw over TDP of a chip that has a model loaded and nothing to do: 84 of 400 W (A100), 108 of
700 W (H100), in chips.csv."""
CHIP_PRIOR = np.array([1.0, 3.0])
"""Weights of moving and of computing before any row: memory alone at its peak draws 70 %,
arithmetic alone 96 %."""
WALL_PRIOR = np.array([200.0, 30.0, 0.75])
"""Watts of a server, of it for each chip, and the share that a power cap leaves: by judgement."""
PRIOR_SPREAD = 0.3
"""Log units by which a coefficient may leave its prior."""
ERROR = 0.12
"""Log error of watts that is usual; beyond it the loss grows less."""
FULL_BATCH = 16.0
"""Requests or items together from which a run shows what full batches draw."""
RUNS = 60.0
"""Runs that all metered ones count for against the priors: their publishers are few."""


@dataclass(frozen=True)
class Metered:
    """A metered run: watts, its rated watts, and how busy its chips were predicted to be, by a fit
    that has seen it and by one without its publisher."""

    row: Cells
    run: Run
    boundary: PowerBoundary
    watts: float
    rated_w: float
    chips: float
    busy: tuple[float, float]
    busy_unseen: tuple[float, float]
    unseen_s: float
    measured_s: float

    @property
    def publisher(self) -> str:
        return publisher_of(self.row)


@dataclass(frozen=True)
class Unseen:
    """Log of measured over predicted watts and joules of a run whose publisher was left out."""

    run: Metered
    power: float
    energy: float


def metered_runs(data: Sequence[Seen], fitted: Array, unseen: Array) -> list[Metered]:
    """Every run whose power was metered, with its speed as fitted, and as predicted by a fit that
    has not seen its publisher."""
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
        if power is None or rated is None or boundary is None or boundary == "other":
            continue
        unseen_s = math.exp(unseen[position])
        found.append(
            Metered(
                row=row,
                run=run,
                boundary=boundary,
                watts=float(power["value"]),
                rated_w=rated.likely,
                chips=run.system_chips,
                busy=busy(quantity, math.exp(fitted[position])),
                busy_unseen=busy(quantity, unseen_s),
                unseen_s=unseen_s,
                measured_s=math.exp(o.log_seconds),
            )
        )
    return found


def power_model(
    boundary: PowerBoundary, chip: Array, wall: Array, runs: Sequence[Metered]
) -> PowerModel:
    """A row of powers.csv; chips alone have no host."""
    host = wall if boundary == "wall" else np.array([0.0, 0.0, wall[2]])
    return PowerModel(
        boundary=boundary,
        idle_share=IDLE_SHARE,
        move_weight=float(chip[0]),
        compute_weight=float(chip[1]),
        full_share=_full_share(runs),
        capped_share=float(host[2]),
        host_w=float(host[0]),
        chip_host_w=float(host[1]),
        rows=len(runs),
        publishers=len({m.publisher for m in runs}),
        source=";".join(sorted({m.row["source_title"] for m in runs})),
    )


def _full_share(runs: Sequence[Metered]) -> float:
    """What full batches draw: of each model on each chip the run that does most, the median of the
    publishers' medians."""
    most: dict[tuple[str, str, str, float], tuple[float, float]] = {}
    for m in runs:
        if m.boundary == "chip" and (m.run.load.batch or 0.0) >= FULL_BATCH:
            of = (m.publisher, m.run.hardware.name, m.row["model"], m.chips)
            share = m.watts / (m.chips * m.rated_w)
            most[of] = max(most.get(of, (0.0, 0.0)), (sum(m.busy), share))
    by_publisher: dict[str, list[float]] = defaultdict(list)
    for (publisher, *_), (_, share) in most.items():
        by_publisher[publisher].append(share)
    return median(map(median, by_publisher.values())) if by_publisher else 1.0


def fit_chip(runs: Sequence[Metered]) -> Array:
    """The weights of moving and of computing, from the runs whose chips alone were metered."""
    return _fit([m for m in runs if m.boundary == "chip"], CHIP_PRIOR, WALL_PRIOR)


def fit_wall(runs: Sequence[Metered], chip: Array) -> Array:
    """Watts of a server around its chips, whose own draw no wall row is asked for."""
    return _fit([m for m in runs if m.boundary == "wall"], WALL_PRIOR, chip)


def _fit(runs: Sequence[Metered], prior: Array, other: Array) -> Array:
    """The mode under log-normal priors and a loss that turns absolute; the prior without runs."""
    if not runs:
        return prior
    weight = np.array(_weights(runs))

    def misses(log: Array) -> Array:
        free = np.exp(log)
        chip, wall = (free, other) if len(prior) == len(CHIP_PRIOR) else (other, free)
        predicted = np.array([drawn(m, chip, wall, m.busy) for m in runs])
        errors = np.log([m.watts for m in runs]) - np.log(predicted)
        return np.concatenate(
            [np.sqrt(weight) * errors / ERROR, (log - np.log(prior)) / PRIOR_SPREAD]
        )

    found = least_squares(misses, np.log(prior), loss="soft_l1")
    return np.asarray(np.exp(found.x))


def _weights(runs: Sequence[Metered]) -> list[float]:
    """A sweep counts as the root of its rows, a publisher as the root of its sweeps."""
    sweeps = Counter(m.row["cluster_key"] for m in runs)
    each = [
        (CAUTION if m.row["use_flag"] == "caution" else 1.0)
        / math.sqrt(sweeps[m.row["cluster_key"]])
        for m in runs
    ]
    published: dict[str, float] = defaultdict(float)
    for m, weight in zip(runs, each, strict=True):
        published[m.publisher] += weight
    rooted = [w / math.sqrt(published[m.publisher]) for m, w in zip(runs, each, strict=True)]
    return [RUNS * weight / sum(rooted) for weight in rooted]


def drawn(m: Metered, chip: Array, wall: Array, use: tuple[float, float]) -> float:
    """Predicted watts of a run that is so busy."""
    return drawn_w(m.run, power_model(m.boundary, chip, wall, ()), m.rated_w, *use)


def fit_energy(data: Sequence[Seen], fitted: Array, unseen: Array) -> tuple[Table, Table]:
    """Rows of powers.csv and energy_spreads.csv; ``unseen`` are log seconds by fits without each
    row's publisher."""
    runs = metered_runs(data, fitted, unseen)
    chip = fit_chip(runs)
    wall = fit_wall(runs, chip)
    models = [
        power_model("chip", chip, wall, [m for m in runs if m.boundary == "chip"]),
        power_model("wall", chip, wall, runs),
    ]
    errors: Errors = defaultdict(list)
    for each in left_out_runs(runs):
        errors[(each.run.boundary, "power")].append((each.power, each.run.publisher))
    # Watt-hours of single queries (AI Energy Score), whose speed was not published.
    errors[("chip", "score")] = score_errors(models[0])
    return [_cells(model) for model in models], _spreads(errors)


def _cells(model: PowerModel) -> dict[str, object]:
    values = ((name, getattr(model, name)) for name in PowerModel.__struct_fields__)
    return {name: rounded(v) if isinstance(v, float) else v for name, v in values}


def left_out_runs(runs: Sequence[Metered]) -> list[Unseen]:
    """Errors of watts and joules, each by a fit of power and of speed without the publisher."""
    found = []
    for publisher in sorted({m.publisher for m in runs}):
        rest = [m for m in runs if m.publisher != publisher]
        chip = fit_chip(rest)
        wall = fit_wall(rest, chip)
        for m in runs:
            if m.publisher == publisher:
                power = math.log(m.watts / drawn(m, chip, wall, m.busy_unseen))
                found.append(Unseen(m, power, power + math.log(m.measured_s / m.unseen_s)))
    return found


Errors = dict[tuple[str, str], list[tuple[float, str]]]


def _spreads(errors: Errors) -> Table:
    """Bias and 80 % factors by boundary and quantity."""
    rows: Table = []
    for (boundary, quantity), found in sorted(errors.items()):
        log = np.array([error for error, _ in found])
        bias = float(np.median(log)) if quantity == "score" else 0.0
        # Single queries have one publisher, and its bias: its models stand for others.
        by = (str(place) if quantity == "score" else of for place, (_, of) in enumerate(found))
        low, high = interval([(e - bias, of) for e, of in zip(log.tolist(), by, strict=True)])
        rows.append(
            {
                "boundary": boundary,
                "quantity": quantity,
                "bias": rounded(math.exp(bias)),
                "low": rounded(math.exp(low)),
                "high": rounded(math.exp(high)),
                "rows": len(found),
                "publishers": len({publisher for _, publisher in found}),
                "error_pct": median_error_pct(log),
            }
        )
    return rows


def interval(errors: Sequence[tuple[float, str]]) -> tuple[float, float]:
    """The 80 % interval of errors, every publisher counting as the root of its rows. Few
    publishers show less than the tail: it is wider as Student's t is wider than a normal."""
    low, high, publishers = quantiles(errors, 0.1, 0.9)
    wider = float(t.ppf(0.9, max(1, publishers - 1)) / norm.ppf(0.9))
    return wider * min(0.0, low), wider * max(0.0, high)
