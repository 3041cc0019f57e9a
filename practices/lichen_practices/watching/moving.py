"""Whether a better placement exists today than what runs, what it saves, and what moving takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from lichen_policies.gate import Gate
from lichen_policies.rule import UNSTATED
from msgspec.structs import replace

from lichen.defaults import COST_TOLERANCE_PCT
from lichen.document import InputError
from lichen.emissions import HOURS_PER_MONTH
from lichen.interval import Interval
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Option
from lichen.placing.question import Pin, Question
from lichen.placing.side_by_side import model_files_gb
from lichen.sizing.need import GIB
from lichen.workload import Where, Workload, read_workload
from lichen_practices.watching.deployed import Tagged

OVERLAP_H = 1.0
"""How long the old and the new machines run beside each other while traffic moves (design
choice): a roll-out with an alarm takes most of an hour."""


class Moving(msgspec.Struct, frozen=True, kw_only=True):
    """What moving takes: ``copy_gib`` of weights into the new region, 0 within one; the new
    placement for an hour beside the old one (``usd``, ``gco2e``). ``compile_command`` makes the
    model's files where the new machine needs others. ``pays_back_days`` is when the saved dollars
    have paid it; None where no dollars are saved. ``steps`` say what is to be done."""

    copy_gib: float
    usd: float
    gco2e: Interval
    compile_command: str | None
    pays_back_days: float | None
    steps: tuple[str, ...]


class BetterPlacement(msgspec.Struct, frozen=True, kw_only=True):
    """A placement that beats what runs by more than the tolerance.

    ``now`` has as many machines as run. Grams are what it emits less in a month, worst against
    best; dollars what it costs less, negative where it costs more. ``counted`` says how the two are
    compared: both over the traffic's day where what runs scales; both with a fixed number of
    machines where it does not, since scaling would be a gain of its own; and where fewer run than
    the peak needs, what runs against a placement that carries it.
    """

    now: Option
    then: Option
    gco2e_month: Interval
    usd_month: float
    moving: Moving
    counted: Literal["scaling", "fixed", "too-few-run"]


class NotCompared(msgspec.Struct, frozen=True):
    """Why nobody can say whether a better placement exists."""

    because: str


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """A better placement emits less by ``gain_pct`` or more, and costs at most ``cost_pct`` more
    than what runs."""

    gain_pct: float = COST_TOLERANCE_PCT
    cost_pct: float = COST_TOLERANCE_PCT


class Workloads(msgspec.Struct, frozen=True):
    """The workload files that a user gave, by the workload's name, each with its path."""

    by_name: Mapping[str, tuple[Workload, Path]] = {}

    @classmethod
    def of(cls, folders: Sequence[Path]) -> Workloads:
        """The workload files of some folders. :class:`InputError` where a file that is named is
        none; in a folder, what is no workload is left out."""
        found: dict[str, tuple[Workload, Path]] = {}
        for folder in folders:
            files = (
                sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml"))
                if folder.is_dir()
                else [folder]
            )
            for file in files:
                try:
                    workload = read_workload(file)
                except InputError:
                    if not folder.is_dir():
                        raise
                    continue
                found[workload.name] = (workload, file)
        return cls(found)


