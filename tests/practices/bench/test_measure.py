"""Known delays are reproduced, and a stall is seen by all the requests that were due meanwhile."""

from __future__ import annotations

import asyncio
import json
import math
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import httpx
import pytest
from lichen_doors.command.output import show
from lichen_doors.report.bench import Bench, renderables
from lichen_practices.bench.arrivals import poisson
from lichen_practices.bench.exchange import Outcome, Target, exchange
from lichen_practices.bench.measure import Measured, OfferedLoad, measure
from lichen_practices.bench.percentiles import percentile, percentiles
from lichen_practices.bench.protocols import Shape
from lichen_practices.bench.record import About, record_of

from lichen.document import InputError
from lichen.evidence import Energy, Record, Unanswered
from tests.practices.bench.clock import SimulatedLoop
from tests.practices.bench.server import TOKENS, Server, serving

FIRST_S, NEXT_S = 3.0, 0.75
"""Large against the milliseconds by which a busy machine wakes a process late."""
STALL_S = (2.0, 3.5)
ABOUT = About(model="tiny", machine="g5.xlarge", precision="bf16", day=date(2026, 11, 26))
CHAT = Shape(protocol="chat", served_model="tiny", output_tokens=TOKENS)


class Found(NamedTuple):
    """One run and its record."""

    measured: Measured
    record: Record


def plan(server: Server, **changed: object) -> OfferedLoad:
    values = {
        "target": Target(f"{server.url}/v1/chat/completions", {}, 30.0),
        "shape": CHAT,
        "prompt": str,
        "seconds": 5.0,
        "warm_up_s": 0.0,
    }
    return OfferedLoad(**(values | changed))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Found]]:
    """The run whose times count by itself, then the others side by side."""
    with ExitStack() as stack:
        known = stack.enter_context(serving(Server(first_s=FIRST_S, next_s=NEXT_S)))
        stalls = stack.enter_context(serving(Server(first_s=0.02, stall=STALL_S)))
        alone = stack.enter_context(serving(Server(first_s=0.02, stall=STALL_S)))
        quick = stack.enter_context(serving(Server(first_s=0.1)))
        half = stack.enter_context(serving(Server("half")))
        hangs = stack.enter_context(serving(Server("hang")))
        slow = Target(f"{hangs.url}/v1/chat/completions", {}, 1.0)
        plans = {
            "known": plan(known, seconds=2.0, concurrency=5),
            "warm": plan(quick, seconds=1.0, warm_up_s=1.5, concurrency=4),
            "stalled, open": plan(stalls, rates_rps=(20.0,), seed=3),
            "stalled, closed": plan(alone, concurrency=1),
            "half": plan(half, concurrency=1, most_requests=20, seconds=60.0),
            "hangs": plan(hangs, target=slow, rates_rps=(10.0,), seconds=1.0),
        }

        async def all_of_them() -> list[Measured]:
            first, *others = plans.values()
            by_itself = await measure(first)
            for server in (stalls, alone):
                server.arm()
            return [by_itself, *await asyncio.gather(*map(measure, others))]

        found = dict(zip(plans, asyncio.run(all_of_them()), strict=True))
        yield {
            name: Found(one, record_of(one, plans[name], ABOUT))
            for name, one in found.items()
            if name != "hangs"
        } | {"hangs": Found(found["hangs"], None)}  # type: ignore[arg-type]


def test_known_delays_are_reproduced_within_5_percent(runs: dict[str, Found]) -> None:
    record = runs["known"].record
    assert record.requests == 5
    assert record.time_to_first_token_ms is not None
    assert record.time_per_output_token_ms is not None
    assert record.request_ms is not None
    assert record.time_to_first_token_ms / (FIRST_S * 1e3) == pytest.approx(1.0, abs=0.05)
    assert record.time_per_output_token_ms / (NEXT_S * 1e3) == pytest.approx(1.0, abs=0.05)
    whole_s = FIRST_S + (TOKENS - 1) * NEXT_S
    assert record.request_ms / (whole_s * 1e3) == pytest.approx(1.0, abs=0.05)
    assert record.between_tokens is not None
    assert record.between_tokens.count == 5 * (TOKENS - 1)
    assert (record.input_tokens, record.output_tokens) == (40, TOKENS)


