"""Every figure in the tables leads to a source that says where it was read, and on what terms."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from lichen.catalogue import DIRECTORY, Catalogue, load
from lichen.catalogue.schema import (
    MEASURED,
    SOURCED,
    TABLES,
    Estimates,
    MachineEstimates,
    Processor,
    Reading,
    RegionReading,
    path_of,
)

NAMES = {RegionReading: Reading, MachineEstimates: Estimates}
FITTED = frozenset({"efficiencies", "adjustments", "ratios", "spreads", "powers", "energy_spreads"})
"""Tables that derive/fit writes from measured rows; their sources are titles of benchmarks."""

WHOLE = ("regions", "machines", "offers", "prices", "hostings", "chips", "models")
"""Tables that the catalogue has under their own names, joined with others."""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def rows(catalogue: Catalogue, table: str) -> list[msgspec.Struct]:
    if table in WHOLE:
        found = getattr(catalogue, table)
        return list(found.values()) if hasattr(found, "values") else list(found)
    return list(catalogue.table(table, TABLES[table].row))


def named(row: msgspec.Struct, field: str) -> tuple[str, ...]:
    value = getattr(row, field)
    return () if value is None else (value,) if isinstance(value, str) else value


def sourced(table: str) -> dict[str, tuple[str, ...]]:
    row = TABLES[table].row
    return SOURCED[NAMES.get(row, row)] if table not in FITTED else {}


@pytest.mark.parametrize("table", TABLES)
def test_every_figure_has_a_source_that_resolves(catalogue: Catalogue, table: str) -> None:
    for row in rows(catalogue, table):
        for field, figures in sourced(table).items():
            sources = named(row, field)
            given = [name for name in figures if getattr(row, name) is not None]
            assert sources or not given, f"{row}: {given} without {field}"
            unknown = [source for source in sources if source not in catalogue.sources]
            assert not unknown, f"{row}: {field} {unknown}"


def test_every_source_is_complete_and_used(catalogue: Catalogue) -> None:
    used = {"iso-3166"}
    for table in TABLES:
        for row in rows(catalogue, table):
            for field in sourced(table):
                used.update(named(row, field))
    for source in catalogue.sources.values():
        for field in ("title", "publisher", "where", "version", "fetched", "licence", "used_for"):
            assert getattr(source, field), f"{source.id} has no {field}"
        date.fromisoformat(source.fetched)
    assert set(catalogue.sources) - used == set()


def test_no_row_rests_on_a_licence_that_we_keep_out(catalogue: Catalogue) -> None:
    for source in catalogue.sources.values():
        assert "AGPL" not in source.licence, source.id
        if "CC-BY-SA" in source.licence:
            assert "figures quoted" in source.licence, source.id


def test_rows_name_what_other_tables_hold(catalogue: Catalogue) -> None:
    for machine in catalogue.machines.values():
        assert machine.accelerator is None or machine.accelerator in catalogue.chips, machine.name
        assert machine.cpu is None or machine.cpu in catalogue.chips, machine.name
        assert (machine.accelerator is None) == (machine.accelerators == 0), machine.name
    for offer in catalogue.offers:
        assert offer.machine in catalogue.machines, offer
        assert offer.region in catalogue.regions, offer
        assert catalogue.machines[offer.machine].cloud == catalogue.regions[offer.region].cloud
        assert offer.listed_by, offer
    offered = {(offer.machine, offer.region) for offer in catalogue.offers}
    for price in catalogue.prices:
        assert (price.machine, price.region) in offered, price
        assert price.hosting in catalogue.machines[price.machine].hostings, price
    for machine in catalogue.machines.values():
        for hosting in catalogue.hostings_of(machine):
            assert hosting.cloud == machine.cloud, machine.name
    for hosting in catalogue.hostings.values():
        if hosting.base is not None:
            assert catalogue.hostings[hosting.base].cloud == hosting.cloud, hosting.name
    processors = {row.name for row in catalogue.table("processors", Processor)}
    assert {machine.processor for machine in catalogue.machines.values()} <= processors
    for region in catalogue.regions.values():
        assert region.readings, region.name


def test_units_are_of_a_likely_size(catalogue: Catalogue) -> None:
    for region in catalogue.regions.values():
        assert region.pue is None or 1.0 <= region.pue <= 2.0, region.name
        for reading in region.readings:
            low, high = (0, 100) if reading.method == "carbon-free" else (0, 1200)
            assert low <= reading.value <= high, f"{region.name}: {reading}"
            assert reading.year is None or 2015 <= reading.year <= date.today().year
    for machine in catalogue.machines.values():
        assert 0 < machine.vcpu <= 1024, machine.name
        assert machine.memory_gib is None or 0.5 <= machine.memory_gib <= 32768, machine.name
        if machine.idle_w is not None:
            assert machine.idle_w.likely <= machine.half_load_w.likely <= machine.full_load_w.likely
            assert machine.idle_w.likely / machine.vcpu >= 0.2, machine.name
    for price in catalogue.prices:
        for usd_hour in (price.usd_hour, price.spot_usd_hour):
            assert usd_hour is None or 0.001 < usd_hour < 500, price


def test_every_table_is_in_the_schema_and_has_its_file() -> None:
    files = {path.stem: path for path in DIRECTORY.glob("*/*.csv")}
    assert set(files) == set(TABLES) | MEASURED
    assert {name: path_of(name, DIRECTORY) for name in files} == files
