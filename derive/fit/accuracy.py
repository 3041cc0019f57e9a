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
from derive.fit.cloud_accuracy import cloud_section
from derive.fit.cloud_runs import known_from_runs
from derive.fit.energy import Unseen, left_out_runs, metered_runs
from derive.fit.energy_accuracy import against_aim, energy_section
from derive.fit.hierarchies import Hierarchies
from derive.fit.model import BOUNDS, Array, Observation, side
from derive.fit.observations import Seen, all_rows, observed
from derive.fit.spread import Spread
from lichen.catalogue import load
from lichen.catalogue.schema import CloudRunScore, FitBasis
from lichen.whole_file import write_whole

matplotlib.use("Agg")
from matplotlib import pyplot
from matplotlib.axes import Axes
from matplotlib.figure import Figure

DOCS = Path(__file__).parents[2] / "docs"
MANY_ROWS = 10
AIM_DENSE, AIM_ALL, AIM_WITHIN, AIM_CLASS = 30.0, 35.0, 0.85, 0.7
BASES: tuple[FitBasis, ...] = ("fitted", "borrowed", "assumed")
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
    """Errors of rows that a fit had not seen: their publisher left out, their cluster, their
    model; and those of the two baselines."""

    def __init__(self, data: Sequence[Seen]) -> None:
        self.observations = [each.observation for each in data]
        self.fits = Hierarchies(self.observations, known_from_runs(), whole=True)
        self.target = self.fits.target
        self.unseen = self.target - self.fits.unseen
        self.by_cluster = self.fits.by_cluster()
        self.by_model = self.fits.by_model()
        self.roofline = roofline(self.observations)
        self.constant = constant_efficiency(
            self.observations, self.roofline, {o.cluster: o.publisher for o in self.observations}
        )
        spread = {name: Spread(of.errors) for name, of in self.fits.sides.items()}
        self.inside = np.zeros(len(self.observations), dtype=bool)
        for place, o in enumerate(self.observations):
            basis = self.fits.basis[place]
            low, high = spread[side(o.work)].interval(o, basis, o.publisher)
            self.inside[place] = low <= self.fits.unseen[place] <= high

    def places(self, keep: Callable[[Observation], bool]) -> list[int]:
        return [place for place, o in enumerate(self.observations) if keep(o)]

    def row(self, name: str, places: Sequence[int]) -> list[str]:
        """A line of a table: rows, publishers, errors and coverage."""
        chosen = list(places)
        physical = [p for p in chosen if self.observations[p].physical]
        return [
            name,
            str(len(chosen)),
            str(len({self.observations[p].publisher for p in chosen})),
            _median(self.unseen, self.target, chosen),
            _within_2(self.unseen, self.target, chosen),
            f"{self.inside[chosen].mean():.0%}",
            _median(self.by_cluster, self.target, chosen),
            _median(self.by_model, self.target, chosen),
            _median(self.roofline, self.target, physical),
            _median(self.constant, self.target, physical),
        ]


HEAD = [
    "rows",
    "publishers",
    "median error",
    "within a factor of 2",
    "80 % intervals hold",
    "cluster left out",
    "model left out",
    "roofline",
    "constant efficiency",
]


def _errors(predicted: Array, target: Array, places: Sequence[int]) -> Array:
    chosen = list(places)
    # As a rate: predicted over measured, less one; times and rates err alike in logarithms.
    return np.asarray(np.abs(np.expm1(predicted[chosen] - target[chosen])) * 100)


def _median(predicted: Array, target: Array, places: Sequence[int]) -> str:
    return f"{np.median(_errors(predicted, target, places)):.0f} %" if places else "-"


def _within_2(predicted: Array, target: Array, places: Sequence[int]) -> str:
    return f"{_share_within_2(predicted, target, places):.0%}"


def _share_within_2(predicted: Array, target: Array, places: Sequence[int]) -> float:
    chosen = list(places)
    return float(np.mean(np.abs(predicted[chosen] - target[chosen]) <= math.log(2.0)))


def main() -> None:
    data = observed(all_rows())
    scores = Scores(data)
    # The energy rows' speeds are fitted, and judged with the joules; cautious rows are not judged.
    metered = {place for place, each in enumerate(data) if each.row.get("boundary")}
    measured = [
        place
        for place, o in enumerate(scores.observations)
        if place not in metered and not o.caution
    ]
    energy = left_out_runs(metered_runs(data, scores.fits.predicted, scores.unseen))
    (DOCS / "accuracy").mkdir(parents=True, exist_ok=True)
    text = "\n".join(
        [
            *_introduction(scores, measured),
            *_against_aims(scores, measured, energy),
            *_support(scores, measured),
            *_works(scores, measured),
            *_families(scores, measured),
            *_stacks(scores, measured),
            *_publishers(scores, measured),
            *_bounds(scores),
            *cloud_section(load().table("cloud_run_scores", CloudRunScore)),
            *energy_section(energy),
            *_method(),
        ]
    )
    write_whole(DOCS / "accuracy.md", text + "\n")
    _plot(scores, measured)
    _plot_energy(energy)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    return [*lines, *("| " + " | ".join(row) + " |" for row in rows), ""]


