"""A workload file is checked before it is written, as `lichen place` would read it."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

from lichen.catalogue import Catalogue
from lichen.placing.allowed import hosting_words
from lichen.placing.question import Question
from lichen.workload import Workload, as_workload, workload_schema


def checked(text: str, folder: Path, catalogue: Catalogue) -> Workload:
    """The workload of a file's text; :class:`InputError` where placing would refuse it."""
    workload = as_workload(yaml.safe_load(text), folder)
    return Question.of(workload, near=folder, catalogue=catalogue).workload


def schema_text(catalogue: Catalogue) -> str:
    """The JSON Schema of a workload's file, with the hostings that it may name."""
    schema = workload_schema()
    where = schema["$defs"]["Where"]["properties"]
    where["hosting"]["items"]["enum"] = list(hosting_words(catalogue))
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
