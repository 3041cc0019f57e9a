"""What holds of sizing for every workload that the schema accepts."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lichen.catalogue import load
from lichen.catalogue.schema import Machine
from lichen.emissions import machine_watts
from lichen.sizing import Layout, Misfit, Prediction, lay_out, predict
from lichen.sizing.coefficients import knowledge
from lichen.sizing.need import WORK, need_of
from lichen.sizing.replicas import busiest_rps, fewest_replicas
from lichen.sizing.roof import Roof
from lichen.words import Precision
from lichen.workload import Latency, ModelCard, Traffic, Workload

CATALOGUE = load()
MACHINES = [
    CATALOGUE.machine(name)
    for name in (
        "inf2.xlarge",
        "inf2.48xlarge",
        "inf1.xlarge",
        "trn1.32xlarge",
        "g4dn.xlarge",
        "g6.xlarge",
        "g5.12xlarge",
        "p5.48xlarge",
        "ct5lp-hightpu-4t",
        "c7g.xlarge",
        "c8g.16xlarge",
        "m7i.4xlarge",
    )
]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)

positive = st.floats(min_value=1e-6, max_value=1e9)
size_of = st.floats(min_value=1.0, max_value=1e18)
count = st.integers(min_value=1, max_value=10_000_000)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


cards = st.builds(
    ModelCard,
    name=st.just("any"),
    kind=st.sampled_from(("llm", "encoder", "reranker", "vision", "speech", "diffusion", "vlm")),
    parameters=size_of,
    active_parameters=maybe(size_of),
    layers=maybe(count),
    hidden=maybe(count),
    heads=maybe(count),
    kv_heads=maybe(count),
    head_dim=maybe(count),
    max_context_tokens=maybe(count),
    sliding_window_tokens=maybe(count),
    experts=maybe(count),
    experts_per_token=maybe(count),
    kv_bytes_per_token=maybe(size_of),
    flops_per_item=maybe(size_of),
)
likely_cards = st.sampled_from(list(CATALOGUE.models.values()))


@st.composite
def traffics(draw: st.DrawFn) -> Traffic:
    peak = draw(st.floats(min_value=0.0, max_value=1e6))
    below = st.floats(min_value=0.0, max_value=peak)
    profile = draw(maybe(st.lists(below, min_size=24, max_size=24).map(tuple)))
    return Traffic(
        peak_rps=peak,
        mean_rps=None if profile else draw(maybe(below)),
        hourly_rps=profile,
        input_tokens=draw(maybe(st.integers(min_value=0, max_value=10_000_000))),
        output_tokens=draw(maybe(st.integers(min_value=0, max_value=1_000_000))),
        items=draw(count),
    )


workloads = st.builds(
    Workload,
    name=st.just("any"),
    model=st.just("any"),
    traffic=traffics(),
    latency=st.builds(
        Latency,
        time_to_first_token_ms=maybe(positive),
        time_per_output_token_ms=maybe(positive),
        p95_ms=maybe(positive),
    ),
    mode=st.sampled_from(("real-time", "asynchronous", "batch", "serverless")),
    environment=st.sampled_from(("dev", "staging", "prod")),
)


def numbers(value: object) -> list[float]:
    if isinstance(value, bool | str) or value is None:
        return []
    if isinstance(value, int | float):
        return [float(value)]
    if isinstance(value, msgspec.Struct):
        return [n for name in value.__struct_fields__ for n in numbers(getattr(value, name))]
    assert isinstance(value, tuple)
    return [n for each in value for n in numbers(each)]


@settings(max_examples=400, deadline=None)
@given(workloads, cards | likely_cards, st.sampled_from(MACHINES), st.sampled_from(PRECISIONS))
def test_every_workload_is_sized_or_refused_with_a_reason(
    workload: Workload, card: ModelCard, machine: Machine, precision: Precision
) -> None:
    layout = lay_out(workload, card, machine, precision, CATALOGUE)
    roof = Roof(workload, card, precision, CATALOGUE).rps(machine)
    if isinstance(layout, Misfit):
        assert layout.reason
        assert layout.shortfall is None or layout.shortfall > 1.0
        return
    assert 0.0 < layout.capacity.rps <= roof * (1 + 1e-9)
    assert fewest_replicas(busiest_rps(workload), roof) <= layout.replicas.peak
    answer = layout.sizing()
    assert all(math.isfinite(n) and n >= 0 for n in numbers(answer))
    assert answer.replicas_minimum <= answer.replicas_peak <= answer.replicas_maximum
    assert len(answer.replica_hours_by_hour) == 24
    assert 0.0 <= answer.load <= 1.0
    assert 0.0 < answer.headroom <= 1.0
    if workload.environment == "prod":
        assert answer.replicas_minimum >= 1
    assert (answer.draw == answer.load) or machine.accelerator
    assert answer.load > 0.0 or answer.draw == 0.0
    watts = machine_watts(machine, answer.draw)
    assert watts is None or watts.low > 0


tokens = st.integers(min_value=1, max_value=4096)


def fits(card: ModelCard, machine: Machine, **given: object) -> Prediction | None:
    answer = predict(card, machine, CATALOGUE, **given)  # type: ignore[arg-type]
    return answer if isinstance(answer, Prediction) else None


@settings(max_examples=200, deadline=None)
@given(likely_cards, st.sampled_from(MACHINES), st.sampled_from(PRECISIONS), tokens, tokens, tokens)
def test_more_load_never_takes_less_memory(
    card: ModelCard,
    machine: Machine,
    precision: Precision,
    inputs: int,
    outputs: int,
    concurrency: int,
) -> None:
    shape = {"precision": precision, "input_tokens": inputs, "output_tokens": outputs}
    light = fits(card, machine, concurrency=concurrency, **shape)
    heavy = fits(card, machine, concurrency=concurrency + 1, **shape)
    if heavy:
        assert light
        # A copy too small for all the requests gives way to fewer, larger ones.
        assert heavy.copies <= light.copies
        if heavy.copies == light.copies:
            assert light.memory_gib.likely <= heavy.memory_gib.likely


@settings(max_examples=200, deadline=None)
@given(likely_cards, st.sampled_from(MACHINES), st.sampled_from(PRECISIONS), tokens, tokens)
def test_a_rate_and_its_time_are_as_sure_as_each_other(
    card: ModelCard, machine: Machine, precision: Precision, inputs: int, outputs: int
) -> None:
    """One request at a time: a second over its time is its rate, and so are the likely ends. The
    host prepares an item model's next request while the chips are at work."""
    answer = fits(card, machine, precision=precision, input_tokens=inputs, output_tokens=outputs)
    if answer is None:
        return
    rate, time_ms = answer.requests_per_s, answer.request_ms
    at_once = rate.likely * time_ms.likely / 1e3
    if answer.output_tokens_per_s is None:
        assert at_once > 0.999
    else:
        assert at_once == pytest.approx(1.0)
    assert rate.low < rate.likely < rate.high
    assert time_ms.low < time_ms.likely < time_ms.high
    if answer.output_tokens_per_s is not None:
        assert answer.output_tokens_per_s.likely == pytest.approx(rate.likely * outputs)
        assert answer.time_to_first_token_ms is not None
        assert answer.time_to_first_token_ms.likely < time_ms.likely


