"""Rows of a benchmark table answered one by one, each in its own unit with an 80 % interval."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lichen.catalogue import Catalogue
from lichen.measured.energy import energy_answer
from lichen.measured.names import NotPredicted, Tables, stacks_for
from lichen.measured.quantity import quantity_of
from lichen.measured.row import Cells, Row, parse_row
from lichen.measured.run import Run, run_of
from lichen.measured.speed import Predicted, predicted


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What is predicted for a row, in the row's unit; ``predicted`` is None where there is no
    honest prediction, and ``reason`` is why. ``reason`` also has what was assumed."""

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


def answer_cases(rows: Iterable[Cells], catalogue: Catalogue) -> list[Answer]:
    """An answer for every row, in order. Rows with a ``boundary`` are energy or power."""
    tables = Tables(catalogue)
    return [_answer(parse_row(cells), tables) for cells in rows]


def _answer(row: Row, tables: Tables) -> Answer:
    run = run_of(row, tables)
    found = _predicted(row, run, tables)
    if isinstance(found, NotPredicted):
        return Answer(
            row_id=row.row_id,
            predicted=None,
            low80=None,
            high80=None,
            unit=row.unit,
            basis="",
            reason=found.reason,
        )
    return Answer(
        row_id=row.row_id,
        predicted=found.value,
        low80=found.low,
        high80=found.high,
        unit=row.unit,
        basis=found.basis,
        reason="; ".join(run.caveats) if isinstance(run, Run) else "",
    )


def _predicted(row: Row, run: Run | NotPredicted, tables: Tables) -> Predicted | NotPredicted:
    if isinstance(run, Run) and not run.stack_is_known:
        names = dict.fromkeys(s.stack for s in stacks_for(run.hardware, run.need.work, tables))
        return NotPredicted(
            f"serving stack {row.stack_text!r} is not known for {run.need.work} on {run.family}: "
            f"write one of {', '.join(names)}, or nothing for the usual one"
        )
    if row.boundary is not None:
        return energy_answer(row, run, tables)
    if isinstance(run, NotPredicted):
        return run
    quantity = quantity_of(row.measure, run)
    if isinstance(quantity, NotPredicted):
        return quantity
    return predicted(run, quantity, tables)
