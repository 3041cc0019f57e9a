"""The energy section of docs/accuracy.md: watts and joules with whole publishers left out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np

from derive.fit.baselines import ecologits_j_token
from derive.fit.energy import Metered, Unseen, interval
from derive.fit.model import Array

AIM = 30.0
HEAD = ["boundary, publisher, kind, family", "runs", "watts", "joules", "EcoLogits"]


def joules_errors(runs: Sequence[Unseen]) -> Array:
    """Percent by which predicted joules miss the measured."""
    return np.asarray(np.abs(np.expm1([-u.energy for u in runs])) * 100)


def against_aim(energy: Sequence[Unseen]) -> list[list[str]]:
    """Lines of the table of aims, one for each boundary."""
    return [
        [
            f"energy per unit within {AIM:g} %, publishers left out: {boundary}",
            f"{np.median(joules_errors(runs)):.0f} % of {len(runs)} runs"
            + "".join(
                f", {work} {np.median(joules_errors(of_work)):.0f} %"
                for work, of_work in _by(runs, lambda u: u.run.run.need.work).items()
            ),
        ]
        for boundary, runs in _by(energy, lambda u: u.run.boundary).items()
    ]


def energy_section(energy: Sequence[Unseen]) -> list[str]:
    """Markdown: the table, and what it rests on."""
    rows = []
    groups = _by(
        energy,
        lambda u: f"{u.run.boundary}, {u.run.publisher}, {u.run.run.need.work}, {u.run.run.family}",
    )
    for name, runs in groups.items():
        rows.append(
            [
                name,
                str(len(runs)),
                f"{np.median(_watts_errors(runs)):.0f} %",
                f"{np.median(joules_errors(runs)):.0f} %",
                _ecologits(runs),
            ]
        )
    return [
        "## Energy",
        "",
        "Each run's watts and speed by fits without its whole *publisher*. *chip* is what the "
        "chips alone draw. *wall* is a whole server at its socket, host included (MLPerf, mostly "
        "power-capped): the chips' coefficients come from the rows of chips, and only the host's "
        "watts and the cap from those of the wall. The two boundaries are never mixed. One formula "
        "with two coefficients serves every family and kind of model (`lichen/power.py`). "
        "EcoLogits 0.11.3's closed form for joules a token is shown beside it, times the number of "
        "GPUs; it was fitted on rows of ML.ENERGY, which ours were not allowed to see. Joules err "
        "by speed more than by watts.",
        "",
        *_coverage(energy),
        "",
        "![Joules predicted against measured](accuracy/energy.svg)",
        "",
        "| " + " | ".join(HEAD) + " |",
        "| --- |" + " ---: |" * (len(HEAD) - 1),
        *("| " + " | ".join(row) + " |" for row in rows),
        "",
    ]


def _watts_errors(runs: Sequence[Unseen]) -> Array:
    return np.asarray(np.abs(np.expm1([-u.power for u in runs])) * 100)


def _coverage(energy: Sequence[Unseen]) -> list[str]:
    """How often watts are inside the interval that the other publishers' errors give."""
    lines = []
    for boundary, runs in _by(energy, lambda u: u.run.boundary).items():
        inside = []
        for publisher, own in _by(runs, lambda u: u.run.publisher).items():
            others = [(u.power, u.run.publisher) for u in runs if u.run.publisher != publisher]
            if others:
                low, high = interval(others)
                inside += [low <= u.power <= high for u in own]
        if inside:
            lines.append(
                f"Boundary *{boundary}*: watts are inside the 80 % interval of the other "
                f"publishers in {np.mean(inside):.0%} of {len(inside)} runs."
            )
    return lines


def _ecologits(runs: Sequence[Unseen]) -> str:
    errors = [
        abs(ecologits_j_token(u.run) / _j_token(u.run) - 1.0) * 100
        for u in runs
        if u.run.run.need.work == "llm" and u.run.boundary == "chip"
    ]
    return f"{np.median(errors):.0f} %" if errors else "-"


def _j_token(m: Metered) -> float:
    tokens = max(1.0, m.run.output_tokens) * float(m.run.load.batch or 1.0)
    return m.watts * m.measured_s / tokens


def _by(runs: Sequence[Unseen], key: Callable[[Unseen], str]) -> dict[str, list[Unseen]]:
    groups: dict[str, list[Unseen]] = defaultdict(list)
    for u in runs:
        groups[key(u)].append(u)
    return dict(sorted(groups.items()))
