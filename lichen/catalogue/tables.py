"""The catalogue: regions, chips, machines, offers and models, every number with its source.

Each table is read when it is first touched, and only that one. ``load()`` gives the installed
tables; ``load(overlay=...)`` those and an organisation's own rows, which are remembered as such
(:meth:`Catalogue.own`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn, TypeVar

import msgspec

from lichen.catalogue.binary_cache import packed
from lichen.catalogue.schema import (
    Chip,
    Estimates,
    Machine,
    Offer,
    Quota,
    Reading,
    Region,
    Residency,
    Source,
    path_of,
)
from lichen.document import InputError, did_you_mean
from lichen.workload import ModelCard

__all__ = ["DIRECTORY", "Catalogue", "load"]

DIRECTORY = Path(__file__).parent
"""Where the installed tables stand."""

S = TypeVar("S", bound=msgspec.Struct)


class RegionReading(Reading, frozen=True, kw_only=True):
    """A row of readings.csv."""

    region: str


class MachineEstimates(Estimates, frozen=True, kw_only=True):
    """A row of estimates.csv."""

    machine: str


JOINED: dict[str, frozenset[str]] = {
    "regions": frozenset({"readings", "grid_gco2e_kwh", "grid_year"}),
    "machines": frozenset(Estimates.__struct_fields__),
    "offers": frozenset({"sagemaker_basis"}),
}
"""Fields of a table's type that stand in another table, or follow from one."""

KEYS: dict[str, tuple[str, ...]] = {
    "regions": ("name",),
    "readings": ("region", "method", "source"),
    "chips": ("name",),
    "machines": ("name",),
    "estimates": ("machine",),
    "offers": ("machine", "region"),
    "models": ("name",),
    "residency": ("residency", "country"),
    "processors": ("name",),
    "hosts": ("machine",),
    "hosting": ("machine", "region"),
    "quotas": ("machine", "region"),
    "images": ("hosting", "repository", "tag"),
    "registries": ("hosting", "region"),
}
"""What no two rows of a table have in common. A table that is not here may repeat itself."""


def load(overlay: Path | None = None) -> Catalogue:
    """The installed catalogue, with an organisation's rows over it where a directory is given.

    The same object for the same directory. :class:`InputError` when a table cannot be believed;
    it is raised where the table is first touched.
    """
    return _load(overlay.resolve() if overlay else None)


@cache
def _load(overlay: Path | None) -> Catalogue:
    return Catalogue(DIRECTORY, overlay)


