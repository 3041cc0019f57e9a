"""What an NVIDIA H100 80GB HBM3 did, against the reader of its counter and against what Lichen
predicts: tests/practices/bench/h100/ has the records of two runs, which no fit has seen."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from lichen_practices.bench.energy import Nvml, nvml
from msgspec.structs import replace

from lichen.catalogue import load
from lichen.evidence import Record
from lichen.sizing import Layout, lay_out
from lichen.workload import Traffic, Workload
from tests.practices.bench.h100.beside import COUNTERS, LOADS, MACHINE, counted, figures_of
from tests.practices.bench.test_energy import NvmlInPlace

WITHOUT_GRAPHS = "eager-1-run2"
ON_GRAPHS = [name for name in LOADS if name != WITHOUT_GRAPHS]


def test_there_are_the_loads_of_two_runs() -> None:
    assert {name[-4:] for name in LOADS} == {"run1", "run2"}
    assert len(LOADS) == 10
    assert len(COUNTERS) == 2


@pytest.mark.parametrize("path", COUNTERS, ids=lambda path: path.stem)
def test_the_counter_agrees_with_the_power(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    shown = counted(path)
    library = NvmlInPlace(shown.begun_mj)
    monkeypatch.setitem(sys.modules, "pynvml", library)
    meter = nvml()
    assert isinstance(meter, Nvml)
    begun_j = meter.joules()
    library.millijoules = [shown.ended_mj]
    assert meter.joules() - begun_j == pytest.approx(shown.integral_j, rel=0.02)


@pytest.mark.parametrize("load_name", ON_GRAPHS)
def test_all_but_first_tokens_in_step_lie_in_the_predicted_intervals(load_name: str) -> None:
    """A closed loop of equal lengths sends its prompts all at once: each waits for those before it,
    which the time to the first token of a steady load does not have."""
    record = LOADS[load_name]
    in_step = record.loop == "closed" and record.concurrency > 1
    assert outside(record) == ({"first token"} if in_step else set())


def test_without_cuda_graphs_tokens_are_slower_than_predicted() -> None:
    """The GPU waits for its host at every layer, of which the coefficients of PyTorch, fitted on
    engines of several kinds, have too little."""
    assert outside(LOADS[WITHOUT_GRAPHS]) == {"each token", "request", "power"}


def outside(record: Record) -> set[str]:
    """What lies outside of its 80 % interval."""
    return {each.name for each in figures_of(record) if not each.is_inside}


def paces(record: Record) -> tuple[float, float, Layout]:
    """Of a machine without and with the record as evidence, and what is said with it."""
    record, catalogue = replace(record, machine=MACHINE), load()
    workload = Workload(
        name="chat",
        model=record.model,
        traffic=Traffic(
            peak_rps=1, input_tokens=record.input_tokens, output_tokens=record.output_tokens
        ),
    )
    card, machine = catalogue.models[record.model], catalogue.machine(MACHINE)
    plain, told = (
        lay_out(workload, card, machine, record.precision, catalogue, evidence)
        for evidence in ((), (record,))
    )
    assert isinstance(plain, Layout)
    assert isinstance(told, Layout)
    return plain.arrangement.pace, told.arrangement.pace, told


@pytest.mark.parametrize("load_name", ON_GRAPHS)
def test_as_evidence_it_says_what_its_times_say(load_name: str) -> None:
    """Each token and each request took less than predicted, at every load. What a closed loop adds
    to the first token (303 ms of 32, 15 ms of one) makes no machine slower."""
    plain, told, layout = paces(LOADS[load_name])
    assert told < plain
    assert not any("CONTRADICTS" in note for note in layout.notes())


def test_what_runs_without_cuda_graphs_says_nothing_of_vllm() -> None:
    plain, told, _ = paces(LOADS[WITHOUT_GRAPHS])
    assert told == plain
