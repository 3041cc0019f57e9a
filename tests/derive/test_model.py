"""The hierarchical fit: what it makes of rows, and of coefficients that are known beside them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from derive.fit.model import CENTRE, Design, Fit, KnownCoefficient, Observation
from derive.fit.spread import left_out
from lichen.sizing.terms import COEFFICIENTS, Terms

BANDWIDTH = COEFFICIENTS.index("bandwidth")

ROW = Observation(
    row_id="row",
    kind="cpu",
    work="llm",
    stack="llama.cpp",
    family="Bristlecone",
    form="int8",
    sparse=False,
    model="model",
    publisher="publisher",
    cluster="cluster",
    group="rate",
    ratio="",
    year=2026.0,
    log_seconds=math.log(0.05),
    terms=(*Terms(bandwidth=0.01), 0.0),
    weight=1.0,
    caution=False,
)

NOTHING_SAID = replace(ROW, kind="gpu", stack="vllm", family="Obsidian", weight=0.0)
"""A row, for a design needs one, that says nothing."""

KNOWN = KnownCoefficient(
    kind="cpu",
    work="llm",
    stack="llama.cpp",
    family="Foxglove",
    form="int8",
    coefficient="bandwidth",
    log_value=math.log(0.25),
    standard_deviation=0.05,
    publisher="somebody",
)


def bandwidth(fit: Fit, family: str) -> float:
    names = (
        ("all", "llm"),
        ("kind", "cpu", "llm"),
        ("work", "cpu", "llm"),
        ("stack", "cpu", "llama.cpp", "llm"),
        ("family", family, "llm"),
        ("pair", family, "llama.cpp", "llm"),
    )
    return math.exp(CENTRE[BANDWIDTH] + sum(fit.effect(*name, "bandwidth") for name in names))


def test_a_known_coefficient_is_found_where_no_row_speaks_of_it() -> None:
    fit = Fit(Design([NOTHING_SAID], [KNOWN]))
    assert bandwidth(fit, "Foxglove") == pytest.approx(0.25, rel=0.05)


def test_related_families_lean_on_a_known_coefficient() -> None:
    alone = Fit(Design([NOTHING_SAID]))
    assert bandwidth(alone, "Bristlecone") == pytest.approx(math.exp(CENTRE[BANDWIDTH]))
    told = Fit(Design([NOTHING_SAID], [KNOWN]))
    own, related = bandwidth(told, "Foxglove"), bandwidth(told, "Bristlecone")
    assert own < related < bandwidth(alone, "Bristlecone")


def test_rows_that_disagree_move_a_loosely_known_coefficient_further() -> None:
    # The row says an excess of 4 over the floor, five times the bandwidth's seconds; it weighs as
    # much as twenty.
    row = replace(ROW, family="Foxglove", weight=20.0)
    tight = bandwidth(Fit(Design([row], [KNOWN])), "Foxglove")
    loose = bandwidth(Fit(Design([row], [replace(KNOWN, standard_deviation=2.0)])), "Foxglove")
    assert tight < loose
    assert loose == pytest.approx(4.0, rel=0.2)


def test_the_slope_of_the_loss_is_its_derivative() -> None:
    fit = Fit(Design([ROW], [KNOWN]))
    beta = np.random.default_rng(7).normal(0, 0.3, fit.design.size)
    beta[-1] = 0.0
    _, slope = fit._loss(beta, fit.design.weight)
    for place in range(fit.design.size - 1):
        step = np.zeros(fit.design.size)
        step[place] = 1e-6
        ahead, _ = fit._loss(beta + step, fit.design.weight)
        behind, _ = fit._loss(beta - step, fit.design.weight)
        assert slope[place] == pytest.approx((ahead - behind) / 2e-6, abs=1e-3)


def test_what_is_known_of_a_pair_is_left_out_with_its_rows() -> None:
    row = replace(ROW, family="Foxglove")
    fit = Fit(Design([row], [KNOWN]))
    by_pair = left_out(fit, lambda o: (o.family, o.stack))
    by_cluster = left_out(fit, lambda o: o.cluster)
    nothing_known = 0.01 * (1.0 + math.exp(CENTRE[BANDWIDTH]))
    assert math.exp(by_pair[0]) == pytest.approx(nothing_known, rel=1e-3)
    assert math.exp(by_cluster[0]) == pytest.approx(0.01 * 1.25, rel=0.05)
