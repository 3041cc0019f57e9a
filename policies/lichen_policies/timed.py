"""A limit of time for each step: one that does not end is left behind, and the others go on.

What judges is a generator of steps. :func:`run` makes them one after the other in a thread of its
own, and waits. A step that takes longer than it may ends in the generator as :class:`TookTooLong`;
its thread is left and asked to stop, and the generator goes on in another one. This works in every
thread of every host, and for steps that sleep or wait.

A thread cannot be left while one call in C has the interpreter to itself. For a process that only
judges, :func:`end_where_stuck` lets the operating system end it then: a door that hangs is not
green either.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Generator, Mapping
from functools import partial
from queue import SimpleQueue
from threading import Lock, Thread, get_ident
from types import FrameType
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")

Step: TypeAlias = tuple[Callable[[], Any], float]
"""A call, and the seconds that it may take."""

Steps: TypeAlias = Generator[Step, Any, T]
"""What yields steps, is sent the result of each, and returns a T. What a step raises is raised
where it was yielded."""

HOPELESS = 10.0
"""A step is left after this many times its limit, also where something else slowed it: a table that
is read, a machine that leaves it too little of a processor."""
STUCK_S = 20.0
"""Seconds in which nothing at all moves before :func:`end_where_stuck` ends the process."""

_POLL_S = 0.05
_BLOCKED_SHARE = 0.05
"""Of a processor, what a step that only waits uses at the most."""
_READING = ("binary_cache.py", "<frozen importlib._bootstrap>")
"""Files of what is done once in a process and is nobody's judgement: a table or a module is read
for the first time."""


class TookTooLong(Exception):
    """A step did not end in time; ``where`` it was then: ``rule.py:12``."""

    def __init__(self, seconds: float, where: str) -> None:
        super().__init__(f"took longer than {seconds:g} s, at {where}")


class Ended(Exception):
    """A step tried to end the process or its thread, with what ``error`` is."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)
        self.__traceback__ = error.__traceback__


class _Left(BaseException):
    """Raised in a thread that was left behind, so that it stops using the processor."""


def run(steps: Steps[T]) -> T:
    """What the steps return; each of them ends in time or is left behind."""
    work = _Work(steps, partial(next, steps))
    worker = _worker_for(work)
    with _alarm:
        while not work.done.acquire(timeout=_POLL_S):
            _alarm.start_anew()
            late = work.late(worker)
            if late is not None:
                work = _Work(steps, partial(steps.throw, late))
                worker = _worker_for(work)
    _idle.append(worker)
    if work.error is not None:
        raise work.error
    return work.value


class _Used(msgspec.Struct, frozen=True):
    """Seconds of a clock, and those that a thread has used of a processor, has waited for one, and
    spent on whole garbage collections."""

    time_s: float
    processor_s: float
    queued_s: float
    collecting_s: float

    @classmethod
    def by(cls, worker: _Worker) -> _Used:
        collecting_s = _collections.seconds(worker.ident or 0)
        return cls(time.monotonic(), worker.processor_s(), worker.queued_s(), collecting_s)


_NOTHING_USED = _Used(0.0, 0.0, 0.0, 0.0)


class _Work(Generic[T]):
    """The steps as one thread makes them; ``value`` or ``error`` once it is ``done``."""

    def __init__(self, steps: Steps[T], first: Callable[[], Step]) -> None:
        self.value: T
        self.error: BaseException | None = None
        self.done = Lock()
        self.done.acquire()
        self._steps, self._first = steps, first
        self._lock = Lock()
        self._left = False
        self._in_step = False
        self._limit_s = self._began_s = 0.0
        self._step = self._looked_at = 0
        self._since = _NOTHING_USED

    def make(self) -> bool:
        """Make the steps, in the worker's thread. False where it was left meanwhile."""
        send, throw, lock = self._steps.send, self._steps.throw, self._lock
        try:
            call, self._limit_s = self._first()
            del self._first  # the frames of an error in it lead back here
            while True:
                self._step += 1  # and no clock: most steps end before anybody looks at them
                self._in_step = True
                raised: BaseException | None = None
                try:
                    result = call()
                except Exception as error:
                    raised = error
                except BaseException as error:
                    raised = Ended(error)
                with lock:
                    self._in_step = False
                    if self._left:
                        return False
                call, self._limit_s = send(result) if raised is None else throw(raised)
        except StopIteration as end:
            self.value = end.value
            raised = None  # so do those of the last one
        except _Left:
            return False
        except BaseException as error:
            self.error = error
        self.done.release()
        return True

    def late(self, worker: _Worker) -> TookTooLong | None:
        """Leave the step that takes too long; None where none does."""
        with self._lock:
            if not self._in_step:
                return None
            now, since = _Used.by(worker), self._since
            if self._looked_at != self._step:  # its time counts from its first look
                self._looked_at, self._began_s, self._since = self._step, now.time_s, now
                return None
            for_others_s = now.collecting_s - since.collecting_s
            lasts_s = now.time_s - since.time_s - (now.queued_s - since.queued_s) - for_others_s
            used_s = now.processor_s - since.processor_s - for_others_s
            is_hopeless = now.time_s - self._began_s >= HOPELESS * self._limit_s
            frame = sys._current_frames().get(worker.ident or 0)
            if not is_hopeless:
                if _is_reading(frame):
                    self._since = now
                    return None
                waits = used_s < _BLOCKED_SHARE * lasts_s
                if lasts_s < self._limit_s or (used_s < self._limit_s and not waits):
                    return None
            self._left = True
            worker.stop()
            return TookTooLong(self._limit_s, _line(frame))


