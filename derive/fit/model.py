"""The hierarchical fit: log-coefficients as sums of effects, each drawn towards nought.

A coefficient of a family of chips under a stack is ``exp(centre + all + kind + work + stack +
family + pair)``, and for a share of a peak one more than that, so that no share passes one.
Effects have normal priors: a pair with few rows leans on its stack and its family, and one with
none is their sum. Errors are logarithmic with a soft absolute loss (the shape of SciPy's
``soft_l1``), rows of a big sweep weigh less, and SciPy's L-BFGS-B finds the mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from lichen.sizing.terms import COEFFICIENTS, SHARES

Array = NDArray[np.float64]
Places = NDArray[np.intp]
Name = tuple[str, ...]

CENTRE = np.log([2.0, 15.0, 20.0, 10.0, 0.6, 1.0, 0.7, 2.0, 8.0, 1.5, 1.5, 8.0])
"""Prior medians in the order of COEFFICIENTS; of shares, one over the share less one."""


def floor_of(work: str) -> Array:
    """Least weights: no share passes one, but for the weights of encoders and image models, which
    are small enough to stay on chip."""
    kept = {"bandwidth"} if work in ("encoder", "vision") else set()
    return np.array([1.0 if name in SHARES - kept else 0.0 for name in COEFFICIENTS])


SPREAD = {
    "llm": {
        "all": 0.3,
        "kind": 0.4,
        "work": 0.5,
        "stack": 0.7,
        "family": 0.3,
        "pair": 0.2,
        "form": 0.5,
        "sparse": 0.6,
        "sparse stack": 0.4,
    },
    "items": {
        "all": 2.0,
        "kind": 1.0,
        "work": 0.2,
        "stack": 0.7,
        "family": 0.5,
        "pair": 0.35,
        "form": 0.5,
    },
}
"""Prior standard deviations of the effects, in log units, of either hierarchy (see ``side``)."""
WIDE = {
    ("llm", "stack", "prefill_ms"): 1.5,
    ("llm", "kind", "prefill_ms"): 0.4,
    ("llm", "all", "link"): 0.1,
    ("llm", "kind", "link"): 0.2,
}
"""Where one coefficient differs: what a prompt costs at any length is the engine's, from a
millisecond to half a second, and says nothing of other engines. A link gives its rate to every
engine: its time is not to be taken for theirs."""
RATIO_SPREAD = (0.6, 0.3, 0.2)
"""The same for ratios: of all, of a kind and work, of a pair."""
SOURCE_SPREAD = 0.05
"""Prior standard deviation of what all rows of one publisher have in common: its machines, its
engine's settings, its way of measuring. Predictions leave it at nought."""
DRIFT_SPREAD = 0.05
"""Log units a year by which a stack gets faster."""
NOW = 2026.0
SCALE = {"llm": 0.4, "items": 0.2}
"""Log error at which the loss turns from square to absolute."""
MOST_STEPS = 1000
CLOSE = 1e-7
"""The search ends where a step gains less than this share of the loss."""

BOUNDS = {
    "step_ms": 60.0,
    "layer_us": 2000.0,
    "sync_us": 100.0,
    "sequence_us": 2000.0,
    "bandwidth": 20.0,
    "cache": 40.0,
    "link": 10.0,
    "compute": 100.0,
    "prefill_ms": 500.0,
    "prefill": 100.0,
    "attention": 200.0,
    "burst": 40.0,
}
"""Weights beyond which a coefficient is no longer what its name says: chips wait for each other
tens of microseconds a layer, not milliseconds (NCCL's and NeuronLink's published latencies). The
fit is kept inside; one that would leave is a finding of docs/accuracy.md."""
OF_KIND = {("gpu", "attention"): 3.5}
"""Narrower bounds of one kind of chip: fused attention reaches half of a GPU's peak and more
(FlashAttention 2 and 3), and none that serves prompts is far below a third."""


def log_bounds(kind: str) -> Array:
    """The log of the bounds, in the order of COEFFICIENTS."""
    return np.log([OF_KIND.get((kind, name), BOUNDS[name]) for name in COEFFICIENTS])


KEPT = 50.0
"""How hard a coefficient is kept inside: the loss of a row whose weight is e times its bound."""


@dataclass(frozen=True)
class Observation:
    """One measured row as the fit sees it: ``terms`` of COEFFICIENTS, then given seconds."""

    row_id: str
    kind: str
    work: str
    stack: str
    family: str
    form: str
    sparse: bool
    model: str
    publisher: str
    cluster: str
    group: str
    ratio: str
    year: float
    log_seconds: float
    terms: tuple[float, ...]
    weight: float
    caution: bool

    @property
    def physical(self) -> bool:
        """Whether its time is all physics, with no seconds that are given."""
        return self.terms[-1] == 0.0


@dataclass(frozen=True)
class KnownCoefficient:
    """One coefficient of a family under a stack as runs say that the tables do not have.

    ``log_value`` is the log of its excess over its floor, every effect summed, with a standard
    deviation: the fit treats it as one more normal observation, of that sum.
    """

    kind: str
    work: str
    stack: str
    family: str
    form: str
    coefficient: str
    log_value: float
    standard_deviation: float
    publisher: str
    sparse: bool = False
    model: str = ""
    cluster: str = ""


