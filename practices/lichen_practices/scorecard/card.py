"""A scorecard: figures of each endpoint by the Software Carbon Intensity standard, and practices.

SCI (ISO/IEC 21031:2024) is ``(E x I + M) / R``: the energy of the machines with the overhead of
their data centre, times the annual location-based average of the grid, and the making of the
hardware, over the functional unit. Energy counts idle hours.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from lichen_policies.facts import (
    Located,
    NotApplicable,
    Serving,
    ServingComponent,
    ServingContainer,
    Unverified,
)
from lichen_policies.facts.readers.aws.joining import variants_under
from lichen_policies.fleets import deployed
from lichen_policies.gate import Gate
from lichen_policies.provisioned import machines_for, provisioned
from lichen_policies.rulebook import Rulebook
from lichen_policies.stack import Stack
from lichen_policies.verdict import Verdict

from lichen import __version__
from lichen.emissions import HOURS_PER_MONTH
from lichen.grid import Agreement, CarbonClass
from lichen.interval import Interval
from lichen.units import kwh
from lichen_practices.catalogue_hash import catalogue_hash
from lichen_practices.scorecard.practices import (
    PRACTICES,
    Evaluated,
    PracticeVerdict,
    judge_practices,
)
from lichen_practices.watching.deployed import Tagged, facts_of_stack, running_facts
from lichen_practices.watching.moving import BetterPlacement, Mover, Tolerance, Workloads
from lichen_practices.watching.notices import Evidence
from lichen_practices.watching.states import StoredState, UnreadState, read_states

JOULES_PER_KWH = 3.6e6
BOUNDARY = (
    "Counted: the machines that serve, idle hours included, with the overhead of their data centre "
    "(PUE), at the grid's annual location-based average; the making of the hardware where somebody "
    "publishes it. Not counted: networks, storage, training, and the users' devices."
)


class PerUnit(msgspec.Struct, frozen=True, kw_only=True):
    """SCI: grams, dollars and joules for one functional unit, at the declared mean rate.

    ``making`` says whether the making of the hardware is in the grams. None is not known.
    """

    unit: str
    gco2e: Interval | None
    usd: float | None
    joules: Interval | None
    making: bool


class BestChange(msgspec.Struct, frozen=True, kw_only=True):
    """The one change that would help most, and what it saves in a month; None is not known."""

    stack: str
    endpoint: str
    what: str
    gco2e_month: float | None
    usd_month: float | None


class EndpointCard(msgspec.Struct, frozen=True, kw_only=True):
    """One endpoint. ``headroom`` is how many times the declared peak its machines can serve;
    ``hardware`` its chip or processor, ``hardware_class`` what kind that is. ``per_unit`` is None
    where no mean rate is declared. ``questions`` are those to ask where a practice is not met."""

    stack: str
    name: str
    environment: str
    model: str | None
    cloud: str
    region: str | None
    place: str
    grid_gco2e_kwh: float | None
    carbon_class: CarbonClass
    agreement: Agreement
    machine: str | None
    machines: int | None
    hardware: str
    hardware_class: str
    gco2e_month: Interval | None
    usd_month: float | None
    kwh_month: Interval | None
    per_unit: PerUnit | None
    headroom: Interval | None
    practices: tuple[PracticeVerdict, ...]
    best: BestChange | None
    questions: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def met(self) -> int:
        """How many practices are met, of all."""
        return sum(each.verdict == "met" for each in self.practices)


class PracticeCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many endpoints a practice is met by, not met by, and unknown of."""

    practice: str
    title: str
    met: int
    not_met: int
    unknown: int


class Scorecard(msgspec.Struct, frozen=True, kw_only=True):
    """All endpoints of some states. Sums are of what is known; ``without_grams`` and
    ``without_dollars`` count the endpoints that are in neither sum."""

    made_on: datetime.date
    lichen: str
    catalogue: str
    boundary: str
    stacks: int
    endpoints: tuple[EndpointCard, ...]
    practices: tuple[PracticeCount, ...]
    gco2e_month: Interval
    usd_month: float
    without_grams: int
    without_dollars: int
    best: BestChange | None
    unread: tuple[UnreadState, ...]


