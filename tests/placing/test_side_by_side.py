"""Each cloud's best beside the others: what moving takes adds up from the rows that it cites."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from lichen_doors.command import main
from msgspec.structs import replace

from lichen.catalogue.schema import Egress
from lichen.placing.question import Question
from lichen.placing.side_by_side import COPY_GB_S, SideBySide, side_by_side
from lichen.workload import as_workload
from tests.components.narrowed import CHAT, VECTORS
from tests.fixed import fixed

CHAT_FILE = Path(__file__).parents[2] / "stacks" / "workloads" / "chat.yaml"


@pytest.fixture(scope="module")
def vectors() -> SideBySide:
    return side_by_side(_question(VECTORS), data_gb=2_000)


def _question(workload: dict[str, object]) -> Question:
    return Question.of(as_workload(workload), catalogue=fixed())


def test_each_cloud_has_its_place_and_the_present_one_is_first(vectors: SideBySide) -> None:
    assert vectors.beside[0].place == vectors.moved_from == "aws"
    assert {each.place for each in vectors.beside} == {"aws", "azure", "google", "kubernetes"}
    here = vectors.beside[0]
    assert here.option is not None
    assert here.option.region == "us-east-1"  # where the workload itself may be
    assert vectors.lifted == ("clouds", "hosting", "regions")
    for each in vectors.beside:
        assert (each.option is None) == bool(each.why_none)


def test_egress_adds_up_tier_by_tier_from_the_table(vectors: SideBySide) -> None:
    there = next(each for each in vectors.beside if each.place == "google")
    assert there.moving is not None
    gb = there.moving.files_gb + 2_000
    tiers = [
        row for row in fixed().table("egress", Egress) if (row.cloud, row.to) == ("aws", "internet")
    ]
    paid = 0.0
    for row in tiers:
        ends = min((other.above_gb for other in tiers if other.above_gb > row.above_gb), default=gb)
        paid += max(0.0, min(gb, ends) - row.above_gb) * row.usd_gb
    assert there.moving.egress_usd == pytest.approx(paid)
    assert paid > 100
    assert any("since 2027-01-12" in waiver for waiver in there.moving.waivers)
    assert there.moving.hours is None or there.moving.hours > gb / COPY_GB_S / 3600


def test_what_is_to_be_done_and_given_up_is_said(vectors: SideBySide) -> None:
    there = next(each for each in vectors.beside if each.place == "google")
    assert there.moving is not None
    assert any(work.startswith("provision it by hand") for work in there.moving.work)
    assert any("SageMaker looks after its instances" in clause for clause in there.given_up)


def test_a_workload_that_may_be_anywhere_starts_from_its_placement() -> None:
    anywhere = {**CHAT, "where": {"residency": "EU"}}
    answer = side_by_side(_question(anywhere))
    assert answer.lifted == ()
    assert answer.beside[0].moving is None
    question = _question(anywhere)
    again = side_by_side(replace(question, objective="cost"))
    assert again.model == "meta-llama/Llama-3.1-8B"


def test_the_command_prints_it_and_programs_read_it() -> None:
    ran = CliRunner().invoke(main, ["place", str(CHAT_FILE), "--all-clouds"])
    assert ran.exit_code == 0
    assert "in every cloud" in ran.output
    assert "given up:" in ran.output
    asked = ["place", str(CHAT_FILE), "--all-clouds", "--data-gb", "50", "--format", "json"]
    read = json.loads(CliRunner().invoke(main, asked).output)
    assert read["moved_from"] == "aws"
    assert {each["moving"]["data_gb"] for each in read["beside"] if each["moving"]} == {50}
    ran = CliRunner().invoke(main, ["place", str(CHAT_FILE), "--all-clouds", "--format", "html"])
    assert ran.exit_code == 2
    assert "use --format text or json" in ran.output


def test_where_the_workload_leads_nowhere_it_is_said_and_the_cleanest_place_is_taken() -> None:
    nowhere = {"clouds": ["google"], "regions": ["us-east-1"]}
    answer = side_by_side(_question({**VECTORS, "where": nowhere}))
    assert answer.nowhere
    assert answer.lifted == ("clouds", "regions")
    options = [each.option for each in answer.beside if each.option is not None]
    cleanest = min(options, key=lambda option: option.gco2e_month.likely)
    assert answer.moved_from == cleanest.cloud


def test_data_moves_only_between_clouds() -> None:
    refused = CliRunner().invoke(main, ["place", str(CHAT_FILE), "--data-gb", "5"])
    assert refused.exit_code == 2
    assert "add --all-clouds, or leave out --data-gb" in refused.output
