"""Azure's machines, by their sizes' names.

The catalogue has the sizes that are sold, and some that were. Of the others the family says which
chip a machine carries, and the number of vCPUs how many. Source: Microsoft Learn, "Sizes for
virtual machines in Azure", GPU- and FPGA-accelerated families.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.fleet import ONE, machines_named
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import Maybe, field, is_unknown

HOSTING = "azure-vm"
_UNSTATED: Stated[bool] = Stated(None, "")

_PARTS = re.compile(r"^(standard|basic)_([a-z]+)(\d+)(.*)$", re.IGNORECASE)

_CHIPS: tuple[tuple[str, str, float], ...] = (
    (r"NC(\d{1,4})r?(_Promo)?", "NVIDIA K80", 6),
    (r"NC(\d{1,4})r?s_v2", "NVIDIA P100", 6),
    (r"ND(\d{1,4})r?s", "NVIDIA P40", 6),
    (r"ND(\d{1,4})s_v2", "NVIDIA V100 SXM2 16GB", 5),
    (r"NV(\d{1,4})(_Promo)?", "NVIDIA M60", 6),
    (r"NV(\d{1,4})s_v2", "NVIDIA M60", 6),
    (r"NV(\d{1,4})s_v3", "NVIDIA M60", 12),
    (r"NV(\d{1,4})as_v4", "AMD Instinct MI25", 32),
    (r"NG(\d{1,4})adm?s_V620_v1", "AMD Radeon PRO V620", 32),
    (r"NV(\d{1,4})ads_V710_v5", "AMD Radeon PRO V710", 24),
    (r"NV(\d{1,4})adms_V710_v5", "AMD Radeon PRO V710", 28),
    (r"NP(\d{1,4})s", "AMD Alveo U250", 10),
)
"""Families that the catalogue does not have: the chip, and how many vCPUs there are for each."""


def size(properties: Properties, *names: str) -> Stated[str]:
    """The size that a property names, as the catalogue writes it, and its path."""
    named, path = properties.stated_text(*names)
    return Stated(written(named), path)


def machines_of(
    machine: Stated[str],
    machines: Stated[int] = ONE,
    *,
    spot: Stated[bool] = _UNSTATED,
    hosting: str = HOSTING,
) -> Iterator[Machines]:
    """A Machines for a size that is named, with its chips where its family alone says them."""
    for fact in machines_named(
        machine, machines, hosting=hosting, spot=spot.value, spot_at=spot.path
    ):
        chip, chips = chips_named(machine.value)
        yield msgspec.structs.replace(fact, chip=chip, chips_each=chips) if chip else fact


def so_many(machine: Stated[str], count: Stated[int], region_at: str) -> Iterator[Fact]:
    """A Located and a Machines for a number of machines of one size."""
    yield Located(
        region_at=region_at,
        machine=field(machine.value),
        machines=field(count.value) or 1,
        hosting=HOSTING,
    )
    yield from machines_of(machine, count)


def chips_named(machine: Maybe[str]) -> tuple[str | None, float | None]:
    """The chip of a size that the catalogue does not have, and how many it carries."""
    if isinstance(machine, str):
        for family, chip, vcpus_each in _CHIPS:
            match = re.fullmatch(f"Standard_{family}", machine)
            if match is not None:
                return chip, int(match[1]) / vcpus_each
    return None, None


def written(name: Maybe[str]) -> Maybe[str]:
    """A size in its usual capitals, which Azure does not ask for: ``Standard_NC24ads_A100_v4``.

    The family and the accelerator are in capitals, features and version in small letters. Source:
    Microsoft Learn, "Azure virtual machine sizes naming conventions".
    """
    if name is None or is_unknown(name) or not (name.isupper() or name.islower()):
        return name
    parts = _PARTS.match(name)
    if parts is None:
        return name
    features, *rest = parts[4].split("_")
    last = [part.lower() if re.fullmatch(r"(?i)v\d|xl", part) else part.upper() for part in rest]
    first = f"{parts[1].capitalize()}_{parts[2].upper()}{parts[3]}{features.lower()}"
    return "_".join((first, *last))


def is_spot(properties: Properties, *names: str) -> Stated[bool]:
    """Whether the priority that a property states is that of spare capacity, which Azure calls by
    two names; and the property's path."""
    priority, path = properties.stated_text(*names)
    if priority is None or is_unknown(priority):
        return Stated(priority, path)
    return Stated(priority.lower() in ("spot", "lowpriority", "low"), path)
