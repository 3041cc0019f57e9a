"""Which machines could serve a workload, how many of each, and what they cost and emit.

For rules that compare what is deployed with what the declared model and traffic need.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Region
from lichen.holding import Holding, holding
from lichen.interval import Interval
from lichen.passport import Passport
from lichen.sizing.answers import Misfit
from lichen.words import Environment, Precision
from lichen.workload import ModelCard, Workload
from lichen_policies.facts import Fact, Serving
from lichen_policies.provisioned import load_over, paid_as
from lichen_policies.rule import UNSTATED, Finding, Known, NotApplicable, Saves, Unverified

if TYPE_CHECKING:
    from lichen.sizing import Layout, Sizing
    from lichen.sizing.roof import SameChips


_FIELD = re.compile(r"\b(?:traffic|latency|availability)\.([a-z0-9_]+)")
"""A field of a workload's file of which a tag has the last part."""


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
    return _workload_of(passport, fact.if_known.environment or UNSTATED)


@lru_cache(maxsize=64)  # the rules of one resource ask for the same
def _workload_of(passport: Passport, environment: Environment) -> Workload | None:
    return passport.as_workload(environment)


def in_tags(reason: str, fact: Fact) -> str:
    """A reason with the tags that a user types in place of a workload's fields:
    ``lichen:input-tokens`` for ``traffic.input_tokens``."""
    return _FIELD.sub(lambda match: fact.tag(match[1].replace("_", "-")), reason)


class Fleet(msgspec.Struct, frozen=True, dict=True):
    """A number of machines of one type that serve a workload.

    ``name`` is what the hosting calls the machine (``ml.g5.xlarge``); ``watts`` the likely draw of
    all of them; ``month`` what they cost and emit.
    """

    machine: Machine
    name: str
    count: int
    layout: Layout
    watts: float
    month: Holding

    @property
    def text(self) -> str:
        return f"{self.count} x {self.name}"

    @cached_property
    def rps_each(self) -> Interval:
        """Requests a second that one of them serves."""
        return self.layout.rps_per_replica()

    @cached_property
    def sizing(self) -> Sizing:
        """All that is predicted of one of them: for a message, since it takes a while."""
        return self.layout.sizing()

    @property
    def served_rps(self) -> float:
        """Requests a second that all of them serve at the least."""
        return self.rps_each.low * self.count

    def serves_more_than(self, rps: float) -> bool:
        """Whether all of them serve more than so many requests a second, at the least."""
        from lichen.sizing.confidence import SLOW  # it sized: a start without does not load it

        capacity = self.layout.capacity
        # What is planned with less confidence is no less, and known at once.
        if capacity.confidence <= SLOW and capacity.rps * self.count <= rps:
            return False
        return self.served_rps > rps

    def may_serve(self, rps: float, count: int) -> bool:
        """Whether ``count`` of them serve so many requests a second, at the most."""
        from lichen.sizing.confidence import LIKELY

        capacity = self.layout.capacity
        if capacity.confidence >= LIKELY and capacity.rps * count >= rps:
            return True
        return self.rps_each.high * count >= rps

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
        """What a container image is built for, on these machines."""
        return image_on(self.machine)


def image_on(machine: Machine) -> tuple[str | None, str]:
    """What a container image for a machine is built for: the chip and the processor's
    architecture."""
    return machine.accelerator, machine.architecture


class Deployed(msgspec.Struct, frozen=True):
    """A variant as it is deployed, for a workload that its tags declare."""

    fleet: Fleet
    workload: Workload
    card: ModelCard
    fleets: Fleets

    def lighter(
        self, fact: Serving, fits: Callable[[Machine], bool], most: int, less_pct: float, limit: str
    ) -> Iterator[Finding]:
        """A finding where at most ``most`` of the machines that ``fits`` takes serve the work with
        less power, by ``less_pct`` percent or more, and cost no more. It says the ``limit``."""
        most_watts = self.fleet.watts * (1 - less_pct / 100)
        better = self.fleets.lightest(fact.cloud, fits, most=most, most_watts=most_watts)
        if better is None or not better.costs_no_more_than(self.fleet):
            return
        saved_pct = (1 - better.watts / self.fleet.watts) * 100
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
    return known.catalogue.once(_LastDeployed).of(fact, known, most_replicas)


