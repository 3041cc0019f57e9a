"""`python -m tests.practices.bench.h100.beside`: what an NVIDIA H100 80GB HBM3 did on 2026-11-27,
beside what Lichen predicts. docs/practices/measuring.md shows it and says how it was measured.

The records of two runs, an hour apart, are in this folder. No fit has seen them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from itertools import groupby, pairwise
from pathlib import Path
from typing import NamedTuple

from lichen.catalogue import load
from lichen.evidence import Record, read_record
from lichen.figures import between, figure
from lichen.interval import Interval
from lichen.measured.answer import answer_cases
from lichen.sizing import Prediction, predict

MACHINE = "a3-highgpu-1g"
"""A machine of the catalogue with one such GPU."""
TITLES = {
    "closed-1": "1 in flight",
    "closed-8": "8 in flight",
    "closed-16": "16 in flight",
    "closed-32": "32 in flight",
    "open-4": "4 a second",
    "open-10": "10 a second",
    "long-1": "2,048 in, 1 in flight",
    "eager-1": "transformers, 1",
}
LOADS = {
    path.stem: read_record(path)
    for title in TITLES
    for path in sorted(Path(__file__).parent.glob(f"{title}-run*.json"))
}
"""The records, by load and run: ``closed-8-run2``."""
COUNTERS = sorted(Path(__file__).parent.glob("nvml-run*.csv"))
"""34 seconds of each run, from rest to 700 W and back, as nvmlDeviceGetPowerUsage (a mean of the
last second) and nvmlDeviceGetTotalEnergyConsumption showed them."""


class Figure(NamedTuple):
    """One thing that was measured, and what is predicted of it, in the same unit."""

    name: str
    unit: str
    measured: float
    predicted: Interval

    @property
    def is_inside(self) -> bool:
        """Whether it lies in the 80 % interval."""
        return self.predicted.low <= self.measured <= self.predicted.high


def figures_of(record: Record) -> Iterator[Figure]:
    """The times of a record, and the watts and joules of the GPU.

    The server of our own is no stack of the catalogue: it stands beside vLLM, which replays CUDA
    graphs as it does.
    """
    catalogue, stack = load(), record.stack or "vllm"
    predicted = predict(
        catalogue.models[record.model],
        catalogue.machine(MACHINE),
        catalogue,
        precision=record.precision,
        stack=stack,
        input_tokens=record.input_tokens,
        output_tokens=record.output_tokens,
        concurrency=record.concurrency,
    )
    assert isinstance(predicted, Prediction)
    for name, measured_ms, interval in (
        ("first token", record.time_to_first_token_ms, predicted.time_to_first_token_ms),
        ("each token", record.time_per_output_token_ms, predicted.time_per_output_token_ms),
        ("request", record.request_ms, predicted.request_ms),
    ):
        assert measured_ms is not None
        assert interval is not None
        yield Figure(name, "ms", measured_ms, interval)
    assert record.energy is not None
    assert record.requests_per_s is not None
    watts = record.energy.joules / record.energy.seconds
    token_j = watts / record.requests_per_s / record.output_tokens
    metered = {
        "accelerator": record.chip, "accelerator_count": record.chips, "model": record.model,
        "precision": record.precision, "serving_stack": stack, "boundary": "GPU only",
        "batch_or_concurrency": record.concurrency, "input_tokens": record.input_tokens,
        "output_tokens": record.output_tokens, "date_version": record.measured_on,
    }  # fmt: skip
    cells = {name: str(value) for name, value in metered.items()}
    asked = [("GPU power", "W"), ("GPU energy per output token", "J/token")]
    rows = [cells | {"row_id": unit, "metric": metric, "unit": unit} for metric, unit in asked]
    power, energy = answer_cases(rows, catalogue)
    for name, unit, measured, answer in (
        ("power", "W", watts, power),
        ("energy a token", "J", token_j, energy),
    ):
        assert answer.low80 is not None, answer.reason
        assert answer.predicted is not None
        assert answer.high80 is not None
        interval = Interval(answer.low80, answer.predicted, answer.high80)
        yield Figure(name, unit, measured, interval)


class Counted(NamedTuple):
    """What the counter showed at the start and at the end, and the power between them."""

    begun_mj: int
    ended_mj: int
    integral_j: float
    least_w: float
    most_w: float


def counted(path: Path) -> Counted:
    """One of COUNTERS."""
    with path.open(encoding="utf-8", newline="") as file:
        shown = [
            (float(row["seconds"]), float(row["power_mw"]) / 1e3, int(row["energy_mj"]))
            for row in csv.DictReader(file)
        ]
    watts = [power_w for _, power_w, _ in shown]
    integral_j = sum(
        (later[0] - one[0]) * (one[1] + later[1]) / 2 for one, later in pairwise(shown)
    )
    return Counted(shown[0][2], shown[-1][2], integral_j, min(watts), max(watts))


def main() -> None:
    """Print every figure of every load, of both runs, and what the counter showed."""
    print(f"{'':<22}{'':<15}{'first run':>11}{'second run':>11}  predicted, 80 % interval")
    for load_name, names in groupby(LOADS, lambda name: name.rpartition("-")[0]):
        runs = {name[-1]: list(figures_of(LOADS[name])) for name in names}
        title = TITLES[load_name]
        for at, of in enumerate(next(iter(runs.values()))):
            cells = [_cell(runs[run][at]) if run in runs else "" for run in "12"]
            predicted = between(of.predicted, of.unit)
            print(f"{title:<22}{of.name:<15}{cells[0]:>11}{cells[1]:>11}  {predicted}")
            title = ""
    print("\n* outside of the interval\n")
    for path, run in zip(COUNTERS, ("first", "second"), strict=True):
        shown = counted(path)
        print(
            f"{run} run, 34 s between {figure(shown.least_w)} and {figure(shown.most_w)} W: "
            f"{figure((shown.ended_mj - shown.begun_mj) / 1e3)} J by the counter, "
            f"{figure(shown.integral_j)} J by the power"
        )


def _cell(of: Figure) -> str:
    return f"{'' if of.is_inside else '* '}{figure(of.measured)} {of.unit}"


if __name__ == "__main__":
    main()
