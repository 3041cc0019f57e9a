"""Rows of a benchmark table answered one by one, each in its own unit with an 80 % interval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from lichen.catalogue import Catalogue
from lichen.measured.energy import energy_answer, shape_doubt, timed
from lichen.measured.names import Row, Tables
from lichen.measured.quantity import Quantity, quantity_of
from lichen.measured.run import Run, read_run


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is predicted for a row, in the row's unit; ``predicted`` is None where nothing honest
    can be said, and ``reason`` says why. ``reason`` also holds what was taken for granted."""

    row_id: str
    predicted: float | None
    low80: float | None
    high80: float | None
    unit: str
    basis: str
    reason: str


COLUMNS = ("row_id", "predicted", "low80", "high80", "unit", "basis", "reason")
NEEDED = ("row_id", "model", "metric", "unit")
"""Columns that a file of cases must have; the others may be left out or blank."""

_BLANK = dict.fromkeys(
    (
        "source_title",
        "date_version",
        "hw_family",
        "hardware",
        "accelerator",
        "accelerator_count",
        "model_class",
        "params_b",
        "active_params_b",
        "precision",
        "serving_stack",
        "batch_or_concurrency",
        "input_tokens",
        "output_tokens",
        "tensor_parallel",
        "notes",
    ),
    "",
)


def answer_cases(rows: Iterable[Mapping[str, str]], catalogue: Catalogue) -> list[Answer]:
    """An answer for every row, in order. Rows with a ``boundary`` are energy or power."""
    tables = Tables(catalogue)
    return [_answered({**_BLANK, **row}, tables) for row in rows]


def _answered(row: Row, tables: Tables) -> Answer:
    run = read_run(row, tables)
    if row.get("boundary"):
        answer = energy_answer(row, run, tables)
    elif isinstance(run, str):
        answer = run
    else:
        quantity = quantity_of(row, run)
        answer = quantity if isinstance(quantity, str) else _predicted(run, quantity, tables)
    if isinstance(answer, str):
        return Answer(
            row_id=row["row_id"],
            predicted=None,
            low80=None,
            high80=None,
            unit=row["unit"],
            basis="",
            reason=answer,
        )
    value, low, high, basis = answer
    caveats = run.caveats if isinstance(run, Run) else ()
    return Answer(
        row_id=row["row_id"],
        predicted=value,
        low80=low,
        high80=high,
        unit=row["unit"],
        basis=basis,
        reason="; ".join(caveats),
    )


def _predicted(
    run: Run, quantity: Quantity, tables: Tables
) -> tuple[float, float, float, str] | str:
    """Value, low and high in the row's unit, and the basis of the coefficients."""
    found = timed(run, quantity, tables)
    if isinstance(found, str):
        return found
    took, speed = found
    low, high = tables.known.spread(speed, run.rig.kind, quantity.group)
    low, high = low / shape_doubt(run), high * shape_doubt(run)
    if quantity.rate:
        value = quantity.scale / took
        return value, value / high, value / low, speed.row.basis
    value = quantity.scale * took
    return value, value * low, value * high, speed.row.basis
