"""What data costs that leaves a region for another."""

from __future__ import annotations

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Egress, Region


def egress_usd(here: Region, there: Region, gb: float, catalogue: Catalogue) -> float | None:
    """What so many gigabytes of one month cost that leave a region for another, tier by tier; None
    where no price is known. Two regions of a cloud are on one continent where their countries are
    in one named group of countries, or are the same: of others the dearer price is taken."""
    if gb == 0 or here.name == there.name:
        return 0.0
    to = "internet"
    if here.cloud == there.cloud:
        groups = catalogue.residency.values()
        near = here.country == there.country or any(
            here.country in group and there.country in group for group in groups
        )
        to = "same-continent" if near else "other-continent"
    tiers = sorted(
        (
            row
            for row in catalogue.table("egress", Egress)
            if (row.cloud, row.to) == (here.cloud, to)
        ),
        key=lambda row: row.above_gb,
    )
    if not tiers:
        return None
    ends = [row.above_gb for row in tiers[1:]] + [float("inf")]
    return sum(
        row.usd_gb * max(0.0, min(gb, end) - row.above_gb)
        for row, end in zip(tiers, ends, strict=True)
    )
