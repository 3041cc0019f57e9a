"""The catalogue: regions, chips, machines, hostings, offers, prices and models, with their sources.

Each table is read when it is first touched, and only that one. ``load()`` gives the installed
tables; ``load(overlay=...)`` those with an organisation's own rows over them, which it can name
(:meth:`Catalogue.own`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import (
    Callable,
    ItemsView,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
    ValuesView,
)
from functools import cache, cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, NoReturn, TypeVar

import msgspec

from lichen.catalogue.binary_cache import decoded
from lichen.catalogue.schema import (
    PLATFORMS,
    QUOTAS,
    SOURCES,
    TABLES,
    Chip,
    FamilyMember,
    Hosting,
    Image,
    ImagePatches,
    ImagePlatforms,
    Listing,
    Machine,
    MachineEstimates,
    Markup,
    Offer,
    Price,
    Quota,
    RateBySize,
    Reading,
    Region,
    RegionalPrice,
    RegionReading,
    Registry,
    Residency,
    Retired,
    Sale,
    Source,
    Table,
    path_of,
)
from lichen.catalogue.sold import Sales, check_price, sales_by_machine
from lichen.document import InputError, did_you_mean
from lichen.workload import ModelCard

__all__ = ["DIRECTORY", "Catalogue", "load"]

DIRECTORY = Path(__file__).parent
"""The directory of the installed tables."""

S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")


def load(overlay: Path | None = None) -> Catalogue:
    """The installed catalogue, with an organisation's rows over it where a directory is given.

    The same object for the same directory. :class:`InputError` when a table cannot be believed: of
    the organisation's own at once, whether anybody needs it or not; of an installed one where it is
    first touched.
    """
    return _load(overlay.resolve() if overlay else None)


@cache
def _load(overlay: Path | None) -> Catalogue:
    catalogue = Catalogue(DIRECTORY, overlay)
    catalogue.check_own()
    return catalogue


class ByName(Mapping[str, S]):
    """A table's rows by name, in the order of the table, each decoded when it is first used.

    The names alone decode nothing; ``values()`` and ``items()`` decode every row.
    """

    def __init__(self, encoded: Mapping[str, memoryview], row: type[S]) -> None:
        self._encoded = encoded
        self._decoder = msgspec.msgpack.Decoder(row)
        self._decoded: dict[str, S] = {}

    def __getitem__(self, name: str) -> S:
        row = self._decoded.get(name)
        if row is None:
            row = self._decoded[name] = self._decoder.decode(self._encoded[name])
        return row

    def get(self, name: str, default: Any = None, /) -> Any:
        """As of a dict, at nearly its pace: the rules of one resource look forty rows up."""
        found = self._decoded.get(name)
        return found or (self[name] if name in self._encoded else default)

    def __contains__(self, name: object) -> bool:
        return name in self._encoded

    def __iter__(self) -> Iterator[str]:
        return iter(self._encoded)

    def __len__(self) -> int:
        return len(self._encoded)

    def values(self) -> ValuesView[S]:
        return self._all.values()

    def items(self) -> ItemsView[str, S]:
        return self._all.items()

    @cached_property
    def _all(self) -> dict[str, S]:
        return {name: self[name] for name in self._encoded}

    @property
    def decoded(self) -> frozenset[str]:
        """The names whose rows were decoded."""
        return frozenset(self._decoded)


class ByMachine(Generic[S]):
    """A table's rows by machine, each machine's decoded when it is first used."""

    def __init__(self, encoded: Mapping[str, memoryview], row: type[S]) -> None:
        self._encoded = encoded
        self._decoder = msgspec.msgpack.Decoder(tuple[row, ...])  # type: ignore[valid-type]
        self._decoded: dict[str, tuple[S, ...]] = {}

    def of(self, machine: str) -> tuple[S, ...]:
        """A machine's rows, in the order of the table; empty where it has none."""
        rows = self._decoded.get(machine)
        if rows is None:
            encoded = self._encoded.get(machine)
            if encoded is None:
                return ()
            rows = self._decoded[machine] = self._decoder.decode(encoded)
        return rows

    def put(self, machine: str, rows: tuple[S, ...]) -> None:
        """Have these rows instead of a machine's encoded ones."""
        self._decoded[machine] = rows

    def all(self) -> Iterable[S]:
        for machine in {**self._encoded, **self._decoded}:
            yield from self.of(machine)

    @property
    def decoded(self) -> frozenset[str]:
        """The machines whose rows were decoded."""
        return frozenset(self._decoded)


