"""The catalogue's tables: for a terminal, and as plain values for JSON.

Every function gives a :class:`View`: rows of plain values for programs, columns for people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Literal

import msgspec
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import PRICE_OF, Chip, Machine, Offer, Price
from lichen.catalogue.staleness import sources_by_age
from lichen.document import InputError, did_you_mean
from lichen.emissions import effective_gco2e_kwh
from lichen.figures import UNKNOWN, billions, figure, kib, span, usd, whole
from lichen.grid import classify
from lichen.units import kwh
from lichen_doors.report import for_programs
from lichen_doors.report.cell import bar, cell, ends, likely, rounded
from lichen_doors.report.region import STYLE, Row, region_row

Sort = Literal["carbon", "price", "name"]


class Column(msgspec.Struct, frozen=True):
    """A column for people: its heading, how a row is shown in it; a ``whole`` one never wraps."""

    heading: str
    show: Callable[[Row], str | Text]
    right: bool = False
    whole: bool = False


def _number(heading: str, show: Callable[[Row], str | Text]) -> Column:
    return Column(heading, show, right=True, whole=True)


_MACHINE = Column("machine", lambda row: row["machine"], whole=True)


class View(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as plain values, how people see them, and the notes beneath."""

    rows: Sequence[Row]
    columns: Sequence[Column]
    notes: Sequence[str] = ()
    empty: str = "nothing"


def as_json(view: View) -> str:
    """The rows as JSON."""
    return for_programs(view.rows)


