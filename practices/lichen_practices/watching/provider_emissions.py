"""Emissions that a cloud reports of itself, by month, region and service, in one shape.

AWS: the Sustainability API (``aws sustainability get-estimated-carbon-emissions``), or the CSV of
a Data Export of carbon emissions. Google: the BigQuery export of Carbon Footprint, as CSV or as
JSON with one object a line. Azure: the answer of ``Microsoft.Carbon/carbonEmissionReports``.

Sources: AWS Data Exports, "Carbon emissions columns"; AWS Sustainability API Reference; Google
Cloud, "Carbon Footprint export data schema"; Azure, "Export carbon optimization emissions data".
A provider's figure and Lichen's estimate answer different questions: the provider allocates all of
an account's emissions by its own method, market-based ones net of certificates; the estimate is of
the machines that serve models, by location.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from lichen.document import InputError
from lichen.parsing.content import content_of, text_of

GRAMS_PER_TONNE, GRAMS_PER_KG = 1e6, 1e3
_TONNES = "MTCO2e"
"""The one unit of AWS. Source: AWS Sustainability API Reference, "Emissions"; AWS Data Exports,
"Carbon emissions columns"."""


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What a provider reports of a service in a region in a month (``2026-10``), gCO2e; None where
    it gives no such figure. ``region`` or ``service`` is empty where the report has none."""

    cloud: str
    month: str
    region: str
    service: str
    location_based_gco2e: float | None
    market_based_gco2e: float | None


def read_reported(path: Path) -> tuple[Reported, ...]:
    """A provider's export. :class:`InputError` where it is none of those known, or has a figure
    that is no number."""
    try:
        text = text_of(content_of(path))
        rows = tuple(_rows(text))
    except InputError as error:
        raise error.within(str(path)) from None
    except (AttributeError, KeyError, TypeError, RecursionError, csv.Error):
        raise InputError(
            "has the form of a provider's report of emissions, but not all of its fields",
            fix=_KNOWN,
            document=str(path),
        ) from None
    if not rows:
        raise InputError("has no row of emissions", fix=_KNOWN, document=str(path))
    return _summed(rows)


_KNOWN = (
    "give AWS's Data Export of carbon emissions (CSV) or its Sustainability API's answer, Google's "
    "Carbon Footprint export (CSV or JSON lines), or the answer of Azure's carbonEmissionReports"
)


def _rows(text: str) -> Iterator[Reported]:
    if text.lstrip()[:1] in ("{", "["):
        yield from _of_json(text)
        return
    reader = csv.DictReader(io.StringIO(text))
    columns = set(reader.fieldnames or ())
    if "total_lbm_emissions_value" in columns or "total_mbm_emissions_value" in columns:
        for line, row in enumerate(reader, start=2):
            yield _of_aws_export(row, line)
    elif "usage_month" in columns:
        for line, row in enumerate(reader, start=2):
            yield _of_google(row, line)
    else:
        raise InputError("is no provider's report of emissions", fix=_KNOWN)


def _of_json(text: str) -> Iterator[Reported]:
    try:
        document = json.loads(text)
    except ValueError:
        for line, each in enumerate(filter(str.strip, text.splitlines()), start=1):
            try:
                row = json.loads(each)
            except ValueError:
                raise InputError(f"line {line} is no JSON", fix=_KNOWN) from None
            yield _of_google(_flat(row), line)
        return
    if isinstance(document, Mapping) and "Results" in document:
        yield from _of_aws_answer(document)
    elif isinstance(document, Mapping) and isinstance(document.get("value"), list):
        for at, row in enumerate(document["value"]):
            yield _of_azure(row, at)
    else:
        for at, row in enumerate(document if isinstance(document, list) else [document]):
            yield _of_google(_flat(row), at)


def _flat(row: Any, prefix: str = "") -> dict[str, Any]:
    """``{"location.region": …}`` of nested objects, as a CSV of BigQuery has its columns."""
    if not isinstance(row, Mapping):
        raise InputError("has a row that is no object", fix=_KNOWN)
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _number(row: Mapping[str, Any], column: str, line: int, grams: float) -> float | None:
    written = row.get(column)
    if written in (None, ""):
        return None
    try:
        number = float(str(written))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise InputError(f"is no number in line {line}", fix="export it again", field=column)
    return number * grams


def _tonnes(row: Mapping[str, Any], column: str, unit: str, line: int) -> float | None:
    """AWS's figure in grams; metric tonnes are the one unit that it documents."""
    if row.get(unit) not in (None, "", _TONNES):
        raise InputError(
            f"is another unit than {_TONNES} in line {line}", fix="export it again", field=unit
        )
    return _number(row, column, line, GRAMS_PER_TONNE)


def _month(written: object, line: int) -> str:
    text = str(written or "")[:7].replace("/", "-")
    year, _, month = text.partition("-")
    if not (year.isdecimal() and len(year) == 4 and month.isdecimal() and 1 <= int(month) <= 12):
        raise InputError(f"line {line} has no month such as 2026-10", fix="export it again")
    return f"{year}-{int(month):02d}"