class _Collections:
    """Seconds that each thread spent on whole garbage collections. The garbage is the process's;
    the step that happens to run then must not pay for it."""

    def __init__(self) -> None:
        self._seconds: defaultdict[int, float] = defaultdict(float)
        self._began_s: dict[int, float] = {}
        gc.callbacks.append(self._note)

    def seconds(self, thread: int) -> float:
        """The one that is under way included."""
        now_s = time.monotonic()
        return self._seconds[thread] + now_s - self._began_s.get(thread, now_s)

    def _note(self, phase: str, info: Mapping[str, int]) -> None:
        if info["generation"] == 2:
            thread = get_ident()
            if phase == "start":
                self._began_s[thread] = time.monotonic()
            else:
                self._seconds[thread] = self.seconds(thread)
                self._began_s.pop(thread, None)


_collections = _Collections()


class _Worker(Thread):
    """A thread that makes work after work, until one is left behind."""

    def __init__(self) -> None:
        super().__init__(name="lichen judges", daemon=True)
        self.works: SimpleQueue[_Work[Any]] = SimpleQueue()

    def run(self) -> None:
        try:
            while self.works.get().make():
                pass
        except _Left:
            pass

    def processor_s(self) -> float:
        """Seconds of a processor that this thread has used; infinite where nobody counts them."""
        if not hasattr(time, "pthread_getcpuclockid"):
            return float("inf")
        return time.clock_gettime(time.pthread_getcpuclockid(self.ident or 0))

    def queued_s(self) -> float:
        """Seconds that this thread could have run and got no processor; 0 where nobody counts
        them. On a machine that others use it must not pass for one that waits."""
        try:
            with open(f"/proc/self/task/{self.native_id}/schedstat", "rb") as file:
                return int(file.read().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            return 0.0

    def stop(self) -> None:
        """Raise :class:`_Left` in it, which reaches it at its next line of Python."""
        import ctypes  # only for what is left behind: it is slow to load

        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(self.ident or 0), ctypes.py_object(_Left)
        )


_idle: deque[_Worker] = deque()
if hasattr(os, "register_at_fork"):  # the threads of a process are not in its child
    os.register_at_fork(after_in_child=_idle.clear)


def _worker_for(work: _Work[Any]) -> _Worker:
    try:
        worker = _idle.pop()
    except IndexError:
        worker = _Worker()
        worker.start()
    worker.works.put(work)
    return worker


def place_of(error: BaseException) -> str:
    """Where an error was raised: ``rule.py:12``."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_name_of(error.filename)}:{error.lineno}"
    trace = error.__traceback__
    if trace is None:
        return _line(None)
    while trace.tb_next is not None:
        trace = trace.tb_next
    return _line(trace.tb_frame, trace.tb_lineno)


def _is_reading(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.endswith(_READING):
            return True
        frame = frame.f_back
    return False


def _line(frame: FrameType | None, number: int | None = None) -> str:
    if frame is None:
        return "an unknown place"
    number = frame.f_lineno if number is None else number
    return f"{_name_of(frame.f_code.co_filename)}:{number}"


def _name_of(path: str) -> str:
    return path.replace("\\", "/").rsplit("/", 1)[-1]


class _Alarm:
    """What ends the process where no thread gets to run; off until :func:`end_where_stuck`."""

    def __init__(self) -> None:
        self.is_on = False
        self._running = 0
        self._lock = Lock()

    def __enter__(self) -> None:
        if self.is_on:
            with self._lock:
                self._running += 1
                self.start_anew()

    def __exit__(self, *_raised: object) -> None:
        if self.is_on:
            with self._lock:
                self._running -= 1
                signal.setitimer(signal.ITIMER_REAL, STUCK_S if self._running else 0)

    def start_anew(self) -> None:
        """By a thread that still gets to run."""
        if self.is_on:
            signal.setitimer(signal.ITIMER_REAL, STUCK_S)


_alarm = _Alarm()


def end_where_stuck() -> None:
    """Let the operating system end this process, with a trace of where it is, where nothing moves
    for :data:`STUCK_S`. For a process that is a door's own; nothing on a system without alarms."""
    if not hasattr(signal, "setitimer") or signal.getsignal(signal.SIGALRM) != signal.SIG_DFL:
        return
    import faulthandler

    if sys.__stderr__ is not None:
        faulthandler.register(signal.SIGALRM, file=sys.__stderr__, chain=True)
    _alarm.is_on = True
