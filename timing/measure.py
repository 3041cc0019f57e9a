"""Two things timed in turn, A B A B, so that a machine's moods fall on both; medians compared."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

RUNS = 9


@dataclass(frozen=True)
class Measured:
    """A figure: its median, what it was compared with, and the median of the pairs' ratios."""

    name: str
    median_ms: float
    against: str = ""
    against_ms: float | None = None
    ratio: float | None = None
    target: str = ""


def paired(
    name: str,
    command: Sequence[str],
    against: str,
    other: Sequence[str],
    *,
    runs: int = RUNS,
    target: str = "",
) -> Measured:
    """A command against another one, whole processes, after one warm-up of each."""
    return compared(name, lambda: _run(command), against, lambda: _run(other), runs, target)


def compared(
    name: str,
    one: Callable[[], object],
    against: str,
    other: Callable[[], object],
    runs: int = RUNS,
    target: str = "",
) -> Measured:
    """A call against another one in the same run."""
    one(), other()
    pairs = [(_milliseconds(one), _milliseconds(other)) for _ in range(runs)]
    return Measured(
        name,
        statistics.median(mine for mine, _ in pairs),
        against,
        statistics.median(theirs for _, theirs in pairs),
        statistics.median(mine / theirs for mine, theirs in pairs),
        target,
    )


def in_process(
    name: str, call: Callable[[], object], *, runs: int = RUNS, target: str = ""
) -> Measured:
    """A call in this process, after one warm-up."""
    call()
    median_ms = statistics.median(_milliseconds(call) for _ in range(runs))
    return Measured(name, median_ms, target=target)


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000
