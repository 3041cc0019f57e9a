"""The fleets that rules compare with: only of machines that can be had."""

from __future__ import annotations

from datetime import date

from lichen_policies.fleets import Fleets
from lichen_policies.rule import Known

from lichen.workload import as_workload
from tests.fixed import fixed


def test_retired_hardware_is_in_no_fleet() -> None:
    workload = as_workload(
        {
            "name": "vectors",
            "model": "BAAI/bge-small-en-v1.5",
            "traffic": {"peak_rps": 2, "input_tokens": 128},
        }
    )
    catalogue = fixed()
    card = catalogue.model("BAAI/bge-small-en-v1.5")
    region = catalogue.region("us-west-2")
    known = Known(catalogue=catalogue, today=date(2026, 11, 23))
    fleets = Fleets(workload, card, "sagemaker", region, known)
    families = {catalogue.machine(each.machine.name).family for each in fleets.able("aws", 1)}
    assert "inf2" in families
    assert "inf1" not in families