class WithOwn(msgspec.Struct, Generic[S], frozen=True):
    """A table by key, and the fields that an organisation's rows gave, by the same key."""

    rows: Mapping[str, S]
    own: Mapping[str, tuple[str, ...]]


class ByMachineWithOwn(msgspec.Struct, Generic[S], frozen=True):
    """The same of a table by machine; the key is a row's key columns with blanks between."""

    rows: ByMachine[S]
    own: Mapping[str, tuple[str, ...]]


class Catalogue:
    """The tables in a directory, each read when it is first touched.

    Every mapping is read-only, in the order of its table.
    """

    def __init__(self, directory: Path = DIRECTORY, overlay: Path | None = None) -> None:
        self.directory, self.overlay = directory, overlay
        self._built: dict[Callable[[Catalogue], Any], Any] = {}
        self._retired_of: dict[tuple[str, str | None], tuple[Retired, ...]] = {}
        self._retired_on: dict[tuple[str | None, str | None, str], tuple[Retired, ...]] = {}
        self._others: dict[tuple[str, type[msgspec.Struct]], tuple[Any, ...]] = {}
        self._named: dict[str, bool] = {}
        if overlay is not None:
            from lichen.catalogue.overlay import check

            check(overlay)

    def check_own(self) -> None:
        """Read every own table. :class:`InputError` with the file, as the overlay's path has it."""
        if self.overlay is None:
            return
        _ = self.sources
        for path in sorted(self.overlay.glob("*.csv")):
            try:
                if path.stem == QUOTAS.name:
                    _ = self._quotas
                elif path.stem == PLATFORMS.name:
                    _ = self._platforms
                elif TABLES[path.stem].own == "appended":
                    self.table(path.stem, TABLES[path.stem].row)
                else:
                    getattr(self, f"_{path.stem}")
            except InputError as error:
                if error.document != path.name:
                    raise
                raise InputError(
                    error.wrong,
                    fix=error.fix,
                    field=error.field,
                    document=f"{self.overlay.name}/{path.name}",
                ) from None

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        """Every source by its id, the organisation's own included."""
        sources = self._by_name(SOURCES, Source, self._installed_sources, name="id")
        if self.overlay and (self.overlay / "sources.toml").exists():
            own = _read_sources(self.overlay / "sources.toml")
            return MappingProxyType({**sources, **own})
        return sources

    @property
    def regions(self) -> Mapping[str, Region]:
        return self._regions.rows

    @property
    def chips(self) -> Mapping[str, Chip]:
        """Accelerators and CPU sockets by name."""
        return self._chips.rows

    @property
    def machines(self) -> Mapping[str, Machine]:
        return self._machines.rows

    @property
    def hostings(self) -> Mapping[str, Hosting]:
        """Every way to run a model on a cloud, by name."""
        return self._hostings.rows

    @property
    def models(self) -> Mapping[str, ModelCard]:
        return self._models.rows

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
        return tuple(self._offers.rows.all())

    def offers_of(self, machine: str) -> Sequence[Offer]:
        """A machine's offers, by region; empty where no region offers it."""
        return self._offers.rows.of(machine)

    def offers_in(self, region: str) -> Sequence[Offer]:
        """A region's offers, by machine."""
        return self._offers_by_region.get(region, ())

    def count_offers_in(self, region: str) -> int:
        """How many offers a region has: what says so without reading one."""
        if self.overlay is not None:
            return len(self.offers_in(region))
        return self._offer_counts.get(region, 0)

    @cached_property
    def _offer_counts(self) -> dict[str, int]:
        return decoded(
            self.directory,
            "offer_counts",
            ("offers",),
            Offer,
            lambda: Counter(offer.region for offer in self.offers),
            dict[str, int],
        )

    def sales_of(self, machine: str) -> Sales | None:
        """How a machine can be bought by its provider's page; None where we have read no page."""
        return self._sales.get(machine)

    @cached_property
    def _sales(self) -> dict[str, Sales]:
        return sales_by_machine(self.table("sold", Sale))

    def listing(self, cloud: str, kind: str) -> Listing | None:
        """How far the lists of where a cloud's accelerators are made can be believed."""
        return self._listings.get((cloud, kind))

    @cached_property
    def _listings(self) -> dict[tuple[str, str], Listing]:
        return {(row.cloud, row.kind): row for row in self.table("listings", Listing)}

    def accelerator_of(self, machine: Machine) -> Chip | None:
        """A machine's kind of accelerator; None where it has none, or one without a row."""
        return self.chips.get(machine.accelerator or "")

    def siblings(self, model: str) -> tuple[ModelCard, ...]:
        """The other models of a model's family, the smallest first; none where no family is
        known."""
        family = self._families.get(model)
        names = (name for name, other in self._families.items() if other == family and family)
        found = [self.models[name] for name in names if name != model and name in self.models]
        return tuple(sorted(found, key=lambda card: card.parameters))

    @cached_property
    def _families(self) -> dict[str, str]:
        return {row.model: row.family for row in self.table("families", FamilyMember)}

    def retired(self, machine: Machine) -> tuple[Retired, ...]:
        """What is retired of a machine's hardware, and of the software that runs on it."""
        chip = self.chips.get(machine.accelerator or machine.cpu or "")
        families = (machine.family, chip.family if chip else None)
        rows = self._retired_of.get(families)
        if rows is None:
            keys = (families, (families[0], None), (None, families[1]), (None, None))
            found = (row for key in dict.fromkeys(keys) for row in self._retired.get(key, ()))
            rows = self._retired_of[families] = tuple(found)
        return rows

    def retired_hardware(
        self, machine_family: str | None, chip_family: str | None, cloud: str
    ) -> tuple[Retired, ...]:
        """What is retired on a cloud of a family of machines, or of chips, with any software on
        it."""
        asked = machine_family, chip_family, cloud
        if asked not in self._retired_on:
            keys = ((machine_family, chip_family), (machine_family, None), (None, chip_family))
            rows = (row for key in dict.fromkeys(keys) for row in self._retired.get(key, ()))
            self._retired_on[asked] = tuple(
                row
                for row in rows
                if (row.machine_family or row.chip_family)
                and row.stack is None
                and not row.works
                and row.cloud in (None, cloud)
            )
        return self._retired_on[asked]

    def retired_image(self, repository: str) -> Retired | None:
        """What is retired of the software in a container image, by the last part of its name."""
        return self._retired_images.get(repository)

    def retired_runtime(self, runtime: str) -> Retired | None:
        """What is retired of a cloud's runtime for functions."""
        return self._retired_runtimes.get(runtime)

    @cached_property
    def _retired_runtimes(self) -> dict[str, Retired]:
        return {name: row for row in self.table("retired", Retired) for name in row.runtimes}

    @cached_property
    def _retired_images(self) -> dict[str, Retired]:
        return {name: row for row in self.table("retired", Retired) for name in row.repositories}

    @cached_property
    def _retired(self) -> dict[tuple[str | None, str | None], list[Retired]]:
        rows: dict[tuple[str | None, str | None], list[Retired]] = {}
        for row in self.table("retired", Retired):
            rows.setdefault((row.machine_family, row.chip_family), []).append(row)
        return rows

    @cached_property
    def registry_accounts(self) -> frozenset[str]:
        """The accounts in whose registries a cloud publishes images for its hostings."""
        return frozenset(row.account for row in self.table("registries", Registry))

    def patches_of(self, repository: str, tag: str) -> ImagePatches | None:
        """Until when the images of a repository with such a tag are patched, those that components
        use included; None if unknown."""
        for row in self._patches.get(repository, ()):
            if tag == row.version or tag.startswith((f"{row.version}.", f"{row.version}-")):
                return row
        return None

    def first_patches_after(self, repository: str, tag: str) -> ImagePatches | None:
        """The oldest version of a repository's images with an end here, where such a tag is of an
        older one; None elsewhere. Versions of two numbers alone are compared (``2.6``), also where
        a build follows them (``3.0-5``)."""
        numbered = {
            (int(found[1]), int(found[2])): row
            for row in self._patches.get(repository, ())
            if (found := re.fullmatch(r"(\d+)\.(\d+)(?:-\d+)?", row.version))
        }
        own = re.match(r"(\d+)\.(\d+)[.-]", tag)
        if own is None or not numbered or (int(own[1]), int(own[2])) >= min(numbered):
            return None
        return numbered[min(numbered)]

    def has_patches_of(self, repository: str) -> bool:
        """Whether any image of a repository has an end of its patches here."""
        return repository in self._patches

    @cached_property
    def _patches(self) -> dict[str, list[ImagePatches]]:
        rows: dict[str, list[ImagePatches]] = {}
        for row in self.table("image_patches", ImagePatches):
            rows.setdefault(row.repository, []).append(row)
        for image in self.table("images", Image):
            if image.patched_until is not None:
                row = ImagePatches(
                    repository=image.repository,
                    version=image.tag,
                    patched_until=image.patched_until,
                    source=image.patches_source or image.source,
                )
                rows.setdefault(image.repository, []).append(row)
        return rows

    @cached_property
    def prices(self) -> Sequence[Price]:
        """Every price but those that follow from a markup. :meth:`price` and :meth:`prices_of` do
        not need them all."""
        return tuple(self._prices.rows.all())

    def price(self, machine: str, region: str, hosting: str) -> Price | None:
        """What a machine costs in a region on a hosting; None where nobody publishes enough to say.

        The published price, else what follows from other regions, else the price of the hosting's
        base times its markup.
        """
        return self.prices_of(machine, hosting).get(region)

    def prices_of(self, machine: str, hosting: str) -> Mapping[str, Price]:
        """A machine's prices on a hosting, by region."""
        found = self._prices_found.get((machine, hosting))
        if found is None:
            found = self._prices_found[machine, hosting] = MappingProxyType(
                self._priced(machine, hosting)
            )
        return found

    def _priced(self, machine: str, hosting: str) -> dict[str, Price]:
        rows = self._prices.rows.of(machine)
        listed = {row.region: row for row in rows if row.hosting == hosting}
        way = self.hostings.get(hosting)
        if hosting in self._rates:
            return self._by_size(self.machines[machine], hosting) | listed
        if way is None or way.base is None:
            return listed
        if way.billed == "as-base":
            of_base = self.prices_of(machine, way.base)
            return {
                region: msgspec.structs.replace(row, hosting=hosting)
                for region, row in of_base.items()
            } | listed
        markup = self.markup(machine, hosting)
        if markup is None:
            return listed
        # That the hosting offers the machine in the region at all is not known either.
        assumed = {
            region: Price(
                machine=machine,
                region=region,
                hosting=hosting,
                usd_hour=round(row.usd_hour * markup.markup.likely, 6),
                source=markup.source,
                basis="assumed",
            )
            for region, row in self.prices_of(machine, way.base).items()
            if row.usd_hour is not None
        }
        return assumed | listed

    def _by_size(self, machine: Machine, hosting: str) -> dict[str, Price]:
        """The prices of a machine of a hosting that is bought by vCPU and memory."""
        if hosting not in machine.hostings:
            return {}
        return {
            region: Price(
                machine=machine.name,
                region=region,
                hosting=hosting,
                usd_hour=round(
                    rate.usd_vcpu_hour * machine.vcpu
                    + rate.usd_gib_hour * (machine.memory_gib or 0.0)
                    + (rate.usd_chip_hour or 0.0) * machine.accelerators,
                    6,
                ),
                as_of=rate.as_of,
                source=rate.source,
                basis=rate.basis,
            )
            for (region, chip), rate in self._rates[hosting].items()
            if chip == machine.accelerator
        }

    def rate(self, hosting: str, region: str, chip: str | None = None) -> RateBySize | None:
        """What a hosting that is bought by size costs in a region, of machines with such a chip or
        without; None of other hostings."""
        return self._rates.get(hosting, {}).get((region, chip))

    @cached_property
    def _rates(self) -> dict[str, dict[tuple[str, str | None], RateBySize]]:
        rates: dict[str, dict[tuple[str, str | None], RateBySize]] = {}
        for row in self.table("rates", RateBySize):
            rates.setdefault(row.hosting, {})[row.region, row.chip] = row
        return rates

    @cached_property
    def _prices_found(self) -> dict[tuple[str, str], Mapping[str, Price]]:
        return {}

    def markup(self, machine: str, hosting: str) -> Markup | None:
        """A hosting's price over its base's: the machine's own, else its family's, else its kind's.

        None where the hosting does not offer the machine, or where no markup is known.
        """
        row = self.machines.get(machine)
        if row is None or hosting not in row.hostings:
            return None
        kind = row.accelerator is not None
        for key in ((machine, None, None), (None, row.family, None), (None, None, kind)):
            if found := self._markups.get((hosting, *key)):
                return found
        return None

    @cached_property
    def _markups(self) -> dict[tuple[str, str | None, str | None, bool | None], Markup]:
        return {
            (row.hosting, row.machine, row.family, row.accelerated): row
            for row in self.table("markups", Markup)
        }

    def hostings_of(self, machine: Machine) -> tuple[Hosting, ...]:
        """The hostings that offer a machine, the one to prefer first.

        Last come those that cost what its base's machines do, and that no machine's row names.
        """
        named = tuple(self.hostings[name] for name in machine.hostings)
        return named + tuple(
            way
            for way in self.hostings.values()
            if way.billed == "as-base"
            and way.base in machine.hostings
            and not self._is_named(way.name)
        )

    def hosts(self, hosting: str, machine: Machine) -> bool:
        """Whether a hosting offers a machine.

        Where no machine's row names the hosting, it is taken to offer what its base offers.
        """
        if hosting in machine.hostings:
            return True
        way = self.hostings.get(hosting)
        if way is None or way.base is None or way.base not in machine.hostings:
            return False
        return not self._is_named(hosting)

    def _is_named(self, hosting: str) -> bool:
        """Whether a machine's row names a hosting; no more rows are decoded than it takes."""
        if hosting not in self._named:
            named = (self.machines[name].hostings for name in self.machines)
            self._named[hosting] = any(hosting in hostings for hostings in named)
        return self._named[hosting]

    def bare_name(self, name: str) -> str:
        """A machine's name in the catalogue, of the name that a hosting gives it."""
        for prefix in self._prefixes:
            if name.startswith(prefix):
                return name.removeprefix(prefix)
        return name

    @cached_property
    def _prefixes(self) -> Mapping[str, tuple[Hosting, ...]]:
        """Hostings by what they put before a machine's name: those of one cloud may share it."""
        found: dict[str, tuple[Hosting, ...]] = {}
        for row in self.hostings.values():
            if row.machine_prefix:
                found[row.machine_prefix] = (*found.get(row.machine_prefix, ()), row)
        return found

    def machine(self, name: str) -> Machine:
        """A machine by name, a hosting's prefix before it or not.

        :class:`InputError` with the nearest name, or where that hosting does not offer it.
        """
        bare = self.bare_name(name)
        machine = self.machines.get(bare)
        if machine is None:
            _unknown("machine", name, self.machines)
        if bare != name:
            ways = self._prefixes[name.removesuffix(bare)]
            if not any(way.name in machine.hostings for way in ways):
                offered = [
                    row.name for row in self.machines.values() if ways[0].name in row.hostings
                ]
                raise InputError(
                    f"{ways[0].title} does not offer {name!r}",
                    fix=did_you_mean(bare, offered),
                    field="machine",
                )
        return machine

    def region(self, name: str) -> Region:
        """A region by name; :class:`InputError` with the nearest known one."""
        return self.regions.get(name) or _unknown("region", name, self.regions)

    def model(self, name: str) -> ModelCard:
        """A model card by name; :class:`InputError` with the nearest known one."""
        return self.find_model(name) or _unknown("model", name, self.models)

    def find_model(self, name: str) -> ModelCard | None:
        """A model card by its name, or by its old name without an organisation, such as
        ``bert-base-uncased``; None where there is none, or more than one."""
        return self.models.get(name) or self._models_by_old_name.get(name)

    @cached_property
    def _models_by_old_name(self) -> Mapping[str, ModelCard]:
        short = Counter(name.rpartition("/")[2] for name in self.models)
        return {
            old: card
            for name, card in self.models.items()
            if short[old := name.rpartition("/")[2]] == 1
        }

    def once(self, build: Callable[[Catalogue], T]) -> T:
        """What ``build`` makes of this catalogue, made when it is first used, then kept."""
        if build not in self._built:
            self._built[build] = build(self)
        built: T = self._built[build]
        return built

    def quota(self, machine: str, region: str) -> Quota | None:
        """The account's endpoint quota, where the overlay has one: offered is not quota."""
        return self._quotas.get((machine, region))

    @cached_property
    def _quotas(self) -> dict[tuple[str, str], Quota]:
        return {(row.machine, row.region): row for row in self._own_only(QUOTAS, Quota)}

    def platforms_of(self, digest: str) -> tuple[str, ...] | None:
        """The platforms of the image with a digest (``linux/arm64``), where the overlay records
        them; None where it does not."""
        return self._platforms.get(digest)

    @cached_property
    def _platforms(self) -> dict[str, tuple[str, ...]]:
        return {row.digest: row.platforms for row in self._own_only(PLATFORMS, ImagePlatforms)}

    def _own_only(self, table: Table, row: type[S]) -> list[S]:
        """The rows of a table that only an organisation has; empty where it has none."""
        path = None if self.overlay is None else self.overlay / f"{table.name}.csv"
        if path is None or not path.exists():
            return []
        from lichen.catalogue.csv_table import read_rows

        return [row(**values) for values in read_rows(path, row, key=table.key)]

    def own(self, table: str, key: str) -> tuple[str, ...]:
        """The fields that an organisation's overlay gave the row; empty where it is installed."""
        if self.overlay is None:
            return ()
        merged: WithOwn[Any] | ByMachineWithOwn[Any] = getattr(self, f"_{table}")
        return merged.own.get(key, ())

    def table(self, name: str, row: type[S]) -> tuple[S, ...]:
        """Any other table in the directory, typed by ``row``; an overlay's rows follow. It is read
        once: a rule asks for it at each resource."""
        found: tuple[S, ...] | None = self._others.get((name, row))
        if found is None:
            rows = self._rows(name, row, lambda: self._read(name, row))
            if self.overlay and (self.overlay / f"{name}.csv").exists():
                from lichen.catalogue.overlay import appended

                rows += appended(self.overlay / f"{name}.csv", row, self.sources)
            found = self._others[name, row] = tuple(rows)
        return found

    # --- the tables by name, with an overlay's rows ---

    @cached_property
    def _regions(self) -> WithOwn[Region]:
        rows = self._by_name("regions", Region, self._join_regions, ("regions", "readings"))
        return self._with_own("regions", Region, rows)

    @cached_property
    def _chips(self) -> WithOwn[Chip]:
        rows = self._by_name("chips", Chip, lambda: self._read("chips", Chip))
        return self._with_own("chips", Chip, rows)

    @cached_property
    def _hostings(self) -> WithOwn[Hosting]:
        rows = self._by_name("hostings", Hosting, lambda: self._read("hostings", Hosting))
        return self._with_own("hostings", Hosting, rows)

    @cached_property
    def _machines(self) -> WithOwn[Machine]:
        rows = self._by_name("machines", Machine, self._join_machines, ("machines", "estimates"))
        found = self._with_own("machines", Machine, rows)
        for name in found.own:
            for hosting in found.rows[name].hostings:
                self._must_know(hosting, self.hostings, "hostings", "machines.csv")
        return found

    @cached_property
    def _models(self) -> WithOwn[ModelCard]:
        rows = self._by_name("models", ModelCard, lambda: self._read("models", ModelCard))
        return self._with_own("models", ModelCard, rows)

    def _with_own(self, table: str, row: type[S], rows: Mapping[str, S]) -> WithOwn[S]:
        if self.overlay is None:
            return WithOwn(rows, {})
        from lichen.catalogue.overlay import merged

        merged_rows, own = merged(rows, TABLES[table], row, self.overlay, self.sources)
        return WithOwn(MappingProxyType(merged_rows), own)

    @cached_property
    def _offers(self) -> ByMachineWithOwn[Offer]:
        return self._by_machine("offers", Offer, {}, self._values)

    @cached_property
    def _prices(self) -> ByMachineWithOwn[Price]:
        found = self._by_machine(
            "prices", Price, {"hosting": "hostings"}, self._join_prices, ("regional_prices", "sold")
        )
        for key in found.own:
            machine, region, hosting = key.split(" ")
            self._check_prices(
                price
                for price in found.rows.of(machine)
                if (price.region, price.hosting) == (region, hosting)
            )
        return found

    def _by_machine(
        self,
        name: str,
        row: type[S],
        more: Mapping[str, str],
        read: Callable[[str, type[S]], list[dict[str, Any]]],
        joined: tuple[str, ...] = (),
    ) -> ByMachineWithOwn[S]:
        """A table by machine, with others joined to it. ``more`` are its columns that name rows,
        besides the usual two."""

        def build() -> dict[str, bytes]:
            by_machine: dict[str, list[S]] = {}
            for values in read(name, row):
                by_machine.setdefault(values["machine"], []).append(row(**values))
            return {machine: msgspec.msgpack.encode(rows) for machine, rows in by_machine.items()}

        tables = (name, *joined)
        rows = ByMachine(
            decoded(self.directory, name, tables, row, build, dict[str, memoryview]), row
        )
        own: dict[str, tuple[str, ...]] = {}
        if self.overlay is not None:
            from lichen.catalogue.overlay import merged_by_machine

            known = {
                "machine": self.machines,
                "region": self.regions,
                **{column: getattr(self, table) for column, table in more.items()},
            }
            changed, own = merged_by_machine(
                rows.of, TABLES[name], row, self.overlay, self.sources, known
            )
            for machine, changed_rows in changed.items():
                rows.put(machine, changed_rows)
        return ByMachineWithOwn(rows, own)

    @cached_property
    def _offers_by_region(self) -> dict[str, list[Offer]]:
        by_region: dict[str, list[Offer]] = {}
        for offer in self.offers:
            by_region.setdefault(offer.region, []).append(offer)
        return by_region

    def _must_know(self, word: str, known: Iterable[str], column: str, document: str) -> None:
        if word not in known:
            raise InputError(
                f"{word!r} is not known",
                fix=did_you_mean(word, known),
                field=column,
                document=document,
            )

    # --- reading ---

    def _rows(
        self, name: str, row: type[S], build: Callable[[], list[S]], tables: tuple[str, ...] = ()
    ) -> list[S]:
        kind = list[row]  # type: ignore[valid-type]
        return decoded(self.directory, name, tables or (name,), row, build, kind)

    def _by_name(
        self,
        table: str,
        row: type[S],
        build: Callable[[], list[S]],
        tables: tuple[str, ...] = (),
        name: str = "name",
    ) -> ByName[S]:
        """A table by the field ``name`` of its rows."""

        def encoded() -> dict[str, bytes]:
            return {getattr(each, name): msgspec.msgpack.encode(each) for each in build()}

        kind = dict[str, memoryview]
        kept = decoded(self.directory, table, tables or (table,), row, encoded, kind)
        return ByName(kept, row)

    def _read(self, name: str, row: type[S]) -> list[S]:
        return [row(**values) for values in self._values(name, row)]

    def _values(self, name: str, row: type[msgspec.Struct]) -> list[dict[str, Any]]:
        from lichen.catalogue.csv_table import read_rows  # parsing is the exception, not the rule

        table = TABLES.get(name)
        key, joined = (table.key, table.joined) if table else ((), frozenset[str]())
        rows = read_rows(path_of(name, self.directory), row, key=key, joined=joined)
        self._check_count(name, len(rows))
        return rows

    def _installed_sources(self) -> list[Source]:
        sources = _read_sources(path_of(SOURCES, self.directory))
        self._check_count(SOURCES, len(sources))
        return list(sources.values())

    def _check_count(self, table: str, rows: int) -> None:
        from lichen.catalogue import row_counts

        row_counts.check(table, rows, self.directory)

    def _join_prices(self, name: str, row: type[Price]) -> list[dict[str, Any]]:
        """The published prices, then those that follow from other regions."""
        published = self._values(name, row)
        self._check_prices(row(**values) for values in published)
        return [*published, *self._values("regional_prices", RegionalPrice)]

    def _check_prices(self, prices: Iterable[Price]) -> None:
        for price in prices:
            hosting = self.hostings.get(price.hosting)
            if hosting is None:
                self._must_know(price.hosting, self.hostings, "hosting", "prices.csv")
            else:
                check_price(price, hosting, self.sales_of(price.machine))

    def _join_regions(self) -> list[Region]:
        readings: dict[str, list[Reading]] = {}
        for values in self._values("readings", RegionReading):
            readings.setdefault(values.pop("region"), []).append(Reading(**values))
        regions = []
        for values in self._values("regions", Region):
            of_region = tuple(readings.get(values["name"], ()))
            used = next((r for r in of_region if _is_grid(r, values["grid_source"])), None)
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
                    readings=of_region,
                    grid_gco2e_kwh=used.value if used else None,
                    grid_year=used.year if used else None,
                )
            )
        return regions

    def _join_machines(self) -> list[Machine]:
        estimates = {
            values.pop("machine"): values for values in self._values("estimates", MachineEstimates)
        }
        return [
            Machine(**values, **estimates.get(values["name"], {}))
            for values in self._values("machines", Machine)
        ]


def _is_grid(reading: Reading, source: str | None) -> bool:
    return reading.method == "location-average" and reading.source == source


def _unknown(what: str, name: str, known: Iterable[str]) -> NoReturn:
    fix = did_you_mean(name, known, otherwise=f"`lichen catalogue {what}s` lists them")
    raise InputError(f"{name!r} is not known", fix=fix, field=what)


def _read_sources(path: Path) -> dict[str, Source]:
    from lichen.document import convert, read_document

    try:
        return {
            name: convert({"id": name, **fields}, Source)
            for name, fields in read_document(path).items()
        }
    except InputError as error:
        raise error.within(path.name) from None
