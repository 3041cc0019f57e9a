"""Language models on CPUs: NUMA nodes, threads that wait for each other, prompts in tiles."""

from __future__ import annotations

import msgspec
import pytest

from lichen.catalogue.schema import Machine
from lichen.sizing.coefficients import knowledge
from lichen.sizing.formats import Format
from lichen.sizing.hardware import Chips
from lichen.sizing.need import Need, need_of
from lichen.sizing.terms import decode_terms, prefill_terms
from tests.fixed import fixed


def chips(machine: str, vcpu: int) -> Chips:
    known = knowledge(fixed())
    row: Machine = msgspec.structs.replace(fixed().machines["m7i.4xlarge"], name=machine, vcpu=vcpu)
    found = known.chips.all_of(row)
    assert found is not None
    return found


def need() -> Need:
    found = need_of(fixed().models["meta-llama/Llama-3.1-8B"], Format(4.5, "int8"))
    assert isinstance(found, Need)
    return found


def test_a_machine_has_the_numa_nodes_of_its_row_else_one_a_socket() -> None:
    # Sapphire Rapids: 48 cores a socket, two threads each.
    assert chips("c7i.48xlarge", 192).nodes == 2
    assert chips("nobody's 96", 96).nodes == 1
    assert chips("nobody's 192", 192).nodes == 2
    assert chips("m7i.4xlarge", 16).nodes == 1


def test_weights_are_read_with_the_bandwidth_of_one_node() -> None:
    stack = knowledge(fixed()).stack("llama.cpp", "cpu", "llm")
    assert stack is not None
    whole = chips("c7i.48xlarge", 192)
    used = whole.as_used_by(stack)
    assert used.bandwidth_bytes_s == pytest.approx(whole.bandwidth_bytes_s / 2)
    assert (used.cores, used.memory_gib) == (whole.cores, whole.memory_gib)


def test_vllm_has_the_cores_and_the_memory_of_one_node() -> None:
    stack = knowledge(fixed()).stack("vllm-cpu", "cpu", "llm")
    assert stack is not None
    whole = chips("c7i.48xlarge", 192)
    used = whole.as_used_by(stack)
    assert used.cores == whole.cores / 2
    assert used.memory_gib == whole.memory_gib / 2
    assert used.as_used_by(stack) == used


def test_one_node_is_used_whole_by_every_stack() -> None:
    one = chips("m7i.4xlarge", 16)
    for stack in knowledge(fixed()).stacks:
        assert one.as_used_by(stack) is one


def test_threads_wait_for_each_other_in_proportion_to_their_number() -> None:
    few = decode_terms(need(), chips("nobody's 16", 16), 1, 512)
    many = decode_terms(need(), chips("nobody's 96", 96), 1, 512)
    assert many.sync_us == pytest.approx(6 * few.sync_us)
    assert few.sync_us == pytest.approx(few.layer_us)


def test_a_prompt_in_tiles_reads_the_weights_once_for_each() -> None:
    cores = chips("m7i.4xlarge", 16)
    whole = prefill_terms(need(), cores, 512)
    tiled = prefill_terms(need(), cores, 512, tile=16)
    assert tiled.bandwidth == pytest.approx(32 * whole.bandwidth)
    assert tiled.prefill == whole.prefill
    assert prefill_terms(need(), cores, 8, tile=16).bandwidth == pytest.approx(whole.bandwidth)


def test_a_machine_that_shares_its_cores_counts_with_the_share_that_lasts() -> None:
    whole, shared = chips("m7i.xlarge", 4), chips("t3.xlarge", 4)
    assert shared.cores == pytest.approx(0.4 * whole.cores)
    assert shared.memory_gib == whole.memory_gib