class _LastDeployed:
    """The variant that was asked for last, as it is deployed, by the most replicas that its tags
    may ask for: four rules of a resource ask one after the other."""

    def __init__(self, _catalogue: Catalogue) -> None:
        self._last: tuple[Serving, dict[int | None, Deployed]] | None = None

    def of(self, fact: Serving, known: Known, most_replicas: int | None) -> Deployed:
        last = self._last
        if last is None or last[0] is not fact:
            last = self._last = fact, {}  # at once: threads that judge others replace it
        found = last[1].get(most_replicas)
        if found is None:
            found = last[1][most_replicas] = _deployed(fact, known, most_replicas)
        return found


def _deployed(fact: Serving, known: Known, most_replicas: int | None) -> Deployed:
    workload = declared_workload(fact, most_replicas=most_replicas)
    if workload is None:
        raise NotApplicable("the lichen:* tags do not declare both a model and a peak rate")
    machine = machine_of(fact, known)
    card = known.declared_model(fact)
    region = known.catalogue.regions.get(fact.if_known.region or "")
    fleets = Fleets.of(workload, card, fact.hosting, region, known)
    if isinstance(fleets.attempted(machine, fact), Misfit):
        raise NotApplicable(f"{fact.machine} cannot serve the declared work: see unable-endpoint")
    fleet = fleets.fleet(machine, max(fact.machines or 1, fact.floor or 0))
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
    """The fleets that serve one workload on one hosting, in a region where that is known.

    Every rule of a resource asks the same one (:meth:`of`), so a machine is sized once.
    """

    def __init__(
        self,
        workload: Workload,
        card: ModelCard,
        hosting: str,
        region: Region | None,
        catalogue: Catalogue,
    ) -> None:
        self._workload, self._card, self._hosting = workload, card, hosting
        self._region, self._catalogue = region, catalogue
        self._precision = workload.precisions_of(card)[0]
        self._layouts: dict[str, Layout | Misfit] = {}
        self._made: dict[tuple[str, int], Fleet | None] = {}
        self._lightest: dict[tuple[object, ...], Fleet | None] = {}

    @classmethod
    def of(
        cls, workload: Workload, card: ModelCard, hosting: str, region: Region | None, known: Known
    ) -> Fleets:
        """Those of a workload; of the last few that were asked for they are kept."""
        return known.catalogue.once(_Kept).of(workload, card, hosting, region)

    def attempted(self, machine: Machine, fact: Fact | None = None) -> Layout | Misfit:
        """The workload on a machine, or why the machine cannot serve it.

        Raises :class:`Unverified` where its needs or the machine's figures are not known; what is
        missing is named as the tags of ``fact`` are.
        """
        layout = self._layouts.get(machine.name)
        if layout is None:
            from lichen.sizing import (
                lay_out_as_usual,  # a pack starts without it: few findings size
            )

            layout = self._layouts[machine.name] = lay_out_as_usual(
                self._workload, self._card, machine, self._precision, self._catalogue
            )
        if isinstance(layout, Misfit) and layout.kind in ("card", "chip", "hardware"):
            because = layout.reason if fact is None else in_tags(layout.reason, fact)
            raise Unverified(f"the needs of {self._card.name} cannot be computed: {because}")
        return layout

    def fleet(self, machine: Machine, least_count: int, *, enough: bool = False) -> Fleet | None:
        """``least_count`` machines that serve the workload, or more where that many are ``enough``
        for the peak; None where the machine cannot serve it or its watts are not published.

        Raises :class:`Unverified` as :meth:`attempted`.
        """
        layout = self.attempted(machine)
        if isinstance(layout, Misfit):
            return None
        count = max(layout.replicas.peak, least_count) if enough else least_count
        key = machine.name, count
        if key not in self._made:
            self._made[key] = self._fleet(machine, count, layout)
        return self._made[key]

    def _fleet(self, machine: Machine, count: int, layout: Layout) -> Fleet | None:
        load = load_over(layout, count)
        paid = paid_as(self._hosting, machine, self._catalogue)
        month = holding(machine, count, self._region, paid, self._catalogue, load=load)
        if month.watts is None:
            return None
        hosting = self._catalogue.hostings.get(self._hosting)
        name = f"{hosting.machine_prefix if hosting else ''}{machine.name}"
        return Fleet(machine, name, count, layout, month.watts.likely, month)

    def lightest(
        self,
        cloud: str,
        fits: Callable[[Machine], bool] | None = None,
        *,
        least: int = 1,
        most: int | None = None,
        most_watts: float = math.inf,
    ) -> Fleet | None:
        """The fleet that serves the peak and draws least, and of those the cheapest.

        Of the machines that the hosting offers in the region and that ``fits`` takes; of ``least``
        machines to ``most``, and of no more than ``most_watts`` together. A machine is sized
        only if it may win: by what it draws idle, and what its peak operations allow.
        """
        key = cloud, fits, least, most, most_watts
        if key not in self._lightest:
            if len(self._lightest) >= _MOST_KEPT:
                self._lightest.clear()
            self._lightest[key] = self._found(cloud, fits, least, most, most_watts)
        return self._lightest[key]

    def _found(
        self,
        cloud: str,
        fits: Callable[[Machine], bool] | None,
        least: int,
        most: int | None,
        most_watts: float,
    ) -> Fleet | None:
        best: Fleet | None = None
        for watts, machine in self._at_least_watts(cloud, fits, least, most, most_watts):
            if best is not None and watts > best.watts:
                break
            try:
                fleet = self.fleet(machine, least, enough=True)
            except Unverified:
                continue
            if fleet is None or fleet.watts > most_watts:
                continue
            if (most is None or fleet.count <= most) and (
                best is None or _weight(fleet) < _weight(best)
            ):
                best = fleet
        return best

    def _at_least_watts(
        self,
        cloud: str,
        fits: Callable[[Machine], bool] | None,
        least: int,
        most: int | None,
        most_watts: float,
    ) -> list[tuple[float, Machine]]:
        """Machines that may serve the peak, with watts that their fleet draws at the least."""
        from lichen.sizing.replicas import busiest_rps, fewest_replicas
        from lichen.sizing.roof import chips_in

        offered = self._catalogue.once(_Offered)
        most_rps = self._most_rps()
        busiest = busiest_rps(self._workload)
        those = offered.on(self._hosting, cloud, fits)
        # A hundred machines have ten kinds of chips, most of which are out of the question.
        possible = {
            alike.chips
            for alike in those.alike
            if alike.least_idle_w * least <= most_watts
            and most_rps.may_reach(busiest, alike, math.inf if most is None else most, most_watts)
        }
        found: list[tuple[float, Machine]] = []
        for idle_w, machine in those.machines if possible else ():
            if idle_w * least > most_watts:
                break
            if chips_in(machine) not in possible:
                continue
            rps = most_rps[machine.name]
            if rps == 0.0:
                continue
            count = max(least, fewest_replicas(busiest, rps))
            watts = idle_w * count
            if watts > most_watts or (most is not None and count > most):
                continue
            if offered.sold(machine, self._region):
                found.append((watts, machine))
        found.sort(key=itemgetter(0))
        return found

    def _most_rps(self) -> _MostRps:
        """What each machine cannot exceed at the first precision in which it serves the workload at
        all; 0 where there is none."""
        from lichen.sizing import precisions_to_try, without_rates

        is_named = bool(self._workload.precisions)
        tried = (self._precision,) if is_named else precisions_to_try(self._precision)
        kept = self._catalogue.once(_Roofs)
        return kept.of(without_rates(self._workload), self._card, tried)


