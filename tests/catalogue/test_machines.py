"""What the installed table says of machines themselves."""

from __future__ import annotations

import gzip
import json
from importlib.resources import files

import pytest

from lichen.catalogue import load


def test_disks_that_a_machine_brings_are_what_ec2_says_of_it() -> None:
    recorded = files("moto") / "ec2" / "resources" / "instance_types.json.gz"
    types = json.loads(gzip.decompress(recorded.read_bytes()))
    catalogue = load()
    machines = [each for each in catalogue.machines.values() if "ec2" in each.hostings]
    assert {machine.name for machine in machines if machine.name not in types} == {
        "p3.2xlarge", "p3.8xlarge", "p3.16xlarge",
    }  # fmt: skip
    for machine in machines:
        gigabytes = types.get(machine.name, {}).get("InstanceStorageInfo", {}).get("TotalSizeInGB")
        assert machine.instance_store_gib == pytest.approx(
            (gigabytes or 0) * 1e9 / 2**30, abs=0.01
        ), machine.name


@pytest.mark.parametrize(
    ("machine", "gib"),
    [("g5.xlarge", 232.83), ("trn1.32xlarge", 7078.05), ("inf2.xlarge", 0), ("c7g.xlarge", 0)],
)
def test_accelerator_machines_bring_disks_and_inferentia_none(machine: str, gib: float) -> None:
    assert load().machine(machine).instance_store_gib == gib


def test_nobodys_figures_of_other_clouds_were_read() -> None:
    stores = {each.cloud: each.instance_store_gib for each in load().machines.values()}
    assert stores["google"] is None
    assert stores["azure"] is None
