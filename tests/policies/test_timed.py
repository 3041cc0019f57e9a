"""The limit of a call's time: what waits is left behind; what only gets no processor, or clears the
process's garbage, is not."""

from __future__ import annotations

import gc
import time
from functools import partial

import pytest
from lichen_policies import timed
from lichen_policies.timed import Steps, TookTooLong


def sleeps(seconds: float) -> Steps[str]:
    (answer,) = yield [partial(time.sleep, seconds)], 0.1
    if answer is not None:
        raise answer
    return "woke"


def test_a_call_that_waits_is_left_behind() -> None:
    with pytest.raises(TookTooLong, match=r"took longer than 0\.1 s"):
        timed.run(sleeps(60.0))


def test_a_call_that_gets_no_processor_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine that many others use: all its time passes in the queue for a processor."""
    monkeypatch.setattr(timed._Worker, "queued_s", lambda _worker: time.monotonic())
    assert timed.run(sleeps(0.5)) == "woke"


def test_it_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed._Worker, "queued_s", lambda _worker: time.monotonic())
    with pytest.raises(TookTooLong):
        timed.run(sleeps(60.0))


class Garbage:
    """Garbage of somebody else, which only a whole collection finds, and which takes its time."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        time.sleep(0.5)


def test_a_call_does_not_pay_for_the_garbage_of_others() -> None:
    Garbage()

    def collects() -> Steps[str]:
        (answer,) = yield [gc.collect], 0.3
        assert not isinstance(answer, Exception)
        return "collected"

    assert timed.run(collects()) == "collected"
