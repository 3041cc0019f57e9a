"""Draw docs/figures/regions.svg from the catalogue: every region, its sources' spread, its class.

``python docs/figures/regions.py``. The same tables give the same bytes.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lichen.catalogue import Catalogue, load
from lichen.catalogue.schema import Region
from lichen.grid import HIGH_MIN_GCO2E_KWH, LOCAL, LOW_MAX_GCO2E_KWH, classify

FIGURE = Path(__file__).with_suffix(".svg")
COLOUR = {"low": "#2e7d32", "medium": "#b8860b", "high": "#b71c1c", "unknown": "#777777"}
MARKER = {"agreed": "o", "leaning": "D", "disputed": "X", "unknown": "x"}


def draw(catalogue: Catalogue, path: Path = FIGURE) -> None:
    """A ranked chart: one line a region, cleanest at the top."""
    known = [r for r in catalogue.regions.values() if r.grid_gco2e_kwh is not None]
    regions = sorted(known, key=lambda r: (-(r.grid_gco2e_kwh or 0.0), r.cloud, r.name))
    with plt.rc_context({"svg.hashsalt": "lichen", "svg.fonttype": "none", "font.size": 7}):
        figure, axes = plt.subplots(figsize=(8.4, 0.145 * len(regions) + 1.4))
        for at, region in enumerate(regions):
            _draw_region(axes, at, region)
        axes.axvspan(0, LOW_MAX_GCO2E_KWH, color=COLOUR["low"], alpha=0.06, lw=0)
        axes.axvspan(HIGH_MIN_GCO2E_KWH, 1000, color=COLOUR["high"], alpha=0.05, lw=0)
        axes.set_yticks(range(len(regions)), [f"{r.name}  {r.cloud}" for r in regions])
        axes.set_ylim(-1, len(regions))
        axes.set_xlim(0, 860)
        axes.set_xlabel("gCO2e/kWh, location-based annual average")
        axes.xaxis.set_ticks_position("both")
        axes.tick_params(axis="x", labeltop=True)
        axes.grid(axis="x", color="#dddddd", lw=0.4)
        axes.set_axisbelow(True)
        for side in ("left", "right"):
            axes.spines[side].set_visible(False)
        axes.legend(handles=_legend(), loc="lower left", bbox_to_anchor=(0.56, 0.76), frameon=True)
        figure.tight_layout()
        figure.savefig(path, metadata={"Date": None, "Creator": None})
        plt.close(figure)


def _draw_region(axes: Axes, at: int, region: Region) -> None:
    grid = classify(region)
    colour = COLOUR[grid.level]
    local = [reading.value for reading in grid.readings if reading.scope in LOCAL]
    wider = [reading.value for reading in grid.readings if reading.scope not in LOCAL]
    axes.plot(wider, [at] * len(wider), "|", color="#999999", ms=4, mew=0.8)
    if local:
        axes.hlines(at, min(local), max(local), color=colour, lw=1.6, alpha=0.45)
    marker = MARKER[grid.agreement]
    axes.plot(region.grid_gco2e_kwh or 0.0, at, marker, color=colour, ms=3.4, mew=0)


def _legend() -> list[Line2D]:
    dots = [
        Line2D([], [], color=colour, marker="s", ls="", ms=4, label=f"{level}-carbon")
        for level, colour in COLOUR.items()
        if level != "unknown"
    ]
    marks = [
        Line2D([], [], color="#444444", marker=marker, ls="", ms=4, label=f"sources {agreement}")
        for agreement, marker in MARKER.items()
        if agreement != "unknown"
    ]
    return [
        *dots,
        *marks,
        Line2D(
            [], [], color="#444444", lw=1.6, alpha=0.45, label="spread of the region's own grid"
        ),
        Line2D([], [], color="#999999", marker="|", ls="", ms=5, label="country, interconnection"),
    ]


if __name__ == "__main__":
    draw(load())