class Catalogue:
    """The tables in a directory, each read when it is first touched.

    Every mapping is read-only, in the order of its table.
    """

    def __init__(self, directory: Path = DIRECTORY, overlay: Path | None = None) -> None:
        self.directory, self.overlay = directory, overlay
        self._own: dict[tuple[str, str], tuple[str, ...]] = {}
        if overlay is not None:
            from lichen.catalogue.overlay import check

            check(overlay)

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Every source by its id, the organisation's own included."""
        sources = _read_sources(self.directory / "sources.toml")
        if self.overlay and (self.overlay / "sources.toml").exists():
            sources |= _read_sources(self.overlay / "sources.toml")
        return MappingProxyType(sources)

    @cached_property
    def regions(self) -> Mapping[str, Region]:
        rows = self._rows("regions", Region, self._join_regions, ("regions", "readings"))
        return self._with_own("regions", {row.name: row for row in rows}, Region)

    @cached_property
    def chips(self) -> Mapping[str, Chip]:
        """Accelerators and CPU sockets by name."""
        rows = self._rows("chips", Chip, lambda: self._read("chips", Chip))
        return self._with_own("chips", {row.name: row for row in rows}, Chip)

    @cached_property
    def machines(self) -> Mapping[str, Machine]:
        return self._with_own("machines", self._installed_machines(), Machine)

    @cached_property
    def models(self) -> Mapping[str, ModelCard]:
        rows = self._rows("models", ModelCard, lambda: self._read("models", ModelCard))
        return self._with_own("models", {row.name: row for row in rows}, ModelCard)

    @cached_property
    def residency(self) -> Mapping[str, frozenset[str]]:
        """Named groups of countries (ISO 3166-1 alpha-2): ``EU``, ``EEA``, ``UK``, ``US``, ..."""
        groups: dict[str, set[str]] = {}
        for row in self.table("residency", Residency):
            groups.setdefault(row.residency, set()).add(row.country)
        return MappingProxyType({name: frozenset(group) for name, group in groups.items()})

    @cached_property
    def offers(self) -> Sequence[Offer]:
        """Every offer. :meth:`offers_of` and :meth:`offers_in` do not need them all."""
        return tuple(offer for name in self._offers for offer in self.offers_of(name))

    def offers_of(self, machine: str) -> Sequence[Offer]:
        """A machine's offers, by region; empty where no region offers it."""
        held = self._offers.get(machine, ())
        if not isinstance(held, msgspec.Raw):
            return held
        offers = self._offers[machine] = _OFFERS.decode(held)
        return offers

    def offers_in(self, region: str) -> Sequence[Offer]:
        """A region's offers, by machine."""
        return self._offers_by_region.get(region, ())

    def machine(self, name: str) -> Machine:
        """A machine by name, ``ml.`` before it or not; :class:`InputError` with the nearest."""
        bare = name.removeprefix("ml.")
        machine = self.machines.get(bare)
        if machine is None:
            _unknown("machine", name, self.machines)
        if bare != name and not machine.sagemaker:
            hosted = [m.name for m in self.machines.values() if m.sagemaker]
            raise InputError(
                f"SageMaker hosts no {name!r}", fix=did_you_mean(bare, hosted), field="machine"
            )
        return machine

    def region(self, name: str) -> Region:
        """A region by name; :class:`InputError` with the nearest known one."""
        return self.regions.get(name) or _unknown("region", name, self.regions)

    def model(self, name: str) -> ModelCard:
        """A model card by name; :class:`InputError` with the nearest known one."""
        return self.models.get(name) or _unknown("model", name, self.models)

    def quota(self, machine: str, region: str) -> Quota | None:
        """The account's endpoint quota, where the overlay holds one: offered is not quota."""
        return self._quotas.get((machine, region))

    @cached_property
    def _quotas(self) -> dict[tuple[str, str], Quota]:
        if self.overlay is None or not (self.overlay / "quotas.csv").exists():
            return {}
        rows = self._read("quotas", Quota, self.overlay)
        return {(row.machine, row.region): row for row in rows}

    def own(self, table: str, key: str) -> tuple[str, ...]:
        """The fields that an organisation's overlay gave the row; empty where it is installed."""
        if self.overlay is None:
            return ()
        _ = self._offers if table == "offers" else getattr(self, table)  # the overlay is read then
        return self._own.get((table, key), ())

    def table(self, name: str, row: type[S]) -> tuple[S, ...]:
        """Any other table in the directory, typed by ``row``; an overlay's rows follow."""
        rows = self._rows(name, row, lambda: self._read(name, row))
        if self.overlay and (self.overlay / f"{name}.csv").exists():
            rows += self._read(name, row, self.overlay)
        return tuple(rows)

    def _rows(
        self, name: str, row: type[S], build: Callable[[], list[S]], tables: tuple[str, ...] = ()
    ) -> list[S]:
        content = packed(self.directory, name, tables or (name,), row, build)
        return msgspec.msgpack.decode(content, type=list[row])  # type: ignore[valid-type]

    def _read(self, name: str, row: type[S], directory: Path | None = None) -> list[S]:
        return [row(**values) for values in self._values(name, row, directory)]

    def _values(
        self, name: str, row: type[msgspec.Struct], directory: Path | None = None
    ) -> list[dict[str, Any]]:
        from lichen.catalogue.csv_table import read_rows  # parsing is the exception, not the rule

        path = directory / f"{name}.csv" if directory else path_of(name, self.directory)
        return read_rows(path, row, key=KEYS.get(name, ()), joined=JOINED.get(name, frozenset()))

    def _join_regions(self) -> list[Region]:
        readings: dict[str, list[Reading]] = {}
        for values in self._values("readings", RegionReading):
            readings.setdefault(values.pop("region"), []).append(Reading(**values))
        regions = []
        for values in self._values("regions", Region):
            held = tuple(readings.get(values["name"], ()))
            used = next((r for r in held if _is_grid(r, values["grid_source"])), None)
            if values["grid_source"] and used is None:
                raise InputError(
                    f"no location-average reading of {values['grid_source']!r} for "
                    f"{values['name']}",
                    fix="add the row to readings.csv",
                    field="grid_source",
                    document="regions.csv",
                )
            regions.append(
                Region(
                    **values,
                    readings=held,
                    grid_gco2e_kwh=used.value if used else None,
                    grid_year=used.year if used else None,
                )
            )
        return regions

    def _installed_machines(self) -> dict[str, Machine]:
        rows = self._rows("machines", Machine, self._join_machines, ("machines", "estimates"))
        return {row.name: row for row in rows}

    def _join_machines(self) -> list[Machine]:
        estimates = {
            values.pop("machine"): values for values in self._values("estimates", MachineEstimates)
        }
        return [
            Machine(**values, **estimates.get(values["name"], {}))
            for values in self._values("machines", Machine)
        ]

    @cached_property
    def _offers(self) -> dict[str, msgspec.Raw | tuple[Offer, ...]]:
        """By machine: its offers, or their MessagePack until someone asks for them."""
        tables = ("offers", "machines", "estimates")
        content = packed(self.directory, "offers", tables, Offer, self._join_offers)
        offers: dict[str, msgspec.Raw | tuple[Offer, ...]] = {}
        offers |= msgspec.msgpack.decode(content, type=dict[str, msgspec.Raw])
        if self.overlay is None:
            return offers
        from lichen.catalogue.overlay import offers_over

        return offers_over(self, offers)

    def _join_offers(self) -> dict[str, list[Offer]]:
        by_machine: dict[str, list[Offer]] = {}
        machines = self._installed_machines()  # the copy is for all: an overlay has no say in it
        for values in self._values("offers", Offer):
            machine = machines.get(values["machine"])
            by_machine.setdefault(values["machine"], []).append(hosted(Offer(**values), machine))
        return by_machine

    @cached_property
    def _offers_by_region(self) -> dict[str, list[Offer]]:
        by_region: dict[str, list[Offer]] = {}
        for offer in self.offers:
            by_region.setdefault(offer.region, []).append(offer)
        return by_region

    def _with_own(self, table: str, rows: dict[str, S], row: type[S]) -> Mapping[str, S]:
        if self.overlay is not None:
            from lichen.catalogue.overlay import rows_over

            self._own |= rows_over(self, table, rows, row)
        return MappingProxyType(rows)