@settings(max_examples=200, deadline=None)
@given(likely_cards, st.sampled_from(sorted(CATALOGUE.chips)))
def test_a_lower_precision_never_takes_more_memory(card: ModelCard, chip: str) -> None:
    """Of one with the same weights kept in 16 bits."""
    formats = knowledge(CATALOGUE).formats
    of_kept: dict[object, list[tuple[float, float]]] = {}
    for precision in PRECISIONS:
        form = formats.on(precision, CATALOGUE.chips[chip], WORK[card.kind])
        need = form if isinstance(form, Misfit) else need_of(card, form, 128)
        if isinstance(form, Misfit) or isinstance(need, Misfit):
            continue
        of_kept.setdefault(form.kept, []).append((form.bits, need.weight_bytes))
    for sizes in of_kept.values():
        sizes.sort()
        assert all(low[1] <= high[1] for low, high in pairwise(sizes))


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("inf2.xlarge", "inf2.24xlarge"),
        ("inf2.24xlarge", "inf2.48xlarge"),
        ("g5.xlarge", "g5.12xlarge"),
        ("g5.12xlarge", "g5.48xlarge"),
        ("c7g.2xlarge", "c7g.16xlarge"),
        ("ct5lp-hightpu-1t", "ct5lp-hightpu-4t"),
    ],
)
@settings(max_examples=40, deadline=None)
@given(
    card=likely_cards,
    precision=st.sampled_from(PRECISIONS),
    inputs=tokens,
    outputs=tokens,
)
def test_more_chips_never_bear_less(
    small: str, large: str, card: ModelCard, precision: Precision, inputs: int, outputs: int
) -> None:
    workload = Workload(
        name="any",
        model=card.name,
        traffic=Traffic(peak_rps=1.0, input_tokens=inputs, output_tokens=outputs),
    )
    few = lay_out(workload, card, CATALOGUE.machine(small), precision, CATALOGUE)
    many = lay_out(workload, card, CATALOGUE.machine(large), precision, CATALOGUE)
    if isinstance(few, Layout):
        assert isinstance(many, Layout)
        assert many.capacity.rps >= few.capacity.rps * 0.999
