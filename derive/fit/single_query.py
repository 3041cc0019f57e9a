"""Single-query energies (AI Energy Score): the joules that power and time predict, and the rest.

Their engine's overhead is not published, so its factor is the median over the rows, named as bias.
"""

from __future__ import annotations

import math

from derive.fit.observations import publisher_of, rows_of
from lichen.catalogue import load
from lichen.catalogue.schema import PowerModel
from lichen.measured.energy import draw_of
from lichen.measured.names import NotPredicted, Tables
from lichen.measured.row import parse_row
from lichen.measured.run import run_of


def score_errors(power: PowerModel) -> list[tuple[float, str]]:
    """Log of measured over predicted watt-hours a query, and who measured it."""
    tables = Tables(load())
    errors = []
    for row in rows_of("energy_measurements"):
        if row["unit"] != "Wh/1000 queries" or row["use_flag"] != "ok":
            continue
        run = run_of(parse_row(row), tables)
        if isinstance(run, NotPredicted):
            continue
        draw = draw_of(run, power, tables)
        if isinstance(draw, NotPredicted):
            continue
        predicted = draw.watts * draw.request_s * 1000 / 3600
        errors.append((math.log(float(row["value"]) / predicted), publisher_of(row)))
    return errors
