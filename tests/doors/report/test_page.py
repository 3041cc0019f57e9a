"""The pages for a person, in real Chromium: what axe says of them, what they load, and that they
work without a script."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from datetime import date
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from lichen_doors.report.page.chart import axis_of
from lichen_doors.report.page.findings import as_page
from lichen_doors.report.page.placement import as_page as as_placement_page
from lichen_policies.verdict import Change, Gone, Month, Report, Saves, Skipped, Verdict
from msgspec.structs import replace

from lichen.figures import figure
from lichen.interval import Interval
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Question
from lichen.workload import Latency, Where, read_workload
from tests.doors.report.made import made_report, made_verdict
from tests.fixed import fixed

ODD = "</script><script>document.title='run'</script><img src=x onerror=alert(1)>{{ 7 * 7 }}\u202e"
TODAY = date(2026, 11, 26)
WORKLOADS = Path(__file__).parents[3] / "stacks" / "workloads"
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
        "months": (
            Month(
                resource="module.chat.aws_instance.one",
                file="plan.json",
                line=None,
                gco2e_month=Interval(2e5, 3e5, 8e5),
                usd_month=1200.0,
            ),
        ),
    }
    return made_report(*verdicts, **{**usual, **changes})


WHOLE = report(
    verdict(),
    verdict(rule="dirty-region", level="advisory", saves=Saves(), changes=()),
    verdict(resource="two", verdict="unverified", level="advisory", message="nobody knows"),
    verdict(resource="three", is_old=True),
)


def placement(**changes: object) -> Placement | NoPlacement:
    """The chat of the examples, in any region: its front has several offers."""
    chat = replace(read_workload(WORKLOADS / "chat.yaml"), **{"where": Where(), **changes})
    return place(Question.of(chat, near=WORKLOADS, catalogue=fixed()))


def placement_page(answer: Placement | NoPlacement) -> str:
    return as_placement_page(answer, fixed(), today=TODAY, top=5)


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
    plain = Tags(as_page(report(verdict(), months=()), today=TODAY)).tags
    odd = report(
        verdict(resource=ODD, message=ODD, type=ODD, file=ODD, sources=(ODD,)),
        not_judged={ODD: 1},
        skipped=(Skipped(file=ODD, because=ODD, broken=True),),
        gone=(Gone(ODD, ODD),),
        baseline=ODD,
        months=(),
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
def test_axe_finds_nothing_wrong(tmp_path: Path, scheme: str) -> None:
    """Both pages, on a phone and on a desk: each in a frame of its width."""
    package = importlib.util.find_spec("axe_core_python")
    assert package is not None
    assert package.submodule_search_locations is not None
    axe = next(Path(package.submodule_search_locations[0]).rglob("axe.min.js")).read_text()
    run = (
        "axe.run().then((found) => parent.answer(found.violations.map((each) => "
        "each.id + ': ' + each.nodes.map((node) => node.target.join(' ')).join(', '))));"
    )
    pages = (as_page(WHOLE, today=TODAY), placement_page(placement()))
    frames = "".join(
        f'<iframe title="{number} {width}" width="{width}" height="1200" srcdoc="{escape(page)}">'
        "</iframe>"
        for number, page in enumerate(
            page.replace("</body>", f"<script>{axe};{run}</script></body>") for page in pages
        )
        for width in (390, 1400)
    )
    script = (
        "const said = [matchMedia('(prefers-color-scheme: dark)').matches]; let left = 4;"
        "window.answer = (found) => { said.push(...found); left -= 1;"
        " if (left === 0) { ANSWER = JSON.stringify(said); } };"
    )
    host = f"<!DOCTYPE html><html><body></body><script>{script}</script>{frames}</html>"
    host = host.replace("ANSWER", "document.body.dataset.answer")
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    assert seen(host, "", tmp_path, "--window-size=1500,1200", *dark) == [scheme == "dark"]


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
def test_a_link_leads_to_a_resource_that_the_filter_has_hidden(tmp_path: Path) -> None:
    script = """
      const form = document.querySelector(".filter");
      form.elements.text.value = "nobody knows";
      form.dispatchEvent(new Event("input"));
      const link = document.querySelector("tbody a");
      const target = document.querySelector(link.hash);
      const answers = [target.hidden];
      link.click();
      answers.push(target.hidden, form.elements.text.value, form.querySelector("output").value);
      ANSWER = JSON.stringify(answers);
    """
    answers = seen(as_page(WHOLE, today=TODAY), script, tmp_path)
    assert answers == [True, False, "", "3 of 3 resources"]


@in_chromium
@pytest.mark.xdist_group("chromium")
@pytest.mark.parametrize("width", ["360", "2560"])
def test_nothing_is_wider_than_the_screen(tmp_path: Path, width: str) -> None:
    long = verdict(resource="a" * 300, message="b" * 300, file="c" * 300)
    answer = placement()
    assert isinstance(answer, Placement)
    script = "ANSWER = JSON.stringify(document.documentElement.scrollWidth <= innerWidth)"
    for page in (
        as_page(report(long), today=TODAY),
        placement_page(replace(answer, workload="d" * 300, because=("e" * 300,))),
    ):
        assert seen(page, script, tmp_path, f"--window-size={width},900") is True


@in_chromium
@pytest.mark.xdist_group("chromium")
@pytest.mark.parametrize("name", ["check", "place"])
def test_pictures_and_prints_are_kept_where_asked(tmp_path: Path, name: str) -> None:
    """``LICHEN_PICTURES=folder`` keeps what this takes, for a person to look at."""
    folder = Path(os.environ.get("LICHEN_PICTURES") or tmp_path)
    folder.mkdir(parents=True, exist_ok=True)
    page = tmp_path / "page.html"
    shown = as_page(WHOLE, today=TODAY) if name == "check" else placement_page(placement())
    page.write_text(shown, encoding="utf-8")
    for file, *options in (
        (f"{name}-phone.png", "--window-size=390,2400", "--screenshot="),
        (f"{name}-desk.png", "--window-size=1400,2000", "--screenshot="),
        (f"{name}.pdf", "--no-pdf-header-footer", "--print-to-pdf="),
    ):
        options[-1] += str(folder / file)
        subprocess.run(
            [
                str(CHROMIUM),
                *OPTIONS,
                f"--user-data-dir={tmp_path / 'profile'}",
                *options,
                page.as_uri(),
            ],
            capture_output=True,
            timeout=120,
            check=True,
        )
        assert (folder / file).stat().st_size > 10_000


def test_a_month_now_and_after_is_in_words_and_in_a_bar() -> None:
    page = as_page(WHOLE, today=TODAY)
    assert "300 kg now, 100 kg after; saves 200 kg CO2e (100 to 400)" in page
    assert "$1,200 now, $300 after; saves $900" in page
    assert '<span class="after" style="width:33.3%">' in page
    assert '<span class="after" style="width:25.0%">' in page
    # Of a resource that is not among the months only the saving is known.
    assert "300 kg now" not in as_page(replace(WHOLE, months=()), today=TODAY)


def test_a_placement_page_has_the_choice_the_front_and_the_sources() -> None:
    answer = placement()
    assert isinstance(answer, Placement)
    page = placement_page(answer)
    plain = " ".join(re.sub(r"<[^>]*>", " ", page).split())
    for reason in answer.because:
        assert reason[1:] in plain
    for option in (answer.chosen, *answer.front, *answer.by_cloud):
        assert f"<strong>{option.machine}</strong>" in page
    polyline = re.search(r'<polyline points="([^"]*)"', page)
    assert polyline is not None
    points = [tuple(map(float, point.split(","))) for point in polyline[1].split()]
    assert len(points) == len(answer.front) > 1
    # What costs more emits less, all along: y grows downwards.
    assert points == sorted(points)
    assert [y for _, y in points] == sorted(y for _, y in points)
    assert "Electricity Maps" in plain
    assert fixed().sources["electricity-maps"].where in plain
    assert Tags(page).loads == ["data:,"]


def test_what_a_workload_says_is_text() -> None:
    answer = placement()
    assert isinstance(answer, Placement)
    odd = replace(answer, workload=ODD, model=ODD, notes=(ODD,), because=(ODD,))
    usual = replace(answer, notes=("one",), because=("one",))
    assert Tags(placement_page(odd)).tags == Tags(placement_page(usual)).tags


def test_where_nothing_fits_the_page_says_what_to_relax() -> None:
    answer = placement(latency=Latency(time_to_first_token_ms=0.01))
    assert isinstance(answer, NoPlacement)
    page = placement_page(answer)
    assert "Nothing fits chat" in page
    assert f"<strong>{answer.nearest[0].machine}</strong>" in page


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ((1_700.0, 3_500.0), ["2,000", "2,500", "3,000", "3,500"]),
        ((4.0, 80.0), ["5.00", "10.0", "20.0", "50.0"]),
        ((5.0, 5.0), ["5.00"]),
    ],
)
def test_an_axis_has_round_ticks(values: tuple[float, ...], ticks: list[str]) -> None:
    axis = axis_of(values, figure)
    shown = [tick.text for tick in axis.ticks]
    assert set(ticks) <= set(shown)
    assert all(0 <= axis.at(value) <= 100 for value in values)
