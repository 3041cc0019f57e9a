"""Ways past the gate that were tried: spellings of numbers and tags, and a resource that moved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from lichen_doors.command import main

from tests.cases.test_documents import MUMBAI, STOCKHOLM, constant, found, plan

pytestmark = pytest.mark.usefixtures("fixed_tables")

CONFIGURATION = "aws_sagemaker_endpoint_configuration"

PODS = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat}
spec:
  replicas: REPLICAS
  template:
    spec:
      containers:
      - {name: server, image: "a:1", resources: {LIMITS: {nvidia.com/gpu: AMOUNT}}}
"""


@pytest.mark.parametrize(
    ("replicas", "limits", "amount"),
    [
        ("1", "limits", "1k"),
        ("1", "limits", "16000m"),
        ("1", "limits", "1e2"),
        ("1", "requests", "16"),
        ('"16"', "limits", '"1"'),
    ],
)
def test_a_quantity_of_accelerators_is_read_as_kubernetes_reads_it(
    tmp_path: Path, replicas: str, limits: str, amount: str
) -> None:
    path = tmp_path / "pods.yaml"
    for word, text in (("REPLICAS", replicas), ("LIMITS", limits), ("AMOUNT", amount)):
        path.write_text((path.read_text() if path.exists() else PODS).replace(word, text))
    run = CliRunner().invoke(main, ["check", str(path), "--region", STOCKHOLM])
    assert run.exit_code == 1
    assert "too-many-accelerators" in run.stdout


def configuration(count: Any, **tags: str) -> dict[str, Any]:
    variant = {"instance_type": "ml.g5.xlarge", "initial_instance_count": count}
    return {"production_variants": [variant], "tags": tags}


@pytest.mark.parametrize("tags", [{"\u0435nvironment": "dev"}, {"Environment": "dev-prod"}])
def test_a_tag_that_looks_like_another_lowers_nothing(tmp_path: Path, tags: dict[str, str]) -> None:
    document = plan(configuration(1, **tags), provider=constant(MUMBAI), type_=CONFIGURATION)
    assert "dirty-region" in found(document, tmp_path)["fail"]


def test_a_count_that_is_text_counts(tmp_path: Path) -> None:
    document = plan(configuration("16"), provider=constant(STOCKHOLM), type_=CONFIGURATION)
    assert "too-many-accelerators" in found(document, tmp_path)["fail"]


def test_a_resource_that_moved_is_judged(tmp_path: Path) -> None:
    document = plan(configuration(1), provider=constant(MUMBAI), type_=CONFIGURATION)
    document["resource_changes"][0]["previous_address"] = f"{CONFIGURATION}.before"
    assert "dirty-region" in found(document, tmp_path)["fail"]
