"""Karpenter's NodeOverlays: what a machine emits, as dollars on top of its price.

Karpenter takes the cheapest machine that the pods fit on. An overlay adds to a machine's price in
its simulation alone, never to a bill: with a price on carbon, the machine that emits less wins
where the difference in dollars is small. Fields are those of karpenter.sh/v1alpha1, which is an
alpha: https://karpenter.sh/docs/concepts/nodeoverlays/ (read 2026-11-26).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Region
from lichen.document import InputError
from lichen.grid import classify
from lichen.holding import power_of

KIND = "NodeOverlay"
_GRAMS_A_TONNE = 1_000_000
_MACHINES = "compute"
"""The kind of hosting whose machines may be nodes of a cluster."""
_DIGITS = 2
"""Significant digits of an adjustment: machines that emit alike share an overlay."""


class Overlays(NamedTuple):
    """The manifests, and the machines that have none since nobody publishes their watts."""

    manifests: Sequence[dict[str, Any]]
    unknown: Sequence[str]


def overlays(
    catalogue: Catalogue,
    region: Region,
    usd_per_tonne: float,
    *,
    families: Sequence[str] = (),
    weight: int = 10,
) -> Overlays:
    """An overlay for each group of machines of the region that emit alike, at half load.

    An adjustment is grams an hour (electricity with the data centre's overhead, and the making's
    share) times the price of carbon. Raises :class:`InputError` where the region's grid is not
    known, or a family is not sold there.
    """
    grid = classify(region)
    if grid.grid_gco2e_kwh is None or region.pue is None:
        raise InputError(
            f"the grid of {region.name} is not known",
            fix="name a region that `lichen catalogue regions` has a figure of",
            field="--region",
        )
    machines = _machines(catalogue, region, families)
    groups: dict[str, list[str]] = {}
    unknown = []
    for machine in machines:
        power = power_of(machine, 1, 0.5)
        if power is None:
            unknown.append(machine.name)
            continue
        grams = power.footprint(region).gco2e_hour.likely
        adjustment = f"+{_rounded(grams / _GRAMS_A_TONNE * usd_per_tonne)}"
        groups.setdefault(adjustment, []).append(machine.name)
    annotations = {
        "lichen.dev/region": region.name,
        "lichen.dev/grid-gco2e-kwh": f"{grid.grid_gco2e_kwh:g}",
        "lichen.dev/usd-per-tonne": f"{usd_per_tonne:.10g}",
    }
    manifests = [
        _overlay(number, adjustment, names, weight, annotations)
        for number, (adjustment, names) in enumerate(
            sorted(groups.items(), key=lambda group: float(group[0])), start=1
        )
    ]
    return Overlays(manifests, unknown)


def _machines(catalogue: Catalogue, region: Region, families: Sequence[str]) -> list[Machine]:
    """The machines that are sold in the region as they are, of those families."""
    found = [
        catalogue.machines[offer.machine]
        for offer in catalogue.offers_in(region.name)
        if any(
            catalogue.hostings[hosting].kind == _MACHINES
            for hosting in catalogue.machines[offer.machine].hostings
        )
    ]
    sold = {machine.family for machine in found}
    for family in families:
        if family not in sold:
            raise InputError(
                f"no machine of the family {family!r} is sold in {region.name}",
                fix=f"one of {', '.join(sorted(sold)[:12])}, ...",
                field="--family",
            )
    return [machine for machine in found if not families or machine.family in families]


def _rounded(usd_hour: float) -> str:
    """Dollars an hour as Karpenter takes them: digits, without an exponent."""
    decimals = max(_DIGITS, _DIGITS - 1 - _magnitude(usd_hour))
    return f"{usd_hour:.{decimals}f}"


def _magnitude(value: float) -> int:
    return int(f"{value:e}".partition("e")[2]) if value else 0


def _overlay(
    number: int, adjustment: str, names: Iterable[str], weight: int, annotations: dict[str, str]
) -> dict[str, Any]:
    return {
        "apiVersion": "karpenter.sh/v1alpha1",
        "kind": KIND,
        "metadata": {
            "name": f"lichen-carbon-{number:03}",
            "labels": {"app.kubernetes.io/managed-by": "lichen"},
            "annotations": annotations,
        },
        "spec": {
            "weight": weight,
            "requirements": [
                {
                    "key": "node.kubernetes.io/instance-type",
                    "operator": "In",
                    "values": sorted(names),
                }
            ],
            "priceAdjustment": adjustment,
        },
    }