def test_an_open_loop_reproduces_a_distribution_of_delays_within_5_percent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some 120 requests arrive as a Poisson process; nine of ten are quick, one is slow."""
    draw = random.Random(11)
    delays = [
        (draw.uniform(0.1, 0.5), draw.uniform(0.02, 0.06))
        if draw.random() < 0.9
        else (draw.uniform(1.0, 3.0), draw.uniform(0.2, 0.5))
        for _ in range(200)
    ]
    server = Server(delays=delays)

    async def measured() -> Record:
        async with await server.listen():
            load = plan(server, rates_rps=(12.0,), warm_up_s=1.0, seconds=10.0)
            return record_of(await measure(load), load, ABOUT)

    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        monkeypatch.setattr(time, "perf_counter", runner.get_loop().time)
        record = runner.run(measured())
    injected = delays[record.warm_up_requests : len(server.seen)]
    assert 90 < record.requests == len(injected) < 150
    assert record.unanswered == Unanswered()
    for found, of_each in (
        (record.first_token, [first for first, _ in injected]),
        (record.between_tokens, [gap for _, gap in injected for _ in range(TOKENS - 1)]),
        (record.request, [first + (TOKENS - 1) * gap for first, gap in injected]),
    ):
        assert found is not None
        assert found.count == len(of_each)
        hundredths_s = statistics.quantiles(of_each, n=100, method="inclusive")
        for measured_ms, share in ((found.p50, 50), (found.p95, 95), (found.p99, 99)):
            assert measured_ms.ms / (hundredths_s[share - 1] * 1e3) == pytest.approx(1, abs=0.05)


def test_the_warm_up_is_not_measured(runs: dict[str, Found]) -> None:
    found = runs["warm"]
    assert found.record.warm_up_requests
    assert all(one.due >= found.measured.begun for one in found.measured.outcomes)


def test_a_stall_is_seen_by_all_that_were_due_meanwhile(runs: dict[str, Found]) -> None:
    """A closed loop sends nothing while it waits, so that one slow request has to do for all."""
    stall_ms = (STALL_S[1] - STALL_S[0]) * 1e3
    opened, closed = (
        sum(one.request_ms > stall_ms / 2 for one in runs[f"stalled, {loop}"].measured.outcomes)
        for loop in ("open", "closed")
    )
    assert opened >= 8
    assert 1 <= closed <= 2
    record = runs["stalled, open"].record
    assert record.request is not None
    assert record.request.p99.ms > 0.8 * stall_ms


def test_what_is_missing_is_counted(runs: dict[str, Found]) -> None:
    record = runs["half"].record
    assert record.unanswered is not None
    assert record.unanswered.cut == record.unanswered.total > 5
    assert record.requests + record.unanswered.total == 20
    assert "not answered in full: the server closed the connection" in record.notes


def test_time_outs_are_no_record_where_nothing_is_answered(runs: dict[str, Found]) -> None:
    measured = runs["hangs"].measured
    assert measured.outcomes
    assert {one.failure for one in measured.outcomes} == {"timeouts"}
    with pytest.raises(InputError, match="no whole answer in 1 s"):
        record_of(measured, plan(Server(), rates_rps=(10.0,)), ABOUT)


def test_time_outs_count_as_slow(runs: dict[str, Found]) -> None:
    good, bad = runs["known"].measured, runs["hangs"].measured
    both = Measured(
        outcomes=(*good.outcomes, *bad.outcomes[:2]),
        begun=good.begun,
        ended=good.ended,
        warm_up=(),
        energy=None,
    )
    record = record_of(both, plan(Server(), concurrency=5), ABOUT)
    assert record.unanswered == Unanswered(timeouts=2)
    assert record.request is not None
    assert record.request.count == 7


def test_a_stream_that_stalls_lasts_until_it_is_given_up() -> None:
    timeout_s = 0.3

    async def one(server: Server) -> Outcome:
        target = Target(f"{server.url}/v1/chat/completions", {}, timeout_s)
        async with httpx.AsyncClient() as client:
            return await exchange(client, target, CHAT, "words", time.perf_counter())

    with serving(Server(next_s=3600.0)) as server:
        outcome = asyncio.run(one(server))
    assert outcome.failure == "timeouts"
    assert len(outcome.tokens_at) == 1
    assert outcome.request_ms >= 0.9 * timeout_s * 1e3


def test_what_the_warm_up_sent_counts_where_it_is_answered_in_the_window(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One in flight, each 1.5 s long, a window from 1 s to 4 s: two are answered in it."""
    sent = [1.5 * number for number in range(3)]
    first, *others = [Outcome(due=due, sent=due, end=due + 1.5, output_tokens=10) for due in sent]
    energy = Energy(joules=300.0, seconds=3.0, covers="the GPU", counter="NVML")
    measured = Measured(
        outcomes=tuple(others), begun=1.0, ended=4.0, warm_up=(first,), energy=energy
    )
    record = record_of(measured, plan(Server(), rates_rps=(0.7,)), ABOUT)
    assert record.requests_per_s == pytest.approx(2 / 3)
    assert record.concurrency == pytest.approx(1.0)
    assert record.requests == 2
    assert record.warm_up_requests == 1
    answer = Bench(files=(), records=(record,), energy_unknown="", outlook=None)
    show(renderables(answer), "text", title="lichen bench")
    printed = " ".join(capsys.readouterr().out.split())
    assert "100 W, 150 J a request, 15.0 J a token" in printed


