"""Single-query energies (AI Energy Score): the joules that power and time predict, and the rest.

Their engine's overhead is not published, so its factor is the median over the rows, named as bias.
"""

from __future__ import annotations

import math

import msgspec

from derive.fit.observations import rows_of
from lichen.catalogue import load
from lichen.catalogue.schema import PowerModel
from lichen.measured.energy import draw_of
from lichen.measured.names import NotPredicted, Tables
from lichen.measured.row import parse_row
from lichen.measured.run import run_of


def score_errors(powers: list[dict[str, object]]) -> list[float]:
    """Log of measured over predicted watt-hours a query."""
    tables = Tables(load())
    table = {
        (row["boundary"], row["family"], row["work"]): msgspec.convert(
            {name: value if value != "" else None for name, value in row.items()}, PowerModel
        )
        for row in powers
    }
    errors = []
    for row in rows_of("energy_measurements"):
        if row["unit"] != "Wh/1000 queries" or row["use_flag"] != "ok":
            continue
        run = run_of(parse_row(row), tables)
        if isinstance(run, NotPredicted):
            continue
        power = table.get(("chip", run.family, "llm")) or table[("chip", "", "llm")]
        draw = draw_of(run, power, tables)
        if isinstance(draw, NotPredicted):
            continue
        predicted = draw.watts * draw.request_s * 1000 / 3600
        errors.append(math.log(float(row["value"]) / predicted))
    return errors