def _introduction(scores: Scores, measured: Sequence[int]) -> list[str]:
    errors = _errors(scores.unseen, scores.target, measured)
    publishers = len({scores.observations[place].publisher for place in measured})
    return [
        "# How accurate sizing is",
        "",
        "Written by `make accuracy`; do not edit. Every error here is on a publisher that the fit "
        "had not seen: all rows of an organisation, a site or an author are left out, and "
        "predicted by a fit of the others. It is the distance between a benchmark that you have "
        "read and your own machine.",
        "",
        f"Over {len(measured)} measured rows of {publishers} publishers: median error "
        f"**{np.median(errors):.0f} %**, **{_within_2(scores.unseen, scores.target, measured)}** "
        "within a factor of two; 80 % intervals hold in "
        f"**{scores.inside[list(measured)].mean():.0%}** of them, each judged without the "
        "publisher's own errors. Beside it: *cluster left out* deals the rows of one source, "
        "hardware, model, precision, stack and shape into 20 folds, so that the rest of a "
        "publisher's rows are known; *model left out* predicts each model by a fit without it; a "
        "pure roofline; and a constant efficiency (one factor on the roofline for each family and "
        "stack, fitted without the publisher).",
        "",
        "![Predicted against measured](accuracy/speed.svg)",
        "",
    ]


def _against_aims(scores: Scores, measured: Sequence[int], energy: Sequence[Unseen]) -> list[str]:
    dense = [
        place
        for place in measured
        if scores.observations[place].work == "llm" and not scores.observations[place].sparse
    ]
    classes = {
        name: scores.inside[places].mean()
        for name, places in _by(scores, measured, _class_of).items()
        if len(places) >= MANY_ROWS
    }
    low = [f"{name} {share:.0%}" for name, share in classes.items() if share < AIM_CLASS]
    rows = [
        [
            f"median error of dense language models at most {AIM_DENSE:g} %",
            _median(scores.unseen, scores.target, dense),
        ],
        [
            f"median error overall at most {AIM_ALL:g} %",
            _median(scores.unseen, scores.target, measured),
        ],
        [
            f"{AIM_WITHIN:.0%} within a factor of two",
            _within_2(scores.unseen, scores.target, measured),
        ],
        ["80 % intervals hold 75 to 88 %", f"{scores.inside[list(measured)].mean():.0%}"],
        [
            f"at least {AIM_CLASS:.0%} in every class with {MANY_ROWS} rows",
            "yes" if not low else "not " + ", ".join(low),
        ],
        *against_aim(energy),
    ]
    return [
        "## Against what was aimed at",
        "",
        *_table(["aim, publishers left out", "reached"], rows),
    ]


def _class_of(o: Observation) -> str:
    if o.work != "llm":
        return o.work
    return "llm, mixture of experts" if o.sparse else "llm, dense"


def _support(scores: Scores, measured: Sequence[int]) -> list[str]:
    """The same rows with less and less known of them, and the rows by what is known."""
    rows = []
    for basis in BASES:
        places = [place for place in measured if scores.fits.basis[place] == basis]
        if places:
            rows.append(scores.row(basis, places))
    return [
        "## By what a prediction rests on",
        "",
        "*fitted*: other publishers measured the family of chips under the stack. *borrowed*: they "
        "measured one of the two. *assumed*: neither. `lichen explain` says which it is.",
        "",
        *_table(["rests on", *HEAD], rows),
    ]


def _publishers(scores: Scores, measured: Sequence[int]) -> list[str]:
    groups = _by(scores, measured, lambda o: o.publisher)
    rows = [scores.row(name, places) for name, places in groups.items() if len(places) >= 3]
    return ["## By publisher, 3 rows or more", "", *_table(["publisher", *HEAD], rows)]


def _bounds(scores: Scores) -> list[str]:
    rows = [
        [f"{family}, {stack}, {work}", name, f"{BOUNDS[name]:g}"]
        for of in scores.fits.sides.values()
        for family, stack, work, name in of.fit.at_bounds()
    ]
    if not rows:
        return []
    return [
        "## Coefficients at their bounds",
        "",
        "These would be larger than what their name says can be (`derive/fit/model.py`), and are "
        "kept there: something else takes that time, which the formulae lack.",
        "",
        *_table(["family, stack, kind", "coefficient", "kept at"], rows),
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
    works = _by(scores, measured, _class_of)
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
        "with its source and version; rows flagged *exclude* are left out, *caution* weigh 0.3 and "
        "are not judged. A row's throughput or batch repeated in its notes is never read. The "
        "speeds that metered rows imply (watts over joules) are fitted as well and are not counted "
        "above. `derive/fit/observations.py` says who the publisher of a row is.",
        "",
        "A time is a sum of terms, each a physical quantity times one coefficient "
        "(`lichen/sizing/terms.py`): a fixed part, layers, layers in step between chips, "
        "sequences, weights and cache over the bandwidth, what chips exchange over their link, "
        "operations over the peak. Shares of a bandwidth, a link or a peak cannot pass one, but "
        "for weights of small models that stay on the chip. A first token also waits for the "
        "prompts before it (a closed queue, or arrivals at a rate) and for the step under way. "
        "Language models and the rest are fitted apart. Coefficients are effects of kind, work, "
        "stack, family and pair, drawn to their parents (`derive/fit/model.py`), and what the rows "
        "of one publisher have in common is an effect of its own. Percentiles and protocols are "
        "ratios on top; a Server run's latency is a ratio of its bound. Older runs are slower by a "
        "fitted drift for each year.",
        "",
        "Intervals: the 80 % quantiles of the errors on publishers left out, of the same quantity, "
        "kind, number of publishers, family and stack, each drawn to the next wider by how few "
        "publishers there are, and taken further out where they are few. A big sweep is one "
        "opinion: a publisher's rows weigh as the root of their number. For a family and stack "
        "that nobody measured, the pair is left out as well; where neither was measured, both "
        "are.",
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
