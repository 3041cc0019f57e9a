"""Measured rows as observations: each the log of seconds and the terms that should make them."""

from __future__ import annotations

import csv
import math
import re
from collections import Counter
from typing import NamedTuple

from derive.fit.model import Observation
from lichen.catalogue import DIRECTORY, load
from lichen.catalogue.schema import path_of
from lichen.measured.duration import Quantity
from lichen.measured.names import NotPredicted, Tables
from lichen.measured.quantity import quantity_of
from lichen.measured.row import Cells, parse_row
from lichen.measured.run import Run, run_of

CAUTION = 0.3
"""Weight of a row whose table says to be careful with it."""


def rows_of(table: str) -> list[Cells]:
    with path_of(table, DIRECTORY).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class Seen(NamedTuple):
    """A measured row, the run that it describes, the quantity, and what the fit takes from it."""

    row: Cells
    run: Run
    quantity: Quantity
    observation: Observation


def publisher_of(row: Cells) -> str:
    """Who measured a row: the organisation of its repository, else its site, else its title.

    Rows of one publisher are not independent: they share a machine, an engine and a protocol.
    """
    where = row["source_url_or_repo_path"].casefold().removeprefix("https://")
    where = where.removeprefix("github.com/")
    if where.startswith("pypi:"):
        return where.removeprefix("pypi:").partition("=")[0]
    first = re.match(r"[a-z0-9][a-z0-9.-]*(?=/)", where)
    if first is None:
        return row["source_title"].casefold()
    return first[0].removesuffix(".github.io")


JOULES = ("J/token", "J/image", "J/sample")
RATES = ("tokens/s", "samples/s")


def all_rows() -> list[Cells]:
    """The measured rows, and the speeds that the energy rows imply: watts over joules."""
    return rows_of("measurements") + implied_speeds(rows_of("energy_measurements"))


def implied_speeds(rows: list[Cells]) -> list[Cells]:
    """One throughput row for each run whose energy was metered."""
    runs: dict[tuple[str, ...], dict[str, Cells]] = {}
    for row in rows:
        if row["use_flag"] in ("ok", "caution"):
            runs.setdefault(run_key(row), {})[row["unit"]] = row
    speeds: list[Cells] = []
    for units in runs.values():
        direct = next((units[unit] for unit in RATES if unit in units), None)
        joules = next((units[unit] for unit in JOULES if unit in units), None)
        if direct is not None:
            value = float(direct["value"])
        elif joules is not None and "W" in units:
            value = float(units["W"]["value"]) / float(joules["value"])
        else:
            continue
        row = direct if direct is not None else units[next(u for u in JOULES if u in units)]
        llm = row["model_class"] == "LLM"
        speeds.append(
            {
                **row,
                "hw_family": "",
                "tensor_parallel": "",
                "metric": "output throughput" if llm else "throughput",
                "unit": "tokens/s" if llm else "samples/s",
                "value": str(value),
            }
        )
    return speeds


def run_key(row: Cells) -> tuple[str, ...]:
    """What the rows of one metered run have in common."""
    shared = ("hardware", "accelerator", "accelerator_count", "model", "precision")
    rest = ("serving_stack", "batch_or_concurrency", "output_tokens", "source_title")
    note = row["notes"] if row["model_class"] == "LLM" and "task" in row["notes"] else ""
    return (*(row[name] for name in shared + rest), note)


def observed(rows: list[Cells]) -> list[Seen]:
    """Every row that can be read and may be used, with what was measured in it."""
    tables = Tables(load())
    sizes = Counter(row["cluster_key"] for row in rows)
    found = []
    for row in rows:
        if row["use_flag"] not in ("ok", "caution"):
            continue
        parsed = parse_row(row)
        run = run_of(parsed, tables)
        if isinstance(run, NotPredicted):
            continue
        quantity, value = quantity_of(parsed.measure, run), float(row["value"])
        if isinstance(quantity, NotPredicted) or value <= 0:
            continue
        seconds = quantity.scale / value if quantity.rate else value / quantity.scale
        found.append(Seen(row, run, quantity, observation(row, run, quantity, seconds, sizes)))
    return found


def observation(
    row: Cells, run: Run, quantity: Quantity, seconds: float, sizes: Counter[str]
) -> Observation:
    caution = row["use_flag"] == "caution"
    return Observation(
        row_id=row["row_id"],
        kind=run.chips.kind,
        work=run.need.work,
        stack=run.stack.stack,
        family=run.family,
        form=run.need.compute,
        sparse=run.need.expert_share < 1.0,
        model=row["model"],
        publisher=publisher_of(row),
        cluster=row["cluster_key"],
        group=quantity.group,
        ratio=quantity.ratio,
        year=run.year,
        log_seconds=math.log(seconds),
        terms=(*quantity.duration.terms, quantity.duration.given_s),
        weight=(CAUTION if caution else 1.0) / math.sqrt(sizes[row["cluster_key"]]),
        caution=caution,
    )
