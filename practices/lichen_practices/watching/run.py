"""One run of ``lichen watch``: every state judged, compared with earlier runs, and written down."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from lichen_policies.gate import Gate
from lichen_policies.rulebook import Rulebook
from msgspec.structs import replace

from lichen import __version__
from lichen.document import InputError
from lichen.visible import visible
from lichen_practices.catalogue_hash import catalogue_hash
from lichen_practices.watching.deployed import (
    Running,
    Tagged,
    facts_of_stack,
    measured_in,
    running_in,
)
from lichen_practices.watching.history import History, LastRun, RunTotals
from lichen_practices.watching.kinds import SOON_DAYS
from lichen_practices.watching.moving import (
    BetterPlacement,
    Mover,
    NotCompared,
    Tolerance,
    Workloads,
)
from lichen_practices.watching.notices import (
    Evidence,
    Notice,
    as_one_fix,
    finding_mark,
    of_better,
    of_class,
    of_exemptions,
    of_passport,
    of_report,
)
from lichen_practices.watching.provider_emissions import Reported
from lichen_practices.watching.states import StoredState, UnreadState, read_states
from lichen_practices.watching.utilisation import MeasuredEndpoint, Utilisation


class Unsaid(msgspec.Struct, frozen=True, kw_only=True):
    """What could not be said of an endpoint, and why."""

    stack: str
    resource: str
    because: str


class WatchOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a run looks: what is soon, what beats, where workload files and records are."""

    tolerance: Tolerance = Tolerance()
    soon_days: int = SOON_DAYS
    workloads: tuple[Path, ...] = ()
    records: Path = Path()


class Watched(msgspec.Struct, frozen=True, kw_only=True):
    """A run: what runs, what was noticed, and how it compares with earlier runs.

    ``gco2e_month`` and ``usd_month`` are sums of what is known; ``without_grams`` and
    ``without_dollars`` count the endpoints that are not in them. ``unread`` are states that could
    not be read. ``trend`` are the latest runs of the history, this one last; empty without a
    history. ``utilisation`` is what a monitoring service measured; ``reported`` are emissions that
    a provider reports.
    """

    at: datetime.datetime
    catalogue: str
    stacks: int
    running: tuple[Running, ...]
    notices: tuple[Notice, ...]
    unsaid: tuple[Unsaid, ...]
    unread: tuple[UnreadState, ...]
    gco2e_month: float
    usd_month: float
    without_grams: int
    without_dollars: int
    previous: datetime.datetime | None
    trend: tuple[RunTotals, ...] = ()
    utilisation: tuple[Utilisation, ...] = ()
    reported: tuple[Reported, ...] = ()


class Watching:
    """A run that goes through states one by one."""

    def __init__(self, gate: Gate, options: WatchOptions, history: History | None) -> None:
        self.gate, self.options = gate, options
        self.last: LastRun | None = None if history is None else history.last()
        self.first = {} if history is None else history.first_classes()
        self.mover = Mover(gate, options.tolerance, Workloads.of(options.workloads))
        self.evidence = Evidence(options.records)
        self.known = Rulebook.of(gate.configuration, gate.catalogue).known
        self.running: list[Tagged] = []
        self.endpoints: list[MeasuredEndpoint] = []
        self.notices: list[Notice] = []
        self.unsaid: list[Unsaid] = []
        self.findings: dict[str, list[str]] = {}
        self.stacks = 0

    def see(self, state: StoredState) -> None:
        """One stack."""
        self.stacks += 1
        resources = [self.gate.completed(each) for each in state.resources]
        facts = facts_of_stack(resources)
        running = list(running_in(state.stack, facts, self.known))
        report = self.gate.report(state.resources)
        marks = [finding_mark(state.stack, verdict) for verdict in report.findings]
        self.findings.setdefault(state.stack, []).extend(marks)
        earlier = None if self.last is None else self.last.findings.get(state.stack)
        found = list(of_exemptions(state.stack, resources, self.gate, self.options.soon_days))
        changed: set[str] = set()
        outdone: set[str] = set()
        today = self.gate.configuration.today
        for each in running:
            first = self.first.get((each.stack, each.key, each.region or ""))
            of_region = list(of_class(each, first, report))
            changed.update(each.address for _ in of_region)
            found += of_region
            found += of_passport(each, facts, self.gate, len(running))
            found += self.evidence.of(each, today, self.options.soon_days)
            better = self.mover.better(each)
            if isinstance(better, BetterPlacement):
                notice, replaced = as_one_fix(
                    of_better(each, better), each.address, state.stack, report, self.gate
                )
                found.append(notice)
                outdone |= replaced
            elif isinstance(better, NotCompared):
                self._leave(each, better.because)
            for because in each.unknown:
                self._leave(each, because)
        found += of_report(
            state.stack, report, earlier, running, frozenset(changed), frozenset(outdone)
        )
        before = frozenset[str]() if self.last is None else self.last.notices
        self.notices += (
            replace(notice, is_new=notice.fingerprint not in before) for notice in found
        )
        self.running += running
        self.endpoints += measured_in(state.stack, facts, running)

    def _leave(self, running: Running, because: str) -> None:
        self.unsaid.append(Unsaid(stack=running.stack, resource=running.name, because=because))


def watch(
    places: Sequence[str],
    gate: Gate,
    options: WatchOptions,
    *,
    history: History | None,
    now: datetime.datetime,
    measured: Callable[[Sequence[MeasuredEndpoint]], tuple[Utilisation, ...]] = lambda _each: (),
    reported: Sequence[Reported] = (),
    progress: Callable[[str], object] = lambda _text: None,
) -> Watched:
    """Every state of some places. The history gets the run only if all of it came to its end.

    :class:`InputError` where a place or the history cannot be used, or the clock is behind it.
    """
    if history is not None:
        history.check_clock(now)
    run = Watching(gate, options, history)
    unread: list[UnreadState] = []
    for state in read_states(places):
        if isinstance(state, UnreadState):
            unread.append(state)
            continue
        progress(f"Judging {state.stack}")
        run.see(state)
    if not run.stacks:
        first = unread[0]
        raise InputError(first.because, fix="export the state again", document=first.place)
    utilisation = measured(run.endpoints)
    catalogue = catalogue_hash(gate.catalogue)
    if history is not None:
        history.write(
            now, __version__, catalogue, run.stacks, run.running, run.notices, run.findings
        )
    return Watched(
        at=now,
        catalogue=catalogue,
        stacks=run.stacks,
        running=tuple(each.untagged for each in run.running),
        notices=printable_notices(sorted(run.notices, key=_urgency)),
        unsaid=tuple(run.unsaid),
        unread=tuple(unread),
        gco2e_month=sum(each.gco2e_month.likely for each in run.running if each.gco2e_month),
        usd_month=sum(each.usd_month or 0.0 for each in run.running),
        without_grams=sum(each.gco2e_month is None for each in run.running),
        without_dollars=sum(each.usd_month is None for each in run.running),
        previous=None if run.last is None else run.last.at.replace(tzinfo=datetime.UTC),
        trend=() if history is None else history.totals(),
        utilisation=utilisation,
        reported=tuple(reported),
    )


def printable_notices(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Notices with what others named as visible characters only."""
    return tuple(
        replace(
            notice,
            stack=visible(notice.stack),
            resource=visible(notice.resource),
            what=visible(notice.what),
            fix=visible(notice.fix),
        )
        for notice in notices
    )


def _urgency(notice: Notice) -> tuple[bool, float, str, str]:
    grams = notice.saves.gco2e_month
    return (not notice.blocks, -(grams.likely if grams else 0.0), notice.kind, notice.stack)
