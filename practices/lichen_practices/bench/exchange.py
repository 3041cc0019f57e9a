"""One request and its answer, with the time of each token."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Literal

import httpx
import msgspec

from lichen.figures import whole
from lichen_practices.bench.protocols import Piece, Shape, read_event, usage_of

Failure = Literal["errors", "timeouts", "cut", "garbled", "dropped", "unfinished"]
"""The fields of :class:`lichen.evidence.Unanswered`."""

MOST_LINE = 1 << 20
"""Characters of one line of a stream; a longer one is garbage."""
MOST_BODY = 64 << 20
"""Bytes of an answer that is not streamed."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a request. Times are seconds on :func:`time.perf_counter`.

    ``due`` is when it was to be sent, which is what latency counts from. ``tokens_at`` are the
    times of the events that brought text. ``end`` of a failed one is when it was given up.
    ``why`` says what failed, free of any prompt or answer.
    """

    due: float
    sent: float
    end: float
    tokens_at: tuple[float, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    failure: Failure | None = None
    why: str = ""
    status: int | None = None

    @property
    def request_ms(self) -> float:
        return (self.end - self.due) * 1e3

    @property
    def first_ms(self) -> float | None:
        return (self.tokens_at[0] - self.due) * 1e3 if self.tokens_at else None

    @property
    def answered_tokens(self) -> int:
        """As the server reports, else the events that brought text."""
        return self.output_tokens or len(self.tokens_at)

    @property
    def per_token_ms(self) -> float | None:
        """Milliseconds for each token after the first."""
        tokens = self.answered_tokens
        if tokens < 2 or len(self.tokens_at) < 2:
            return None
        return (self.tokens_at[-1] - self.tokens_at[0]) * 1e3 / (tokens - 1)


class Target(msgspec.Struct, frozen=True):
    """Where requests go: the whole URL, headers, and how long one may take."""

    url: str
    headers: Mapping[str, str]
    timeout_s: float


async def exchange(
    client: httpx.AsyncClient,
    target: Target,
    shape: Shape,
    prompt: str,
    due: float,
    output_tokens: int | None = None,
) -> Outcome:
    """Send one request and read its answer; never raises for what a server does."""
    sent = time.perf_counter()
    arrived: list[float] = []
    seen = _Seen()
    try:
        # The time that a request waited to be sent is its own.
        async with asyncio.timeout(max(0.001, target.timeout_s - (sent - due))):
            await _converse(
                client, target, shape.request(prompt, output_tokens), shape, arrived, seen
            )
    except TimeoutError:
        seen.fail("timeouts", f"no whole answer in {whole(target.timeout_s)} s")
    except httpx.TimeoutException:
        seen.fail("timeouts", f"no whole answer in {whole(target.timeout_s)} s")
    except httpx.ConnectError:
        seen.fail("errors", "nothing answers at this address")
    except httpx.RemoteProtocolError:
        if arrived or seen.status is not None:
            seen.fail("cut", "the server closed the connection in the middle of an answer")
        else:
            seen.fail("errors", "the server closed the connection without an answer, or does not "
                      "speak HTTP")  # fmt: skip
    except (httpx.HTTPError, OSError, UnicodeError):
        seen.fail("cut" if arrived else "errors", "the connection broke")
    except _Garbled as error:
        seen.fail("garbled", str(error))
    return Outcome(
        due=due,
        sent=sent,
        # A stream that stalled was waited for until it failed, not until its last event.
        end=(0.0 if seen.failure else seen.ended) or time.perf_counter(),
        tokens_at=tuple(arrived),
        input_tokens=seen.input_tokens,
        output_tokens=seen.output_tokens,
        failure=seen.failure,
        why=seen.why,
        status=seen.status,
    )


class _Garbled(Exception):
    """An answer that cannot be read."""


class _Seen:
    """What an answer has brought so far."""

    def __init__(self) -> None:
        self.input_tokens: int | None = None
        self.output_tokens: int | None = None
        self.failure: Failure | None = None
        self.why = ""
        self.status: int | None = None
        self.ended = 0.0

    def fail(self, failure: Failure, why: str) -> None:
        self.failure, self.why = failure, why

    def take(self, piece: Piece) -> None:
        if piece.input_tokens is not None:
            self.input_tokens = piece.input_tokens
        if piece.output_tokens is not None:
            self.output_tokens = piece.output_tokens


async def _converse(
    client: httpx.AsyncClient,
    target: Target,
    body: object,
    shape: Shape,
    arrived: list[float],
    seen: _Seen,
) -> None:
    async with client.stream(
        "POST", target.url, json=body, headers=dict(target.headers)
    ) as response:
        seen.status = response.status_code
        if response.status_code >= 300:
            seen.fail("errors", f"the server answered {response.status_code}")
            return
        if shape.streams:
            await _read_stream(response, arrived, seen)
        else:
            await _read_whole(response, shape, seen)
    seen.ended = seen.ended or time.perf_counter()


async def _read_stream(response: httpx.Response, arrived: list[float], seen: _Seen) -> None:
    done = False
    async for line in _lines(response):
        if not line.startswith("data:"):
            if line and not line.startswith((":", "event:", "id:", "retry:")):
                raise _Garbled("the stream has lines that are no server-sent events")
            continue
        now = time.perf_counter()
        data = line[5:].strip()
        piece = read_event(data)
        if piece is None:
            raise _Garbled("the stream has an event that is not JSON")
        if piece.error:
            seen.fail("errors", piece.error)
            return
        if piece.has_text:
            arrived.append(now)
        seen.take(piece)
        seen.ended = now
        if data == "[DONE]":
            done = True
            break
    if not done:
        seen.fail("cut", "the stream ended before its last event")
    elif not arrived and not seen.output_tokens:
        raise _Garbled("the stream brought no token")


async def _lines(response: httpx.Response) -> AsyncIterator[str]:
    """The lines of a stream as they come; a line without an end is garbage, not memory."""
    rest = ""
    async for text in response.aiter_text():
        rest += text
        *whole, rest = rest.split("\n")
        for line in whole:
            yield line.rstrip("\r")
        if len(rest) > MOST_LINE:
            raise _Garbled("the stream has a line without an end")
    if rest:
        yield rest.rstrip("\r")


async def _read_whole(response: httpx.Response, shape: Shape, seen: _Seen) -> None:
    content = bytearray()
    async for part in response.aiter_bytes():
        content += part
        if len(content) > MOST_BODY:
            raise _Garbled("the answer is larger than 64 MiB")
    seen.ended = time.perf_counter()
    if shape.protocol == "template":
        return
    try:
        body = json.loads(bytes(content))
    except (ValueError, RecursionError):
        raise _Garbled("the answer is not JSON") from None
    seen.input_tokens, seen.output_tokens = usage_of(body)
