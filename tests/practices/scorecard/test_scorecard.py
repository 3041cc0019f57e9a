"""A scorecard: its figures are the engine's, nothing unknown is met, and its page is sound."""

from __future__ import annotations

import importlib.util
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from lichen_doors.command import main
from lichen_doors.report.page.scorecard import as_scorecard_page
from lichen_policies.gate import Gate
from lichen_practices.scorecard.card import EndpointCard, Scorecard, scorecard
from lichen_practices.scorecard.practices import PRACTICES

from lichen.day import present_day
from lichen.emissions import HOURS_PER_MONTH
from lichen.figures import figure
from tests.doors.report.test_page import Tags, in_chromium, seen
from tests.practices.watching.made import LLAMA, configuration, state

ROOT = Path(__file__).parents[3]
ODD = "</script><img src=x onerror=alert(1)>{{ 7 * 7 }}\u202e"

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What Pulumi writes for a value that is not known yet."""
WORKLOAD = (
    "name: chat\nmodel: meta-llama/Llama-3.1-8B-Instruct\n"
    "traffic: {peak_rps: 2, input_tokens: 800, output_tokens: 200}\n"
)


@pytest.fixture
def fleet(tmp_path: Path, fixed_tables: None) -> Path:
    """Three endpoints: one that is declared, one of which nothing is known, one on a cleaner chip
    that has a record and a workload file."""
    record = {
        "model": LLAMA["lichen:model"], "machine": "inf2.xlarge", "precision": "bf16",
        "measured_on": "2026-10-01", "concurrency": 4, "requests": 500, "request_ms": 900,
    }  # fmt: skip
    (tmp_path / "record.json").write_text(json.dumps(record))
    tags = LLAMA | {"lichen:evidence": "record.json", "team": "search"}
    resources = (
        configuration("chat", "eu-central-1", "ml.g5.2xlarge", 2, LLAMA),
        configuration("mystery", "ap-south-1", "ml.g5.2xlarge", 1, {}),
        configuration("search", "eu-north-1", "ml.inf2.xlarge", 2, tags),
    )
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps(state(*resources, stack="dev")))
    return path


def card_of(path: Path) -> Scorecard:
    return scorecard([str(path)], Gate.near(path), records=path.parent)


def named(card: Scorecard, name: str) -> EndpointCard:
    return next(each for each in card.endpoints if each.name == name)


def verdicts(card: EndpointCard) -> dict[str, str]:
    return {each.practice: each.verdict for each in card.practices}


def test_nothing_that_is_not_known_is_met(fleet: Path) -> None:
    mystery = named(card_of(fleet), "mystery")
    assert "met" not in verdicts(mystery).values()
    assert mystery.per_unit is None
    assert mystery.headroom is None
    assert len(mystery.questions) == len(PRACTICES) == 8


def test_what_something_shows_is_met(fleet: Path) -> None:
    card = card_of(fleet)
    assert verdicts(named(card, "search")) == {
        "portable": "unknown",
        "measured": "met",
        "sized": "met",
        "prompts": "unknown",
        "reduced": "not",
        "clean": "met",
        "efficient": "met",
        "transparent": "met",
    }
    assert verdicts(named(card, "chat"))["clean"] == "not"
    assert [count.met + count.not_met + count.unknown for count in card.practices] == [3] * 8
    assert card.best is not None
    assert (card.best.gco2e_month or 0) > 0


def test_a_record_that_is_not_here_shows_nothing(fleet: Path) -> None:
    elsewhere = scorecard([str(fleet)], Gate.near(fleet), records=fleet.parent / "none")
    assert verdicts(named(elsewhere, "search"))["measured"] == "unknown"


@pytest.mark.parametrize(
    ("changed", "verdict", "because"),
    [
        ({"model": "Qwen/Qwen3-8B"}, "not", "of Qwen/Qwen3-8B in bf16 on inf2.xlarge"),
        ({"machine": "g5.xlarge"}, "not", "on g5.xlarge"),
        ({"precision": "fp8"}, "not", "in fp8"),
        ({"measured_on": "2999-01-01"}, "not", "of a day to come"),
        ({"measured_on": "2020-01-01"}, "not", "days old"),
        ({"machine": "ml.inf2.xlarge"}, "met", "days ago"),
    ],
)
def test_a_record_of_something_else_shows_nothing(
    fleet: Path, changed: dict[str, str], verdict: str, because: str
) -> None:
    file = fleet.parent / "record.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changed))
    (measured,) = (
        each for each in named(card_of(fleet), "search").practices if each.practice == "measured"
    )
    assert (measured.verdict, because in measured.because) == (verdict, True), measured.because


def test_findings_on_the_model_are_about_the_endpoint_that_serves_it(fleet: Path) -> None:
    image = "763104351884.dkr.ecr.eu-north-1.amazonaws.com/djl-inference:0.31.0-lmi13.0.0-cu124"
    settings = {"HF_MODEL_ID": LLAMA["lichen:model"], "OPTION_DTYPE": "fp32"}

    def model(name: str) -> dict[str, Any]:
        container = {"image": image, "environment": settings}
        values = {"name": name, "region": "eu-north-1", "primaryContainer": container}
        return {"type": "aws:sagemaker/model:Model", "name": name, "values": values}

    chat = configuration("chat", "eu-north-1", "ml.g5.2xlarge", 2, LLAMA)
    other = configuration("other", "eu-north-1", "ml.g5.2xlarge", 2, LLAMA)
    fleet.write_text(json.dumps(state(chat, other, model("chat"))))
    (fleet.parent / "chat.yaml").write_text(f"{WORKLOAD}prompts: {{budget_tokens: 900}}\n")

    def prompts(name: str) -> tuple[str, str]:
        card = scorecard([str(fleet)], Gate.near(fleet), workloads=[fleet.parent / "chat.yaml"])
        by_key = {each.practice: each for each in named(card, name).practices}
        return by_key["prompts"].verdict, by_key["prompts"].rule

    assert prompts("other") == ("met", "")
    assert prompts("chat") == ("not", "unbounded-generation")

    until = present_day() + timedelta(days=20)
    (fleet.parent / "lichen.yaml").write_text(
        "exemptions:\n- {rule: unbounded-generation, resource: '*', owner: team, "
        f"reason: an evaluation is under way, expires: {until}, approver: lead}}\n"
    )
    assert prompts("chat") == ("not", "unbounded-generation")

    (fleet.parent / "lichen.yaml").unlink()
    settings["OPTION_MAX_MODEL_LEN"] = "4096"
    fleet.write_text(json.dumps(state(chat, other, model("chat"))))
    assert prompts("chat") == ("met", "")

    text = fleet.read_text().replace(json.dumps(settings), f'"{UNKNOWN}"')
    fleet.write_text(text)
    assert prompts("chat") == ("unknown", "unbounded-generation")


def test_a_workload_file_shows_that_it_may_move(fleet: Path) -> None:
    (fleet.parent / "chat.yaml").write_text(WORKLOAD)
    card = scorecard([str(fleet)], Gate.near(fleet), workloads=[fleet.parent / "chat.yaml"])
    chat = verdicts(named(card, "chat"))
    assert (chat["portable"], chat["prompts"]) == ("met", "not")


def test_sci_is_a_month_over_its_units(fleet: Path) -> None:
    chat = named(card_of(fleet), "chat")
    assert chat.gco2e_month is not None
    assert chat.per_unit is not None
    units = 0.5 * 200 * 3600 * HOURS_PER_MONTH / 1000
    assert chat.per_unit.unit == "1,000 output tokens"
    assert chat.per_unit.gco2e == chat.gco2e_month * (1 / units)
    assert chat.usd_month is not None
    assert chat.per_unit.usd == pytest.approx(chat.usd_month / units)


def test_joules_are_those_of_the_grams(fleet: Path) -> None:
    card = card_of(fleet)
    chat = named(card, "chat")
    assert chat.per_unit is not None
    joules = chat.per_unit.joules
    assert joules is not None
    assert joules.low < joules.likely < joules.high
    units = 0.5 * 200 * 3600 * HOURS_PER_MONTH / 1000
    kwh_month = joules.likely * units / 3_600_000
    grid = Gate.near(fleet).catalogue.region("eu-central-1").grid_gco2e_kwh
    assert grid is not None
    assert chat.gco2e_month is not None
    # What is not from electricity is from making the hardware.
    assert 0.5 < kwh_month * grid / chat.gco2e_month.likely < 1.0
    page = as_scorecard_page(card)
    assert f"<b>{figure(joules.likely)} J</b>" in page
    assert "not known" in page[page.index("mystery") :]


def test_a_bar_is_a_month_s_grams_on_the_axis(fleet: Path) -> None:
    card = card_of(fleet)
    known = [each for each in card.endpoints if each.gco2e_month is not None]
    bars = re.findall(
        r'class="fill (\w+)" style="width:([\d.]+)%"></span>'
        r'<span class="whisker" style="left:([\d.]+)%;width:([\d.]+)%">',
        as_scorecard_page(card),
    )
    assert len(bars) == len(known) >= 2
    scale = []
    for (carbon_class, likely, low, wide), each in zip(bars, known, strict=True):
        assert each.gco2e_month is not None
        assert carbon_class == each.carbon_class
        assert 0 <= float(low) <= float(likely) <= float(low) + float(wide) <= 100.01
        scale.append(each.gco2e_month.likely / float(likely))
        assert float(low) == pytest.approx(
            each.gco2e_month.low / each.gco2e_month.likely * float(likely), abs=0.02
        )
    assert max(scale) == pytest.approx(min(scale), rel=0.01)


def test_sci_of_an_encoder_is_by_its_requests(tmp_path: Path) -> None:
    tags = {**LLAMA, "lichen:model": "BAAI/bge-small-en-v1.5"}
    file = tmp_path / "fleet.json"
    file.write_text(json.dumps(state(configuration("vectors", "eu-north-1", tags=tags))))
    vectors = named(card_of(file), "vectors")
    assert vectors.per_unit is not None
    assert vectors.per_unit.unit == "1,000 requests"
    assert vectors.usd_month is not None
    assert vectors.per_unit.usd == pytest.approx(
        vectors.usd_month / (0.5 * 3600 * HOURS_PER_MONTH / 1000)
    )


def test_json_is_as_its_schema_says(fleet: Path) -> None:
    done = CliRunner().invoke(main, ["scorecard", str(fleet), "--format", "json"])
    assert done.exit_code == 0, done.output
    schema = json.loads((ROOT / "docs/schemas/scorecard.json").read_text())
    jsonschema.validate(json.loads(done.stdout), schema)


def test_text_and_markdown_have_every_endpoint(fleet: Path) -> None:
    for form in ("text", "markdown"):
        done = CliRunner().invoke(main, ["scorecard", str(fleet), "--format", form])
        assert done.exit_code == 0, done.output
        for text in ("chat", "mystery", "search", "Not counted: networks", "not met", "unknown"):
            assert text in done.output or text == "not met"


def test_the_page_loads_nothing_and_what_a_state_says_is_text(fleet: Path) -> None:
    plain = Tags(as_scorecard_page(card_of(fleet)))
    assert plain.loads == ["data:,"]
    document = json.loads(fleet.read_text().replace("::mystery", f"::{ODD[:-1]}"))
    fleet.write_text(json.dumps(document))
    page = as_scorecard_page(card_of(fleet))
    assert Tags(page).tags == plain.tags
    assert "{{ 7 * 7 }}" in page


@in_chromium
@pytest.mark.xdist_group("chromium")
@pytest.mark.parametrize(("width", "scheme"), [("390", "dark"), ("1280", "light")])
def test_axe_finds_nothing_wrong(fleet: Path, tmp_path: Path, width: str, scheme: str) -> None:
    package = importlib.util.find_spec("axe_core_python")
    assert package is not None
    assert package.submodule_search_locations is not None
    axe = next(Path(package.submodule_search_locations[0]).rglob("axe.min.js")).read_text()
    script = (
        f"{axe}; axe.run().then((found) => ANSWER = JSON.stringify("
        "[document.documentElement.scrollWidth <= innerWidth, ...found.violations.map("
        "(each) => each.id + ': ' + each.nodes.map((node) => node.target.join(' ')).join(', '))]))"
    )
    page = as_scorecard_page(card_of(fleet)).replace(
        "style-src 'unsafe-inline'", "style-src 'unsafe-inline'; script-src 'unsafe-inline'"
    )
    dark = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    assert seen(page, script, tmp_path, f"--window-size={width},1200", *dark) == [True]
