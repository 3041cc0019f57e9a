"""What the machines of a resource cost and emit in a month: one baseline for every rule.

Where the passport declares a model and its traffic, the machines are as busy as sizing says that
the traffic keeps them. Where it does not, they are between idle and full.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Region
from lichen.figures import co2e, usd
from lichen.holding import Holding, holding
from lichen_policies.facts import Fact, Located
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.rule import UNSTATED, Known
from lichen_policies.verdict import Saves

if TYPE_CHECKING:
    from lichen.sizing import Layout, Misfit


_OF_WORKSTATIONS = "-vws"
"""How Google ends the names of GPUs with a licence for the graphics of workstations."""


def provisioned(
    fact: Fact,
    machine: Machine,
    count: int,
    hosting: str | None,
    region: Region | None,
    catalogue: Catalogue,
    *,
    idle: bool = False,
) -> Holding:
    """``count`` machines of a resource for a month; ``hosting`` None is the bare machine, and so is
    a cluster, whose machines are paid for as such. ``idle`` ones do nothing all month."""
    name = paid_as(hosting, machine, catalogue)
    load = 0.0 if idle else _declared_load(fact, machine, count, catalogue)
    return _held(machine, count, region, name, catalogue, load=load)


# A deployment has many of few machines, and of each resource several rules ask.
_held = lru_cache(maxsize=256)(holding)


def machines_for(count: int, chips_each: float | None, machine: Machine) -> int:
    """How many machines ``count`` of something need, of which each takes ``chips_each`` of the
    machine's accelerators; None takes all of it."""
    if chips_each is None or not machine.accelerators:
        return count
    return ceil(count * chips_each / machine.accelerators)


def in_cluster(hosting: str | None, catalogue: Catalogue) -> bool:
    """Whether a hosting is a cluster of Kubernetes: what it runs is where its nodes are."""
    row = catalogue.hostings.get(hosting or "")
    return row is not None and row.kind == "kubernetes"


def paid_as(hosting: str | None, machine: Machine, catalogue: Catalogue) -> str:
    """The hosting whose prices hold: nodes of a cluster are paid for as bare machines."""
    if hosting is None or in_cluster(hosting, catalogue):
        return bare_hosting(machine, catalogue)
    return hosting


def bare_hosting(machine: Machine, catalogue: Catalogue) -> str:
    """The hosting that is the machine itself, no service above it; empty where there is none."""
    bare = (row.name for row in catalogue.hostings_of(machine) if row.base is None)
    return next(bare, "")


def load_over(layout: Layout, count: int) -> float:
    """How far the watts of ``count`` machines are from idle to full, 0 to 1: the draw of those
    that the peak needs, spread."""
    return layout.draw() * min(1.0, layout.replicas.peak / count)


def is_too_little(fact: Fact, machine: Machine, catalogue: Catalogue) -> bool:
    """Whether sizing says that a machine cannot serve what the tags declare."""
    from lichen.sizing import Misfit  # a finding alone needs it: a start is short

    return isinstance(_declared_layout(fact, machine, catalogue), Misfit)


def _declared_load(fact: Fact, machine: Machine, count: int, catalogue: Catalogue) -> float | None:
    """How busy the declared traffic keeps the machines; None where that cannot be said."""
    from lichen.sizing import Misfit

    layout = _declared_layout(fact, machine, catalogue)
    return None if layout is None or isinstance(layout, Misfit) else load_over(layout, count)


def _declared_layout(fact: Fact, machine: Machine, catalogue: Catalogue) -> Layout | Misfit | None:
    """The declared work on a machine; None where the tags declare none."""
    passport = fact.if_known.passport
    environment = fact.if_known.environment or UNSTATED
    workload = None if passport is None else passport.as_workload(environment)
    if workload is None or not isinstance(workload.model, str):
        return None
    card = catalogue.find_model(workload.model)
    if card is None:
        return None
    from lichen.sizing import lay_out  # few stacks declare a workload: a start is short

    return lay_out(workload, card, machine, workload.precisions_of(card)[0], catalogue)


def month_of(
    fact: Fact,
    machine: str | None,
    count: int,
    hosting: str | None,
    known: Known,
    *,
    chips_each: float | None = None,
) -> tuple[str, tuple[str, ...]]:
    """What ``count`` machines, or parts of machines with so many chips each, cost and emit in a
    month, in brackets for a message, with the sources; empty where the machine or the region is not
    known."""
    row = known.catalogue.machines.get(machine or "")
    region = known.catalogue.regions.get(fact.if_known.region or "")
    if row is None or region is None:
        return "", ()
    machines = machines_for(count, chips_each, row)
    month = provisioned(fact, row, machines, hosting, region, known.catalogue)
    parts = [] if month.usd_month is None else [usd(month.usd_month)]
    if month.gco2e_month is not None:
        parts.append(co2e(month.gco2e_month))
    return (f" (a month: {' and '.join(parts)})", month.sources) if parts else ("", ())


def is_for_models(fact: Fact, machine: str | None, known: Known) -> bool:
    """Whether machines plainly serve or train models: they are tagged so, or accelerated."""
    if fact.context.says_what_it_serves:
        return True
    row = known.catalogue.machines.get(machine or "")
    return names_accelerators(machine or "") if row is None else row.accelerator is not None


def located_for_models(fact: Located, known: Known) -> bool:
    """Whether what is in a region plainly serves or trains models; a service that is made for it
    does so on any machine."""
    known_of = fact.if_known
    if fact.context.says_what_it_serves or known_of.chips_each:
        return True
    if known_of.for_models is not None:
        return known_of.for_models
    if has_attached(fact):
        return True
    return is_for_models(fact, known_of.machine, known)


def has_attached(fact: Located) -> bool:
    """Whether accelerators are attached to its machines, other than those of workstations."""
    return any(not chip.endswith(_OF_WORKSTATIONS) for chip in fact.attached)


def saved_by_none(
    fact: Fact, machine: str | None, count: int, hosting: str | None, known: Known
) -> tuple[Saves, tuple[str, ...]]:
    """What machines that do nothing cost and emit in a month, with the sources; empty where the
    machine or the region is not known."""
    row = known.catalogue.machines.get(machine or "")
    region = known.catalogue.regions.get(fact.if_known.region or "")
    if row is None or region is None:
        return Saves(), ()
    month = provisioned(fact, row, count, hosting, region, known.catalogue, idle=True)
    return Saves(gco2e_month=month.gco2e_month, usd_month=month.usd_month), month.sources