class Mover:
    """Asks of each endpoint once; endpoints of the same work share an answer."""

    def __init__(self, gate: Gate, tolerance: Tolerance, workloads: Workloads) -> None:
        self.gate, self.tolerance, self.workloads = gate, tolerance, workloads
        self._answers: dict[object, BetterPlacement | NotCompared | None] = {}

    def better(self, running: Tagged) -> BetterPlacement | NotCompared | None:
        """A better placement; None where there is none, or where nothing declares the work."""
        passport = running.passport
        if passport is None or running.region is None or running.machine is None:
            return None
        workload, near = self._workload(running)
        if workload is None:
            return None
        same = replace(workload, name="same", evidence=() if near is None else workload.evidence)
        key = (
            msgspec.json.encode(same),
            near,
            running.machine,
            running.region,
            running.machines,
            running.gco2e_month,
            running.usd_month,
            running.scales,
        )
        if key not in self._answers:
            try:
                self._answers[key] = self._compared(workload, near, running)
            except InputError as error:
                self._answers[key] = NotCompared(f"{error.field} {error.wrong}".strip())
        return self._answers[key]

    def _workload(self, running: Tagged) -> tuple[Workload | None, Path | None]:
        """The workload that a file has by its name, else the one that the tags declare: that one
        stays where it may surely be."""
        passport = running.passport
        assert passport is not None
        given = self.workloads.by_name.get(passport.workload or "")
        if given is not None:
            return given
        if running.model is None:
            return None, None
        workload = passport.as_workload(running.environment or UNSTATED)
        if workload is None:
            return None, None
        named = running.hosting
        hosting = (named,) if named and named in self.gate.catalogue.hostings else ()
        return replace(
            workload,
            name=passport.workload or running.resource,
            where=Where(
                clouds=(running.cloud,),
                hosting=hosting,
                regions=self._regions(running),
            ),
        ), None

    def _regions(self, running: Tagged) -> tuple[str, ...]:
        """Where work may be that states no place: the regions that lichen.yaml allows, else those
        under the same law: of a group of countries that the present one is in."""
        catalogue, configuration = self.gate.catalogue, self.gate.configuration
        here = catalogue.region(running.region or "")
        if configuration.regions:
            allowed = set(configuration.regions) | {here.name}
        else:
            countries = {here.country}.union(
                *(group for group in catalogue.residency.values() if here.country in group)
            )
            allowed = {
                region.name
                for region in catalogue.regions.values()
                if region.country in countries and region.partition == here.partition
            }
        return tuple(
            sorted(
                name
                for name in allowed
                if name in catalogue.regions and catalogue.regions[name].cloud == here.cloud
            )
        )

    def _compared(
        self, workload: Workload, near: Path | None, running: Tagged
    ) -> BetterPlacement | NotCompared | None:
        question = Question.of(
            workload,
            near=near,
            catalogue=self.gate.catalogue,
            cost_tolerance_pct=self.tolerance.cost_pct,
            today=self.gate.configuration.today,
        )
        answer = place(question, runners_up=0)
        if isinstance(answer, NoPlacement):
            return NotCompared("no offer does the declared work today")
        then = answer.chosen
        if running.machine is None or running.region is None:
            return None
        if (then.machine, then.region) == (running.machine, running.region):
            return None
        pin = Pin(running.machine, running.region)
        pinned = place(replace(question, pin=pin, own_images=True), runners_up=0)
        if isinstance(pinned, NoPlacement):
            reason = pinned.rejected[0].reason if pinned.rejected else "it is not offered there"
            return NotCompared(f"what runs cannot be placed today: {reason}")
        now = pinned.chosen
        counted: Literal["scaling", "fixed", "too-few-run"] = "scaling"
        if not running.scales:
            as_it_runs = _as_it_runs(pinned.chosen, running)
            if isinstance(as_it_runs, NotCompared):
                return as_it_runs
            carries = as_it_runs.replicas_peak >= pinned.chosen.replicas_peak
            now, counted = as_it_runs, "fixed" if carries else "too-few-run"
            then = _held(then) if carries else then
        if not self._beats(then, now):
            return None
        grams = Interval(
            now.gco2e_month.low - then.gco2e_month.high,
            now.gco2e_month.likely - then.gco2e_month.likely,
            now.gco2e_month.high - then.gco2e_month.low,
        )
        usd = now.usd_month - then.usd_month
        return BetterPlacement(
            now=now,
            then=then,
            gco2e_month=grams,
            usd_month=usd,
            moving=_moving(question, then, now, answer.compile_command, usd),
            counted=counted,
        )

    def _beats(self, then: Option, now: Option) -> bool:
        less = 1 - self.tolerance.gain_pct / 100
        more = 1 + self.tolerance.cost_pct / 100
        return (
            then.gco2e_month.likely <= now.gco2e_month.likely * less
            and then.usd_month <= now.usd_month * more
        )


def _held(sized: Option) -> Option:
    """A placement with the machines of its peak all month, each as loaded as on average: more grams
    than it would emit, never fewer. What bills no machines stays as it is."""
    if not 0 < sized.replicas_mean < sized.replicas_peak:
        return sized
    more = sized.replicas_peak / sized.replicas_mean
    return replace(
        sized,
        replicas_minimum=sized.replicas_peak,
        replicas_mean=float(sized.replicas_peak),
        usd_hour=sized.usd_hour * more,
        usd_month=sized.usd_month * more,
        usd_month_needed=sized.usd_month_needed * more,
        usd_unit=None,
        gco2e_hour=sized.gco2e_hour * more,
        gco2e_month=sized.gco2e_month * more,
        gco2e_unit=None,
    )


def _as_it_runs(sized: Option, running: Tagged) -> Option | NotCompared:
    """The placement of a machine with what its stack runs of it, in place of what it needs."""
    count, grams, dollars = running.machines, running.gco2e_month, running.usd_month
    if count is None or grams is None or dollars is None:
        return NotCompared("what runs has no known emissions or costs to compare with")
    return replace(
        sized,
        replicas_minimum=count,
        replicas_peak=count,
        replicas_maximum=max(count, sized.replicas_maximum),
        replicas_mean=float(count),
        replicas_needed=Interval.exactly(count),
        usd_month_needed=Interval.exactly(dollars),
        usd_hour=dollars / HOURS_PER_MONTH,
        usd_month=dollars,
        gco2e_hour=grams * (1 / HOURS_PER_MONTH),
        gco2e_month=grams,
        usd_unit=None,
        gco2e_unit=None,
    )


def _moving(
    question: Question, then: Option, now: Option, compile_command: str | None, usd_month: float
) -> Moving:
    moves = then.region != now.region
    gib = model_files_gb(question, then) * 1e9 / GIB if moves else 0.0
    usd = then.usd_hour * OVERLAP_H
    steps = []
    if moves:
        steps.append(f"copy the model's files ({gib:.1f} GiB) and the image to {then.region}")
    if compile_command:
        steps.append("compile the model's files for the new machine")
    if then.machine != now.machine:
        steps.append(f"measure the model on {then.machine}")
    steps.append("deploy the new endpoint beside the old one, move the traffic, delete the old one")
    return Moving(
        copy_gib=gib,
        usd=usd,
        gco2e=then.gco2e_hour * OVERLAP_H,
        compile_command=compile_command,
        pays_back_days=usd / (usd_month / HOURS_PER_MONTH * 24) if usd_month > 0 else None,
        steps=tuple(steps),
    )
