"""Power and energy rows of the catalogue, found by boundary."""

from __future__ import annotations

from typing import Literal

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import EnergySpread, PowerBoundary, PowerModel


class EnergyTables:
    """The power model of each boundary, and the intervals of what it predicts."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._powers = {row.boundary: row for row in catalogue.table("powers", PowerModel)}
        self._spreads = {
            (row.boundary, row.quantity): row
            for row in catalogue.table("energy_spreads", EnergySpread)
        }

    def power(self, boundary: PowerBoundary) -> PowerModel | None:
        return self._powers.get(boundary)

    def spread(
        self, boundary: PowerBoundary, quantity: Literal["power", "score"]
    ) -> EnergySpread | None:
        return self._spreads.get((boundary, quantity))
