"""The catalogue as it is printed: whole tables for programs, 80 columns for people."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest
from lichen_doors.report import catalogue as report
from lichen_doors.report import explain
from lichen_doors.report.terminal import as_html, as_text
from rich.text import Text

from lichen.document import InputError
from tests.fixed import fixed

Golden = Callable[[str, str], None]


def printed(view: report.View, most: int | None = 12) -> str:
    return as_text(report.renderables(view, most=most))


VIEWS: dict[str, Callable[[], report.View]] = {
    "regions": lambda: report.regions(fixed()),
    "regions-aws-high": lambda: report.regions(fixed(), cloud="aws", level="high"),
    "machines-inferentia2": lambda: report.machines(fixed(), accelerator="inferentia2"),
    "offers-inf2": lambda: report.offers(fixed(), machine="ml.inf2.xlarge"),
    "offers-stockholm": lambda: report.offers(fixed(), region="eu-north-1", sort="price"),
    "accelerators": lambda: report.accelerators(fixed()),
    "models": lambda: report.models(fixed(), kind="llm"),
    "sources": lambda: report.sources(fixed()),
    "stale": lambda: report.stale(fixed(), date(2027, 3, 1)),
    "fresh": lambda: report.stale(fixed(), date(2026, 1, 22)),
}


@pytest.mark.parametrize("name", VIEWS)
def test_what_people_see(name: str, golden: Golden) -> None:
    text = printed(VIEWS[name]())
    # Names, prices and shares: 80 columns have no room for all of them, and none is cut.
    assert max(map(len, text.splitlines())) <= (88 if name == "offers-stockholm" else 80)
    golden(f"catalogue/{name}.txt", text)


@pytest.mark.parametrize("width", [20, 40, 80])
def test_what_never_wraps_is_never_cut(width: int) -> None:
    view = report.offers(fixed(), region="eu-north-1", sort="price")
    text = as_text(report.renderables(view, most=12), width=width)
    for row in view.rows[:12]:
        for column in view.columns:
            shown = str(column.show(row))
            assert not column.whole or shown in text


@pytest.mark.parametrize("name", VIEWS)
def test_what_programs_read(name: str) -> None:
    view = VIEWS[name]()
    assert len(json.loads(report.as_json(view))) == len(view.rows)


@pytest.mark.parametrize("what", ["us-west-2", "ml.inf2.xlarge", "meta-llama/Llama-3.1-8B"])
def test_one_rows_whole_story(what: str, golden: Golden) -> None:
    text = as_text(explain.renderables(fixed(), what))
    assert max(len(line) for line in text.splitlines()) <= 80
    golden(f"explain/{what.rpartition('/')[2]}.txt", text)
    assert explain.knows(fixed(), what)


def test_a_regions_story_holds_every_sources_value() -> None:
    story = explain.story(fixed(), "us-west-2")
    values = {reading["source"]: reading["value"] for reading in story["readings"]}
    assert values["electricity-maps"] == 119.76
    assert values["google-carbon"] == 79.23
    assert values["ccf-grid"] == 350.9
    assert values["watttime"] == 476.7
    votes = {reading["source"] for reading in story["readings"] if reading["votes"]}
    assert votes == {"electricity-maps", "google-carbon", "egrid"}


def test_offers_are_ranked_and_the_unpriced_come_last() -> None:
    rows = report.offers(fixed(), machine="c7g.xlarge", sort="price").rows
    prices = [row["usd_hour"] for row in rows]
    known = [price for price in prices if price is not None]
    assert prices == sorted(known) + [None] * (len(prices) - len(known))
    grams = [
        row["gco2e_hour_half_load"] for row in report.offers(fixed(), machine="c7g.xlarge").rows
    ]
    assert grams == sorted(grams)


def test_unknown_names_are_refused() -> None:
    with pytest.raises(InputError, match="Inferentia2"):
        report.machines(fixed(), accelerator="Inferentia-2")
    with pytest.raises(InputError, match="us-west-2"):
        report.offers(fixed(), region="us-west-2x")
    with pytest.raises(InputError, match="eu-north-1"):
        explain.story(fixed(), "eu-nort-1")
    assert not explain.knows(fixed(), "eu-nort-1")


def test_an_html_page_is_whole_and_its_title_is_escaped() -> None:
    page = as_html([Text("a <b> {c}")], title="</title><script>{x}")
    assert "<title>&lt;/title&gt;&lt;script&gt;&#123;x&#125;</title>" in page
    assert "a &lt;b&gt; {c}" in page
    assert page.startswith("<!DOCTYPE html>")
    assert page.endswith("</html>\n")
