"""What every refresh from a publisher's file or plain HTTP interface has in common."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import date

import httpx
from msgspec.structs import replace
from rich.console import Console

from lichen.catalogue.schema import Method, Region, RegionReading, Scope, Source
from lichen.document import InputError
from refresh.answer_cache import AnswerCache
from refresh.apply import arguments, failed, progress, show_and_install
from refresh.draft import Draft
from refresh.http import client

Apply = Callable[["Pages", Draft], list[str]]
"""Asks, changes the draft, and gives the lines to print."""


class Pages:
    """Pages of one publisher; what was answered today is kept."""

    def __init__(
        self, web: httpx.Client, kept: AnswerCache, step: Callable[[str], None], today: date
    ):
        self.web, self.today = web, today
        self._kept, self._step = kept, step

    def text(self, name: str, ask: Callable[[httpx.Client], str]) -> str:
        """A page by a name of its own."""
        answer = self._kept.once(name, str, lambda: ask(self.web))
        self._step(name)
        return answer


def table(text: str, *columns: str) -> list[dict[str, str]]:
    """A CSV page's rows; :class:`InputError` where a column is missing: it is another page."""
    reader = csv.DictReader(text.splitlines())
    for column in columns:
        if column not in (reader.fieldnames or ()):
            raise InputError(f"the publisher's table has no column {column!r}")
    return list(reader)


def run(
    source: Source,
    name: str,
    about: str,
    apply: Apply,
    argv: Sequence[str] | None,
    transport: httpx.BaseTransport | None = None,
) -> int:
    """A whole refresh: 0 done, 2 where the publisher or the tables refuse; nothing changes then."""
    given = arguments(name, about).parse_args(argv)
    console = Console()
    try:
        draft, kept = Draft(given.tables), AnswerCache(name, given.today)
        if given.again:
            kept.forget()
        with client(transport) as web, progress(console) as bar:
            task = bar.add_task(source.publisher, total=None)
            pages = Pages(
                web, kept, lambda what: bar.update(task, description=what, advance=1), given.today
            )
            lines = apply(pages, draft)
        draft.fetched(replace(source, fetched=given.today.isoformat()))
        for line in lines:
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        show_and_install(draft, console, dry_run=given.dry_run)
        kept.forget()
    except (InputError, httpx.HTTPError, KeyError, ValueError) as error:
        return failed(console, error)
    return 0


def apply_reading(
    draft: Draft,
    region: Region,
    source: Source,
    method: Method,
    scope: Scope,
    value: float,
    year: int | None,
) -> None:
    """One reading of a region, replaced or added; an older year never replaces a newer one."""
    readings = draft.rows("readings", RegionReading)
    key = (region.name, method, source.id)
    before = readings.get(key)
    if before is not None and before.year is not None and year is not None and year < before.year:
        return
    readings[key] = RegionReading(
        region=region.name,
        method=method,
        scope=scope,
        source=source.id,
        year=year,
        value=round(value, 2),
    )