def scorecard(
    places: Sequence[str],
    gate: Gate,
    *,
    workloads: Sequence[Path] = (),
    records: Path = Path(),
    progress: Callable[[str], object] = lambda _text: None,
) -> Scorecard:
    """The scorecard of the states at some places. :class:`InputError` where there is none."""
    maker = _Maker(gate, Workloads.of(workloads), records)
    cards: list[EndpointCard] = []
    unread: list[UnreadState] = []
    stacks = 0
    for state in read_states(places):
        if isinstance(state, UnreadState):
            unread.append(state)
            continue
        progress(f"Judging {state.stack}")
        stacks += 1
        cards += maker.cards(state)
    cards.sort(key=lambda card: -(card.gco2e_month.likely if card.gco2e_month else 0.0))
    known = [card.gco2e_month for card in cards if card.gco2e_month is not None]
    changes = [card.best for card in cards if card.best is not None]
    return Scorecard(
        made_on=gate.configuration.today,
        lichen=__version__,
        catalogue=catalogue_hash(gate.catalogue),
        boundary=BOUNDARY,
        stacks=stacks,
        endpoints=tuple(cards),
        practices=tuple(_counts(cards)),
        gco2e_month=Interval(
            sum(grams.low for grams in known),
            sum(grams.likely for grams in known),
            sum(grams.high for grams in known),
        ),
        usd_month=sum(card.usd_month or 0.0 for card in cards),
        without_grams=sum(card.gco2e_month is None for card in cards),
        without_dollars=sum(card.usd_month is None for card in cards),
        best=max(changes, key=_worth, default=None),
        unread=tuple(unread),
    )


def _worth(change: BestChange) -> tuple[float, float]:
    return (change.gco2e_month or 0.0, change.usd_month or 0.0)


def _counts(cards: Sequence[EndpointCard]) -> list[PracticeCount]:
    counts = []
    for at, practice in enumerate(PRACTICES):
        verdicts = [card.practices[at].verdict for card in cards]
        counts.append(
            PracticeCount(
                practice=practice.key,
                title=practice.title,
                met=verdicts.count("met"),
                not_met=verdicts.count("not"),
                unknown=verdicts.count("unknown"),
            )
        )
    return counts


