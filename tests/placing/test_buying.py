"""Offers that can be bought: zones, ways of buying, retired hardware, prices that are assumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Made
from lichen.document import InputError
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Placement, Rejected
from lichen.placing.question import Question
from lichen.words import Objective
from lichen.workload import Workload, as_workload
from tests.fixed import FIXED, fixed

SOURCES = """
[acme]
title = "Acme's notes"
publisher = "Acme"
where = "acme.example"
version = "2026"
fetched = "2026-11-01"
licence = "internal"
used_for = "tests"
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "sources.toml").write_text(SOURCES)
    return tmp_path


def chat(environment: str = "dev", **where: object) -> Workload:
    return as_workload(
        {
            "name": "chat",
            "model": "meta-llama/Llama-3.1-8B",
            "traffic": {"peak_rps": 1, "mean_rps": 0.2, "input_tokens": 300, "output_tokens": 100},
            "precisions": ["bf16", "int8"],
            "environment": environment,
            "where": where,
        }
    )


def answered(
    workload: Workload,
    catalogue: Catalogue | None = None,
    objective: Objective = "carbon",
    makes: tuple[Made, ...] | None = None,
) -> Placement | NoPlacement:
    question = Question.of(workload, catalogue=catalogue or fixed(), objective=objective)
    return place(replace(question, makes=makes), runners_up=10_000)


def lost(answer: Placement | NoPlacement, machine: str, region: str) -> Rejected:
    return next(one for one in answer.rejected if (one.machine, one.region) == (machine, region))


# --- zones --------------------------------------------------------------------------------------


def test_an_offer_outside_the_zones_of_the_providers_page_is_refused(own: Path) -> None:
    """The API lists v5e in Zurich, and somebody has a price; Google's page does not list it."""
    (own / "offers.csv").write_text(
        "machine,region,listed_by\nct5lp-hightpu-1t,europe-west6,google-compute\n"
    )
    catalogue = Catalogue(FIXED, own)
    for where in ({}, {"clouds": ["google"], "regions": ["europe-west6"]}):
        answer = answered(chat(**where), catalogue)
        reason = lost(answer, "ct5lp-hightpu-1t", "europe-west6")
        assert reason.kind == "zone"
        assert reason.reason == (
            "no Google TPU v5e can be made in europe-west6: Google lists europe-west4-b, "
            "us-central1-a, us-south1-a, us-west1-c, us-west4-a"
        )


def test_a_price_where_no_zone_is_listed_is_refused(own: Path) -> None:
    (own / "offers.csv").write_text(
        "machine,region,listed_by\nct5lp-hightpu-1t,europe-west6,google-compute\n"
    )
    (own / "prices.csv").write_text(
        "machine,region,hosting,usd_hour,source\nct5lp-hightpu-1t,europe-west6,tpu-vm,1,acme\n"
    )
    with pytest.raises(InputError, match="is not sold as on-demand"):
        _ = Catalogue(FIXED, own).prices


@pytest.mark.parametrize(
    ("access", "reason"),
    [
        ("allowlist", "us-central1-a is open to customers on an allowlist only"),
        ("single-tenant", "us-central1-a was dedicated to single customers"),
    ],
)
def test_a_zone_that_is_not_open_to_everybody_is_no_offer(
    own: Path, access: str, reason: str
) -> None:
    (own / "sold.csv").write_text(
        "machine,region,zone,sold,access,source,notes\n"
        f"ct5lp-hightpu-1t,us-central1,us-central1-a,on-demand,{access},acme,\n"
    )
    answer = answered(chat(), Catalogue(FIXED, own))
    found = lost(answer, "ct5lp-hightpu-1t", "us-central1")
    assert found.kind == "zone"
    assert found.reason.startswith(reason)


# --- ways of buying -----------------------------------------------------------------------------


