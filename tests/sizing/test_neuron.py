"""Copies on NeuronCores, heads that are kept several times, and shapes that are compiled."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lichen.catalogue import load
from lichen.catalogue.schema import Machine
from lichen.sizing import Layout, Misfit, Prediction, lay_out, predict
from lichen.sizing.arrangement import Arrangement, arrange
from lichen.sizing.coefficients import knowledge
from lichen.sizing.compiled import (
    BATCHES,
    batch_for,
    batch_within,
    batches,
    bucket,
    read_tokens,
)
from lichen.sizing.formats import Format
from lichen.sizing.need import Need, need_of
from lichen.sizing.terms import decode_terms
from lichen.workload import Compiled, ModelCard, Traffic, Workload
from tests.fixed import fixed

CATALOGUE = fixed()
KNOWN = knowledge(CATALOGUE)
SMALL = CATALOGUE.model("meta-llama/Llama-3.2-1B")
CHAT = CATALOGUE.model("meta-llama/Llama-3.1-8B")
LARGE = CATALOGUE.model("meta-llama/Llama-3.1-70B")
ENCODER = CATALOGUE.model("BAAI/bge-small-en-v1.5")
NEURON = ("inf2.xlarge", "inf2.24xlarge", "inf2.48xlarge", "trn1.32xlarge")
SEVERAL = (*NEURON, "g5.12xlarge", "g6.48xlarge", "p5.48xlarge", "ct5lp-hightpu-4t")


def arranged(
    card: ModelCard, machine: Machine | str, inputs: int = 512, outputs: int = 128
) -> Arrangement | Misfit:
    row = CATALOGUE.machine(machine) if isinstance(machine, str) else machine
    return arrange(card, row, KNOWN, "bf16", None, None, inputs, outputs)


def copies_of(card: ModelCard, machine: str) -> tuple[float, int]:
    """Cores of a copy, and copies."""
    found = arranged(card, machine)
    assert isinstance(found, Arrangement)
    return found.chips.cores, found.copies


@pytest.mark.parametrize(
    ("card", "machine", "cores", "copies"),
    [
        (SMALL, "inf2.xlarge", 1, 2),
        (CHAT, "inf2.xlarge", 2, 1),
        (CHAT, "inf2.24xlarge", 2, 6),
        (LARGE, "inf2.48xlarge", 24, 1),  # it fits on 10, and the runtime goes from 8 to 24
        (LARGE, "trn1.32xlarge", 16, 2),
        (ENCODER, "inf2.xlarge", 1, 2),
    ],
)
def test_a_copy_has_the_fewest_cores_that_the_runtime_splits_it_over(
    card: ModelCard, machine: str, cores: float, copies: int
) -> None:
    assert copies_of(card, machine) == (cores, copies)


def test_a_model_that_only_fits_between_two_degrees_does_not_fit() -> None:
    """Llama 3.1 70B takes more than the 8 of the 12 cores that one copy may have there."""
    found = arranged(LARGE, "inf2.24xlarge")
    assert isinstance(found, Misfit)
    assert found.kind == "memory"


def test_another_number_of_chips_is_refused_with_those_that_run() -> None:
    machine = CATALOGUE.machine("inf2.48xlarge")
    shape = {"precision": "bf16", "input_tokens": 512, "output_tokens": 128}
    answer = predict(CHAT, machine, CATALOGUE, chips=3, **shape)  # type: ignore[arg-type]
    assert isinstance(answer, Misfit)
    assert "over 3 chips" in answer.reason
    assert "0.5, 1, 2, 4, 12 (1, 2, 4, 8, 24 cores)" in answer.reason
    taken = predict(CHAT, machine, CATALOGUE, chips=4, **shape)  # type: ignore[arg-type]
    assert isinstance(taken, Prediction)
    assert taken.copies == 3


sizes = st.floats(min_value=1e7, max_value=2e11)


@settings(max_examples=150, deadline=None)
@given(sizes, st.sampled_from(SEVERAL), st.integers(1, 8192), st.integers(1, 2048))
def test_a_degree_is_always_one_that_runs(
    parameters: float, machine: str, inputs: int, outputs: int
) -> None:
    found = arranged(replace(CHAT, parameters=parameters), machine, inputs, outputs)
    if isinstance(found, Misfit):
        return
    row = KNOWN.chips.of_machine(CATALOGUE.machine(machine))
    assert row is not None
    whole = found.machine_chips
    for each in (found.chips.count, *found.more_chips):
        if row.parallel_degrees:
            assert each * (row.cores or 1) in row.parallel_degrees
        else:
            assert whole.count % each == 0
    assert found.copies == whole.count // found.chips.count
    assert found.room >= 1


@settings(max_examples=150, deadline=None)
@given(sizes, st.sampled_from(SEVERAL), st.floats(1.0, 8.0))
def test_more_memory_never_gives_fewer_copies(
    parameters: float, machine: str, larger: float
) -> None:
    row = CATALOGUE.machine(machine)
    card = replace(CHAT, parameters=parameters)
    before = arranged(card, row)
    after = arranged(
        card, replace(row, accelerator_memory_gib=(row.accelerator_memory_gib or 0) * larger)
    )
    if isinstance(before, Arrangement):
        assert isinstance(after, Arrangement)
        assert after.copies >= before.copies


def need(card: ModelCard) -> Need:
    found = need_of(card, Format(16, "bf16"))
    assert isinstance(found, Need)
    return found


def test_heads_are_kept_several_times_beyond_their_number() -> None:
    eight = need(CHAT)
    assert eight.kv_heads == 8
    assert eight.kv_bytes(1000, 8) == eight.kv_bytes(1000)
    assert eight.kv_bytes(1000, 24) == pytest.approx(3 * eight.kv_bytes(1000))
    unknown = replace(eight, kv_heads=0.0)
    assert unknown.kv_bytes(1000, 64) == unknown.kv_bytes(1000)
    state = replace(eight, state_bytes=1e6)
    assert state.kv_bytes(1000, 16) - 1e6 == pytest.approx(2 * eight.kv_bytes(1000))


@pytest.mark.parametrize("machine", ["inf2.48xlarge", "p5.48xlarge"])
def test_kept_heads_take_memory_and_are_read(machine: str) -> None:
    chips = KNOWN.chips.all_of(CATALOGUE.machine(machine))
    assert chips is not None
    few, many = need(replace(CHAT, kv_heads=2)), need(replace(CHAT, kv_heads=24))
    times = chips.degree / 2
    same = replace(many, kv_bytes_per_token=few.kv_bytes_per_token)
    read = [decode_terms(one, chips, 4.0, 1000.0).cache for one in (few, same)]
    assert read[0] == pytest.approx(read[1] * times)


def test_a_sequence_has_room_for_a_whole_compiled_length() -> None:
    short = arranged(CHAT, "inf2.48xlarge", 600, 200)
    long = arranged(CHAT, "inf2.48xlarge", 900, 124)
    assert isinstance(short, Arrangement)
    assert isinstance(long, Arrangement)
    assert short.sequence_tokens == long.sequence_tokens == 1024
    assert short.room == long.room
    assert short.prefill_s() == long.prefill_s()  # both prompts are padded to 1,024
    gpu = arranged(CHAT, "g5.12xlarge", 600, 200)
    assert isinstance(gpu, Arrangement)
    assert gpu.sequence_tokens == 800


def test_the_longest_bucket_is_the_model_s_own() -> None:
    assert bucket(600) == 1024
    assert bucket(3) == 128
    assert bucket(33_000, 40_960) == 40_960
    assert bucket(50_000, 40_960) == 50_000  # it is refused before


def test_compiled_batches_are_powers_of_two() -> None:
    assert batches(13) == [1, 2, 4, 8]
    assert batches(0) == []
    assert (batch_within(13), batch_within(0.5), batch_for(9)) == (8, 0, 16)


def test_prompts_are_padded_where_shapes_are_compiled() -> None:
    neuron = KNOWN.stack("vllm-neuron", "neuron", "llm")
    gpu = KNOWN.stack("vllm", "gpu", "llm")
    assert neuron is not None
    assert gpu is not None
    assert (read_tokens(neuron, 600), read_tokens(gpu, 600)) == (1024, 600)


def workload(peak: float) -> Workload:
    return Workload(
        name="chat",
        model=CHAT.name,
        traffic=Traffic(peak_rps=peak, input_tokens=512, output_tokens=128),
    )


@pytest.mark.parametrize("machine", NEURON)
def test_a_batch_is_compiled_once_and_takes_as_long_however_full(machine: str) -> None:
    layout = lay_out(workload(1.0), CHAT, CATALOGUE.machine(machine), "bf16", CATALOGUE)
    assert isinstance(layout, Layout)
    sizing = layout.sizing()
    assert sizing.compiled_batch is not None
    assert sizing.compiled_batch in BATCHES
    run = layout.capacity.arrangement
    assert run.step_s(1.0) == run.step_s(float(sizing.compiled_batch))
    quiet, busy = (layout.capacity.curve.serving(share * layout.capacity.rps) for share in (0.1, 1))
    assert quiet.token_s <= busy.token_s


@pytest.mark.parametrize(
    ("heads", "kv_heads", "degree", "kept"),
    [
        (32, 8, 2, 8),  # divides
        (64, 8, 8, 8),
        (64, 8, 24, 24),  # replicated: three times
        (64, 8, 12, 72),  # neither: one for every head of the queries, padded to 72
        (28, 4, 8, 8),
        (40, 40, 24, 48),
        (0, 8, 12, 12),  # nobody says how many heads the queries have
    ],
)
def test_heads_of_the_cache_are_what_the_parts_can_share(
    heads: int, kv_heads: int, degree: int, kept: int
) -> None:
    shape = replace(need(CHAT), heads=float(heads), kv_heads=float(kv_heads))
    assert shape.cache_heads(degree) == kept
    assert shape.kv_bytes(1000, degree) == pytest.approx(
        kept / kv_heads * shape.kv_bytes_per_token * 1000
    )


def test_memory_is_that_of_the_compiled_shape() -> None:
    """1,500 + 700 tokens, twice as many at the longest, are compiled to 8,192."""
    long = Workload(
        name="chat",
        model=CHAT.name,
        traffic=Traffic(peak_rps=0.1, input_tokens=1500, output_tokens=700),
    )
    layout = lay_out(long, CHAT, CATALOGUE.machine("inf2.xlarge"), "bf16", CATALOGUE)
    assert isinstance(layout, Layout)
    sizing, run = layout.sizing(), layout.capacity.arrangement
    assert sizing.compiled_sequence_tokens == 8192
    assert sizing.tensor_parallel == 2
    assert sizing.compiled_batch is not None
    each = run.need.kv_bytes(8192, 2)
    assert sizing.prediction.memory_gib.likely == pytest.approx(
        (run.need.weight_bytes * 1.05 + sizing.compiled_batch * each) / 2**30
    )


@pytest.mark.parametrize(
    ("room", "batches_compiled"),
    [
        (0.9, []),
        (1, [1]),
        (47, [1, 2, 4, 8, 16, 32]),
        (48, [1, 2, 4, 8, 16, 32, 48]),
        (63, [1, 2, 4, 8, 16, 32, 48]),
        (130, [1, 2, 4, 8, 16, 32, 48, 64, 128]),
    ],
)
def test_only_some_batches_are_compiled(room: float, batches_compiled: list[float]) -> None:
    assert batches(room) == batches_compiled
    assert batch_within(room) == (batches_compiled or [0])[-1]


def shaped(batch: int, tokens: int, cores: int, **traffic: int) -> Layout | Misfit:
    asked = Workload(
        name="chat",
        model=CHAT.name,
        traffic=Traffic(peak_rps=0.1, input_tokens=600, output_tokens=200, **traffic),
        compiled=Compiled(batch=batch, sequence_tokens=tokens, tensor_parallel=cores),
    )
    return lay_out(asked, CHAT, CATALOGUE.machine("inf2.xlarge"), "bf16", CATALOGUE)


def test_files_that_are_compiled_are_sized_at_their_shape() -> None:
    found = shaped(4, 1024, 2)
    assert isinstance(found, Layout)
    sizing = found.sizing()
    assert (sizing.compiled_batch, sizing.compiled_sequence_tokens) == (4, 1024)
    assert (sizing.tensor_parallel, sizing.longest_tokens) == (2, 1024)


@pytest.mark.parametrize(
    ("shape", "kind", "reason"),
    [
        ((4, 512, 2), "compiled", "compiled for 512 tokens, and a request has 800"),
        ((64, 8192, 2), "memory", "for a batch of 64 with 8192 tokens each, as compiled"),
        ((4, 1024, 8), "hardware", "4 chips a copy are more than the 1 of"),
        ((4, 1024, 3), "hardware", "1.5 chips a copy are more than the 1 of"),
    ],
)
def test_a_shape_that_does_not_serve_the_workload_is_refused(
    shape: tuple[int, int, int], kind: str, reason: str
) -> None:
    found = shaped(*shape)
    assert isinstance(found, Misfit)
    assert found.kind == kind
    assert reason in found.reason


def test_the_longest_request_that_is_stated_must_fit_the_compiled_length() -> None:
    found = shaped(4, 1024, 2, longest_tokens=1500)
    assert isinstance(found, Misfit)
    assert "compiled for 1024 tokens, and a request has 1500" in found.reason


def test_compiled_files_run_on_no_other_stack() -> None:
    asked = Workload(
        name="chat",
        model=CHAT.name,
        traffic=Traffic(peak_rps=0.1, input_tokens=600, output_tokens=200),
        compiled=Compiled(batch=4, sequence_tokens=1024, tensor_parallel=2),
    )
    found = lay_out(asked, CHAT, CATALOGUE.machine("g5.xlarge"), "bf16", CATALOGUE)
    assert isinstance(found, Misfit)
    assert found.kind == "compiled"


@pytest.mark.parametrize("tokens", [100, 2000, 8000])
def test_no_prompt_is_read_faster_than_the_roofline(tokens: int) -> None:
    """A mixture of 30B on every machine: all operations at the peak, and each expert that one of
    the tokens meets read once."""
    installed = load()
    card, seen = installed.model("Qwen/Qwen3-30B-A3B"), 0
    for machine in installed.machines.values():
        found = arrange(card, machine, knowledge(installed), "bf16", None, None, tokens, 100)
        if isinstance(found, Misfit):
            continue
        seen += 1
        chips, experts = found.chips, found.need
        computing = tokens * experts.flops_per_token / chips.peak("bf16")
        reading = experts.touched_bytes(tokens) / chips.bandwidth_bytes_s
        assert found.prefill_s() >= max(computing, reading), machine.name
    assert seen > 20
    few, many = need(card).touched_bytes(8), need(card).touched_bytes(2000)
    assert few < 0.5 * many
    assert many == pytest.approx(card.parameters * 2, rel=0.05)
