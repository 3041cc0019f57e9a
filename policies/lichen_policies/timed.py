"""A limit of time for each call: one that does not end is left behind, and the others go on.

What judges is a generator of steps, and a step is some calls. :func:`run` makes them one after the
other in a thread of its own, and waits. A call that takes longer than it may is answered by
:class:`TookTooLong`; its thread is left and asked to stop, and another one goes on with the next
call. This works in every thread of every host, and for calls that sleep or wait.

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
from collections.abc import Callable, Generator, Mapping, Sequence
from itertools import islice
from queue import SimpleQueue
from threading import Lock, Thread, get_ident
from types import FrameType
from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")

Calls: TypeAlias = Sequence[Callable[[], Any]]

Step: TypeAlias = tuple[Calls, float]
"""Calls, and the seconds that each of them may take."""

Steps: TypeAlias = Generator[Step, list[Any], T]
"""What yields steps and returns a T. It is sent for each step what its calls returned; in place of
that, of one that raised an Exception, the Exception."""

HOPELESS = 10.0
"""A call is left after this many times its limit, also where something else slowed it: a table that
is read, a machine that leaves it too little of a processor."""
STUCK_S = 20.0
"""Seconds in which nothing at all moves before :func:`end_where_stuck` ends the process."""

_POLL_S = 0.05
_BLOCKED_SHARE = 0.05
"""Of a processor, what a call that only waits uses at the most."""
_READING = ("binary_cache.py", "<frozen importlib._bootstrap>")
"""Files of what is done once in a process and is nobody's judgement: a table or a module is read
for the first time."""


class TookTooLong(Exception):
    """A call did not end in time; ``where`` it was then: ``rule.py:12``."""

    def __init__(self, seconds: float, where: str) -> None:
        super().__init__(f"took longer than {seconds:g} s, at {where}")


class Ended(Exception):
    """A call tried to end the process or its thread, with what ``error`` is."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)
        self.__traceback__ = error.__traceback__


class _Left(BaseException):
    """Raised in a thread that was left behind, so that it stops using the processor."""


def run(steps: Steps[T]) -> T:
    """What the steps return; each of their calls ends in time or is left behind."""
    work = _Work(steps)
    worker = _worker_for(work)
    with _alarm:
        while not work.done.acquire(timeout=_POLL_S):
            _alarm.start_anew()
            others = work.without_late_call(worker)
            if others is not None:
                work = others
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
    """The steps as one thread makes them; ``value`` or ``error`` once it is ``done``. It begins
    with the calls of ``step`` that have no answer yet, where there is one."""

    def __init__(
        self, steps: Steps[T], step: Step | None = None, answers: Sequence[object] = ()
    ) -> None:
        self.value: T
        self.error: BaseException | None = None
        self.done = Lock()
        self.done.acquire()
        self._steps, self._step, self._answers = steps, step, [*answers]
        self._lock = Lock()
        self._left = False
        self._began_s = 0.0
        self._looked_at: tuple[Step | None, int] = None, 0
        self._since = _NOTHING_USED

    def make(self) -> bool:
        """Make the steps, in the worker's thread. False where it was left meanwhile."""
        step, answers, lock = self._step, self._answers, self._lock
        try:
            if step is None:
                step = self._step = next(self._steps)
            while True:
                for call in islice(step[0], len(answers), None):
                    # No clock: most calls end before anybody looks at them.
                    answer = _answer(call)
                    with lock:
                        if self._left:
                            return False
                        answers.append(answer)
                self._step = None  # what the generator does itself has no limit
                given, answers = answers, []
                step = self._steps.send(given)
                del given
                with lock:
                    self._step, self._answers = step, answers
        except StopIteration as end:
            self.value = end.value
        except _Left:
            return False
        except BaseException as error:
            self.error = error
        self.done.release()
        return True

    def without_late_call(self, worker: _Worker) -> _Work[T] | None:
        """What is left to do after the call that takes too long, whose thread is left; None where
        none does."""
        with self._lock:
            step, answers = self._step, self._answers
            if step is None or len(answers) == len(step[0]):
                return None
            now, since = _Used.by(worker), self._since
            seen, answered = self._looked_at
            if seen is not step or answered != len(answers):  # its time counts from its first look
                self._looked_at = step, len(answers)
                self._began_s, self._since = now.time_s, now
                return None
            limit_s = step[1]
            for_others_s = now.collecting_s - since.collecting_s
            lasts_s = now.time_s - since.time_s - (now.queued_s - since.queued_s) - for_others_s
            used_s = now.processor_s - since.processor_s - for_others_s
            is_hopeless = now.time_s - self._began_s >= HOPELESS * limit_s
            frame = sys._current_frames().get(worker.ident or 0)
            if not is_hopeless:
                if _is_reading(frame):
                    self._since = now
                    return None
                waits = used_s < _BLOCKED_SHARE * lasts_s
                if lasts_s < limit_s or (used_s < limit_s and not waits):
                    return None
            self._left = True
            worker.stop()
            return _Work(self._steps, step, (*answers, TookTooLong(limit_s, _line(frame))))


def _answer(call: Callable[[], object]) -> object:
    """What a call returns, or what it raises."""
    try:
        return call()
    except Exception as error:
        return error
    except BaseException as error:
        return Ended(error)


class _Collections:
    """Seconds that each thread spent on whole garbage collections. The garbage is the process's;
    the call that happens to run then must not pay for it."""

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