@pytest.fixture
def spot_only(own: Path) -> Catalogue:
    """L4 machines that are sold as spot or flex-start only, as A3 High with few GPUs is."""
    (own / "sold.csv").write_text(
        "machine,region,zone,sold,access,source,notes\ng2-standard-4,,,spot;flex-start,,acme,\n"
    )
    regions = ("us-central1", "europe-west4", "asia-south1")
    rows = "".join(f"g2-standard-4,{name},compute-engine,0.2,acme\n" for name in regions)
    (own / "prices.csv").write_text(f"machine,region,hosting,spot_usd_hour,source\n{rows}")
    return Catalogue(FIXED, own)


def test_what_is_sold_as_spot_only_is_not_offered_on_demand(spot_only: Catalogue) -> None:
    answer = answered(chat(clouds=["google"]), spot_only)
    reason = lost(answer, "g2-standard-4", "us-central1")
    assert (reason.kind, reason.reason) == ("sold", "sold only as spot or flex-start")


@pytest.mark.parametrize("sold", ["spot", ["spot"], ["spot", "on-demand"]])
def test_spot_is_taken_where_the_workload_allows_it(spot_only: Catalogue, sold: object) -> None:
    answer = answered(
        chat(regions=["us-central1"], hosting=["compute"], sold=sold), spot_only, "cost"
    )
    assert isinstance(answer, Placement)
    chosen = answer.chosen
    assert (chosen.machine, chosen.sold) == ("g2-standard-4", "spot")
    assert chosen.usd_hour == pytest.approx(0.2 * chosen.replicas_mean)
    assert any("spot machines" in note for note in answer.notes)


def test_a_price_of_another_way_is_no_price(spot_only: Catalogue) -> None:
    answer = answered(chat(sold="flex-start"), spot_only)
    assert lost(answer, "g2-standard-4", "us-central1").reason == (
        "no price as flex-start is known, only as spot"
    )


def test_a_managed_hosting_is_sold_on_demand_and_spot_goes_to_the_machines() -> None:
    """No machine of AWS has a spot price here: all are refused by EC2's prices, not SageMaker's."""
    answer = answered(chat(clouds=["aws"], sold="spot"))
    assert isinstance(answer, NoPlacement)
    assert lost(answer, "inf2.xlarge", "us-west-2").reason == (
        "no price as spot is known, only as on-demand"
    )
    answer = answered(chat(clouds=["aws"], hosting=["sagemaker"], sold="spot"))
    assert lost(answer, "inf2.xlarge", "us-west-2").reason == "SageMaker is sold only as on-demand"


@pytest.mark.parametrize("sold", ["spot", ["spot", "flex-start"]])
def test_a_production_endpoint_on_spot_alone_is_refused(sold: object) -> None:
    with pytest.raises(InputError, match="a production endpoint may not run on spot") as refused:
        Question.of(chat("prod", sold=sold), catalogue=fixed())
    assert refused.value.field == "where.sold"
    assert "sold: [on-demand, spot]" in refused.value.fix


def test_production_never_rests_on_what_can_be_taken_back(spot_only: Catalogue) -> None:
    answer = answered(chat("prod", sold=["on-demand", "spot"]), spot_only, "cost")
    assert isinstance(answer, Placement)
    assert {one.sold for one in (answer.chosen, *answer.runners_up)} == {"on-demand"}


def test_a_way_of_buying_that_is_misspelt_is_refused() -> None:
    for wrong in ("ondemand", [], ["spot", "on demand"]):
        with pytest.raises(InputError):
            chat(sold=wrong)


# --- retired ------------------------------------------------------------------------------------


def test_retired_hardware_is_never_chosen_and_says_why() -> None:
    workload = as_workload(
        {
            "name": "vectors", "model": "BAAI/bge-small-en-v1.5", "precisions": ["bf16"],
            "traffic": {"peak_rps": 2, "input_tokens": 128}, "where": {"clouds": ["aws"]},
        }
    )  # fmt: skip
    for objective in ("carbon", "cost", "balanced"):
        answer = answered(workload, objective=objective)  # type: ignore[arg-type]
        assert isinstance(answer, Placement)
        options = (answer.chosen, *answer.runners_up, *answer.front)
        assert not [one for one in options if one.machine.startswith("inf1")]
        for loser in answer.rejected:
            if loser.machine == "inf1.xlarge":
                assert loser.kind == "retired"
                assert (
                    "Inferentia1 has had no environment of the Neuron SDK since 2.27"
                    in loser.reason
                )
                assert "2025-12-18, neuron-announcements" in loser.reason


