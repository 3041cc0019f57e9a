"""A server whose delays are known: it speaks HTTP by hand, so that it can break its rules."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

Behaviour = Literal[
    "good", "error", "hang", "garbage", "cut", "half", "embeddings", "locked",
    "strict", "no chat", "info", "openai embeddings",
]  # fmt: skip
"""``strict`` refuses what OpenAI's own API does not know, ``no chat`` has completions alone;
``info`` and ``embeddings`` are text-embeddings-inference's, which only the first says."""
TOKENS = 4
NOT_OPENAI_S = frozenset({"ignore_eos", "stream_options"})


class Server:
    """Answers ``TOKENS`` tokens: the first after ``first_s``, each next after ``next_s``, both from
    when the request came; ``delays`` are those of each request, in the order in which they come.
    From ``stall`` to its end, in seconds from :meth:`arm`, it does nothing.
    """

    def __init__(
        self,
        behaviour: Behaviour = "good",
        first_s: float = 0.0,
        next_s: float = 0.0,
        stall: tuple[float, float] = (0.0, 0.0),
        delays: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.behaviour = behaviour
        self.delays = delays or ((first_s, next_s),)
        self.stall = stall
        self.refuses_with = 400
        self.seen: list[dict[str, Any]] = []
        self.refused: list[dict[str, Any]] = []
        self.headers: list[str] = []
        self.url = ""
        self._armed = time.perf_counter()

    def arm(self) -> None:
        self._armed = time.perf_counter()

    async def listen(self) -> asyncio.Server:
        """Listen on a free port of loopback, in the loop that runs."""
        listening = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        return listening

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        came = asyncio.get_running_loop().time()
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.headers.append(head)
        length = next(
            (int(line.split(":")[1]) for line in head.lower().split("\r\n") if "length" in line), 0
        )
        body = await reader.readexactly(length)
        if head.startswith("GET"):
            known = "/v1/models" in head and self.behaviour not in ("embeddings", "info")
            says = {"data": [{"id": "tiny"}]}
            if self.behaviour == "info" and "/info" in head:
                known, says = True, {"model_id": "tiny"}  # type: ignore[dict-item]
            self._whole(writer, 200 if known else 404, says)
            await writer.drain()
            return True
        asked = json.loads(body)
        refusal = self._refusal(head.split()[1], asked)
        if refusal:
            self.refused.append(asked)
            self._whole(writer, refusal, {"error": "no"})
            return True
        self.seen.append(asked)
        return await self._generate(writer, came, len(self.seen))

    def _refusal(self, path: str, asked: dict[str, Any]) -> int:
        """The status with which a request is refused; 0 where it is not."""
        if self.behaviour == "strict" and NOT_OPENAI_S & asked.keys():
            return self.refuses_with
        paths = {
            "no chat": "/v1/completions", "info": "/embed", "openai embeddings": "/v1/embeddings",
        }  # fmt: skip
        return 0 if path == paths.get(self.behaviour, path) else 404

    async def _generate(self, writer: asyncio.StreamWriter, came: float, number: int) -> bool:
        behaviour = self.behaviour
        if behaviour == "half":
            behaviour = "cut" if number > 3 and number % 2 else "good"
        if behaviour == "hang":
            await asyncio.sleep(3600)
        if behaviour in ("error", "locked"):
            self._whole(writer, 500 if behaviour == "error" else 401, {"error": "no"})
            return True
        await self._past_the_stall()
        if behaviour in ("embeddings", "info"):
            self._whole(writer, 200, [[0.0]])
            return True
        if behaviour == "openai embeddings":
            words = len(self.seen[number - 1]["input"].split())
            usage = {"prompt_tokens": 2 + 3 * words, "total_tokens": 2 + 3 * words}
            self._whole(writer, 200, {"data": [{"embedding": [0.0]}], "usage": usage})
            return True
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
        )
        if behaviour == "garbage":
            self._chunk(writer, "\x00\x01 not an event\n\n")
            return False
        first_s, next_s = self.delays[(number - 1) % len(self.delays)]
        for token in range(TOKENS):
            # Against the clock: a late wake-up does not add to the next one.
            await self._until(came + first_s + token * next_s)
            choice = (
                {"text": "word "} if behaviour == "no chat" else {"delta": {"content": "word "}}
            )
            self._chunk(writer, f"data: {json.dumps({'choices': [choice]})}\n\n")
            await writer.drain()
            if behaviour == "cut":
                return False
        usage = {"prompt_tokens": 40, "completion_tokens": TOKENS}
        self._chunk(writer, f"data: {json.dumps({'choices': [], 'usage': usage})}\n\n")
        self._chunk(writer, "data: [DONE]\n\n")
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _past_the_stall(self) -> None:
        begin, end = self.stall
        now = time.perf_counter() - self._armed
        if begin <= now < end:
            await asyncio.sleep(end - now)

    @staticmethod
    async def _until(moment: float) -> None:
        await asyncio.sleep(max(0.0, moment - asyncio.get_running_loop().time()))

    @staticmethod
    def _chunk(writer: asyncio.StreamWriter, text: str) -> None:
        data = text.encode()
        writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    @staticmethod
    def _whole(writer: asyncio.StreamWriter, status: int, body: object) -> None:
        data = json.dumps(body).encode()
        writer.write(
            f"HTTP/1.1 {status} said\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n".encode()
            + data
        )


@contextmanager
def serving(server: Server) -> Iterator[Server]:
    """The server on a free port of loopback, in a thread of its own."""
    started, over = threading.Event(), asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    async def serve() -> None:
        listening = await server.listen()
        loops.append(asyncio.get_running_loop())
        started.set()
        await over.wait()
        listening.close()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield server
    finally:
        loops[0].call_soon_threadsafe(over.set)
        thread.join(10)
