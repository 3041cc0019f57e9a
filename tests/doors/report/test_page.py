"""The page for a person, in real Chromium: what axe says of it, what it loads, and that it works
without a script."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from lichen_doors.report.page import as_page
from lichen_policies.verdict import Change, Gone, Report, Saves, Skipped, Verdict

from lichen.interval import Interval
from tests.doors.report.made import made_report, made_verdict

ODD = "</script><script>document.title='run'</script><img src=x onerror=alert(1)>{{ 7 * 7 }}\u202e"
TODAY = date(2026, 11, 26)
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
in_chromium = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def verdict(**changes: object) -> Verdict:
    usual = {
        "resource": "module.chat.aws_instance.one",
        "type": "aws_instance",
        "file": "plan.json",
        "environment": "prod",
        "message": "16 accelerators run; the limit is 8",
        "changes": (Change(path="count", to=1, why="half of them wait"),),
        "saves": Saves(gco2e_month=Interval(1e5, 2e5, 4e5), usd_month=900),
        "sources": ("aws-ec2",),
    }
    return made_verdict(**{**usual, **changes})


def report(*verdicts: Verdict, **changes: object) -> Report:
    """One that has something for every part of the page."""
    usual = {
        "not_judged": {"aws_iam_role": 3},
        "skipped": (Skipped(file="b.yaml", because="does not parse in line 3", broken=True),),
        "gone": (Gone("idle-floor", "aws_autoscaling_group.old"),),
        "baseline": "base.json",
    }
    return made_report(*verdicts, **{**usual, **changes})


WHOLE = report(
    verdict(),
    verdict(rule="dirty-region", level="advisory", saves=Saves(), changes=()),
    verdict(resource="two", verdict="unverified", level="advisory", message="nobody knows"),
    verdict(resource="three", is_old=True),
)


class Tags(HTMLParser):
    """The tags of a page, and the attributes that load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "action", "data") and value and value[0] != "#":
                self.loads.append(value)


def test_the_page_loads_nothing() -> None:
    tags = Tags(as_page(WHOLE, today=TODAY))
    assert tags.loads == ["data:,"]
    assert "url(" not in as_page(WHOLE, today=TODAY)


def test_what_a_document_says_is_text() -> None:
    plain = Tags(as_page(report(verdict()), today=TODAY)).tags
    odd = report(
        verdict(resource=ODD, message=ODD, type=ODD, file=ODD, sources=(ODD,)),
        not_judged={ODD: 1},
        skipped=(Skipped(file=ODD, because=ODD, broken=True),),
        gone=(Gone(ODD, ODD),),
        baseline=ODD,
    )
    page = as_page(odd, today=TODAY)
    assert Tags(page).tags == plain
    assert "\u202e" not in page
    assert "{{ 7 * 7 }}" in page


def test_a_page_of_nothing_is_whole() -> None:
    page = as_page(
        report(not_judged={}, skipped=(), gone=(), baseline=""),
        today=TODAY,
    )
    assert "Nothing blocks this deployment." in page
    assert "<form" not in page


def seen(page: str, script: str, folder: Path, *options: str) -> Any:
    """What a script answers that runs at a page's end in Chromium."""
    answer = "document.body.dataset.answer"
    ending = f"<script>{script}</script></body>"
    path = folder / "page.html"
    path.write_text(page.replace("</body>", ending.replace("ANSWER", answer)), encoding="utf-8")
    done = subprocess.run(
        [
            str(CHROMIUM),
            *OPTIONS,
            *options,
            f"--user-data-dir={folder / 'profile'}",
            "--virtual-time-budget=20000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    found = re.search(r'data-answer="([^"]*)"', done.stdout)
    assert found is not None, done.stderr[-2000:]
    return json.loads(found[1].replace("&quot;", '"').replace("&amp;", "&"))


@in_chromium
@pytest.mark.xdist_group("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", ["390", "1400"])
def test_axe_finds_nothing_wrong(tmp_path: Path, scheme: str, width: str) -> None:
    package = importlib.util.find_spec("axe_core_python")
    assert package is not None
    assert package.submodule_search_locations is not None
    axe = next(Path(package.submodule_search_locations[0]).rglob("axe.min.js")).read_text()
    script = (
        f"{axe}; axe.run().then((found) => ANSWER = JSON.stringify("
        "[matchMedia('(prefers-color-scheme: dark)').matches, ...found.violations.map("
        "(each) => each.id + ': ' + each.nodes.map((node) => node.target.join(' ')).join(', '))]))"
    )
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    page = as_page(WHOLE, today=TODAY)
    assert seen(page, script, tmp_path, f"--window-size={width},1200", *dark) == [scheme == "dark"]


@in_chromium
@pytest.mark.xdist_group("chromium")
def test_the_page_filters_and_sorts(tmp_path: Path) -> None:
    script = """
      const shown = () => [...document.querySelectorAll(".resource")]
        .filter((node) => !node.hidden)
        .map((node) => node.querySelector("h3").firstChild.textContent.trim());
      const form = document.querySelector(".filter");
      const answers = [shown().length];
      form.elements.text.value = "NOBODY knows";
      form.dispatchEvent(new Event("input"));
      answers.push(shown());
      form.elements.text.value = "";
      form.querySelector("[value=old]").checked = false;
      form.dispatchEvent(new Event("input"));
      answers.push(shown().includes("three"));
      const first = () => document.querySelector("tbody th").textContent.trim();
      document.querySelector("thead button").click();
      answers.push(first());
      document.querySelector("thead button").click();
      answers.push(first());
      ANSWER = JSON.stringify(answers);
    """
    saving = Saves(usd_month=5.0)
    page = as_page(
        report(*WHOLE.findings, *WHOLE.unverified, verdict(resource="zebra", saves=saving)),
        today=TODAY,
    )
    assert seen(page, script, tmp_path) == [
        4,
        ["two"],
        False,
        "zebra",
        "module.chat.aws_instance.one",
    ]


@in_chromium
@pytest.mark.xdist_group("chromium")
@pytest.mark.parametrize("width", ["360", "2560"])
def test_nothing_is_wider_than_the_screen(tmp_path: Path, width: str) -> None:
    long = verdict(resource="a" * 300, message="b" * 300, file="c" * 300)
    script = "ANSWER = JSON.stringify(document.documentElement.scrollWidth <= innerWidth)"
    page = as_page(report(long), today=TODAY)
    assert seen(page, script, tmp_path, f"--window-size={width},900") is True


@in_chromium
@pytest.mark.xdist_group("chromium")
def test_pictures_are_kept_where_asked(tmp_path: Path) -> None:
    """``LICHEN_PICTURES=folder`` keeps what this takes, for a person to look at."""
    folder = Path(os.environ.get("LICHEN_PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    page = tmp_path / "page.html"
    page.write_text(as_page(WHOLE, today=TODAY), encoding="utf-8")
    for width in (390, 1400):
        picture = folder / f"check-{width}.png"
        subprocess.run(
            [
                str(CHROMIUM),
                *OPTIONS,
                f"--user-data-dir={tmp_path / 'profile'}",
                f"--window-size={width},1600",
                f"--screenshot={picture}",
                page.as_uri(),
            ],
            capture_output=True,
            timeout=120,
            check=True,
        )
        assert picture.stat().st_size > 10_000
