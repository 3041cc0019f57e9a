"""Start-up by hosting and by what is loaded, queues, batches, and sizes of small containers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lichen.catalogue import load
from lichen.sizing import Layout, Sizing, lay_out
from lichen.sizing.small import (
    allocatable_mib,
    cold_s,
    memory_needed_mib,
    pods_of,
    smallest_size,
)
from lichen.sizing.start_up import download_timeout_s, load_timeout_s, start_of, start_s
from lichen.sizing.waiting import backlog_within, batch_hours, concurrency_of
from lichen.workload import as_workload
from tests.fixed import fixed

LLAMA_8B_BYTES = 16e9


def sizing(machine: str, model: str, **traffic: float) -> Sizing:
    workload = as_workload({"name": "w", "model": model, "traffic": {"peak_rps": 0.5, **traffic}})
    catalogue = fixed()
    found = lay_out(workload, catalogue.model(model), catalogue.machine(machine), "bf16", catalogue)
    assert isinstance(found, Layout), found
    return found.sizing()


@pytest.mark.parametrize(
    ("hosting", "seconds"),
    [
        ("sagemaker", 240 + LLAMA_8B_BYTES / 0.3e9),
        ("ecs-fargate", 120 + LLAMA_8B_BYTES / 0.1e9),
        ("nothing of this name", 240 + LLAMA_8B_BYTES / 0.3e9),
    ],
)
def test_a_start_is_the_hostings_boot_and_the_files_at_its_speed(
    hosting: str, seconds: float
) -> None:
    assert start_s(LLAMA_8B_BYTES, start_of(fixed(), hosting)) == pytest.approx(seconds)


def test_time_outs_are_twice_what_is_expected() -> None:
    assert download_timeout_s(LLAMA_8B_BYTES) == 320
    assert download_timeout_s(1e6) == 60
    assert load_timeout_s(LLAMA_8B_BYTES) == pytest.approx(2 * (16e9 / 0.3e9 + 300))


def test_a_size_says_what_a_replica_loads() -> None:
    small = sizing("g5.xlarge", "meta-llama/Llama-3.1-8B", input_tokens=512, output_tokens=160)
    assert small.artifact_bytes == pytest.approx(2 * 8.03e9, rel=0.01)


def test_a_compiled_machine_serves_its_batch_and_others_what_keeps_their_bounds() -> None:
    gpu = sizing("g5.xlarge", "meta-llama/Llama-3.1-8B", input_tokens=512, output_tokens=160)
    assert concurrency_of(gpu) >= 1
    assert concurrency_of(gpu) - 1 < gpu.prediction.concurrency <= concurrency_of(gpu)
    compiled = replace(gpu, compiled_batch=8, compiled_sequence_tokens=1024)
    assert concurrency_of(compiled) == 8 * gpu.prediction.copies


def test_a_backlog_is_what_is_answered_within_the_delay() -> None:
    gpu = sizing("g5.xlarge", "meta-llama/Llama-3.1-8B", input_tokens=512, output_tokens=160)
    assert backlog_within(gpu, 60) == pytest.approx(max(1, gpu.rps_planned * 60))
    assert backlog_within(gpu, 1e-6) == 1


def test_a_batch_takes_its_requests_at_the_planned_rate_and_one_start() -> None:
    gpu = sizing("g5.xlarge", "meta-llama/Llama-3.1-8B", input_tokens=512, output_tokens=160)
    one = batch_hours(gpu, requests=36_000, replicas=1)
    assert one == pytest.approx(10 / gpu.rps_planned)
    assert batch_hours(gpu, 36_000, 2, start_s=360) == pytest.approx(one / 2 + 0.1)


@pytest.mark.parametrize(
    ("hosting", "memory_mib", "vcpu", "size"),
    [
        ("ecs-fargate", 3000, 0.5, "fargate-arm.1x4"),
        ("ecs-fargate", 3000, 4, "fargate-arm.4x8"),
        ("ecs-fargate", 31_000, 0, "fargate-arm.8x32"),
        ("ecs-fargate", 130_000, 0, None),
        ("lambda", 2500, 0, "lambda-arm.3008mb"),
        ("lambda", 11_000, 0, None),
    ],
)
def test_the_smallest_size_of_a_hosting_holds_the_memory_and_the_vcpu(
    hosting: str, memory_mib: float, vcpu: float, size: str | None
) -> None:
    found = smallest_size(load(), hosting, memory_mib, vcpu)
    assert (found.name if found else None) == size


def test_a_small_model_takes_half_again_its_weights_and_a_server() -> None:
    assert memory_needed_mib(800e6) == pytest.approx(1.5 * 800e6 / 2**20 + 1024)


def test_a_cold_function_waits_for_its_boot_and_its_weights() -> None:
    assert cold_s(fixed(), "lambda", 1e9) == pytest.approx(5 + 10)


def test_pods_are_counted_below_what_a_node_can_give() -> None:
    machine = fixed().machine("inf2.xlarge")
    assert allocatable_mib(machine) == pytest.approx(14_162, abs=1)
    assert pods_of(machine, 14_000, chips=1) == 1
    assert pods_of(machine, 14_300, chips=1) == 0
    assert pods_of(machine, 1_000, chips=1) == 1
    assert pods_of(machine, 1_000) == 14
    assert pods_of(replace(machine, memory_gib=None), 1_000) is None
