"""Which machines could serve a workload, how many of each, and what they cost and emit.

For rules that compare what is deployed with what the declared model and traffic need.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from lichen.catalogue.schema import Machine, Region
from lichen.holding import Holding, holding
from lichen.sizing.answers import Misfit
from lichen.workload import ModelCard, Workload
from lichen_policies.facts import Fact, Serving
from lichen_policies.provisioned import load_over, paid_as
from lichen_policies.rule import UNSTATED, Finding, Known, NotApplicable, Saves, Unverified

if TYPE_CHECKING:
    from lichen.sizing import Sizing


def declared_workload(fact: Fact, *, most_replicas: int | None = None) -> Workload | None:
    """The workload that a resource's tags declare; None without a model and a peak rate.

    ``most_replicas`` is the most that the tags may ask for beside what the traffic needs: their
    author is not the one who sets limits. Raises :class:`Unverified` where a tag cannot be read.
    """
    passport = fact.declared("model", "peak_rps")
    if passport is None:
        return None
    if most_replicas is not None and (passport.minimum_replicas or 0) > most_replicas:
        passport = msgspec.structs.replace(passport, minimum_replicas=most_replicas)
    return passport.as_workload(fact.if_known.environment or UNSTATED)


class Fleet(msgspec.Struct, frozen=True):
    """A number of machines of one type that serve a workload.

    ``name`` is what the hosting calls the machine (``ml.g5.xlarge``); ``watts`` the likely draw of
    all of them; ``month`` what they cost and emit.
    """

    machine: Machine
    name: str
    count: int
    sizing: Sizing
    watts: float
    month: Holding

    @property
    def text(self) -> str:
        return f"{self.count} x {self.name}"

    @property
    def served_rps(self) -> float:
        """Requests a second that all of them serve at the least."""
        return self.sizing.rps_per_replica.low * self.count

    @property
    def chips(self) -> str:
        """What one machine computes on: ``4 NVIDIA T4``, ``8 vCPU of AWS Graviton4``."""
        machine = self.machine
        if machine.accelerator is None:
            return f"{machine.vcpu:g} vCPU of {machine.cpu}"
        return f"{machine.accelerators:g} {machine.accelerator}"

    def costs_no_more_than(self, other: Fleet) -> bool:
        """Whether it costs no more in a month, as far as both prices are known."""
        mine, theirs = self.month.usd_month, other.month.usd_month
        return mine is None or theirs is None or mine <= theirs

    @property
    def image(self) -> tuple[str | None, str]:
        """What a container image is built for: the chip and the processor's architecture."""
        return self.machine.accelerator, self.machine.architecture


class Deployed(msgspec.Struct, frozen=True):
    """A variant as it is deployed, for a workload that its tags declare."""

    fleet: Fleet
    workload: Workload
    card: ModelCard
    fleets: Fleets

    def lightest(self, fits: Callable[[Machine], bool], cloud: str, most: int) -> Fleet | None:
        """Of the machines that ``fits`` takes, the fleet of at most ``most`` that serves the work
        and draws least."""
        able = [each for each in self.fleets.able(cloud, 1, fits) if each.count <= most]
        return min(able, key=lambda each: (each.watts, each.month.usd_month or 0), default=None)

    def lighter(
        self, fact: Serving, fits: Callable[[Machine], bool], most: int, less_pct: float, limit: str
    ) -> Iterator[Finding]:
        """A finding where at most ``most`` of the machines that ``fits`` takes serve the work with
        less power, by ``less_pct`` percent or more, and cost no more. It says the ``limit``."""
        better = self.lightest(fits, fact.cloud, most)
        if better is None:
            return
        saved_pct = (1 - better.watts / self.fleet.watts) * 100
        if saved_pct < less_pct or not better.costs_no_more_than(self.fleet):
            return
        yield Finding(
            what=f"{better.text} ({better.chips}) can serve the declared peak of "
            f"{self.workload.traffic.peak_rps:g} requests/s of {self.card.name} with "
            f"{saved_pct:.0f} % less power than {self.fleet.text}",
            limit=limit,
            or_else=f"measure the model on {better.name}, then set {fact.machine_at} to it and "
            f"{fact.machines_at} to {better.count}",
            path=fact.machine_at,
            saves=self.saved_by(better),
            sources=tuple(filter(None, (self.card.source, *(better.machine.power_source or ())))),
        )

    def saved_by(self, other: Fleet) -> Saves:
        """A month of what is deployed, less a month of another fleet."""
        now, then = self.fleet.month, other.month
        return Saves(gco2e_month=now.grams_less(then), usd_month=now.usd_less(then))


