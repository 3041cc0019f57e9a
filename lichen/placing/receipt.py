"""The receipt's last lines: from the replicas to dollars and grams."""

from __future__ import annotations

from collections.abc import Iterator

from lichen.catalogue import Catalogue
from lichen.emissions import HOURS_PER_MONTH, Footprint
from lichen.figures import amount, percent
from lichen.placing.billing import paid_of
from lichen.placing.candidates import Candidate, SizedMachine
from lichen.sizing import Step


def money_and_carbon(chosen: Candidate, emitted: Footprint, catalogue: Catalogue) -> Iterator[Step]:
    """The lines that follow those of sizing: cost, power, operation and making."""
    sized, offer = chosen.sized, chosen.offer
    machine, region = catalogue.machine(offer.machine), catalogue.region(offer.region)
    mean = amount(sized.replicas_mean)
    replicas = f"{mean} replica{'' if mean == '1' else 's'}"
    yield Step(
        "cost",
        chosen.usd_hour * HOURS_PER_MONTH,
        "USD/month",
        f"{chosen.usd_hour / sized.replicas_mean if sized.replicas_mean else 0:.4g} USD/h x "
        f"{replicas} x {HOURS_PER_MONTH:g} h",
        chosen.price.source,
    )
    yield Step(
        "power",
        emitted.watts.likely,
        "W",
        f"at load {percent(_load(sized))}, {replicas}",
        ", ".join(machine.power_source),
    )
    yield Step(
        "operation",
        emitted.operational_gco2e_hour.likely,
        "gCO2e/h",
        f"{emitted.watts.likely:.4g} W / 1000 x PUE {emitted.pue:g} x "
        f"{emitted.grid_gco2e_kwh:g} gCO2e/kWh",
        f"{region.grid_source}; PUE {region.pue_source}",
    )
    if emitted.embodied_gco2e_hour is not None:
        yield Step(
            "making",
            emitted.embodied_gco2e_hour.likely,
            "gCO2e/h",
            f"embodied carbon over the machine's life, {replicas}",
            ", ".join(machine.embodied_source),
        )


def _load(sized: SizedMachine) -> float:
    """How busy a replica is of the time that is paid."""
    if sized.hosting.billed == "busy":
        return paid_of(sized.layout, sized.hosting)[1]
    return sized.layout.load()
