"""NVML of a real GPU; skipped where the machine shows none. Nothing here changes a setting."""

from __future__ import annotations

import time

import pytest
from lichen_practices.bench.energy import Metering, Nvml, nvml
from lichen_practices.bench.hardware import this_machine

from lichen.catalogue import load
from lichen.sizing.coefficients import knowledge

SECONDS = 4.0
APART = 0.1
"""NVML's power is a mean of the last second, and its counter moves in steps of a tenth."""


@pytest.fixture(scope="module")
def meter() -> Nvml:
    found = nvml()
    if isinstance(found, str):
        pytest.skip(f"needs an NVIDIA GPU: {found}")
    return found


def test_the_joules_are_the_power_over_the_time(meter: Nvml) -> None:
    pynvml = pytest.importorskip("pynvml")
    devices = [
        pynvml.nvmlDeviceGetHandleByIndex(index) for index in range(pynvml.nvmlDeviceGetCount())
    ]
    watts = []
    metering = Metering(meter)
    metering.start()
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        watts.append(sum(map(pynvml.nvmlDeviceGetPowerUsage, devices)) / 1e3)
        time.sleep(0.02)
    used = metering.stop()
    assert used.joules / used.seconds == pytest.approx(sum(watts) / len(watts), rel=APART)


def test_the_catalogue_knows_the_gpu_by_the_name_that_nvml_has(meter: Nvml) -> None:
    pynvml = pytest.importorskip("pynvml")
    catalogue = load()
    found = this_machine(catalogue)
    assert found is not None
    assert found.chips == pynvml.nvmlDeviceGetCount()
    assert found.is_known, f"the catalogue lacks {found.chip}"
    memory = pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(0)).total
    assert memory / 2**30 == pytest.approx(
        knowledge(catalogue).chips[found.chip].memory_gib, rel=0.1
    )
