"""The table of resources that device plugins make, and what is read of a name that it lacks."""

from __future__ import annotations

import re

import pytest
from lichen_policies.facts.devices import devices, is_device
from lichen_policies.facts.readers.kubernetes.accelerators import (
    chip_of,
    is_accelerator,
    part_of_chip,
)

from lichen.catalogue import load


def test_every_resource_is_a_name_of_kubernetes_and_has_a_source() -> None:
    catalogue = load()
    for name, row in devices().items():
        assert re.fullmatch(r"[a-z0-9.-]+\.[a-z]+/[A-Za-z0-9][A-Za-z0-9._-]*", name)
        assert row.source in catalogue.sources
        assert (row.slices is None) == (row.of_slices is None)
        assert row.part is None or 0 < row.part <= 1
        assert row.slices is None or row.counts == "parts"


@pytest.mark.parametrize(
    ("name", "chip", "part"),
    [
        ("nvidia.com/gpu", "NVIDIA GPU", 1),
        ("nvidia.com/gpu.shared", "NVIDIA GPU", None),
        ("nvidia.com/mig-1g.10gb", "NVIDIA GPU", 1 / 7),
        ("nvidia.com/mig-2g.48gb", "NVIDIA GPU", 2 / 4),
        ("nvidia.com/mig-1g.99gb.me", "NVIDIA GPU", 1 / 7),
        ("amd.com/gpu", "AMD GPU", 1),
        ("aws.amazon.com/neuroncore", "AWS Neuron", 1 / 2),
        ("habana.ai/gaudi", "Intel Gaudi", 1),
        ("tencent.com/vcuda-core", "NVIDIA GPU", 1 / 100),
    ],
)
def test_what_one_of_a_resource_is(name: str, chip: str, part: float | None) -> None:
    assert is_accelerator(name)
    assert not is_device(name)
    assert chip_of(name) == chip
    assert part_of_chip(name, None) == part


@pytest.mark.parametrize("name", ["gpu.intel.com/xe", "qualcomm.com/qaic", "example.com/npu"])
def test_devices_of_other_makers(name: str) -> None:
    assert is_device(name)
    assert not is_accelerator(name)


@pytest.mark.parametrize(
    "name",
    ["nvidia.com/gpumem", "aliyun.com/gpu-mem", "gpu.intel.com/xe_monitoring", "cpu", "memory"],
)
def test_amounts_and_what_is_no_device(name: str) -> None:
    assert not is_device(name)
    assert not is_accelerator(name)
