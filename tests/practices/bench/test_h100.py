"""What an NVIDIA H100 80GB HBM3 did on 2026-11-27, against the reader of its counter and against
what Lichen predicts: docs/practices/measuring.md says how it was measured. No fit has seen it."""

from __future__ import annotations

import csv
import sys
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main
from lichen_practices.bench.energy import Nvml, nvml
from msgspec.structs import replace

from lichen.catalogue import load
from lichen.evidence import Record, read_record
from lichen.interval import Interval
from lichen.sizing import Layout, Prediction, lay_out, predict
from lichen.workload import Traffic, Workload
from tests.practices.bench.test_energy import NvmlInPlace

SHOWN = Path(__file__).parent / "h100"
MACHINE = "a3-highgpu-1g"
"""A machine of the catalogue with one such GPU."""
LOADS = ("closed-1", "closed-8", "closed-16", "open-4")
ALONE = ("closed-1", "open-4")
"""A closed loop of equal lengths sends its prompts all at once: each waits for those before it,
which the time to the first token of a steady load does not have."""


def record_of(load: str) -> Record:
    return read_record(SHOWN / f"{load}.json")


def test_the_counter_agrees_with_the_power(monkeypatch: pytest.MonkeyPatch) -> None:
    """34 seconds from rest to 700 W and back, as nvmlDeviceGetPowerUsage (a mean of the last
    second) and nvmlDeviceGetTotalEnergyConsumption showed them."""
    with (SHOWN / "nvml.csv").open(encoding="utf-8") as file:
        shown = [
            (float(row["seconds"]), float(row["power_mw"]), int(row["energy_mj"]))
            for row in csv.DictReader(file)
        ]
    library = NvmlInPlace(shown[0][2])
    monkeypatch.setitem(sys.modules, "pynvml", library)
    meter = nvml()
    assert isinstance(meter, Nvml)
    begun = meter.joules()
    library.millijoules = [shown[-1][2]]
    integral_j = sum(
        (later[0] - one[0]) * (one[1] + later[1]) / 2e3 for one, later in pairwise(shown)
    )
    assert meter.joules() - begun == pytest.approx(integral_j, rel=0.02)


@pytest.mark.parametrize("load_name", LOADS)
def test_the_times_lie_in_the_predicted_intervals(load_name: str) -> None:
    record, catalogue = record_of(load_name), load()
    predicted = predict(
        catalogue.models[record.model],
        catalogue.machine(MACHINE),
        catalogue,
        precision=record.precision,
        stack="vllm",
        input_tokens=record.input_tokens,
        output_tokens=record.output_tokens,
        concurrency=record.concurrency,
    )
    assert isinstance(predicted, Prediction)
    times = [
        (record.time_per_output_token_ms, predicted.time_per_output_token_ms),
        (record.request_ms, predicted.request_ms),
    ]
    if load_name in ALONE:
        times.append((record.time_to_first_token_ms, predicted.time_to_first_token_ms))
    for measured_ms, interval in times:
        assert measured_ms is not None
        assert isinstance(interval, Interval)
        assert interval.low <= measured_ms <= interval.high


@pytest.mark.parametrize("load_name", LOADS)
def test_as_evidence_it_says_what_its_times_say(load_name: str) -> None:
    """Each token and each request took less than predicted, at every load. What a closed loop adds
    to the first token (137 ms of 16, 15 ms of one) makes no machine slower."""
    record, catalogue = replace(record_of(load_name), machine=MACHINE), load()
    workload = Workload(
        name="chat",
        model=record.model,
        traffic=Traffic(peak_rps=1, input_tokens=256, output_tokens=128),
    )
    card, machine = catalogue.models[record.model], catalogue.machine(MACHINE)
    layouts = [
        lay_out(workload, card, machine, record.precision, catalogue, evidence)
        for evidence in ((), (record,))
    ]
    plain, told = (layout.arrangement.pace for layout in layouts if isinstance(layout, Layout))
    assert told < plain
    assert isinstance(layouts[1], Layout)
    assert not any("CONTRADICTS" in note for note in layouts[1].notes())


@pytest.mark.parametrize("load_name", LOADS)
def test_the_watts_and_joules_lie_in_the_predicted_intervals(
    load_name: str, tmp_path: Path
) -> None:
    record = record_of(load_name)
    assert record.energy is not None
    assert record.requests_per_s is not None
    watts = record.energy.joules / record.energy.seconds
    row = {
        "hardware": record.chip, "accelerator": record.chip, "accelerator_count": record.chips,
        "model": record.model, "precision": record.precision, "serving_stack": "vLLM",
        "batch_or_concurrency": record.concurrency, "input_tokens": record.input_tokens,
        "output_tokens": record.output_tokens, "boundary": "GPU only",
        "date_version": record.measured_on,
    }  # fmt: skip
    cases = tmp_path / "cases.csv"
    with cases.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["row_id", *row, "metric", "unit", "value"])
        table.writeheader()
        table.writerow(row | {"row_id": "power", "metric": "GPU power", "unit": "W"})
        table.writerow(
            row | {"row_id": "token", "metric": "GPU energy per output token", "unit": "J/token"}
        )
    found = CliRunner().invoke(main, ["size", "--cases", str(cases)])
    assert found.exit_code == 0, found.output
    power, token = csv.DictReader(found.stdout.splitlines())
    for answer, value in (
        (power, watts),
        (token, watts / record.requests_per_s / record.output_tokens),
    ):
        assert float(answer["low80"]) <= value <= float(answer["high80"])