INFERENTIA2 = Made(
    hosting="sagemaker", families=("Inferentia2",), server="neuron", most_copies=None,
    why_not=None, source="test",
)  # fmt: skip


def test_a_frozen_stack_is_said_in_the_answer() -> None:
    answer = answered(chat(clouds=["aws"]), makes=(INFERENTIA2,))
    assert isinstance(answer, Placement)
    assert answer.chosen.machine.startswith("inf2")
    assert any("pin 2.28" in note and "2026-04-09" in note for note in answer.notes)
    assert not any("PyTorch/XLA" in note for note in answer.notes)  # that is of encoders


# --- prices that are assumed --------------------------------------------------------------------


def test_a_managed_price_that_nobody_publishes_is_assumed_and_said() -> None:
    answer = answered(chat(clouds=["aws"], hosting=["sagemaker"]))
    assert isinstance(answer, Placement)
    assert answer.chosen.price_known == "assumed"
    assert any(
        note.startswith(f"we have no published price of {answer.chosen.machine} on SageMaker")
        and "that it is offered there, and at this price, is assumed from EC2" in note
        for note in answer.notes
    )
    answer = answered(chat(clouds=["aws"], hosting=["ec2"]))
    assert isinstance(answer, Placement)
    assert not any("no published price" in note for note in answer.notes)


@pytest.mark.parametrize(("dearer", "known"), [(1.0, True), (1.14, True), (1.16, False)])
def test_an_assumed_price_loses_to_a_known_one_within_the_tolerance(
    own: Path, dearer: float, known: bool
) -> None:
    """The same machine in the same region, a size apart: as clean, and a little dearer."""
    where = {"clouds": ["aws"], "hosting": ["sagemaker"], "regions": ["us-west-2", "us-east-1"]}
    first = answered(chat(**where), objective="cost")
    assert isinstance(first, Placement)
    assert first.chosen.price_known == "assumed"
    other = "us-east-1" if first.chosen.region == "us-west-2" else "us-west-2"
    usd_hour = first.chosen.usd_hour / first.chosen.replicas_mean * dearer
    (own / "prices.csv").write_text(
        "machine,region,hosting,usd_hour,source\n"
        f"{first.chosen.machine},{other},sagemaker,{usd_hour},acme\n"
    )
    second = answered(chat(**where), Catalogue(FIXED, own), "cost")
    assert isinstance(second, Placement)
    assert (second.chosen.region == other) is known
    assert (second.chosen.price_known == "published") is known
    if known and dearer > 1:
        reason = lost(second, first.chosen.machine, first.chosen.region).reason
        assert reason.startswith("its price is assumed")


def test_a_known_price_on_a_much_dirtier_grid_does_not_win(own: Path) -> None:
    where = {"clouds": ["aws"], "hosting": ["sagemaker"], "regions": ["eu-north-1", "ap-south-1"]}
    first = answered(chat(**where))
    assert isinstance(first, Placement)
    assert first.chosen.region == "eu-north-1"
    usd_hour = first.chosen.usd_hour / first.chosen.replicas_mean
    (own / "prices.csv").write_text(
        "machine,region,hosting,usd_hour,source\n"
        f"{first.chosen.machine},ap-south-1,sagemaker,{usd_hour},acme\n"
    )
    second = answered(chat(**where), Catalogue(FIXED, own))
    assert isinstance(second, Placement)
    assert second.chosen.region == "eu-north-1"


def test_a_price_that_follows_from_other_regions_is_marked() -> None:
    price = fixed().price("c5.xlarge", "eu-west-1", "ec2")
    assert price is not None
    assert (price.basis, price.source) == ("assumed", "regional-ratio")
    listed = fixed().price("c5.xlarge", "us-east-1", "ec2")
    assert listed is not None
    assert listed.basis == "published"
