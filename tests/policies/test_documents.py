"""What is written from the rules is what they are."""

from __future__ import annotations

import datetime
import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from lichen_policies import documents
from lichen_policies.configuration import read
from lichen_policies.rulebook import rules

from lichen.document import InputError

REPOSITORY = Path(__file__).parents[2]


def test_the_table_and_the_schema_are_up_to_date() -> None:
    """``make rules`` writes them."""
    for path, text in documents.written().items():
        assert (REPOSITORY / path).read_text() == text


def test_the_readme_s_example_is_a_configuration(tmp_path: Path) -> None:
    example = documents.table().partition("```yaml\n")[2].partition("```")[0]
    path = tmp_path / "lichen.yaml"
    path.write_text(example)
    configuration = read(path, today=datetime.date(2027, 3, 1))
    assert configuration.limits(rules()["too-many-accelerators"], "prod").chips == 16  # type: ignore[attr-defined]
    assert configuration.level(rules()["idle-floor"], "dev") == "mandatory"
    assert valid(example)


def valid(text: str) -> bool:
    def plain(value: Any) -> Any:
        """Dates as JSON has them."""
        return json.loads(json.dumps(value, default=str))

    validator = jsonschema.Draft202012Validator(documents.schema())
    return validator.is_valid(plain(yaml.safe_load(text)))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("{}", True),
        ("limits: {dirty-region: {high_min_gco2e_kwh: 450}}", True),
        ("limits: {dirty-region: {dev: {high_min_gco2e_kwh: 450}}}", True),
        ("limits: {dirty-region: {high: 450}}", False),
        ("limits: {dirty: {}}", False),
        ("levels: {idle-floor: disabled}", True),
        ("levels: {idle-floor: {prod: fatal}}", False),
        ("levels: {idle: disabled}", False),
        ("regions: [eu-north-1]\nclouds: [aws]", True),
        ("clouds: [amazon]", False),
        ("exemptions: [{rule: '*', resource: x, owner: a, reason: b, approver: c}]", False),
        ("other: 1", False),
    ],
)
def test_the_schema_and_the_reader_agree(tmp_path: Path, text: str, holds: bool) -> None:
    assert valid(text) == holds
    path = tmp_path / "lichen.yaml"
    path.write_text(text)
    with nullcontext() if holds else pytest.raises(InputError):
        read(path)
