"""Before anything is put in place, a refresh says what it changes and what that moves."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest
from rich.console import Console

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Offer, RegionReading
from lichen.document import InputError
from lichen.grid import classify
from lichen.placing.choose import place
from lichen.placing.placement import Placement
from lichen.placing.question import Question
from lichen.workload import read_workload
from refresh import apply
from refresh.draft import Draft


def console() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    return Console(file=text, width=200), text


def test_a_moved_class_is_shown_with_its_reason(tables: Path) -> None:
    draft = Draft(tables)
    readings = draft.rows("readings", RegionReading)
    for source in ("electricity-maps", "google-carbon", "egrid"):
        key = ("us-west-2", "location-average", source)
        readings[key] = msgspec.structs.replace(readings[key], value=450.0)
    screen, text = console()
    assert apply.show_and_install(draft, screen)
    printed = text.getvalue()
    assert "! us-west-2: low (agreed) -> high (agreed); all 3 sources" in printed
    assert "value 119.76 -> 450" in printed
    assert "written: readings.csv" in printed
    assert classify(Catalogue(tables).region("us-west-2")).level == "high"


def test_a_moved_placement_is_shown(
    tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workloads = tmp_path / "own"
    workloads.mkdir()
    (workloads / "small.yaml").write_text(
        "name: small\nmodel: BAAI/bge-small-en-v1.5\n"
        "traffic: {peak_rps: 1, mean_rps: 0.5, items: 1}\n"
        "where: {clouds: [aws], regions: [us-west-2, eu-north-1]}\n"
    )
    monkeypatch.setattr(apply, "WORKLOADS", workloads)
    answer = place(
        Question.of(read_workload(workloads / "small.yaml"), catalogue=Catalogue(tables))
    )
    assert isinstance(answer, Placement)
    taken = answer.chosen.region
    draft = Draft(tables)
    offers = draft.rows("offers", Offer)
    for key in [key for key in offers if key[1] == taken]:
        del offers[key]
    screen, text = console()
    apply.show_and_install(draft, screen, dry_run=True)
    printed = text.getvalue()
    moved = next(line for line in printed.splitlines() if line.startswith("! small"))
    before, after = moved.split(" -> ")
    assert taken in before
    assert taken not in after
    assert "nothing written (--dry-run)" in printed
    assert "more" in printed  # the list of removed rows is cut, and says so


def contents(tables: Path) -> dict[str, bytes]:
    """The tables as they are written, without the binary copies that any reader renews."""
    written = (*tables.glob("*.toml"), *tables.glob("*/*.csv"))
    return {path.name: path.read_bytes() for path in written}


def test_tables_that_contradict_each_other_are_not_installed(tables: Path) -> None:
    before = contents(tables)
    draft = Draft(tables)
    del draft.rows("readings", RegionReading)["us-west-2", "location-average", "electricity-maps"]
    screen, _ = console()
    with pytest.raises(InputError, match=r"regions\.csv: grid_source: no location-average reading"):
        apply.show_and_install(draft, screen)
    assert contents(tables) == before
