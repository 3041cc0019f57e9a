"""lichen.yaml beside a plan, judged by the command: what a typo, a list of regions and an exemption
of one instance do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from lichen_doors.command import main

pytestmark = pytest.mark.usefixtures("fixed_tables")

ENDPOINT = "aws_sagemaker_endpoint_configuration"


def planned(
    folder: Path,
    configuration: str = "",
    *,
    region: str = "ap-south-1",
    address: str = f"{ENDPOINT}.chat",
    tags: Mapping[str, str] | None = None,
    **variant: Any,
) -> Path:
    """A plan of one endpoint, under a lichen.yaml in its folder."""
    values = {
        "production_variants": [
            {
                "variant_name": "all",
                "model_name": "chat",
                "instance_type": "ml.g5.xlarge",
                "initial_instance_count": 1,
                **variant,
            }
        ],
        "tags": tags,
    }
    constant = {"expressions": {"region": {"constant_value": region}}}
    block = {"mode": "managed", "type": ENDPOINT, "name": "chat", "provider_config_key": "aws"}
    change = {"actions": ["create"], "before": None, "after": values, "after_unknown": {}}
    document = {
        "format_version": "1.2",
        "terraform_version": "1.9.8",
        "resource_changes": [
            {"address": address, "mode": "managed", "type": ENDPOINT, "name": "chat",
             "change": change},
        ],
        "configuration": {
            "provider_config": {"aws": {"name": "aws", **constant}},
            "root_module": {"resources": [block]},
        },
    }  # fmt: skip
    path = folder / "plan.json"
    path.write_text(json.dumps(document))
    if configuration:
        (folder / "lichen.yaml").write_text(configuration)
    return path


def lichen(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_without_a_lichen_yaml_the_region_stops_it(tmp_path: Path) -> None:
    run = lichen("check", planned(tmp_path))
    assert run.exit_code == 1
    assert "dirty-region" in run.stdout


@pytest.mark.parametrize(
    ("configuration", "sentence"),
    [
        (
            "limits:\n  too-many-accelerators: {chips: 1}\n\nlimits:\n"
            "  too-many-accelerators: {chips: 1000}\n",
            "limits: is there twice, the second time in line 4.",
        ),
        ("levels: {dirty-region: mandatry}", "levels.dirty-region: 'mandatry' is not a valid"),
        ("levels: {dirty-region: mandatry}", "Fix: did you mean 'mandatory'?"),
        ("regions: [eu-nort-1]", "regions[0]: 'eu-nort-1' is not a region. Fix: did you mean"),
        ("limits: " + "[" * 3000 + "]" * 3000, "is nested too deeply to read."),
    ],
)
def test_a_typo_ends_2_with_its_place(tmp_path: Path, configuration: str, sentence: str) -> None:
    run = lichen("check", planned(tmp_path, configuration))
    assert run.exit_code == 2
    assert sentence in run.stderr
    assert "lichen.yaml" in run.stderr


def test_an_organisation_that_may_use_one_region_alone_is_advised(tmp_path: Path) -> None:
    run = lichen("check", planned(tmp_path, "regions: [ap-south-1]"))
    assert run.exit_code == 0
    assert "advises  dirty-region" in run.stdout


def test_an_exemption_takes_the_address_of_one_instance(tmp_path: Path) -> None:
    address = f"{ENDPOINT}.chat[0]"
    row = (
        f'exemptions: [{{rule: dirty-region, resource: "{address}", owner: search, reason: moves, '
        "approver: lead, expires: 2099-01-01}]"
    )
    run = lichen("check", planned(tmp_path, row, address=address))
    assert run.exit_code == 0
    assert "1 exempted" in run.stdout
    other = lichen("check", planned(tmp_path, row, address=f"{ENDPOINT}.chat[1]"))
    assert other.exit_code == 1
