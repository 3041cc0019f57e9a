"""NVML of a real GPU; skipped where the machine shows none. Nothing here changes a setting."""

from __future__ import annotations

import time

import pytest
from lichen_practices.bench.energy import Metering, Nvml, nvml
from lichen_practices.bench.hardware import this_machine
from lichen_practices.bench.nvml import gpus

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
    found = gpus()
    assert not isinstance(found, str)
    watts = []
    metering = Metering(meter)
    metering.start()
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        watts.append(sum(map(found.pynvml.nvmlDeviceGetPowerUsage, found.devices)) / 1e3)
        time.sleep(0.02)
    used = metering.stop()
    assert used.joules / used.seconds == pytest.approx(sum(watts) / len(watts), rel=APART)


def test_the_catalogue_knows_the_gpu_by_the_name_that_nvml_has(meter: Nvml) -> None:
    shown, catalogue = gpus(), load()
    found = this_machine(catalogue)
    assert not isinstance(shown, str)
    assert found is not None
    assert found.chips == len(shown.devices)
    assert found.is_known, f"the catalogue lacks {found.chip}"
    memory = shown.pynvml.nvmlDeviceGetMemoryInfo(shown.devices[0]).total
    chip = knowledge(catalogue).chips.get(found.chip)
    assert chip is not None
    assert memory / 2**30 == pytest.approx(chip.memory_gib, rel=0.1)