def side(work: str) -> str:
    """Language models and the rest share no effect: their engines have nothing in common."""
    return "llm" if work == "llm" else "items"


def coefficient_effects(o: Observation | KnownCoefficient) -> list[tuple[Name, float]]:
    """Effects on every coefficient of an observation, with their priors."""
    names: list[Name] = [
        ("all", side(o.work)),
        ("kind", o.kind, side(o.work)),
        ("work", o.kind, o.work),
        ("stack", o.kind, o.stack, o.work),
        ("family", o.family, side(o.work)),
        ("pair", o.family, o.stack, o.work),
        ("form", o.kind, o.form),
    ]
    if o.sparse:
        names += [("sparse", o.kind), ("sparse stack", o.kind, o.stack)]
    spread = SPREAD[side(o.work)]
    return [(name, spread[name[0]]) for name in names]


EFFECTS = 9
"""The most effects that a coefficient is a sum of."""
ROUTED = frozenset({"step_ms", "layer_us", "bandwidth", "compute", "prefill_ms", "prefill"})
"""What routing tokens to experts slows down: not the cache, the link or the attention."""
EVERY = frozenset(COEFFICIENTS)
OWN = EVERY - {"link"}
ACTS_ON: dict[str, frozenset[str]] = {
    "all": EVERY,
    "kind": EVERY,
    "work": OWN,
    "stack": OWN,
    "family": OWN,
    "pair": OWN,
    "form": frozenset({"compute", "prefill"}),
    "sparse": ROUTED,
    "sparse stack": ROUTED,
}
"""Coefficients that an effect acts on."""


def ratio_effects(o: Observation) -> list[tuple[Name, float]]:
    if not o.ratio:
        return []
    names: tuple[Name, ...] = (
        ("ratio", o.ratio),
        ("ratio", o.ratio, o.kind, o.work),
        ("ratio", o.ratio, o.family, o.stack, o.work),
    )
    return list(zip(names, RATIO_SPREAD, strict=True))


class Design:
    """Observations as arrays: which parameters act on which row. Row after row is fitted from
    the same design, so that leaving some out costs nothing but their weight."""

    def __init__(
        self, observations: Sequence[Observation], known: Sequence[KnownCoefficient] = ()
    ) -> None:
        self.observations = observations
        self.known = known
        self.place: dict[Name, int] = {}
        spread: list[float] = []

        def at(name: Name, prior: float) -> int:
            if name not in self.place:
                self.place[name] = len(spread)
                spread.append(prior)
            return self.place[name]

        # Rows of one pair, format and work have their coefficients in common: a cell.
        cells: dict[Name, int] = {}
        coefficients, cell_of, ratios, drifts, sources = [], [], [], [], []
        bounds: list[Array] = []
        for o in observations:
            effects = coefficient_effects(o)
            cell = tuple("/".join(name) for name, _ in effects)
            if cell not in cells:
                cells[cell] = len(cells)
                bounds.append(log_bounds(o.kind))
                rows = [
                    [
                        at((*name, c), WIDE.get((side(o.work), name[0], c), prior))
                        if c in ACTS_ON[name[0]]
                        else -1
                        for c in COEFFICIENTS
                    ]
                    for name, prior in effects
                ]
                coefficients.append(rows + [[-1] * len(COEFFICIENTS)] * (EFFECTS - len(rows)))
            cell_of.append(cells[cell])
            named = [at(name, prior) for name, prior in ratio_effects(o)]
            ratios.append(named or [-1] * 3)
            drifts.append(at(("drift", o.stack, o.kind), DRIFT_SPREAD))
            sources.append(at(("source", o.publisher, side(o.work)), SOURCE_SPREAD))
        known_places = [
            [
                at(
                    (*name, k.coefficient),
                    WIDE.get((side(k.work), name[0], k.coefficient), prior),
                )
                for name, prior in coefficient_effects(k)
                if k.coefficient in ACTS_ON[name[0]]
            ]
            for k in known
        ]
        # -1 is the last place: a parameter that is always nought.
        self.size = len(spread) + 1
        self.coefficient: Places = np.array(coefficients) % self.size
        self.cell: Places = np.array(cell_of)
        self.log_bounds = np.array(bounds)
        self.ratio: Places = np.array(ratios) % self.size
        self.drift: Places = np.array(drifts)
        self.source: Places = np.array(sources)
        self.terms = np.array([o.terms for o in observations])
        self.floor = np.array([floor_of(o.work) for o in observations])
        self.target = np.array([o.log_seconds for o in observations])
        self.scale = np.array([SCALE[side(o.work)] for o in observations])
        self.weight = np.array([o.weight for o in observations])
        self.age = np.array([NOW - o.year for o in observations])
        self.precision = np.append(1.0 / np.square(spread), 0.0)
        self.known_place: Places = (
            np.array(
                [(row + [-1] * EFFECTS)[:EFFECTS] for row in known_places], dtype=np.intp
            ).reshape(-1, EFFECTS)
            % self.size
        )
        centre = np.array([CENTRE[COEFFICIENTS.index(k.coefficient)] for k in known])
        self.known_sum = np.array([k.log_value for k in known]) - centre
        self.known_precision = np.array([k.standard_deviation**-2.0 for k in known])