_MOST_KEPT = 32
"""Workloads, and searches of one of them: a rule may search by a function that is made anew."""


def _weight(fleet: Fleet) -> tuple[float, float]:
    return fleet.watts, fleet.month.usd_month or 0


class _Asked(msgspec.Struct, frozen=True):
    """What was asked for, and the answer."""

    workload: Workload
    card: ModelCard
    hosting: str
    region: Region | None
    fleets: Fleets

    def is_for(self, card: ModelCard, hosting: str, region: Region | None) -> bool:
        return self.card is card and self.region is region and self.hosting == hosting


class _Kept:
    """The fleets of the last workloads that were asked for, on one catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._fleets: dict[tuple[Workload, str, str, str | None], Fleets] = {}
        self._last: _Asked | None = None

    def of(
        self, workload: Workload, card: ModelCard, hosting: str, region: Region | None
    ) -> Fleets:
        # Six rules of a resource ask one after the other: no hash of a whole workload for each.
        last = self._last
        if last is not None and last.workload is workload and last.is_for(card, hosting, region):
            return last.fleets
        found = self._found(workload, card, hosting, region)
        self._last = _Asked(workload, card, hosting, region, found)  # at once, for other threads
        return found

    def _found(
        self, workload: Workload, card: ModelCard, hosting: str, region: Region | None
    ) -> Fleets:
        key = workload, card.name, hosting, region.name if region else None
        found = self._fleets.get(key)
        if found is None:
            found = Fleets(workload, card, hosting, region, self._catalogue)
            if len(self._fleets) >= _MOST_KEPT:
                self._fleets.clear()
            self._fleets[key] = found
        return found


class _Roofs:
    """What machines cannot exceed for the last models that were asked for: the rates of their
    traffic have no part in it, see :func:`lichen.sizing.without_rates`."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._found: dict[tuple[object, ...], _MostRps] = {}

    def of(
        self, workload: Workload, card: ModelCard, precisions: tuple[Precision, ...]
    ) -> _MostRps:
        """Requests a second by the machine's name."""
        key = workload, card, precisions
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _MOST_KEPT:
                self._found.clear()
            found = self._found[key] = _MostRps(workload, card, precisions, self._catalogue)
        return found


