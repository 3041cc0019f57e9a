"""docs/data.md says what the tables say, and its figure is drawn from them."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from lichen.catalogue import load

DOCS = Path(__file__).parents[2] / "docs"


def test_the_figure_is_drawn_from_the_tables(tmp_path: Path) -> None:
    drawn = tmp_path / "regions.svg"
    runpy.run_path(str(DOCS / "figures" / "regions.py"))["draw"](load(), drawn)
    assert drawn.read_bytes() == (DOCS / "figures" / "regions.svg").read_bytes(), (
        "run `python docs/figures/regions.py`"
    )


def test_the_page_counts_what_the_tables_hold() -> None:
    catalogue = load()
    text = " ".join((DOCS / "data.md").read_text().split())
    contradicted = sum(bool(offer.not_listed_by) for offer in catalogue.offers)
    fleet = sum(region.pue_scope == "fleet" for region in catalogue.regions.values())
    assert f"a second source contradicts {contradicted} offers" in text
    assert f"({fleet} of {len(catalogue.regions)})" in text
    assert f"Of {len(catalogue.regions)} regions" in text


def test_every_refresh_that_the_page_names_is_there() -> None:
    named = re.findall(r"^\| `make refresh-(\w+)`", (DOCS / "data.md").read_text(), re.M)
    assert len(named) == 11
    for name in named:
        folder = "derive" if name == "estimates" else "refresh"
        assert (DOCS.parent / folder / f"{name}.py").exists(), name
