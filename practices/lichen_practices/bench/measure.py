"""Sends a load to an endpoint and keeps what became of each request.

An open loop sends when requests are due, however slow the answers are, and counts from then: a
server that stalls is seen by all the requests that were due meanwhile (no coordinated omission).
A closed loop keeps a number of requests in flight.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
import msgspec

from lichen.evidence import Energy
from lichen_practices.bench.arrivals import poisson
from lichen_practices.bench.energy import READ_EVERY_S, Meter, Metering
from lichen_practices.bench.exchange import Outcome, Target, exchange
from lichen_practices.bench.protocols import Shape

MOST_IN_FLIGHT = 2_000
"""An open loop drops what is due beyond so many: sockets of this machine, not the server's."""
GIVES_UP_AFTER = 50
"""So many failures in a row end a measurement: the server answers no more."""
SHOW_EVERY_S = 0.5
STOPS_WITHIN_S = 0.1


class OfferedLoad(msgspec.Struct, frozen=True, kw_only=True):
    """What to send: a closed loop of ``concurrency``, or an open one at ``rates_rps``.

    The load runs for ``warm_up_s`` and ``seconds``; what was due in the warm-up is not measured.
    ``prompt`` gives the text of a request by its number. ``most_requests`` ends it earlier.
    """

    target: Target
    shape: Shape
    prompt: Callable[[int], str]
    seconds: float
    warm_up_s: float
    concurrency: int | None = None
    rates_rps: tuple[float, ...] = ()
    seed: int = 1
    most_requests: int | None = None


