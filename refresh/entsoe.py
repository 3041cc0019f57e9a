"""European zones' average of last year, from ENTSO-E's generation by type.

``python -m refresh.entsoe``, with the token in ``ENTSOE_TOKEN``. Generation inside the zone times
the median life-cycle intensity of its type (IPCC AR5): production, not consumption, so a zone that
imports much is not described in full. Types without a factor of their own are unknown, and a zone
with more than a twentieth of them is left as it was.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from xml.etree import ElementTree

import httpx

from lichen.catalogue.schema import Region, Source
from lichen.document import InputError
from refresh.draft import Draft
from refresh.http import get_text
from refresh.publisher import Pages, apply_reading, run

ADDRESS = "https://web-api.tp.entsoe.eu/api"
MOST_UNKNOWN = 0.05

SOURCE = Source(
    id="entsoe",
    title="Actual generation by type, times median life-cycle intensity (IPCC AR5)",
    publisher="ENTSO-E; IPCC Working Group III, Annex III",
    where="web-api.tp.entsoe.eu, document A75, by refresh/entsoe.py",
    version="live API",
    fetched="",
    licence="CC-BY-4.0",
    used_for="readings: European zones",
    max_age_days=730,
)

GCO2E_KWH = {
    "B01": 230, "B02": 820, "B03": 490, "B04": 490, "B05": 820, "B06": 650, "B09": 38, "B11": 24,
    "B12": 24, "B14": 12, "B16": 45, "B18": 12, "B19": 11,
}  # fmt: skip
"""By type of production: biomass, lignite, coal gas, gas, hard coal, oil (UNECE), geothermal, run
of river, reservoir, nuclear, sun, wind at sea, wind on land."""

GIVES_BACK = "B10"
"""Pumped storage."""

AREAS = {
    "AT": "10YAT-APG------L", "BE": "10YBE----------2", "CH": "10YCH-SWISSGRIDZ",
    "DE": "10Y1001A1001A83F", "DK-DK2": "10YDK-2--------M", "ES": "10YES-REE------0",
    "FI": "10YFI-1--------U", "FR": "10YFR-RTE------C", "GR": "10YGR-HTSO-----Y",
    "IE": "10YIE-1001A00010", "NL": "10YNL----------L", "PL": "10YPL-AREA-----S",
    "SE-SE3": "10Y1001A1001A46L",
}  # fmt: skip
"""ENTSO-E's code of a grid zone of the catalogue."""


def apply(pages: Pages, draft: Draft) -> list[str]:
    token = os.environ.get("ENTSOE_TOKEN")
    if not token:
        raise InputError("ENTSOE_TOKEN is not set", fix="ask transparency@entsoe.eu for one")
    year = pages.today.year - 1
    notes = []
    for zone, area in AREAS.items():
        params = {
            "securityToken": token, "documentType": "A75", "processType": "A16",
            "in_Domain": area, "periodStart": f"{year}01010000", "periodEnd": f"{year + 1}01010000",
        }  # fmt: skip
        text = pages.text(f"{zone} {year}", partial(get_text, url=ADDRESS, params=params))
        mwh = generation_mwh(text)
        total = sum(mwh.values())
        known = sum(amount for kind, amount in mwh.items() if kind in GCO2E_KWH)
        if total <= 0 or known < (1 - MOST_UNKNOWN) * total:
            notes.append(f"{zone}: {total - known:,.0f} of {total:,.0f} MWh of unknown type; left")
            continue
        mean = sum(GCO2E_KWH[kind] * amount for kind, amount in mwh.items() if kind in GCO2E_KWH)
        for region in draft.rows("regions", Region).values():
            if region.grid_zone == zone:
                apply_reading(draft, region, SOURCE, "location-average", "zone", mean / known, year)
    return notes


def generation_mwh(text: str) -> dict[str, float]:
    """MWh by type of production in an A75 document; what pumps take up is not generation.

    A point is valid until the next one: the document leaves out what repeats.
    """
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(f"the publisher's document is not XML: {error}") from None
    space = {"d": root.tag[1:].partition("}")[0]}
    found: dict[str, float] = {}
    for series in root.findall("d:TimeSeries", space):
        kind = series.findtext("d:MktPSRType/d:psrType", "", space)
        if kind == GIVES_BACK or series.find("d:outBiddingZone_Domain.mRID", space) is not None:
            continue
        for period in series.findall("d:Period", space):
            minutes = int(period.findtext("d:resolution", "PT60M", space)[2:-1])
            start = _stamp(period.findtext("d:timeInterval/d:start", "", space))
            end = _stamp(period.findtext("d:timeInterval/d:end", "", space))
            count = int((end - start).total_seconds() / 60 / minutes)
            points = [
                (
                    int(point.findtext("d:position", "0", space)),
                    float(point.findtext("d:quantity", "0", space)),
                )
                for point in period.findall("d:Point", space)
            ]
            after = [position for position, _ in points[1:]] + [count + 1]
            amount = sum(mw * (upto - at) for (at, mw), upto in zip(points, after, strict=True))
            found[kind] = found.get(kind, 0.0) + amount * minutes / 60
    return found


def _stamp(written: str) -> datetime:
    return datetime.fromisoformat(written.replace("Z", "+00:00"))


def main(argv: Sequence[str] | None = None, transport: httpx.BaseTransport | None = None) -> int:
    about = (__doc__ or "").partition("\n")[0]
    return run(SOURCE, "entsoe", about, apply, argv, transport)


if __name__ == "__main__":
    sys.exit(main())