class _Maker:
    """Makes cards, stack by stack."""

    def __init__(self, gate: Gate, workloads: Workloads, records: Path) -> None:
        self.gate, self.workloads, self.evidence = gate, workloads, Evidence(records)
        self.mover = Mover(gate, Tolerance(), workloads)
        self.known = Rulebook.of(gate.configuration, gate.catalogue).known

    def cards(self, state: StoredState) -> list[EndpointCard]:
        resources = [self.gate.completed(each) for each in state.resources]
        facts = facts_of_stack(resources)
        stack = Stack(facts.read)
        report = self.gate.report(state.resources)
        every = (*report.findings, *report.unverified, *report.exempted)
        cards = []
        for running, fact in running_facts(state.stack, facts, self.known):
            own = {running.address, *_named_by(fact, stack)}
            about = [verdict for verdict in every if verdict.resource in own]
            cards.append(self._card(running, fact, about))
        return cards

    def _card(
        self, running: Tagged, fact: Serving | Located, findings: list[Verdict]
    ) -> EndpointCard:
        catalogue = self.gate.catalogue
        machine = catalogue.machines.get(running.machine or "")
        chip = None if machine is None else catalogue.accelerator_of(machine)
        region = catalogue.regions.get(running.region or "")
        headroom = self._headroom(running, fact)
        better = self.mover.better(running)
        practices = judge_practices(
            Evaluated(
                running=running,
                findings=findings,
                sized=headroom is not None,
                better=better,
                workloads=self.workloads,
                evidence=self.evidence,
                gate=self.gate,
            )
        )
        hardware, kind = "", "not known"
        if machine is not None:
            hardware = machine.accelerator or machine.cpu or ""
            kind = _CLASSES[chip.kind] if chip is not None else (
                "Arm processor" if machine.architecture == "arm64" else "x86 processor"
            )  # fmt: skip
        pue = None if region is None else region.pue
        used = None
        if running.watts is not None and pue is not None:
            used = kwh(running.watts) * (HOURS_PER_MONTH * pue)
        return EndpointCard(
            stack=running.stack,
            name=running.name,
            environment=running.environment or "",
            model=running.model,
            cloud=running.cloud,
            region=running.region,
            place="" if region is None else region.place,
            grid_gco2e_kwh=None if region is None else region.grid_gco2e_kwh,
            carbon_class=running.carbon_class,
            agreement=running.agreement,
            machine=running.machine,
            machines=running.machines,
            hardware=hardware,
            hardware_class=kind,
            gco2e_month=running.gco2e_month,
            usd_month=running.usd_month,
            kwh_month=used,
            per_unit=self._per_unit(running, fact, used),
            headroom=headroom,
            practices=practices,
            best=_best(running, practices, better),
            questions=tuple(
                practice.question
                for practice, judged in zip(PRACTICES, practices, strict=True)
                if judged.verdict != "met"
            ),
            unknown=running.unknown,
        )

    def _headroom(self, running: Tagged, fact: Serving | Located) -> Interval | None:
        """Requests a second that the machines serve over the declared peak."""
        if not isinstance(fact, Serving) or running.machines is None:
            return None
        try:
            here = deployed(fact, self.known)
        except (NotApplicable, Unverified):
            return None
        peak = here.workload.traffic.peak_rps
        return here.fleet.rps_each * (running.machines / peak) if peak > 0 else None

    def _per_unit(
        self, running: Tagged, fact: Serving | Located, used_kwh: Interval | None
    ) -> PerUnit | None:
        passport = running.passport
        if passport is None or not passport.mean_rps:
            return None
        card = self.gate.catalogue.models.get(passport.model or "")
        tokens = passport.output_tokens if card is None or card.generates else None
        units = passport.mean_rps * 3600 * HOURS_PER_MONTH * (tokens or 1) / 1000
        return PerUnit(
            unit="1,000 output tokens" if tokens else "1,000 requests",
            gco2e=None if running.gco2e_month is None else running.gco2e_month * (1 / units),
            usd=None if running.usd_month is None else running.usd_month / units,
            joules=None if used_kwh is None else used_kwh * (JOULES_PER_KWH / units),
            making=self._making(running, fact),
        )

    def _making(self, running: Tagged, fact: Serving | Located) -> bool:
        """Whether somebody publishes the making of the machine."""
        machine = self.gate.catalogue.machines.get(running.machine or "")
        region = self.gate.catalogue.regions.get(running.region or "")
        if machine is None:
            return False
        count = machines_for(running.machines or 1, None, machine)
        month = provisioned(fact, machine, count, running.hosting, region, self.gate.catalogue)
        return month.making_gco2e_month is not None


def _named_by(fact: Serving | Located, stack: Stack) -> Iterator[str]:
    """The addresses of what a variant names: the model that it serves, and what scales it. A model
    that an inference component puts on it counts as named."""
    if not isinstance(fact, Serving):
        return
    yield fact.scaled_by
    models = [fact.as_read("model")]
    for component in stack.of(ServingComponent):
        if any(variant.fact is fact for variant in variants_under(component.fact, stack)):
            yield component.resource.address
            models.append(component.fact.as_read("model"))
    for model in models:
        for container in stack.meant(model, ServingContainer, "names"):
            yield container.resource.address


_CLASSES = {
    "neuron": "inference chip",
    "tpu": "TPU",
    "gpu": "GPU",
    "cpu": "processor",
}


def _best(
    running: Tagged, practices: Sequence[PracticeVerdict], better: object
) -> BestChange | None:
    """The change that saves most grams; without figures the first that is not met."""
    changes = [
        BestChange(
            stack=running.stack,
            endpoint=running.name,
            what=judged.change,
            gco2e_month=judged.gco2e_month,
            usd_month=judged.usd_month,
        )
        for judged in practices
        if judged.verdict == "not" and judged.change
    ]
    if isinstance(better, BetterPlacement):
        then = better.then
        changes.append(
            BestChange(
                stack=running.stack,
                endpoint=running.name,
                what=f"serve it on {then.replicas_peak} x {then.machine} in {then.region}: "
                f"{'; '.join(better.moving.steps)}",
                gco2e_month=better.gco2e_month.likely,
                usd_month=better.usd_month,
            )
        )
    return max(changes, key=_worth, default=None)
