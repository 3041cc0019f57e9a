"""In which regions machines can be made with the accelerators beside them: one look-up for every
rule that names a region.

A machine is made where a source of the catalogue lists it, or, where its provider's page names the
zones, in those. An accelerator that is attached is made where some machine with it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from lichen.catalogue.schema import Chip, Machine, Region
from lichen_policies.facts import Located
from lichen_policies.named_hardware import chip_named, is_general, is_of_maker
from lichen_policies.rule import Known


class Offered(msgspec.Struct, frozen=True):
    """Where something can be made.

    ``regions`` are their names, None where nobody lists them; ``what`` is what these regions are
    known to offer, for messages. ``unlisted`` is an accelerator of which no source lists any
    region: then no region can be named, and ``regions`` is empty.
    """

    regions: frozenset[str] | None = None
    what: str = ""
    unlisted: str = ""

    def has(self, region: Region) -> bool:
        """Whether it can be made in a region, as far as anybody knows."""
        return self.regions is None or region.name in self.regions


def regions_of(machine: Machine, known: Known) -> frozenset[str]:
    """Where a machine is made, by any source; empty where none lists it."""
    sales = known.catalogue.sales_of(machine.name)
    if sales is not None and sales.by_region and not sales.elsewhere:
        return frozenset(sales.by_region)
    return frozenset(offer.region for offer in known.catalogue.offers_of(machine.name))


def machines_with(chip: Chip, cloud: str, known: Known) -> list[Machine]:
    """The machines of a cloud that carry an accelerator."""
    return [
        row
        for row in known.catalogue.machines.values()
        if row.cloud == cloud and row.accelerator == chip.name
    ]


OF_DEVICES = {
    "AWS Neuron": ("Inferentia", "Trainium"),
    "Intel Gaudi": ("Gaudi",),
    "Google TPU": ("TPU",),
    "AMD GPU": ("AMD Instinct", "AMD Radeon"),
}
"""The accelerators that a device of a cluster may be, by the words of their names."""


def machines_of(families: tuple[str, ...], cloud: str, known: Known) -> list[Machine]:
    """The machines of a cloud that carry an accelerator with one of some words in its name."""
    return [
        row
        for row in known.catalogue.machines.values()
        if row.cloud == cloud
        and row.accelerator is not None
        and any(family in row.accelerator for family in families)
    ]


def regions_of_all(rows: Iterable[Machine], known: Known) -> frozenset[str]:
    """Where any of some machines is made."""
    return frozenset().union(*(regions_of(row, known) for row in rows))


def offered(fact: Located, known: Known) -> Offered:
    """Where all that a resource runs can be made."""
    names = fact.if_known.machine or fact.any_of or fact.named_beside
    names = (names,) if isinstance(names, str) else names
    here = known.catalogue.regions.get(fact.if_known.region or "")
    cloud = fact.cloud if here is None else here.cloud  # a pod's cloud may be its region's alone
    return where_made(names, fact.attached, cloud, known)


def where_made(
    machines: Sequence[str], attached: Sequence[str], cloud: str, known: Known
) -> Offered:
    """Where all of some machines can be made with all of some accelerators beside them."""
    found: list[frozenset[str]] = []
    what: list[str] = []
    carried = set()
    for name in machines:
        row = known.catalogue.machines.get(name)
        regions = frozenset() if row is None else regions_of(row, known)
        carried.add(row.accelerator if row else None)
        if regions:
            found.append(regions)
            what.append(name)
    for word in attached:
        chip = chip_named(word, known.catalogue)
        if chip is not None and chip.name in carried:
            continue  # the machine's own, named twice
        families = OF_DEVICES.get(word)
        if chip is None and families is None and is_general(word):
            continue  # "a GPU": whichever there is
        regions = frozenset()
        if chip is not None:
            regions = regions_of_all(machines_with(chip, cloud, known), known)
        elif families is not None:
            regions = regions_of_all(machines_of(families, cloud, known), known)
        name = chip.name if chip else word if is_of_maker(word) else "its accelerators"
        if not regions:
            return Offered(frozenset(), " and ".join(what), name)
        found.append(regions)
        what.append(name)
    return Offered(frozenset.intersection(*found) if found else None, " and ".join(what))