class Progress(msgspec.Struct, frozen=True):
    """How far a measurement is: seconds of all, requests by what became of them."""

    passed_s: float
    of_s: float
    warming_up: bool
    answered: int
    failed: int
    in_flight: int


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a load found. ``begun`` and ``ended`` bound the measured window, without the warm-up;
    outcomes are those due in it, ``warm_up`` those due before. ``why_stopped`` is blank unless it
    ended before its time, ``why_no_energy`` unless there was a meter that could not be read."""

    outcomes: tuple[Outcome, ...]
    begun: float
    ended: float
    warm_up: tuple[Outcome, ...]
    energy: Energy | None
    why_stopped: str = ""
    why_no_energy: str = ""


async def measure(
    plan: OfferedLoad,
    meter: Meter | None = None,
    show: Callable[[Progress], object] = lambda _: None,
) -> Measured:
    """Run a plan. An interrupt (Ctrl-C) ends it and keeps what was measured."""
    load = _Sender(plan)
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError, RuntimeError, ValueError):  # only the main thread may
        loop.add_signal_handler(signal.SIGINT, load.stop, "it was interrupted")
    try:
        return await load.run(meter, show)
    finally:
        with suppress(NotImplementedError, RuntimeError, ValueError):
            loop.remove_signal_handler(signal.SIGINT)


class _Sender:
    def __init__(self, plan: OfferedLoad) -> None:
        self._plan = plan
        self._stopped = asyncio.Event()
        self._why = self._why_no_energy = ""
        self._outcomes: list[Outcome] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent = 0
        self._failed_in_a_row = 0
        self._begun = self._end = 0.0

    def stop(self, why: str = "") -> None:
        self._why = self._why or why
        self._stopped.set()

    async def run(self, meter: Meter | None, show: Callable[[Progress], object]) -> Measured:
        plan = self._plan
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=MOST_IN_FLIGHT)
        timeout = httpx.Timeout(plan.target.timeout_s)
        async with httpx.AsyncClient(
            limits=limits,
            timeout=timeout,
            trust_env=not is_loopback(plan.target.url),
            verify=is_encrypted(plan.target.url),
        ) as client:
            start = time.perf_counter()
            self._begun, self._end = (
                start + plan.warm_up_s,
                start + plan.warm_up_s + plan.seconds,
            )
            metered = None if meter is None else Metering(meter)
            watching = [asyncio.create_task(self._show(start, show))]
            if metered is not None:
                watching.append(asyncio.create_task(self._meter(metered)))
            try:
                await (self._closed(client) if plan.concurrency else self._open(client, start))
                ended = min(time.perf_counter(), self._end)
                energy = None
                if metered is not None and ended > self._begun and not self._why_no_energy:
                    with self._reading():
                        energy = metered.stop()
                await self._drain()
            finally:
                for task in (*watching, *self._tasks):
                    task.cancel()
                await asyncio.gather(*watching, *self._tasks, return_exceptions=True)
        return Measured(
            outcomes=tuple(one for one in self._outcomes if one.due >= self._begun),
            begun=self._begun,
            ended=max(ended, self._begun),
            warm_up=tuple(one for one in self._outcomes if one.due < self._begun),
            energy=energy,
            why_stopped=self._why,
            why_no_energy=self._why_no_energy,
        )

    async def _meter(self, metered: Metering) -> None:
        await asyncio.sleep(max(0.0, self._begun - time.perf_counter()))
        with self._reading():
            metered.start()
            while True:
                await asyncio.sleep(READ_EVERY_S)
                metered.read()

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """A counter that fails leaves the energy unknown, and what was measured stays."""
        try:
            yield
        except OSError as error:
            self._why_no_energy = str(error)

    async def _show(self, start: float, show: Callable[[Progress], object]) -> None:
        while True:
            now = time.perf_counter()
            failed = sum(one.failure is not None for one in self._outcomes)
            show(
                Progress(
                    passed_s=min(now, self._end) - start,
                    of_s=self._end - start,
                    warming_up=now < self._begun,
                    answered=len(self._outcomes) - failed,
                    failed=failed,
                    in_flight=len(self._tasks),
                )
            )
            await asyncio.sleep(SHOW_EVERY_S)

    async def _closed(self, client: httpx.AsyncClient) -> None:
        async def one_after_another() -> None:
            while not self._is_over(time.perf_counter()):
                await self._one(client, time.perf_counter())

        workers = [
            asyncio.create_task(one_after_another()) for _ in range(self._plan.concurrency or 1)
        ]
        self._tasks.update(workers)
        for worker in workers:
            worker.add_done_callback(self._tasks.discard)
        await self._until(self._end)

    async def _open(self, client: httpx.AsyncClient, start: float) -> None:
        plan = self._plan
        # The warm-up has the first rate; the profile is of what is measured.
        warm_up = poisson(plan.rates_rps[:1], plan.warm_up_s, plan.seed) if plan.warm_up_s else ()
        dues = [start + due for due in warm_up]
        dues += [self._begun + due for due in poisson(plan.rates_rps, plan.seconds, plan.seed + 1)]
        for due in dues:
            if not await self._until(due) or self._is_over(due):
                break
            if len(self._tasks) >= MOST_IN_FLIGHT:
                now = time.perf_counter()
                self._keep(Outcome(due=due, sent=now, end=now, failure="dropped",
                                   why="too many requests are in flight"))  # fmt: skip
                continue
            task = asyncio.create_task(self._one(client, due))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await self._until(self._end)

    async def _until(self, moment: float) -> bool:
        """Wait for a moment; False where the measurement is stopped before it."""
        wait = moment - time.perf_counter()
        if wait > 0 and not self._stopped.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopped.wait(), wait)
        elif not self._stopped.is_set():
            await asyncio.sleep(0)
        return not self._stopped.is_set()

    def _is_over(self, moment: float) -> bool:
        most = self._plan.most_requests
        if most is not None and self._sent >= most:
            self._stopped.set()
        return self._stopped.is_set() or moment >= self._end

    async def _one(self, client: httpx.AsyncClient, due: float) -> None:
        number = self._sent
        self._sent += due >= self._begun
        plan, sent = self._plan, time.perf_counter()
        try:
            prompt = plan.prompt(number if due >= self._begun else -1 - len(self._outcomes))
            self._keep(await exchange(client, plan.target, plan.shape, prompt, due))
        except asyncio.CancelledError:
            self._keep(Outcome(due=due, sent=sent, end=time.perf_counter(), failure="unfinished",
                               why="it was under way when the measurement ended"))  # fmt: skip
            raise

    def _keep(self, outcome: Outcome) -> None:
        self._outcomes.append(outcome)
        self._failed_in_a_row = self._failed_in_a_row + 1 if outcome.failure else 0
        if self._failed_in_a_row >= GIVES_UP_AFTER:
            self.stop(f"{GIVES_UP_AFTER} requests in a row failed: {outcome.why}")

    async def _drain(self) -> None:
        """Wait for what is under way; where the measurement was stopped, for nothing."""
        if self._why or not self._tasks:
            return
        while self._tasks and not self._why:
            await asyncio.wait(self._tasks, timeout=STOPS_WITHIN_S)


def is_loopback(url: str) -> bool:
    """Whether a URL is of this machine."""
    return httpx.URL(url).host in ("localhost", "127.0.0.1", "::1")


def is_encrypted(url: str) -> bool:
    """Whether certificates are needed: reading them takes longer than many a request."""
    return httpx.URL(url).scheme == "https"
