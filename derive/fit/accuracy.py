"""``make accuracy``: how wrong predictions are on rows that the fit had not seen.

Writes docs/accuracy.md and docs/accuracy/*.svg. The same rows give the same files.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import numpy as np

from derive.fit.baselines import constant_efficiency, roofline
from derive.fit.cloud_runs import known_from_runs
from derive.fit.energy import Unseen, left_out_runs, metered_runs
from derive.fit.energy_accuracy import against_aim, energy_section
from derive.fit.model import Array, Design, Fit, Observation
from derive.fit.observations import Seen, all_rows, observed
from derive.fit.spread import Spread, folds_of, left_out

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

DOCS = Path(__file__).parents[2] / "docs"
MANY_ROWS = 20
AIM_MANY, AIM_FEW = 15.0, 30.0
NAMED = {
    "rate": "throughput",
    "token": "time per output token",
    "first": "time to first token",
    "request": "request latency",
    "pass": "batch latency",
    "prompt": "prompt speed",
    "tail": "99th percentile between tokens",
    "bound": "latency or rate at a bound",
}


class Scores:
    """Unseen errors of rows: by the fit, and by the two baselines."""

    def __init__(self, data: Sequence[Seen]) -> None:
        self.observations = [each.observation for each in data]
        design = Design(self.observations, known_from_runs())
        self.fit = Fit(design)
        fold = folds_of(self.observations)
        self.target = design.target
        self.unseen = left_out(self.fit, lambda o: fold.get(o.cluster))
        self.by_model = left_out(self.fit, lambda o: o.model)
        self.roofline = roofline(self.observations)
        self.constant = constant_efficiency(self.observations, self.roofline, fold)
        spread = Spread(self.observations, self.target - self.unseen)
        self.inside = np.array(
            [
                low <= error <= high
                for o, error in zip(self.observations, self.target - self.unseen, strict=True)
                for low, high in [spread.interval(o, o.cluster)]
            ]
        )

    def places(self, keep: Callable[[Observation], bool]) -> list[int]:
        return [place for place, o in enumerate(self.observations) if keep(o)]

    def row(self, name: str, places: Sequence[int]) -> list[str]:
        """A line of a table: rows, clusters, errors and coverage."""
        chosen = list(places)
        physical = [p for p in chosen if self.observations[p].physical]
        clusters = len({self.observations[p].cluster for p in chosen})
        return [
            name,
            str(len(chosen)),
            str(clusters),
            _median(self.unseen, self.target, chosen),
            _quantile(self.unseen, self.target, chosen, 0.8),
            _median(self.by_model, self.target, chosen),
            f"{self.inside[chosen].mean():.0%}",
            _median(self.roofline, self.target, physical),
            _median(self.constant, self.target, physical),
        ]


HEAD = [
    "rows",
    "clusters",
    "median error",
    "80th percentile",
    "model left out",
    "80 % intervals hold",
    "roofline",
    "constant efficiency",
]


def _errors(predicted: Array, target: Array, places: Sequence[int]) -> Array:
    chosen = list(places)
    # As a rate: predicted over measured, less one; times and rates err alike in logarithms.
    return np.asarray(np.abs(np.expm1(predicted[chosen] - target[chosen])) * 100)


def _median(predicted: Array, target: Array, places: Sequence[int]) -> str:
    return f"{np.median(_errors(predicted, target, places)):.0f} %" if places else "-"


def _quantile(predicted: Array, target: Array, places: Sequence[int], q: float) -> str:
    return f"{np.quantile(_errors(predicted, target, places), q):.0f} %"


def main() -> None:
    data = observed(all_rows())
    scores = Scores(data)
    measured = scores.places(lambda o: o.row_id.startswith("M"))
    by_publisher = left_out(scores.fit, lambda o: o.publisher)
    energy = left_out_runs(metered_runs(data, scores.fit.predicted(), by_publisher))
    (DOCS / "accuracy").mkdir(parents=True, exist_ok=True)
    text = "\n".join(
        [
            *_introduction(scores, measured),
            *_against_aims(scores, measured, energy),
            *_families(scores, measured),
            *_stacks(scores, measured),
            *_works(scores, measured),
            *energy_section(energy),
            *_method(),
        ]
    )
    (DOCS / "accuracy.md").write_text(text + "\n", encoding="utf-8")
    _plot(scores, measured)
    _plot_energy(energy)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def _introduction(scores: Scores, measured: Sequence[int]) -> list[str]:
    errors = _errors(scores.unseen, scores.target, measured)
    return [
        "# How accurate sizing is",
        "",
        "Written by `make accuracy`; do not edit. Every error here is on rows that the fit had not "
        "seen: the clusters of rows (one source, hardware, model, precision, stack and shape) are "
        "dealt into 20 folds, each predicted by a fit of the other 19; *model left out* predicts "
        "each model by a fit without it.",
        "",
        f"Over {len(measured)} measured rows: median error **{np.median(errors):.0f} %**, "
        f"80th percentile {np.quantile(errors, 0.8):.0f} %; 80 % intervals hold in "
        f"**{scores.inside[list(measured)].mean():.0%}** of them, each judged without its own "
        "cluster. Beside it on the same rows a pure roofline, and a constant efficiency (one "
        "factor on the roofline for each family and stack, fitted the same way).",
        "",
        "![Predicted against measured](accuracy/speed.svg)",
        "",
    ]


def _against_aims(scores: Scores, measured: Sequence[int], energy: Sequence[Unseen]) -> list[str]:
    pairs = _pairs(scores, measured)
    many = {k: v for k, v in pairs.items() if len(v) >= MANY_ROWS}
    few = [p for k, v in pairs.items() if len(v) < MANY_ROWS for p in v]
    met = [
        k
        for k, v in many.items()
        if np.median(_errors(scores.unseen, scores.target, v)) <= AIM_MANY
    ]
    missed = sorted(k for k in many if k not in met)
    rows = [
        [
            f"median at most {AIM_MANY:g} % for each family and stack with {MANY_ROWS} rows",
            f"{len(met)} of {len(many)}" + (f"; not {'; '.join(missed)}" if missed else ""),
        ],
        [
            f"median at most {AIM_FEW:g} % elsewhere",
            _median(scores.unseen, scores.target, few),
        ],
        ["intervals hold 75 to 85 % overall", f"{scores.inside[list(measured)].mean():.0%}"],
    ]
    families = _by(scores, measured, lambda o: o.family)
    low = sorted(
        f"{name} {scores.inside[places].mean():.0%}"
        for name, places in families.items()
        if len(places) >= MANY_ROWS and scores.inside[places].mean() < 0.65
    )
    rows.append(
        [
            f"at least 65 % in each family with {MANY_ROWS} rows",
            "yes" if not low else "not " + ", ".join(low),
        ]
    )
    for family in ("Inferentia2", "Trainium1", "H100"):
        places = [p for p in families[family] if scores.observations[p].physical]
        ours = np.median(_errors(scores.unseen, scores.target, places))
        theirs = np.median(_errors(scores.constant, scores.target, places))
        rows.append(
            [
                f"twice as accurate as a constant efficiency on {family}",
                f"{theirs / ours:.1f} times",
            ]
        )
    rows += against_aim(energy)
    return [
        "## Against what was aimed at",
        "",
        *_table(["aim", "reached"], rows),
        "Where an aim is missed, the reason is the same: few clusters. If one source measured a "
        "family and stack on one or two models, and these are left out, only related families "
        "predict it. Engines and releases differ by a factor, not by a percentage. The intervals "
        "are wide there.",
        "",
    ]


def _by(
    scores: Scores, places: Sequence[int], key: Callable[[Observation], str]
) -> dict[str, list[int]]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place in places:
        groups[key(scores.observations[place])].append(place)
    return dict(sorted(groups.items(), key=lambda each: (-len(each[1]), each[0])))


def _pairs(scores: Scores, places: Sequence[int]) -> dict[str, list[int]]:
    return _by(scores, places, lambda o: f"{o.family}, {o.stack}")


def _families(scores: Scores, measured: Sequence[int]) -> list[str]:
    groups = _by(scores, measured, lambda o: o.family)
    rows = [scores.row(name, places) for name, places in groups.items()]
    return ["## By family", "", *_table(["family", *HEAD], rows)]


def _stacks(scores: Scores, measured: Sequence[int]) -> list[str]:
    rows = [
        scores.row(name, places)
        for name, places in _pairs(scores, measured).items()
        if len(places) >= 8
    ]
    return ["## By family and stack, 8 rows or more", "", *_table(["family, stack", *HEAD], rows)]


def _works(scores: Scores, measured: Sequence[int]) -> list[str]:
    works = _by(scores, measured, lambda o: o.work)
    groups = _by(scores, measured, lambda o: o.group)
    return [
        "## By kind of model",
        "",
        *_table(["kind", *HEAD], [scores.row(name, places) for name, places in works.items()]),
        "## By quantity",
        "",
        *_table(
            ["quantity", *HEAD],
            [scores.row(NAMED[name], places) for name, places in groups.items()],
        ),
    ]


def _method() -> list[str]:
    return [
        "## How",
        "",
        "Rows: `lichen/catalogue/measured/measurements.csv` and `energy_measurements.csv`, each "
        "with its source and version; rows flagged *exclude* are left out, *caution* weigh 0.3. A "
        "row's throughput or batch repeated in its notes is never read. The speeds that metered "
        "rows imply (watts over joules) are fitted as well and are not counted above.",
        "",
        "A time is a sum of terms, each a physical quantity times one coefficient "
        "(`lichen/sizing/terms.py`): a fixed part, layers, layers in step between chips, "
        "sequences, weights and cache over the bandwidth, operations over the peak. Shares of a "
        "bandwidth or a peak cannot pass one, but for weights of small models that stay on the "
        "chip. Coefficients are effects of kind, work, stack, family and pair, drawn to their "
        "parents (`derive/fit/model.py`); a soft maximum of the two roofs in place of their sum "
        "predicted unseen clusters no better. Percentiles and protocols are ratios on top; a "
        "Server run's latency is a ratio of its bound. Older runs are slower by a fitted drift "
        "for each year.",
        "",
        "Intervals: the 80 % quantiles of unseen errors of the same family, stack, kind and "
        "quantity, drawn to the next wider cell by how few clusters there are, and taken further "
        "out where clusters are few. Where a family or stack was never measured they are the "
        "errors on families and stacks left out whole.",
    ]


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    matplotlib.rcParams.update({"svg.hashsalt": "lichen", "svg.fonttype": "none", "font.size": 8})
    across = 4
    down = math.ceil(count / across)
    figure, axes = pyplot.subplots(down, across, figsize=(3 * across, 2.8 * down))
    flat = list(np.ravel(axes))
    for unused in flat[count:]:
        unused.set_axis_off()
    return figure, flat


def _scatter(axis: Axes, name: str, measured: Array, predicted: Array, unit: str) -> None:
    measured = np.array([float(f"{v:.3g}") for v in measured])
    predicted = np.array([float(f"{v:.3g}") for v in predicted])
    ends = [min(measured.min(), predicted.min()) / 1.5, max(measured.max(), predicted.max()) * 1.5]
    axis.plot(ends, ends, color="0.6", linewidth=0.8)
    axis.fill_between(ends, [e / 1.3 for e in ends], [e * 1.3 for e in ends], color="0.92")
    axis.scatter(measured, predicted, s=6, color="#2a7f62", linewidths=0)
    axis.set(xscale="log", yscale="log", xlim=ends, ylim=ends, title=f"{name} ({len(measured)})")
    axis.set_xlabel(f"measured {unit}")
    axis.set_ylabel(f"predicted unseen {unit}")


def _plot(scores: Scores, measured: Sequence[int]) -> None:
    groups = {n: p for n, p in _by(scores, measured, lambda o: o.family).items() if len(p) >= 8}
    figure, axes = _panels(len(groups))
    for axis, (name, places) in zip(axes, groups.items(), strict=False):
        _scatter(
            axis, name, np.exp(scores.target[places]), np.exp(scores.unseen[places]), "seconds"
        )
    _save(figure, "speed")


def _plot_energy(energy: Sequence[Unseen]) -> None:
    groups: dict[str, list[Unseen]] = defaultdict(list)
    for u in energy:
        groups[f"{u.run.boundary}, {u.run.run.need.work}"].append(u)
    figure, axes = _panels(len(groups))
    for axis, (name, runs) in zip(axes, sorted(groups.items()), strict=False):
        joules = np.array([u.run.watts * u.run.measured_s for u in runs])
        predicted = joules * np.exp([-u.energy for u in runs])
        _scatter(axis, name, joules, predicted, "joules")
    _save(figure, "energy")


def _save(figure: Figure, name: str) -> None:
    figure.tight_layout()
    figure.savefig(DOCS / "accuracy" / f"{name}.svg", metadata={"Date": None})
    pyplot.close(figure)


if __name__ == "__main__":
    main()
