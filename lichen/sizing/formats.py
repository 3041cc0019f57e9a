"""Precisions as chips run them: bits of a weight, what computes it, bits of the cache."""

from __future__ import annotations

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Chip, Compute, Kept, Kind, WeightFormat, Work
from lichen.sizing.answers import Misfit
from lichen.words import Precision


class Format(msgspec.Struct, frozen=True):
    """How weights are stored, bits each with their scales, and in what format they are computed.
    Those that are ``kept`` are stored in 16 bits. ``slower`` divides the peak of the format: TF32
    runs at half the rate of bf16 on every GPU that has it."""

    bits: float
    compute: Compute
    kv_bits: float = 16.0
    kept: Kept | None = None
    slower: float = 1.0


class Formats:
    """The table of precisions, by precision, kind of chip and work."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._rows: dict[tuple[Precision, Kind, Work | None], WeightFormat] = {}
        for row in catalogue.table("precisions", WeightFormat):
            for kind in row.kinds:
                for work in row.works or (None,):
                    self._rows[row.precision, kind, work] = row
        self._forms: dict[tuple[Precision, str, Work], Format | Misfit] = {}

    def row(self, precision: Precision, kind: Kind, work: Work) -> WeightFormat | None:
        """The table's row; None where nothing runs this work in that precision on such chips."""
        own = self._rows.get((precision, kind, work))
        return self._rows.get((precision, kind, None)) if own is None else own

    def on(self, precision: Precision, chip: Chip, work: Work) -> Format | Misfit:
        """How a chip runs a precision; a Misfit where it does not."""
        key = (precision, chip.name, work)
        if key not in self._forms:
            self._forms[key] = self._on(precision, chip, work)
        return self._forms[key]

    def _on(self, precision: Precision, chip: Chip, work: Work) -> Format | Misfit:
        row = self.row(precision, chip.kind, work)
        if row is None or not set(row.needs) <= set(chip.runs):
            return Misfit("precision", f"{chip.name} does not run {precision}")
        return form_of(row, chip)


def form_of(row: WeightFormat, chip: Chip) -> Format:
    """A row as a chip computes it: in what it has a unit for."""
    units = {"fp4": chip.fp4_tflops, "fp8": chip.fp8_tflops, "int8": chip.int8_tops}
    compute = row.compute
    if row.without_unit is not None and units.get(compute) is None:
        compute = row.without_unit
    return Format(row.bits, compute, row.cache_bits, row.kept)
