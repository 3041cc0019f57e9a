"""A machine's own memory must be large enough to load the weights into its accelerators."""

from __future__ import annotations

import msgspec
import pytest

from lichen.catalogue.schema import Machine
from lichen.sizing.answers import Misfit
from lichen.sizing.arrangement import Arrangement, arrange
from lichen.sizing.coefficients import knowledge
from lichen.sizing.formats import Format
from lichen.sizing.memory import host_needed_gib
from lichen.sizing.need import GIB, Need, need_of
from lichen.workload import ModelCard
from tests.fixed import fixed

LLAMA = fixed().models["meta-llama/Llama-3.1-8B"]


def sized(card: ModelCard, machine: Machine) -> Arrangement | Misfit:
    return arrange(card, machine, knowledge(fixed()), "bf16", None, None, 300, 200)


def test_neuron_machines_hold_all_weights_while_they_load() -> None:
    larger = msgspec.structs.replace(LLAMA, name="nine", parameters=9e9)
    assert isinstance(sized(LLAMA, fixed().machine("inf2.xlarge")), Arrangement)
    assert isinstance(sized(larger, fixed().machine("inf2.8xlarge")), Arrangement)
    refused = sized(larger, fixed().machine("inf2.xlarge"))
    assert isinstance(refused, Misfit)
    assert refused.kind == "memory"
    assert refused.reason == (
        "loading its weights takes 16.8 GiB of host memory, inf2.xlarge has 16.0"
    )
    assert refused.shortfall == pytest.approx(18e9 / GIB / 16)


def test_gpu_machines_hold_one_file_of_the_checkpoint_at_a_time() -> None:
    machine = fixed().machine("g5.xlarge")
    small = msgspec.structs.replace(machine, memory_gib=4.0)
    enough = msgspec.structs.replace(machine, memory_gib=5.0)
    assert isinstance(sized(LLAMA, enough), Arrangement)
    refused = sized(LLAMA, small)
    assert isinstance(refused, Misfit)
    assert "4.7 GiB of host memory" in refused.reason


def test_unknown_host_memory_refuses_nothing() -> None:
    unknown = msgspec.structs.replace(fixed().machine("g5.xlarge"), memory_gib=None)
    assert isinstance(sized(LLAMA, unknown), Arrangement)


def test_a_small_model_takes_no_more_than_its_weights() -> None:
    need = need_of(fixed().models["BAAI/bge-small-en-v1.5"], Format(16, "bf16"), 300)
    assert isinstance(need, Need)
    assert host_needed_gib(need, "gpu") == pytest.approx(need.weight_bytes / GIB)
