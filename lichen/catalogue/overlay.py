"""An organisation's own rows over the installed ones: a PUE, a contract price, a region.

A directory with CSV files named as the catalogue's. A row needs the key columns and whatever it
changes: a filled-in cell replaces the installed one, a row with a new key is added and must then
be whole. Every figure names its source, which stands in the directory's ``sources.toml`` or among
the installed ones.
"""

from __future__ import annotations

from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from msgspec.structs import fields, replace

from lichen.catalogue.csv_table import options_of, read_rows
from lichen.catalogue.schema import SOURCED, Estimates, Machine, Offer, Reading, Region
from lichen.document import InputError, did_you_mean

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue

S = TypeVar("S", bound=msgspec.Struct)

OWN_TABLES = ("regions", "chips", "machines", "offers", "models")
"""Tables that rows may be laid over; others (residency, efficiencies, ...) are added to."""

_SETTLED: dict[type, frozenset[str]] = {
    Region: frozenset({"readings"}),
    Offer: frozenset({"sagemaker_basis"}),
}


def check(overlay: Path) -> None:
    """Refuse a directory that is not there, or a file whose name is no table's."""
    from lichen.catalogue import DIRECTORY

    if not overlay.is_dir():
        raise InputError(
            "is not a directory", fix="name the directory of your own rows", document=str(overlay)
        )
    known = {path.name for path in DIRECTORY.glob("*/*.csv")} | {"sources.toml", "quotas.csv"}
    for path in sorted(overlay.iterdir()):
        if path.suffix in (".csv", ".toml") and path.name not in known:
            raise InputError(
                f"{path.name} is not a table", fix=did_you_mean(path.name, known),
                document=str(overlay),
            )  # fmt: skip


def rows_over(
    catalogue: Catalogue, table: str, rows: dict[str, S], row: type[S]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """Lay the overlay's rows over ``rows`` in place; gives the fields that each key was given."""
    own: dict[tuple[str, str], tuple[str, ...]] = {}
    for values in _own_values(catalogue, table, row, ("name",)):
        key = values["name"]
        rows[key] = _laid(rows.get(key), values, row, f"{table}.csv", key)
        own[table, key] = tuple(name for name in values if name != "name")
    return own


def offers_over(catalogue: Catalogue, offers: dict[str, Any]) -> dict[str, Any]:
    """The offers by machine with the overlay's laid over, its SageMaker prices worked out anew."""
    from lichen.catalogue.tables import _OFFERS, hosted

    machines, regions = catalogue.machines, catalogue.regions
    for values in _own_values(catalogue, "offers", Offer, ("machine", "region")):
        for field, known in (("machine", machines), ("region", regions)):
            if values[field] not in known:
                raise InputError(
                    f"{values[field]!r} is not known", fix=did_you_mean(values[field], known),
                    field=field, document="offers.csv",
                )  # fmt: skip
        machine, region = values["machine"], values["region"]
        held = offers.get(machine, ())
        if isinstance(held, msgspec.Raw):
            held = _OFFERS.decode(held)
        before = next((offer for offer in held if offer.region == region), None)
        if before is not None and before.sagemaker_basis != "published":
            before = replace(before, sagemaker_usd_hour=None, sagemaker_source=None)
        laid = _laid(before, values, Offer, "offers.csv", f"{machine} in {region}")
        others = tuple(offer for offer in held if offer.region != region)
        offers[machine] = (*others, hosted(laid, machines[machine]))
        catalogue._own["offers", f"{machine} {region}"] = tuple(
            name for name in values if name not in ("machine", "region")
        )
    return offers


def _own_values(
    catalogue: Catalogue, table: str, row: type[msgspec.Struct], key: tuple[str, ...]
) -> list[dict[str, Any]]:
    assert catalogue.overlay is not None
    path = catalogue.overlay / f"{table}.csv"
    if not path.exists():
        return []
    joined = _SETTLED.get(row, frozenset())
    rows = read_rows(path, row, key=key, joined=joined, partial=True)
    for values in rows:
        _check_sources(catalogue, values, row, path.name, " in ".join(values[k] for k in key))
    return rows


def _check_sources(
    catalogue: Catalogue, values: dict[str, Any], row: type, file: str, key: str
) -> None:
    sourced = SOURCED.get(row, {}) | (SOURCED[Estimates] if row is Machine else {})
    for field, figures in sourced.items():
        given = [figure for figure in figures if values.get(figure) is not None]
        if given and not values.get(field):
            raise InputError(
                f"{given[0]} of {key} has no source",
                fix=f"fill in {field}, and describe it in sources.toml",
                field=field,
                document=file,
            )
        named = values.get(field) or ()
        for source in (named,) if isinstance(named, str) else named:
            if source not in catalogue.sources:
                raise InputError(
                    f"{source!r} is not a source",
                    fix=f"describe it in sources.toml: {did_you_mean(source, catalogue.sources)}",
                    field=field,
                    document=file,
                )


def _laid(before: S | None, values: dict[str, Any], row: type[S], file: str, key: str) -> S:
    if before is not None:
        laid = replace(before, **values)
    else:
        required = [field for field in fields(row) if field.required]
        optional = {field.name: None for field in required if NoneType in options_of(field.type)}
        missing = [f.name for f in required if f.name not in values and f.name not in optional]
        if missing:
            raise InputError(
                f"{key} is new and lacks {missing[0]}", fix=f"add {missing[0]}", document=file
            )
        laid = row(**{**optional, **values})
    return _with_own_reading(laid, values) if isinstance(laid, Region) else laid


def _with_own_reading(region: Region, values: dict[str, Any]) -> Any:
    """An own grid figure is a reading like any other: it is shown, and it votes."""
    if values.get("grid_gco2e_kwh") is None:
        return region
    reading = Reading(
        value=values["grid_gco2e_kwh"],
        year=values.get("grid_year"),
        source=values["grid_source"],
        method="location-average",
        scope="region",
    )
    return replace(region, readings=(reading, *region.readings))
