"""Every figure in the tables leads to a source that says where it was read, and on what terms."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from lichen.catalogue import Catalogue, load
from lichen.catalogue.schema import (
    SOURCED,
    BenchmarkModel,
    Chip,
    Dataset,
    Estimates,
    Headroom,
    Host,
    Hosting,
    Image,
    Machine,
    Offer,
    Processor,
    Reading,
    Region,
    Registry,
    Residency,
    Stack,
)
from lichen.catalogue.tables import JOINED, KEYS, MachineEstimates, RegionReading

TABLES: dict[str, type[msgspec.Struct]] = {
    "regions": Region,
    "readings": RegionReading,
    "chips": Chip,
    "machines": Machine,
    "estimates": MachineEstimates,
    "offers": Offer,
    "residency": Residency,
    "processors": Processor,
    "hosts": Host,
    "hosting": Hosting,
    "images": Image,
    "registries": Registry,
}
SIZING: dict[str, type[msgspec.Struct]] = {
    "stacks": Stack,
    "headrooms": Headroom,
    "datasets": Dataset,
    "benchmark_models": BenchmarkModel,
}
NAMES = {RegionReading: Reading, MachineEstimates: Estimates}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def rows(catalogue: Catalogue, table: str) -> list[msgspec.Struct]:
    if table == "regions":
        return list(catalogue.regions.values())
    if table == "machines":
        return list(catalogue.machines.values())
    if table == "offers":
        return list(catalogue.offers)
    return list(catalogue.table(table, TABLES[table]))


def named(row: msgspec.Struct, field: str) -> tuple[str, ...]:
    value = getattr(row, field)
    return () if value is None else (value,) if isinstance(value, str) else value


@pytest.mark.parametrize("table", TABLES)
def test_every_figure_has_a_source_that_resolves(catalogue: Catalogue, table: str) -> None:
    sourced = SOURCED[NAMES.get(TABLES[table], TABLES[table])]
    for row in rows(catalogue, table):
        for field, figures in sourced.items():
            sources = named(row, field)
            given = [name for name in figures if getattr(row, name) is not None]
            if table == "offers" and field == "sagemaker_source" and not row.sagemaker_usd_hour:
                continue
            assert sources or not given, f"{row}: {given} without {field}"
            unknown = [source for source in sources if source not in catalogue.sources]
            assert not unknown, f"{row}: {field} {unknown}"


def test_every_model_names_a_source_that_resolves(catalogue: Catalogue) -> None:
    for card in catalogue.models.values():
        assert card.source in catalogue.sources, card.name


@pytest.mark.parametrize("table", SIZING)
def test_every_row_of_sizing_names_a_source_that_resolves(catalogue: Catalogue, table: str) -> None:
    for row in catalogue.table(table, SIZING[table]):
        assert named(row, "source")[0] in catalogue.sources, row


def test_every_source_is_complete_and_used(catalogue: Catalogue) -> None:
    used = {card.source for card in catalogue.models.values()} | {"iso-3166"}
    for table, row_type in SIZING.items():
        used |= {named(row, "source")[0] for row in catalogue.table(table, row_type)}
    for table in TABLES:
        for row in rows(catalogue, table):
            for field in SOURCED[NAMES.get(TABLES[table], TABLES[table])]:
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
            assert machine.idle_w.likely / machine.vcpu >= 0.2 or machine.vcpu > 0
    for offer in catalogue.offers:
        for price in (offer.usd_hour, offer.spot_usd_hour, offer.sagemaker_usd_hour):
            assert price is None or 0.001 < price < 500, offer


def test_every_table_with_a_key_has_a_type_here(catalogue: Catalogue) -> None:
    assert set(KEYS) - set(TABLES) == {"models", "quotas"}
    assert set(JOINED) <= set(TABLES)
