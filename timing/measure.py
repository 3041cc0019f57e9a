"""Two things timed in turn, A B A B, so that a machine's moods fall on both; medians compared."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

RUNS = 9


@dataclass(frozen=True)
class Measured:
    """A figure: its median, what it was compared with, and the median of the pairs' ratios; of a
    process that ran once, the most memory that it used."""

    name: str
    median_ms: float
    against: str = ""
    against_ms: float | None = None
    ratio: float | None = None
    target: str = ""
    most_mib: float | None = None


def process(name: str, command: Sequence[str], target: str) -> Measured:
    """A process that takes too long to be run several times: its time on a processor, which other
    work on the machine changes little, and the memory that it used."""
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, used = os.wait4(child.pid, 0)
    child.returncode = 0  # it is waited for
    milliseconds = (used.ru_utime + used.ru_stime) * 1000
    return Measured(name, milliseconds, target=target, most_mib=used.ru_maxrss / 1024)


def starts(
    commands: Sequence[tuple[str, Sequence[str], str]],
    against: str,
    other: Sequence[str],
    runs: int = RUNS,
) -> list[Measured]:
    """Commands (name, words, what is wanted) against another one: the least time on a processor of
    several runs each, all in turn. Other work on the machine can only add to it."""
    least = dict.fromkeys(range(-1, len(commands)), float("inf"))
    for _ in range(runs + 1):
        for number, words in enumerate((other, *(words for _, words, _ in commands)), start=-1):
            least[number] = min(least[number], _processor_ms(words))
    return [
        Measured(name, least[number], against, least[-1], least[number] / least[-1], target)
        for number, (name, _, target) in enumerate(commands)
    ]


def _processor_ms(command: Sequence[str]) -> float:
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return (used.ru_utime + used.ru_stime) * 1000


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
