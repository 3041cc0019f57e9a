"""Writes the JSON Schemas of what is read and printed: `python docs/schemas.py`.

The tests hold the files to the code, and real output to the files.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lichen_doors.report import findings
from lichen_doors.report.rules import Page
from lichen_doors.report.sizing import Sized

from lichen.catalogue import Catalogue, load
from lichen.document import json_schema
from lichen.evidence import Record
from lichen.placing.allowed import hosting_words
from lichen.placing.placement import NoPlacement, Placement
from lichen.workload import Workload

FOLDER = Path(__file__).parent / "schemas"


def schemas() -> dict[str, dict[str, Any]]:
    """Every schema by the name of its file."""
    return {
        "benchmark-record.json": json_schema(Record),
        "check.json": findings.schema(),
        "placement.json": json_schema(Placement | NoPlacement),
        "rules.json": json_schema(list[Page]),
        "size.json": json_schema(Sized),
        "workload.json": with_names(json_schema(Workload), load()),
    }


def with_names(workload: dict[str, Any], catalogue: Catalogue) -> dict[str, Any]:
    """A workload's schema with the clouds and the hostings that it may name, from the tables."""
    where = workload["$defs"]["Where"]["properties"]
    where["clouds"]["items"]["enum"] = sorted({row.cloud for row in catalogue.regions.values()})
    where["hosting"]["items"]["enum"] = list(hosting_words(catalogue))
    return workload


def written(schema: dict[str, Any]) -> str:
    """A schema as its file holds it."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, schema in schemas().items():
        (FOLDER / name).write_text(written(schema), encoding="utf-8")
