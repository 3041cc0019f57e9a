"""What each resource with findings costs and emits in a month as it is, for the reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import add
from typing import TypeVar

from lichen.catalogue import Catalogue
from lichen.holding import Holding
from lichen_policies.facts import Fact, Located, Resource
from lichen_policies.facts.fact import of_kind
from lichen_policies.provisioned import machines_for, provisioned
from lichen_policies.verdict import Month

Amount = TypeVar("Amount")


def months(
    read: Iterable[tuple[Resource, Iterable[Fact]]], catalogue: Catalogue
) -> Iterator[Month]:
    """The month of each resource that names its machines; none for one whose cost and emissions are
    both unknown."""
    for resource, facts in read:
        running = [(fact, fact.if_known) for fact in of_kind(facts, Located)]
        found = [
            _month_of(fact, known, catalogue)
            for fact, known in running
            if known.machine is not None or known.any_of
        ]
        parts = [each for each in found if each is not None]
        if not parts or len(parts) < len(found):
            continue
        grams = _sum([part.gco2e_month for part in parts])
        dollars = _sum([part.usd_month for part in parts])
        if grams is not None or dollars is not None:
            yield Month(
                resource=resource.address,
                file=resource.file,
                line=resource.line,
                gco2e_month=grams,
                usd_month=dollars,
            )


def _month_of(fact: Located, known: Located, catalogue: Catalogue) -> Holding | None:
    """A fact's machines for a month, of which ``known`` is what is known; None where they, their
    number or the region are not."""
    machine = catalogue.machines.get(known.machine or "")
    region = catalogue.regions.get(known.region or "")
    if machine is None or region is None or known.machines is None:
        return None
    count = machines_for(known.machines, known.chips_each, machine)
    return provisioned(fact, machine, count, known.hosting, region, catalogue)


def _sum(amounts: list[Amount | None]) -> Amount | None:
    """The sum of amounts; None where one is not known."""
    known = [amount for amount in amounts if amount is not None]
    return reduce(add, known) if len(known) == len(amounts) else None