class Fit:
    """A fitted hierarchy over a design; ``out`` are rows that it must not see, ``known_out``
    the same of what is known beside them."""

    def __init__(
        self,
        design: Design,
        out: Sequence[int] = (),
        start: Fit | None = None,
        known_out: Sequence[int] = (),
    ) -> None:
        self.design = design
        weight = design.weight.copy()
        weight[list(out)] = 0.0
        self._known_precision = design.known_precision.copy()
        self._known_precision[list(known_out)] = 0.0
        begin = np.zeros(design.size) if start is None else start.beta.copy()
        if out and start is not None:
            # Parameters that only the rows left out know begin at their prior.
            known = np.zeros(design.size, dtype=bool)
            rest = np.setdiff1d(np.arange(len(weight)), np.array(out))
            for places in (design.ratio, design.drift, design.source):
                known[places[rest].ravel()] = True
            known[design.coefficient[design.cell[rest]].ravel()] = True
            known[design.known_place[self._known_precision > 0].ravel()] = True
            begin[~known] = 0.0
        # In units of its prior, each effect is as large as any other: the search is shorter.
        unit = np.append(1.0 / np.sqrt(design.precision[:-1]), 1.0)

        def loss(scaled: Array) -> tuple[float, Array]:
            value, slope = self._loss(scaled * unit, weight)
            return value, slope * unit

        found = minimize(
            loss,
            begin / unit,
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": MOST_STEPS, "maxfun": 2 * MOST_STEPS, "ftol": CLOSE},
        )
        self.steps = found.nit
        self.beta: Array = found.x * unit
        self.beta[-1] = 0.0

    def _loss(self, beta: Array, weight: Array) -> tuple[float, Array]:
        d = self.design
        log_excess = CENTRE + beta[d.coefficient].sum(axis=1)
        excess = np.exp(log_excess)[d.cell] * d.terms[:, :-1]
        seconds = (excess + d.floor * d.terms[:, :-1]).sum(axis=1) + d.terms[:, -1]
        shared = beta[d.ratio].sum(axis=1) + beta[d.source]
        model = np.log(seconds) + shared + beta[d.drift] * d.age
        error = (model - d.target) / d.scale
        root = np.sqrt(1.0 + error * error)
        value = (weight * 2.0 * (root - 1.0)).sum() + (d.precision * beta * beta).sum() / 2.0
        slope = weight * 2.0 * error / root / d.scale
        gradient = d.precision * beta
        off = beta[d.known_place].sum(axis=1) - d.known_sum
        value += (self._known_precision * off * off).sum() / 2.0
        pull = np.broadcast_to((self._known_precision * off)[:, None], d.known_place.shape)
        gradient += np.bincount(d.known_place.ravel(), pull.ravel(), minlength=d.size)
        over = np.maximum(0.0, log_excess - d.log_bounds)
        value += KEPT * (over * over).sum()
        share = 2.0 * KEPT * over
        for c, of_rows in enumerate(((slope / seconds)[:, None] * excess).T):
            share[:, c] += np.bincount(d.cell, of_rows, minlength=len(share))
        every = np.broadcast_to(share[:, None, :], d.coefficient.shape)
        gradient += np.bincount(d.coefficient.ravel(), every.ravel(), minlength=d.size)
        for places in (*d.ratio.T, d.source):
            gradient += np.bincount(places, slope, minlength=d.size)
        gradient += np.bincount(d.drift, slope * d.age, minlength=d.size)
        gradient[-1] = 0.0
        return float(value), gradient

    def predicted(self) -> Array:
        """Log seconds of every row of the design, seen or not."""
        d = self.design
        excess = np.exp(CENTRE + self.beta[d.coefficient].sum(axis=1))
        weights = d.floor + excess[d.cell]
        seconds = (weights * d.terms[:, :-1]).sum(axis=1) + d.terms[:, -1]
        ratios = self.beta[d.ratio].sum(axis=1)
        return np.asarray(np.log(seconds) + ratios + self.beta[d.drift] * d.age)

    def at_bounds(self) -> list[tuple[str, str, str, str]]:
        """Coefficients that the rows would take out of their bounds: family, stack, work, name."""
        d = self.design
        log_excess = CENTRE + self.beta[d.coefficient].sum(axis=1)
        used = (d.terms[:, :-1] > 0) & (d.weight > 0)[:, None]
        found = {
            (o.family, o.stack, o.work, COEFFICIENTS[c])
            for o, row in zip(
                d.observations, (log_excess > d.log_bounds)[d.cell] & used, strict=True
            )
            for c in np.flatnonzero(row)
        }
        return sorted(found)

    def effect(self, *name: str) -> float:
        """One effect in log units; 0 where nothing was measured."""
        place = self.design.place.get(name)
        return 0.0 if place is None else float(self.beta[place])
