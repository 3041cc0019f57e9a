"""An event loop whose clock moves only while everything waits: a busy machine delays nothing."""

from __future__ import annotations

import asyncio
import selectors

ARRIVES_WITHIN_S = 0.002
"""Of real time: what was sent over loopback has arrived by then."""


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Sockets are real. Where nothing comes from them, the time of the next timer is now."""

    def __init__(self) -> None:
        self.now = 0.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.now


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: SimulatedLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(
        self, timeout: float | None = None
    ) -> list[tuple[selectors.SelectorKey, selectors._EventMask]]:
        found = super().select(0 if timeout == 0 else ARRIVES_WITHIN_S)
        if not found and timeout:
            self._loop.now += timeout
        return found
