"""Start-up by hosting and by what is loaded, queues, batches, and sizes of small containers."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from lichen.sizing import Layout, Sizing, lay_out
from lichen.sizing.small import (
    Size,
    allocatable_mib,
    cold_s,
    function_sizes,
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
    ("memory_mib", "vcpu", "size"),
    [
        (3000, 0.5, Size(0.5, 3072)),
        (3000, 1, Size(1, 3072)),
        (2000, 4, Size(4, 8192)),
        (30720, 4, Size(4, 30720)),
        (30721, 4, Size(8, 32768)),
        (120_000, 0, Size(16, 122_880)),
        (130_000, 0, None),
    ],
)
def test_fargate_takes_the_smallest_valid_pair(
    memory_mib: float, vcpu: float, size: Size | None
) -> None:
    assert smallest_size(fixed(), "ecs-fargate", memory_mib, vcpu) == size


def test_serverless_inference_takes_memory_in_whole_gibibytes() -> None:
    needed = memory_needed_mib(800e6)
    assert needed == pytest.approx(1.5 * 800e6 / 2**20 + 1024)
    assert smallest_size(fixed(), "sagemaker-serverless", needed) == Size(None, 3072)
    assert smallest_size(fixed(), "sagemaker-serverless", 6145) is None


def test_a_function_holds_small_models_only() -> None:
    sizes = function_sizes(1e9)
    assert [size.memory_mib for size in sizes] == [3008, 5120, 7076, 10240]
    assert sizes[0].vcpu == pytest.approx(3008 / 1769)
    assert function_sizes(10e9) == ()
    assert cold_s(fixed(), "lambda", 1e9) == pytest.approx(5 + 10)


def test_pods_are_counted_below_what_a_node_can_give() -> None:
    machine = fixed().machine("inf2.xlarge")
    assert allocatable_mib(machine) == pytest.approx(14_162, abs=1)
    assert pods_of(machine, 14_000, chips=1) == 1
    assert pods_of(machine, 14_300, chips=1) == 0
    assert pods_of(machine, 1_000, chips=1) == 1
    assert pods_of(machine, 1_000) == 14
    assert pods_of(replace(machine, memory_gib=None), 1_000) is None
