"""Power and energy rows of the catalogue, found by boundary, family and work."""

from __future__ import annotations

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import EnergySpread, PowerBoundary, PowerModel


class EnergyTables:
    """Power rows by boundary, narrowest first."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._powers = {
            (row.boundary, row.family, row.work): row
            for row in catalogue.table("powers", PowerModel)
        }
        self._spreads = {
            (row.boundary, row.family, row.work, row.quantity): row
            for row in catalogue.table("energy_spreads", EnergySpread)
        }

    def power(self, boundary: PowerBoundary, family: str, work: str) -> PowerModel | None:
        for key in (
            (boundary, family, work),
            (boundary, None, work),
            (boundary, None, None),
        ):
            if key in self._powers:
                return self._powers[key]
        return None

    def spread(
        self, boundary: PowerBoundary, family: str, work: str, quantity: str
    ) -> EnergySpread | None:
        for key in (
            (boundary, family, work, quantity),
            (boundary, None, work, quantity),
            (boundary, None, None, quantity),
        ):
            if key in self._spreads:
                return self._spreads[key]
        return None