def deployed(fact: Serving, known: Known, *, most_replicas: int | None = None) -> Deployed:
    """A variant as it is deployed.

    Raises :class:`NotApplicable` where its tags do not declare a workload, or it runs on no machine
    or on one that cannot serve the work, :class:`Unverified` where that cannot be said.
    """
    workload = declared_workload(fact, most_replicas=most_replicas)
    if workload is None:
        raise NotApplicable("the lichen:* tags do not declare both a model and a peak rate")
    machine = machine_of(fact, known)
    card = known.declared_model(fact)
    region = known.catalogue.regions.get(fact.if_known.region or "")
    fleets = Fleets(workload, card, fact.hosting, region, known)
    sizing = fleets.sized(machine)
    if sizing is None:
        raise NotApplicable(f"{fact.machine} cannot serve the declared work: see unable-endpoint")
    fleet = fleets.of(machine, max(fact.machines or 1, fact.floor or 0), sizing)
    if fleet is None:
        raise Unverified(f"nobody publishes the watts of {fact.machine}")
    return Deployed(fleet, workload, card, fleets)


def machine_of(fact: Serving, known: Known) -> Machine:
    """The machine that each replica of a variant has to itself.

    Raises :class:`NotApplicable` where there is none, :class:`Unverified` where it is not known.
    """
    if fact.serverless or fact.machine is None:
        raise NotApplicable("it runs on no machine of its own")
    machine = known.machine(fact.machine)
    if fact.chips is not None and fact.chips != machine.accelerators:
        raise NotApplicable(f"each replica takes a part of {fact.machine}")
    return machine


class Fleets:
    """The fleets that serve one workload on one hosting, in a region where that is known."""

    def __init__(
        self,
        workload: Workload,
        card: ModelCard,
        hosting: str,
        region: Region | None,
        known: Known,
    ) -> None:
        self._workload, self._card, self._hosting = workload, card, hosting
        self._region, self._catalogue = region, known.catalogue

    def sized(self, machine: Machine) -> Sizing | None:
        """The workload on a machine; None where the machine cannot serve it.

        Raises :class:`Unverified` where its needs or the machine's figures are not known.
        """
        found = self.attempted(machine)
        return None if isinstance(found, Misfit) else found

    def attempted(self, machine: Machine) -> Sizing | Misfit:
        """The workload on a machine, or why the machine cannot serve it.

        Raises :class:`Unverified` where its needs or the machine's figures are not known.
        """
        from lichen.sizing import lay_out  # a pack starts without it: few findings size

        layout = lay_out(
            self._workload,
            self._card,
            machine,
            self._workload.precisions_of(self._card)[0],
            self._catalogue,
        )
        if not isinstance(layout, Misfit):
            return layout.sizing()
        if layout.kind in ("card", "hardware"):
            raise Unverified(f"the needs of {self._card.name} cannot be computed: {layout.reason}")
        return layout

    def of(self, machine: Machine, count: int, sizing: Sizing) -> Fleet | None:
        """``count`` machines; None where the machine's watts are not published."""
        load = load_over(sizing, count)
        paid = paid_as(self._hosting, machine, self._catalogue)
        month = holding(machine, count, self._region, paid, self._catalogue, load=load)
        if month.watts is None:
            return None
        hosting = self._catalogue.hostings.get(self._hosting)
        name = f"{hosting.machine_prefix if hosting else ''}{machine.name}"
        return Fleet(machine, name, count, sizing, month.watts.likely, month)

    def able(
        self, cloud: str, least_count: int, fits: Callable[[Machine], bool] | None = None
    ) -> Iterator[Fleet]:
        """A fleet of every machine that the hosting offers in the region and that can serve the
        peak, ``least_count`` machines or more; of those that ``fits`` takes, where it is given."""
        for machine in self._catalogue.machines.values():
            if fits is not None and not fits(machine):
                continue
            if machine.cloud != cloud or not self._catalogue.hosts(self._hosting, machine):
                continue
            if not self._is_offered(machine):
                continue
            try:
                sizing = self.sized(machine)
            except Unverified:
                continue
            if sizing is None:
                continue
            fleet = self.of(machine, max(sizing.replicas_peak, least_count), sizing)
            if fleet is not None:
                yield fleet

    def _is_offered(self, machine: Machine) -> bool:
        from lichen.placing.buying import why_retired  # a pack starts without it, as above

        if why_retired(self._catalogue.retired(machine)):
            return False
        offers = self._catalogue.offers_of(machine.name)
        region = self._region
        return region is None or any(offer.region == region.name for offer in offers)
