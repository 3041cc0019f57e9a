"""Runs of language models on cloud machines: what is read, what is left out, and medians."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from derive.fit.cloud_runs import (
    MeasuredMachines,
    asked,
    cores_of,
    fitted,
    grouped,
    intervals_from_runs,
    llama_runs,
    machine_family,
    rows_of,
    vllm_runs,
)
from lichen.catalogue import load
from lichen.catalogue.schema import CloudRunScore
from lichen.measured.names import Tables
from lichen.sizing.terms import COEFFICIENTS

PROCESSOR = {
    "cloud": "aws",
    "machine": "m7i.4xlarge",
    "cpu_model": "Intel(R) Xeon(R) Platinum 8488C",
    "cpus": "16",
    "threads_per_core": "2",
    "numa_nodes": "1",
    "catalogue_cpu": "",
    "bios_model": "",
}
LLAMA = {
    "cloud": "aws",
    "machine": "m7i.4xlarge",
    "accelerator": "",
    "model_file": "Llama-3.1-8B.Q4_K_M",
    "gpu_seen": "",
    "gpu_layers": "0",
    "prompt_128_tokens_s": "100",
    "prompt_512_tokens_s": "",
    "prompt_4096_tokens_s": "0",
    "generate_128_tokens_s": "12.5",
    "generate_512_tokens_s": "",
    "run_date": "2025-04-04",
}
VLLM = {
    "cloud": "aws",
    "machine": "m7i.4xlarge",
    "mode": "cpu",
    "gpu": "",
    "tensor_parallel": "0",
    "data_parallel": "",
    "model_id": "meta-llama/Llama-3.1-8B-Instruct",
    "prompt_tokens": "256",
    "output_tokens": "128",
    "strategy": "synchronous",
    "max_num_seqs": "16",
    "concurrency": "1.0",
    "ttft_p50": "900",
    "itl_p50": "250",
    "output_throughput_None": "4",
    "request_throughput_None": "0.03",
}


def tables() -> Tables:
    return Tables(load())


def machines(*more: dict[str, str]) -> MeasuredMachines:
    processors = [PROCESSOR, *more]
    bandwidths = [
        {"cloud": "aws", "machine": row["machine"], "read_gb_s": "90"} for row in processors
    ]
    return MeasuredMachines(processors, bandwidths, tables())


def test_machines_of_one_family_differ_in_size_alone() -> None:
    assert machine_family("aws", "m7i-flex.2xlarge") == "m7i-flex"
    assert machine_family("gcp", "c3-highmem-22") == "c3-highmem"
    assert machine_family("gcp", "c4-highmem-288-lssd") == "c4-highmem"
    assert machine_family("azure", "Standard_D16ads_v5") == "Standard_Dads_v5"
    assert machine_family("azure", "Standard_E96ds_v6") == "Standard_Eds_v6"


def test_a_run_is_on_the_cores_of_its_machine_not_on_its_threads() -> None:
    (prompt, answer), left_out = llama_runs([LLAMA], machines())
    assert not left_out
    assert prompt.place.units == 8
    assert prompt.place.chip == "Intel Xeon Platinum 8488C"
    assert (prompt.value, answer.value) == (100, 12.5)
    assert dict(prompt.setting)["input_tokens"] == "128"


def test_nought_is_a_run_that_timed_out_and_no_number() -> None:
    timed, _ = llama_runs([{**LLAMA, "generate_128_tokens_s": "0"}], machines())
    assert [each.value for each in timed] == [100]


def test_parts_of_gpus_and_gpus_that_take_turns_are_left_out() -> None:
    part = {**LLAMA, "accelerator": "NVIDIA L4", "gpu_seen": "NVIDIA L4-6Q", "gpu_layers": "999"}
    turns = {**part, "gpu_seen": "NVIDIA L4, NVIDIA L4"}
    whole = {**part, "gpu_seen": "NVIDIA L4"}
    timed, left_out = llama_runs([part, turns, whole], machines())
    assert sum(left_out.values()) == 2
    assert {each.place.chip for each in timed} == {"NVIDIA L4"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"strategy": "constant"}, "constant"),
        ({"request_throughput_None": "0.0"}, "no request ended"),
        ({"strategy": "throughput", "concurrency": "4.0"}, "before it was full"),
        ({"tensor_parallel": "2"}, "NUMA"),
        ({"model_id": "unsloth/Llama-3.3-70B-Instruct-bnb-4bit"}, "bitsandbytes"),
        ({"machine": "nobody.large"}, "nobody says what processor"),
    ],
)
def test_what_is_left_out_is_counted_with_its_reason(change: dict[str, str], reason: str) -> None:
    timed, left_out = vllm_runs([{**VLLM, **change}], machines())
    assert not timed
    assert [reason in each for each in left_out] == [True]


def test_one_request_at_a_time_gives_its_first_token_and_the_time_between_tokens() -> None:
    timed, _ = vllm_runs([VLLM], machines())
    assert {dict(each.setting)["metric"]: each.value for each in timed} == {
        "itl median": 250,
        "ttft median": 900,
    }
    assert {each.batch for each in timed} == {1.0}


def test_a_full_run_has_as_many_in_flight_as_are_admitted_on_a_cpu_and_offered_on_a_gpu() -> None:
    full = {**VLLM, "strategy": "throughput", "concurrency": "52.0"}
    on_cpu, _ = vllm_runs([full], machines())
    on_gpu, _ = vllm_runs(
        [{**full, "mode": "gpu", "gpu": "NVIDIA L4", "machine": "g6.xlarge"}], machines()
    )
    assert {each.batch for each in on_cpu} == {16.0}
    assert {each.batch for each in on_gpu} == {52.0}
    assert {each.place.chip for each in on_gpu} == {"NVIDIA L4"}


def test_alike_runs_are_one_observation_of_their_median() -> None:
    other = {**PROCESSOR, "machine": "m7i.metal-x"}
    rows = [
        {**LLAMA, "prompt_128_tokens_s": ""},
        {**LLAMA, "prompt_128_tokens_s": "", "generate_128_tokens_s": "8"},
        {**LLAMA, "machine": "m7i.metal-x", "prompt_128_tokens_s": ""},
    ]
    groups = grouped(llama_runs(rows, machines(other)).timed, tables())
    (group,) = groups
    o = group.observation
    assert math.exp(o.log_seconds) == pytest.approx(1 / 12.5)
    assert (o.kind, o.stack, o.family, o.form) == ("cpu", "llama.cpp", "Xeon AMX", "int8")
    assert group.machines == "aws m7i"


def test_the_bandwidth_is_the_one_that_was_measured_and_vllm_has_one_node_of_it() -> None:
    place = llama_runs([LLAMA], machines({**PROCESSOR, "numa_nodes": "2"})).timed[0].place
    cores = cores_of(place.chip, place, 90.0, tables())
    assert cores.bandwidth_bytes_s == 90e9
    stack = tables().known.stack("vllm-cpu", "cpu", "llm")
    assert stack is not None
    assert cores.as_used_by(stack).cores == 4
    assert cores.as_used_by(stack).bandwidth_bytes_s == 45e9


def test_the_fit_says_what_the_runs_say_and_how_sure_it_is() -> None:
    # Generation at a given pace on three families of machines.
    rows = [
        {**LLAMA, "machine": f"{family}.large", "prompt_128_tokens_s": ""}
        for family in ("m7i", "c7i", "r7i")
    ]
    known = machines(*({**PROCESSOR, "machine": row["machine"]} for row in rows))
    groups = grouped(llama_runs(rows, known).timed, tables())
    answer = fitted(groups)
    told = {k.coefficient: k for k in answer.known}
    assert "prefill" not in told
    assert {k.family for k in answer.known} == {"Xeon AMX"}
    assert all(k.standard_deviation >= 0.1 for k in answer.known)
    # The coefficients together make the time that was measured.
    o = groups[0].observation
    seconds = sum(
        o.terms[COEFFICIENTS.index(name)]
        * (math.exp(k.log_value) + (name in ("bandwidth", "cache", "compute")))
        for name, k in told.items()
    )
    assert seconds == pytest.approx(1 / 12.5, rel=0.05)


def test_every_coefficient_is_asked_for_that_a_row_has_a_term_of() -> None:
    groups = grouped(llama_runs([LLAMA], machines()).timed, tables())
    names = {k.coefficient for k in asked([group.observation for group in groups])}
    assert {"bandwidth", "compute", "prefill", "attention", "sync_us"} <= names
    assert "burst" not in names


def test_what_runs_alone_know_has_intervals_wider_than_the_runs_own() -> None:
    scores = load().table("cloud_run_scores", CloudRunScore)
    run = {(row.family, row.stack) for row in scores if row.family}
    rows = {(row["family"], row["stack"], row["group"]): row for row in intervals_from_runs(set())}
    assert {pair[:2] for pair in rows} == run
    for score in scores:
        if score.family and score.group:
            row = rows[(score.family, score.stack, score.group)]
            assert float(str(row["time_low"])) < score.time_low
            assert float(str(row["time_high"])) > score.time_high
    # Every pair has those that sizing asks for.
    for family, stack in run:
        assert {"rate", "first", "token"} <= {g for f, s, g in rows if (f, s) == (family, stack)}
    measured = {(str(family), stack, "llm") for family, stack in run}
    assert not list(intervals_from_runs(measured))


def test_a_folder_is_read_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("cloud,machine\naws,m7i.large\n", encoding="utf-8")
    assert rows_of(path) == [{"cloud": "aws", "machine": "m7i.large"}]