class _Uncut:
    """A table in which what never wraps is never cut either: where it has too little room, it is
    wider than the screen."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        wide = options.update(max_width=10_000)
        needed = sum(
            most if column.no_wrap else min(least, _FOLDED)
            for column in self._table.columns
            for least, most in [self._table._measure_column(console, wide, column)]
        )
        yield from console.render(
            self._table, options.update(max_width=max(options.max_width, needed))
        )


_FOLDED = 8
"""The least width of a column that wraps, in characters."""


def renderables(view: View, *, most: int | None = None) -> Iterator[RenderableType]:
    """The table for a terminal; ``most`` rows of it, and how many were left out."""
    if not view.rows:
        yield Text(view.empty, style="quiet")
        return
    table = Table(box=None, pad_edge=False, padding=(0, 1), header_style="quiet")
    for column in view.columns:
        side: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(column.heading, justify=side, overflow="fold", no_wrap=column.whole)
    shown = view.rows[:most]
    for row in shown:
        table.add_row(*(column.show(row) for column in view.columns))
    yield _Uncut(table)
    left_out = len(view.rows) - len(shown)
    for note in (*view.notes, *([f"{left_out} more: --top 0 shows all"] if left_out else ())):
        yield Text(note, style="quiet")


def regions(
    catalogue: Catalogue, *, cloud: str | None = None, level: str | None = None,
    sort: Sort = "carbon",
) -> View:  # fmt: skip
    """Regions by their electricity, and how the sources agree."""
    rows = []
    for region in catalogue.regions.values():
        grid = classify(region)
        if (cloud in (None, region.cloud)) and (level in (None, grid.level)):
            rows.append(region_row(region, grid))
    most = max((row["grid_gco2e_kwh"] or 0.0 for row in rows), default=0.0)
    _sort(rows, "name" if sort == "name" else "gco2e_it_kwh", "region")
    return View(
        rows=rows,
        columns=(
            Column("region", lambda row: row["region"], whole=True),
            Column("cloud", lambda row: row["cloud"], whole=True),
            Column("class", lambda row: Text(row["class"], style=STYLE[row["class"]]), whole=True),
            Column("", lambda row: row["agreement"], whole=True),
            _number("g/kWh", lambda row: cell(row["grid_gco2e_kwh"], figure)),
            Column("", lambda row: bar(row["grid_gco2e_kwh"], most)),
            Column("sources say", _range, whole=True),
            _number("x PUE", lambda row: cell(row["gco2e_it_kwh"], figure)),
        ),
        notes=(
            "Location-based annual averages. `lichen explain REGION` shows every source's value.",
        ),
        empty="no region is left by these filters",
    )


def machines(
    catalogue: Catalogue, *, cloud: str | None = None, accelerator: str | None = None,
    family: str | None = None, sort: Sort = "name",
) -> View:  # fmt: skip
    """Machines: their shape, chips and watts."""
    if accelerator is not None:
        accelerator = _chip_like(catalogue, accelerator)
    rows = [
        _machine_row(machine)
        for machine in catalogue.machines.values()
        if cloud in (None, machine.cloud)
        and accelerator in (None, machine.accelerator)
        and family in (None, machine.family)
    ]
    if sort == "carbon":
        rows.sort(key=lambda row: row["full_load_w"].likely if row["full_load_w"] else float("inf"))
    return View(
        rows=rows,
        columns=(
            _MACHINE,
            Column("chips", _chips_shown),
            _number("vCPU", lambda row: cell(row["vcpu"], whole)),
            _number("GiB", lambda row: cell(row["memory_gib"], whole)),
            _number("idle W", lambda row: likely(row["idle_w"])),
            _number("full W", lambda row: ends(row["full_load_w"])),
            Column("", lambda row: "" if row["current_generation"] else "superseded"),
        ),
        notes=("Watts of the whole machine, low to high; `lichen explain MACHINE` derives them.",),
        empty="no machine is left by these filters",
    )


def _machine_row(machine: Machine) -> Row:
    row = msgspec.structs.asdict(machine)
    return {"machine": row.pop("name"), **row}


def offers(
    catalogue: Catalogue, *, machine: str | None = None, region: str | None = None,
    cloud: str | None = None, sort: Sort = "carbon",
) -> View:  # fmt: skip
    """Machines in regions: grams an hour, and dollars."""
    if machine is not None:
        found: Iterable[Offer] = catalogue.offers_of(catalogue.machine(machine).name)
        if region is not None:
            catalogue.region(region)
            found = [offer for offer in found if offer.region == region]
    elif region is not None:
        found = catalogue.offers_in(catalogue.region(region).name)
    else:
        found = catalogue.offers
    rows = [
        _offer_row(catalogue, offer)
        for offer in found
        if cloud in (None, catalogue.machines[offer.machine].cloud)
    ]
    quotas = any(row["endpoint_quota"] is not None for row in rows)
    key = {"carbon": "gco2e_hour_half_load", "price": "usd_hour", "name": "region"}[sort]
    _sort(rows, key, "machine", "region")
    return View(
        rows=rows,
        columns=(
            *(
                (Column("machine", lambda row: row["machine"], whole=True),)
                if machine is None
                else ()
            ),
            Column("region", lambda row: row["region"], whole=True),
            Column("grid", lambda row: Text(row["class"], style=STYLE[row["class"]])),
            _number("g/kWh x PUE", lambda row: cell(row["gco2e_it_kwh"], figure)),
            _number("g/h", lambda row: cell(row["gco2e_hour_half_load"], figure)),
            _number("$/h", lambda row: _dollars(row["usd_hour"], row["price_basis"])),
            _number("hosted", partial(_hosted_dollars, managed=_managed(catalogue))),
            _number("spot", lambda row: cell(row["spot_usd_hour"], usd)),
            *([Column("sold", _sold)] if any(map(_sold, rows)) else []),
            _number("listed", _listed),
            *([_number("quota", lambda row: cell(row["endpoint_quota"], whole))] if quotas else []),
        ),
        notes=(
            "g/h: CO2e of an hour at half load, electricity alone. hosted: on a managed service. "
            "~: not published; from other regions' prices, or from the bare machine's.",
            "Quota: your account's, for managed endpoints. It does not promise capacity."
            if quotas
            else "A listed offer is neither a quota nor capacity: ask the cloud first.",
        ),
        empty="no region offers it",
    )


def _offer_row(catalogue: Catalogue, offer: Offer) -> Row:
    region, machine = catalogue.regions[offer.region], catalogue.machines[offer.machine]
    effective = effective_gco2e_kwh(region)
    quota = catalogue.quota(offer.machine, offer.region)
    hourly = (
        kwh(machine.half_load_w.likely) * effective
        if machine.half_load_w is not None and effective is not None
        else None
    )
    prices = [
        price
        for hosting in machine.hostings
        if (price := catalogue.price(offer.machine, offer.region, hosting)) is not None
    ]
    bare = next((price for price in prices if catalogue.hostings[price.hosting].base is None), None)
    return {
        "machine": offer.machine,
        "region": offer.region,
        "cloud": machine.cloud,
        "class": classify(region).level,
        "gco2e_it_kwh": rounded(effective),
        "gco2e_hour_half_load": rounded(hourly),
        "usd_hour": bare.usd_hour if bare else None,
        "spot_usd_hour": bare.spot_usd_hour if bare else None,
        "price_as_of": bare.as_of if bare else None,
        "price_source": bare.source if bare else None,
        "price_basis": bare.basis if bare else None,
        **_sales(catalogue, offer),
        **_managed_prices(catalogue, prices),
        "prices": [msgspec.to_builtins(price) for price in prices],
        "listed_by": offer.listed_by,
        "not_listed_by": offer.not_listed_by,
        "endpoint_quota": quota.endpoint_quota if quota else None,
        "own": catalogue.own("offers", f"{offer.machine} {offer.region}"),
    }


def _sales(catalogue: Catalogue, offer: Offer) -> Row:
    """How everybody can buy the offer, and in which zones; None where we have read no page."""
    sales = catalogue.sales_of(offer.machine)
    rows = () if sales is None else sales.in_region(offer.region)
    ways = frozenset() if sales is None else sales.ways(offer.region)
    return {
        "sold": None if sales is None else tuple(way for way in PRICE_OF if way in ways),
        "zones": tuple(row.zone for row in rows if row.zone and row.access == "everybody"),
    }


def _managed_prices(catalogue: Catalogue, prices: Sequence[Price]) -> Row:
    """Each managed hosting's price and how it is known, under the hosting's own name."""
    by_hosting = {price.hosting: price for price in prices}
    row: Row = {}
    for name in _managed(catalogue):
        price = by_hosting.get(name)
        row[f"{name}_usd_hour"] = price.usd_hour if price else None
        row[f"{name}_basis"] = price.basis if price else None
    return row


def accelerators(catalogue: Catalogue, *, kind: str | None = None) -> View:
    """Chips: rates, memory, watts and embodied carbon."""
    rows = [
        {"accelerator": chip.name, **_without_name(chip)}
        for chip in catalogue.chips.values()
        if (chip.kind != "cpu" if kind is None else chip.kind == kind)
    ]
    return View(
        rows=rows,
        columns=(
            Column("accelerator", lambda row: row["accelerator"]),
            Column(
                "TF bf16",
                lambda row: cell(row["bf16_tflops"] or row["fp16_tflops"], figure),
                True,
                True,
            ),
            _number("T int8", lambda row: cell(row["int8_tops"], figure)),
            _number("GiB", lambda row: cell(row["memory_gib"], whole)),
            _number("GB/s", lambda row: cell(row["bandwidth_gb_s"], figure)),
            _number("watts", lambda row: ends(row["tdp_w"])),
            Column("", lambda row: row["tdp_basis"] or ""),
            _number("kgCO2e", lambda row: ends(row["embodied_kgco2e"])),
        ),
        notes=("Dense peak rates. kgCO2e: making one. Watts nobody publishes are ranges.",),
        empty="no accelerator of this kind",
    )


def _without_name(chip: Chip) -> Row:
    row = msgspec.structs.asdict(chip)
    del row["name"]
    return row


def models(catalogue: Catalogue, *, kind: str | None = None) -> View:
    """Models: size, shape, context and licence."""
    rows = [
        msgspec.to_builtins(card) for card in catalogue.models.values() if kind in (None, card.kind)
    ]
    return View(
        rows=rows,
        columns=(
            Column("model", lambda row: row["name"]),
            Column("kind", lambda row: row["kind"], whole=True),
            Column("parameters", _parameters, whole=True),
            _number("KV/token", lambda row: cell(row.get("kv_bytes_per_token"), kib)),
            _number("context", lambda row: cell(row.get("max_context_tokens"), figure)),
            Column("licence", lambda row: row["license"]),
        ),
        empty="no model of this kind",
    )


def sources(catalogue: Catalogue) -> View:
    """Where the numbers come from, and under which licence."""
    rows = [msgspec.to_builtins(source) for source in catalogue.sources.values()]
    return View(
        rows=rows,
        columns=(
            Column("source", lambda row: row["id"]),
            Column("what", lambda row: f"{row['title']} ({row['publisher']})"),
            Column("fetched", lambda row: row["fetched"]),
            Column("licence", lambda row: row["licence"]),
        ),
    )


def stale(catalogue: Catalogue, today: date) -> View:
    """Sources past their age on a day, the furthest past first."""
    rows = [
        msgspec.to_builtins(age) | {"stale": age.stale}
        for age in sources_by_age(catalogue, today)
        if age.stale
    ]
    every = sources_by_age(catalogue, today)
    nearest = next((age for age in every if age.max_age_days is not None), None)
    fresh = "nothing is past its age" + (
        f"; next is {nearest.source}, {nearest.age_days} of {nearest.max_age_days} days old"
        if nearest
        else ""
    )
    return View(
        rows=rows,
        columns=(
            Column("source", lambda row: Text(row["source"], style="warn")),
            Column("used for", lambda row: row["used_for"]),
            Column("fetched", lambda row: row["fetched"]),
            _number("days", lambda row: f"{row['age_days']} of {row['max_age_days']}"),
        ),
        notes=("`make refresh-<source>` brings rows up to date; see refresh/.",),
        empty=fresh,
    )


def _sort(rows: list[Row], *keys: str) -> None:
    """Unknown last."""
    rows.sort(key=lambda row: [(row.get(key) is None, row.get(key) or 0) for key in keys])


def _parameters(row: Row) -> str:
    active = row.get("active_parameters")
    return billions(row["parameters"]) + (f" ({billions(active)} active)" if active else "")


def _range(row: Row) -> str:
    low, high = row["low_gco2e_kwh"], row["high_gco2e_kwh"]
    return UNKNOWN if low is None or high is None else span(low, high, "-")


def _managed(catalogue: Catalogue) -> tuple[str, ...]:
    return tuple(row.name for row in catalogue.hostings.values() if row.kind == "managed")


def _hosted_dollars(row: Row, managed: Sequence[str]) -> str:
    """The price on the first managed hosting that has one, ``~`` before an estimate."""
    for name in managed:
        if (usd_hour := row[f"{name}_usd_hour"]) is not None:
            return _dollars(usd_hour, row[f"{name}_basis"])
    return cell(None, usd)


def _dollars(usd_hour: float | None, basis: str | None) -> str:
    """A price, ``~`` before one that nobody publishes."""
    mark = "" if usd_hour is None or basis == "published" else "~"
    return mark + cell(usd_hour, usd)


def _sold(row: Row) -> str:
    """How it is sold, short of what needs no word: on demand."""
    if row["sold"] is None:
        return ""
    others = ", ".join(row["sold"])
    return "no" if not others else "" if "on-demand" in row["sold"] else others


def _listed(row: Row) -> str:
    listed = len(row["listed_by"])
    return f"{listed} of {listed + len(row['not_listed_by'])}"


def _chips_shown(row: Row) -> str:
    if row["accelerator"]:
        return f"{row['accelerators']:g} x {row['accelerator']}"
    return str(row["cpu"] or row["processor"])


def _chip_like(catalogue: Catalogue, name: str) -> str:
    """An accelerator by its name or the end of it: ``Inferentia2``, ``L4``."""
    names = [chip.name for chip in catalogue.chips.values() if chip.kind != "cpu"]
    folded = name.casefold()
    for known in names:
        if known.casefold() == folded or known.casefold().endswith(f" {folded}"):
            return known
    raise InputError(f"{name!r} is not known", fix=did_you_mean(name, names), field="accelerator")
