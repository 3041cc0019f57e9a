"""The longest request must fit, and vLLM is given its length; heads that a server divides."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from lichen.document import InputError
from lichen.sizing import Layout, Misfit, lay_out
from lichen.workload import ModelCard, as_workload
from tests.fixed import fixed

LLAMA = fixed().model("meta-llama/Llama-3.1-8B")


def laid(
    machine: str, inputs: int, outputs: int, card: ModelCard = LLAMA, **traffic: Any
) -> Layout | Misfit:
    workload = as_workload(
        {
            "name": "w",
            "model": card.name,
            "traffic": {
                "peak_rps": 0.05, "input_tokens": inputs, "output_tokens": outputs, **traffic
            },
        }
    )  # fmt: skip
    return lay_out(workload, card, fixed().machine(machine), "bf16", fixed())


@pytest.mark.parametrize(
    ("traffic", "longest"),
    [({}, 1600), ({"longest_tokens": 3000}, 3000), ({"longest_tokens": 800}, 800)],
)
def test_the_longest_request_is_stated_or_twice_a_typical_one(
    traffic: dict[str, int], longest: int
) -> None:
    found = laid("g6.xlarge", 600, 200, **traffic)
    assert isinstance(found, Layout)
    assert found.sizing().longest_tokens == longest


def test_it_is_no_longer_than_the_model_accepts() -> None:
    short = replace(LLAMA, max_context_tokens=1000)
    found = laid("g6.xlarge", 600, 200, short)
    assert isinstance(found, Layout)
    assert found.sizing().longest_tokens == 1000
    stated = laid("g6.xlarge", 600, 200, short, longest_tokens=1001)
    assert isinstance(stated, Misfit)
    assert (stated.kind, stated.reason) == (
        "context",
        "requests of 1001 tokens are longer than the 1000 that meta-llama/Llama-3.1-8B accepts",
    )


def test_a_machine_that_holds_no_longest_request_is_refused() -> None:
    """Each of 41,000 tokens takes 5.0 GiB beside 15.7 GiB of weights and buffers: vLLM does not
    start on 22.35 GiB."""
    refused = laid("g6.xlarge", 20_000, 500)
    assert isinstance(refused, Misfit)
    assert refused.kind == "memory"
    assert "with one request of 41,000 tokens (traffic.longest_tokens)" in refused.reason
    assert isinstance(laid("g6.xlarge", 20_000, 500, longest_tokens=20_500), Layout)
    assert isinstance(laid("g6e.xlarge", 20_000, 500), Layout)


def test_the_longest_is_not_below_a_typical_one() -> None:
    with pytest.raises(InputError, match="is below the 800 tokens of a typical request"):
        laid("g6.xlarge", 600, 200, longest_tokens=700)


def test_every_text_of_an_encoder_is_padded_to_its_longest() -> None:
    card = fixed().model("BAAI/bge-small-en-v1.5")
    rates = {}
    for longest in (128, 512):
        found = laid("inf2.xlarge", 60, 0, card, longest_tokens=longest)
        assert isinstance(found, Layout)
        sizing = found.sizing()
        assert sizing.compiled_sequence_tokens == longest
        rates[longest] = sizing.rps_planned
    assert rates[512] < 0.9 * rates[128]


@pytest.mark.parametrize(
    ("heads", "kv_heads", "chips"),
    [(32, 8, [1, 2, 4]), (28, 4, [1, 2, 4]), (30, 10, [1, 2]), (36, 6, [1, 2])],
)
def test_a_gpu_server_splits_heads_evenly_or_not_at_all(
    heads: int, kv_heads: int, chips: list[int]
) -> None:
    card = replace(LLAMA, heads=heads, kv_heads=kv_heads)
    found = laid("g5.12xlarge", 600, 200, card)
    assert isinstance(found, Layout)
    run = found.arrangement
    assert [run.chips.count, *run.more_chips] == chips