class _MostRps(dict[str, float]):
    """The answers of :class:`_Roofs`, each worked out when it is first looked up."""

    def __init__(
        self,
        workload: Workload,
        card: ModelCard,
        precisions: tuple[Precision, ...],
        catalogue: Catalogue,
    ) -> None:
        super().__init__()
        from lichen.sizing.roof import Roof

        self._roofs = [Roof(workload, card, each, catalogue) for each in precisions]
        self._machines = catalogue.machines

    def may_reach(
        self, busiest_rps: float, alike: SameChips, most: float, most_watts: float
    ) -> bool:
        """Whether a fleet of machines with the same chips may, in any of the precisions."""
        return any(roof.may_serve(alike, busiest_rps, most, most_watts) for roof in self._roofs)

    def __missing__(self, name: str) -> float:
        machine = self._machines[name]
        possible = (rps for roof in self._roofs if (rps := roof.rps(machine)) > 0.0)
        found = self[name] = next(possible, 0.0)
        return found


class _Those(msgspec.Struct, frozen=True):
    """Machines, each with the watts that it draws idle, the lowest first; and the same by their
    chips."""

    machines: tuple[tuple[float, Machine], ...]
    alike: tuple[SameChips, ...]


class _Offered:
    """The machines that can be had on a hosting of a cloud, and in which region; found once."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._machines: dict[tuple[str, str], _Those] = {}
        self._fitting: dict[tuple[object, ...], _Those] = {}
        self._sold: dict[tuple[str, str | None], bool] = {}

    def on(self, hosting: str, cloud: str, fits: Callable[[Machine], bool] | None) -> _Those:
        """Machines of a hosting that ``fits`` takes, where somebody publishes their idle watts."""
        every = self._every(hosting, cloud)
        if fits is None:
            return every
        key = hosting, cloud, fits
        found = self._fitting.get(key)
        if found is None:
            if len(self._fitting) >= _MOST_KEPT:
                self._fitting.clear()
            found = self._fitting[key] = self._those(
                tuple(each for each in every.machines if fits(each[1]))
            )
        return found

    def _every(self, hosting: str, cloud: str) -> _Those:
        found = self._machines.get((hosting, cloud))
        if found is None:
            found = self._machines[hosting, cloud] = self._those(
                tuple(
                    sorted(
                        (
                            (machine.idle_w.likely, machine)
                            for machine in self._catalogue.machines.values()
                            if machine.idle_w is not None
                            and machine.cloud == cloud
                            and self._catalogue.hosts(hosting, machine)
                        ),
                        key=itemgetter(0),
                    )
                )
            )
        return found

    def _those(self, machines: tuple[tuple[float, Machine], ...]) -> _Those:
        from lichen.sizing.roof import by_chips  # a pack starts without it, as above

        return _Those(machines, by_chips(machines, self._catalogue))

    def sold(self, machine: Machine, region: Region | None) -> bool:
        """Whether a machine is not retired and a region offers it; any, where none is known."""
        key = machine.name, region.name if region else None
        found = self._sold.get(key)
        if found is None:
            found = self._sold[key] = self._is_sold(machine, region)
        return found

    def _is_sold(self, machine: Machine, region: Region | None) -> bool:
        from lichen.placing.buying import why_retired  # a pack starts without it, as above

        if why_retired(self._catalogue.retired(machine)):
            return False
        return region is None or any(
            offer.region == region.name for offer in self._catalogue.offers_of(machine.name)
        )
