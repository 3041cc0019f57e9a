"""What a server is, is found by asking it; a request that was never sent is counted."""

from __future__ import annotations

import asyncio
import time
from itertools import count
from pathlib import Path

import pytest
from lichen_practices.bench import measure as measuring
from lichen_practices.bench.endpoint import Answering, endpoint_of
from lichen_practices.bench.measure import measure
from lichen_practices.bench.record import record_of

from tests.practices.bench.server import NOT_OPENAI_S, TOKENS, Server, serving
from tests.practices.bench.test_measure import ABOUT, plan
from tests.practices.terminal import on_a_terminal


def found(server: Server, path: str = "", *, is_embedding: bool = False) -> Answering:
    return endpoint_of(
        f"{server.url}{path}", protocol=None, served_model="", headers={}, timeout_s=30.0,
        is_embedding=is_embedding, output_tokens=TOKENS,
    )  # fmt: skip


@pytest.mark.parametrize("status", [400, 422])
def test_what_a_server_refuses_is_left_out(status: int) -> None:
    server = Server("strict")
    server.refuses_with = status
    with serving(server):
        answering = found(server)
    assert answering.shape.strict
    assert len(server.refused) == 1
    assert server.refused[0].keys() >= NOT_OPENAI_S
    assert not any(NOT_OPENAI_S & asked.keys() for asked in server.seen)
    # Its usage comes unasked, and says that a prompt has as many tokens whatever its length.
    assert not answering.counted


def test_a_server_without_chat_is_asked_for_completions() -> None:
    with serving(Server("no chat")) as server:
        answering = found(server)
    assert answering.shape.protocol == "completions"
    assert answering.target.url == f"{server.url}/v1/completions"
    assert all("prompt" in asked for asked in server.seen)


@pytest.mark.parametrize("path", ["", "/v1/embeddings"])
def test_embeddings_of_openai_s_kind(path: str) -> None:
    with serving(Server("openai embeddings")) as server:
        answering = found(server, path, is_embedding=True)
    assert answering.shape.protocol == "embeddings"
    assert server.seen[0]["model"] == "tiny"
    # The server counts 2 tokens around a prompt, and 3 a word.
    assert answering.counted
    assert (answering.tokens_per_word, answering.tokens_around) == (3.0, 2.0)
    assert answering.words_for(302) == 100


def test_text_embeddings_inference_says_what_it_is() -> None:
    with serving(Server("info")) as server:
        answering = found(server, is_embedding=True)
    assert answering.shape.protocol == "tei"
    assert answering.target.url == f"{server.url}/embed"
    assert any("GET /info" in head for head in server.headers)


def test_what_was_due_and_never_sent_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measuring, "MOST_IN_FLIGHT", 3)
    with serving(Server(first_s=2.0)) as server:
        load = plan(server, rates_rps=(20.0,), seconds=1.0)
        measured = asyncio.run(measure(load))
    record = record_of(measured, load, ABOUT)
    assert record.requests == len(server.seen) == 3
    assert record.unanswered is not None
    assert record.unanswered.dropped == len(measured.outcomes) - 3 > 5
    assert "too many requests are in flight" in record.notes


def test_a_clock_that_jumps_moves_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    day = count(start=time.time(), step=-86_400.0)
    monkeypatch.setattr(time, "time", lambda: next(day))
    assert time.time() - time.time() == 86_400.0
    with serving(Server(first_s=0.2)) as server:
        load = plan(server, concurrency=1, seconds=1.0)
        record = record_of(asyncio.run(measure(load)), load, ABOUT)
    assert 0.9 < record.seconds < 30.0
    assert record.request_ms is not None
    assert 200.0 <= record.request_ms < 30_000


def test_a_terminal_shows_how_far_it_is(tmp_path: Path) -> None:
    with serving(Server(first_s=0.2)) as server:
        ends, shown = on_a_terminal(
            ["bench", server.url, "--model", "tiny", "--precision", "bf16", "--machine",
             "g5.xlarge", "--closed", "2", "--seconds", "2", "--warm-up", "1"],
            tmp_path,
        )  # fmt: skip
    assert ends == 0, shown
    for says in (
        "asking the server what it is",
        "warming up: ",
        "measuring: ",
        " of 3 s; ",
        "in flight; Ctrl-C keeps what was measured",
    ):
        assert says in shown, shown