def _of_aws_export(row: Mapping[str, Any], line: int) -> Reported:
    return Reported(
        cloud="aws",
        month=_month(row.get("usage_period_start"), line),
        region=row.get("region_code") or "",
        service=row.get("product_code") or "",
        location_based_gco2e=_tonnes(
            row, "total_lbm_emissions_value", "total_lbm_emissions_unit", line
        ),
        market_based_gco2e=_tonnes(
            row, "total_mbm_emissions_value", "total_mbm_emissions_unit", line
        ),
    )


def _of_aws_answer(document: Mapping[str, Any]) -> Iterator[Reported]:
    for at, row in enumerate(document["Results"]):
        where, values = row.get("DimensionsValues") or {}, row.get("EmissionsValues") or {}
        period = row.get("TimePeriod") or {}
        yield Reported(
            cloud="aws",
            month=_month(period.get("Start"), at),
            region=where.get("REGION") or "",
            service=where.get("SERVICE") or "",
            location_based_gco2e=_tonnes(
                values.get("TOTAL_LBM_CARBON_EMISSIONS") or {}, "Value", "Unit", at
            ),
            market_based_gco2e=_tonnes(
                values.get("TOTAL_MBM_CARBON_EMISSIONS") or {}, "Value", "Unit", at
            ),
        )


def _of_google(row: Mapping[str, Any], line: int) -> Reported:
    total = "carbon_footprint_total_kgCO2e"
    return Reported(
        cloud="google",
        month=_month(row.get("usage_month"), line),
        region=row.get("location.region") or row.get("location_region") or "",
        service=row.get("service.description") or row.get("service_description") or "",
        location_based_gco2e=_number(
            row, _first(row, f"{total}.location_based", f"{total}_location_based"), line,
            GRAMS_PER_KG,
        ),
        market_based_gco2e=_number(
            row, _first(row, f"{total}.market_based", f"{total}_market_based"), line, GRAMS_PER_KG
        ),
    )  # fmt: skip


def _first(row: Mapping[str, Any], *names: str) -> str:
    return next((name for name in names if name in row), names[0])


def _of_azure(row: Any, at: int) -> Reported:
    """Azure reports market-based kilograms, by one category at a time or by item."""
    if not isinstance(row, Mapping) or "latestMonthEmissions" not in row:
        raise InputError("has a row without latestMonthEmissions", fix=_KNOWN)
    item = str(row.get("itemName") or "")
    category = row.get("categoryType")
    return Reported(
        cloud="azure",
        month=_month(row.get("date"), at),
        region=str(row.get("location") or (item if category == "Location" else "")),
        service=str(row.get("resourceType") or (item if category == "ResourceType" else "")),
        location_based_gco2e=None,
        market_based_gco2e=_number(row, "latestMonthEmissions", at, GRAMS_PER_KG),
    )


def _summed(rows: Iterable[Reported]) -> tuple[Reported, ...]:
    """One row for each month, region and service; a sum is unknown only where no part is known."""
    groups: dict[tuple[str, str, str, str], list[Reported]] = defaultdict(list)
    for row in rows:
        groups[row.cloud, row.month, row.region, row.service].append(row)
    return tuple(
        Reported(
            cloud=cloud,
            month=month,
            region=region,
            service=service,
            location_based_gco2e=_sum(each.location_based_gco2e for each in group),
            market_based_gco2e=_sum(each.market_based_gco2e for each in group),
        )
        for (cloud, month, region, service), group in sorted(groups.items())
    )


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) if known else None


def reported_by_aws(now: datetime, months: int = 12) -> tuple[Reported, ...]:
    """What AWS's Sustainability API reports of the last months, by region and service; with the
    credentials of the environment. :class:`InputError` where it does not answer."""
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise InputError(
            "needs a package that is not installed",
            fix="pip install 'lichen[watch]'",
            field="--emissions",
        ) from None
    start = (now.astimezone(UTC) - timedelta(days=30.5 * months)).replace(day=1)
    try:
        client = boto3.client("sustainability", region_name="us-east-1")
        pages = client.get_paginator("get_estimated_carbon_emissions").paginate(
            TimePeriod={"Start": start, "End": now},
            GroupBy=["REGION", "SERVICE"],
            EmissionsTypes=["TOTAL_LBM_CARBON_EMISSIONS", "TOTAL_MBM_CARBON_EMISSIONS"],
            Granularity="MONTHLY",
        )
        return _summed(row for page in pages for row in _of_aws_answer(page))
    except (BotoCoreError, ClientError) as error:
        raise InputError(
            f"AWS's Sustainability API does not answer ({type(error).__name__})",
            fix="give credentials that may call sustainability:GetEstimatedCarbonEmissions, "
            "or a Data Export's file",
            field="--emissions",
        ) from None