_OFFERS = msgspec.msgpack.Decoder(tuple[Offer, ...])


def hosted(offer: Offer, machine: Machine | None) -> Offer:
    """The offer with its SageMaker price: the published one, or EC2's times the likely markup."""
    if offer.sagemaker_usd_hour is not None:
        return msgspec.structs.replace(offer, sagemaker_basis="published")
    if machine is None or machine.sagemaker_markup is None or offer.usd_hour is None:
        return offer
    return msgspec.structs.replace(
        offer,
        sagemaker_usd_hour=round(offer.usd_hour * machine.sagemaker_markup.likely, 6),
        sagemaker_basis="assumed" if machine.sagemaker_markup_basis == "assumed" else "derived",
        sagemaker_source=machine.sagemaker_markup_source,
    )


def _is_grid(reading: Reading, source: str | None) -> bool:
    return reading.method == "location-average" and reading.source == source


def _unknown(what: str, name: str, known: Iterable[str]) -> NoReturn:
    raise InputError(f"{name!r} is not known", fix=did_you_mean(name, known), field=what)


def _read_sources(path: Path) -> dict[str, Source]:
    from lichen.document import convert, read_document

    try:
        return {
            name: convert({"id": name, **fields}, Source)
            for name, fields in read_document(path).items()
        }
    except InputError as error:
        raise error.within(path.name) from None
