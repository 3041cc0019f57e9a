"""What a row of each table of ``lichen catalogue`` is, and what ``lichen explain`` has of a name.

They are plain values (:mod:`lichen_doors.report.catalogue`); their schemas are made from this.
"""

from typing import Any, TypedDict

from lichen.catalogue.schema import Basis, Chip, Confidence, Machine, Price, Reading, Scope, Source
from lichen.catalogue.staleness import Age
from lichen.grid import Agreement, CarbonClass
from lichen.words import WayOfBuying
from lichen.workload import ModelCard
from lichen_doors.report.rule_pages import Page


class Votes(TypedDict):
    low: int
    medium: int
    high: int


RegionRow = TypedDict(
    "RegionRow",
    {
        "region": str,
        "cloud": str,
        "place": str,
        "country": str | None,
        "class": CarbonClass,
        "agreement": Agreement,
        "votes": Votes,
        "grid_gco2e_kwh": float | None,
        "grid_year": int | None,
        "grid_source": str | None,
        "low_gco2e_kwh": float | None,
        "high_gco2e_kwh": float | None,
        "pue": float | None,
        "pue_scope": Scope | None,
        "gco2e_it_kwh": float | None,
        "wue_l_kwh": float | None,
        "confidence": Confidence,
    },
)

OfferRow = TypedDict(
    "OfferRow",
    {
        "machine": str,
        "region": str,
        "cloud": str,
        "class": CarbonClass,
        "gco2e_it_kwh": float | None,
        "gco2e_hour_half_load": float | None,
        "usd_hour": float | None,
        "spot_usd_hour": float | None,
        "price_as_of": str | None,
        "price_source": str | None,
        "price_basis": Basis | None,
        "sold": list[WayOfBuying] | None,
        "zones": list[str],
        "prices": list[Price],
        "listed_by": list[str],
        "not_listed_by": list[str],
        "endpoint_quota": int | None,
        "own": list[str],
    },
)
"""Each managed hosting has two more: ``<hosting>_usd_hour`` and ``<hosting>_basis``."""


class ReadingShown(Reading, frozen=True, kw_only=True):
    """A reading with its source's title, and whether it votes for the region's class."""

    title: str
    votes: bool


class RegionStory(RegionRow):
    """All that is known of a region."""

    kind: str
    because: str
    readings: list[ReadingShown]
    grid_zone: str | None
    latitude_deg: float | None
    longitude_deg: float | None
    pue_year: int | None
    pue_source: str | None
    wue_year: int | None
    offers: int
    own: list[str]
    notes: str


class MachineStory(Machine, frozen=True, kw_only=True):
    """All that is known of a machine, its chip and its offers."""

    kind: str
    chip: Chip | None
    offers: list[OfferRow]
    own: list[str]


class ModelStory(ModelCard, frozen=True, kw_only=True):
    """All that is known of a model, and its weights in each precision."""

    weights_gib: dict[str, float]


class StaleRow(Age, frozen=True, kw_only=True):
    """A source that is older than its limit."""

    stale: bool


TABLES: dict[str, tuple[type[Any], str | None]] = {
    "regions": (RegionRow, None),
    "machines": (Machine, "machine"),
    "offers": (OfferRow, None),
    "accelerators": (Chip, "accelerator"),
    "models": (ModelCard, None),
    "sources": (Source, None),
    "stale": (StaleRow, None),
}
"""A row's type by table, and what its field ``name`` is called there."""

STORIES: tuple[type[Any], ...] = (Page, RegionStory, MachineStory, ModelStory)
