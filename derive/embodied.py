"""Derive the embodied carbon of chips, all with one boundary, into chips.csv.

``python -m derive.embodied`` writes the columns ``embodied_*``. The boundary: accelerators with
the board, card or tray that carries them and its cooling, from raw material to the factory's
gate, divided by their number. The server around them is counted apart, by the rule for every server
(derive/estimates.py). docs/data.md argues it. In short:

- A published figure is used, times the share of it that lies inside the boundary (footprints.csv).
- For a chip without one: NVIDIA's footprint of an HGX H100 board has its parts. Memory goes by GiB,
  silicon by mm2 of die, cooling by watts, the rest by chip. The rule gives 0.9 to 1.2 times what is
  published of two chips that it does not rest on (A100, B200).
- Google's own figures of TPUs are 2 to 4 times the rule: a cloud's own trays carry more. For chips
  of a cloud's own (Inferentia, Trainium, TPUs that nobody assessed) the band reaches as far.
"""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path

from lichen.catalogue import DIRECTORY
from lichen.catalogue.csv_table import read_rows
from lichen.catalogue.schema import TABLES, Basis, Chip, ChipFootprint, path_of
from lichen.interval import Interval
from lichen.whole_file import write_whole

BOARD_CHIPS, BOARD_GIB, BOARD_DIE_MM2, BOARD_W = 8, 640.0, 814.0, 700.0
"""The HGX H100 board: its chips; GiB of all; die and rated watts of one."""
BOARD_KGCO2E = 1312.0
MEMORY_KGCO2E, SILICON_KGCO2E, COOLING_KGCO2E = 546.0, 332.0, 230.0
REST_KGCO2E = 52.0 + 10.6 + 9.0 + 4.8 + 7.4
"""Parts of it as NVIDIA publishes them: memory, other integrated circuits, thermal; and together
electromechanical, common, circuit boards, connectors, mechanical. Assembly and transport are the
rest of the whole."""

CARD_BAND = (0.8, 1.0, 1.67)
"""Of the rule, for cards and boards that are sold: 1.67 is ADEME's H100 over NVIDIA's."""
OWN_BAND = (0.8, math.sqrt(0.8 * 4.0), 4.0)
"""For a cloud's own chips: Google publishes up to four times the rule. Likely is the geometric
mean of the ends."""
PUBLISHED_BAND = (0.8, 1.0, 1.3)
"""Of a published figure: two of NVIDIA's boards lie so far about the rule."""
ADEME_H100_KGCO2E = 273.0


def by_rule_kgco2e(memory_gib: float, die_mm2: float, rated_w: float) -> float:
    """A chip and its share of the board, from the parts of an H100's."""
    silicon = SILICON_KGCO2E / BOARD_CHIPS * die_mm2 / BOARD_DIE_MM2
    cooling = COOLING_KGCO2E / BOARD_CHIPS * rated_w / BOARD_W
    parts = MEMORY_KGCO2E / BOARD_GIB * memory_gib + silicon + cooling + REST_KGCO2E / BOARD_CHIPS
    named = MEMORY_KGCO2E + SILICON_KGCO2E + COOLING_KGCO2E + REST_KGCO2E
    return parts * BOARD_KGCO2E / named


def embodied(chip: Chip, row: ChipFootprint) -> tuple[Interval, Basis, str] | None:
    """Embodied carbon of a chip inside the boundary, its basis and source; ``None`` unknown."""
    if row.published_kgco2e is not None and row.board_share is not None:
        inside = row.published_kgco2e * row.board_share
        found = _band(inside, PUBLISHED_BAND)
        if chip.name == "NVIDIA H100 SXM 80GB":
            found = Interval(found.low, found.likely, ADEME_H100_KGCO2E)
        basis: Basis = "published" if row.board_share == 1 else "derived"
        return found, basis, row.source or ""
    if chip.memory_gib is None or chip.tdp_w is None:
        return None
    ruled = by_rule_kgco2e(chip.memory_gib, row.die_mm2, chip.tdp_w.likely)
    if chip.kind in ("neuron", "tpu"):
        return _band(ruled, OWN_BAND), "assumed", "unpublished-embodied"
    basis = "assumed" if row.die_basis == "assumed" else "derived"
    return _band(ruled, CARD_BAND), basis, "nvidia-pcf"


def _band(kgco2e: float, factors: tuple[float, float, float]) -> Interval:
    return Interval(*(round(kgco2e * factor, 1) for factor in factors))


def with_embodied(directory: Path = DIRECTORY) -> str:
    """The text of chips.csv with its columns of embodied carbon derived anew."""
    table = TABLES["footprints"]
    rows = read_rows(path_of("footprints", directory), ChipFootprint, key=table.key)
    footprints = {row.chip: row for row in (ChipFootprint(**values) for values in rows)}
    path = path_of("chips", directory)
    chips = {
        row.name: row
        for row in (Chip(**values) for values in read_rows(path, Chip, key=TABLES["chips"].key))
    }
    with path.open(encoding="utf-8", newline="") as file:
        cells = list(csv.DictReader(file))
    for each in cells:
        row = footprints.get(each["name"])
        found = None if row is None else embodied(chips[each["name"]], row)
        if found is not None:
            interval, basis, source = found
            for end in ("low", "likely", "high"):
                each[f"embodied_kgco2e_{end}"] = f"{getattr(interval, end):g}"
            each["embodied_basis"], each["embodied_source"] = basis, source
    text = io.StringIO()
    writer = csv.DictWriter(text, list(cells[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(cells)
    return text.getvalue()


def main() -> None:
    write_whole(path_of("chips", DIRECTORY), with_embodied())


if __name__ == "__main__":
    main()