def test_a_record_is_what_placing_reads(runs: dict[str, Found]) -> None:
    import msgspec

    record = runs["known"].record
    assert msgspec.json.decode(msgspec.json.encode(record), type=Record) == record
    assert "prompt" not in json.loads(msgspec.json.encode(record))


@pytest.mark.parametrize("q", [0.5, 0.95, 0.99])
def test_intervals_hold_the_true_quantile_19_times_in_20(q: float) -> None:
    draw, trials, held = random.Random(5), 300, 0
    true = -math.log1p(-q)
    for _ in range(trials):
        found = percentile(sorted(draw.expovariate(1.0) for _ in range(400)), q)
        low = -math.inf if found.low_ms is None else found.low_ms
        high = math.inf if found.high_ms is None else found.high_ms
        held += low <= true <= high
    assert held / trials >= 0.93


def test_too_few_times_have_no_upper_end() -> None:
    found = percentiles([float(time) for time in range(1, 101)])
    assert found is not None
    assert found.p50.low_ms is not None
    assert found.p50.high_ms is not None
    assert found.p50.low_ms < found.p50.ms < found.p50.high_ms
    assert found.p99.high_ms is None
    assert percentiles([]) is None


def test_a_quantile_of_few_times_lies_in_its_interval() -> None:
    """Two requests to an H100: the 99th percentile is above the larger 39 times in 40."""
    found = percentile([2_926.0, 3_883.0], 0.99)
    assert (found.ms, found.low_ms, found.high_ms) == (3_883.0, 3_883.0, None)


def test_arrivals_follow_the_profile() -> None:
    dues = list(poisson((10.0, 0.0, 30.0), 300.0, seed=1))
    assert dues == sorted(dues)
    counts = [sum(100 * part <= due < 100 * (part + 1) for due in dues) for part in range(3)]
    assert counts[1] == 0
    assert counts[0] == pytest.approx(1000, rel=0.15)
    assert counts[2] == pytest.approx(3000, rel=0.15)
    gaps = [later - earlier for earlier, later in pairwise(dues) if later < 100]
    mean = sum(gaps) / len(gaps)
    variance = sum((gap - mean) ** 2 for gap in gaps) / len(gaps)
    assert math.sqrt(variance) / mean == pytest.approx(1.0, abs=0.15)  # as of a Poisson process
