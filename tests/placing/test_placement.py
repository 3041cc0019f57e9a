"""Every offer is judged once: one is taken, and each other one has its reason."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import get_args, get_type_hints

import msgspec
import pytest

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Made, Region
from lichen.document import InputError
from lichen.emissions import effective_gco2e_kwh, embodied_gco2e_hour, footprint
from lichen.evidence import Record
from lichen.interval import Interval
from lichen.placing.candidates import judge_offers
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Option, Placement, Rejected
from lichen.placing.question import Question
from lichen.placing.ranking import FAR_DEARER, Pool, pool_of
from lichen.placing.reasons import about_dirty_regions, nearest_misses, ties
from lichen.sizing import Misfit
from lichen.words import Objective
from lichen.workload import Latency, Prompt, Prompts, Workload, as_workload
from tests.fixed import FIXED, fixed

CATALOGUE = fixed()


def chat(**where: object) -> Workload:
    return as_workload(
        {
            "name": "chat",
            "model": "meta-llama/Llama-3.1-8B",
            "precisions": ["bf16", "int8"],
            "traffic": {
                "peak_rps": 1,
                "mean_rps": 0.2,
                "input_tokens": 600,
                "output_tokens": 200,
            },
            "latency": {"time_per_output_token_ms": 80},
            "where": where,
        }
    )


def asked(
    workload: Workload,
    objective: Objective = "carbon",
    tolerance: float = 15,
    makes: tuple[Made, ...] | None = None,
) -> Question:
    """The question over the installed catalogue; without ``makes`` nobody asks what can be made."""
    question = Question.of(
        workload, catalogue=CATALOGUE, objective=objective, cost_tolerance_pct=tolerance
    )
    return msgspec.structs.replace(question, makes=makes)


def placed(
    workload: Workload,
    objective: Objective = "carbon",
    tolerance: float = 15,
    makes: tuple[Made, ...] | None = None,
) -> Placement:
    answer = place(asked(workload, objective, tolerance, makes))
    assert isinstance(answer, Placement)
    return answer


def making(**given: object) -> Made:
    """A row that says what can be made, on EC2 where it does not say."""
    row = {"hosting": "ec2", "families": (), "server": "some", "most_copies": None}
    return Made(**{**row, "why_not": None, "source": "test", **given})  # type: ignore[arg-type]


CHIPS = {name: chip.family for name, chip in CATALOGUE.chips.items()}


def family_of(machine: str) -> str:
    row = CATALOGUE.machine(machine)
    return CHIPS[row.accelerator or row.cpu or ""]


def everything_but(family: str, reason: str) -> tuple[Made, ...]:
    """Rows by which every family can be made on every hosting, except one."""
    others = tuple(sorted(set(CHIPS.values()) - {family}))
    return tuple(
        row
        for hosting in CATALOGUE.hostings
        for row in (
            making(hosting=hosting, families=others),
            making(hosting=hosting, families=(family,), server=None, why_not=reason),
        )
    )


def test_every_offer_is_taken_or_rejected_once() -> None:
    answer = placed(chat())
    judged = Counter((loser.machine, loser.region) for loser in answer.rejected)
    judged[answer.chosen.machine, answer.chosen.region] += 1
    assert judged == Counter((offer.machine, offer.region) for offer in CATALOGUE.offers)
    assert all(loser.reason for loser in answer.rejected)


def test_the_three_objectives() -> None:
    """On one cloud, where every price is known as well as every other."""
    carbon, cost, balanced = (
        placed(chat(clouds=["aws"]), objective).chosen
        for objective in ("carbon", "cost", "balanced")
    )
    assert cost.usd_hour <= balanced.usd_hour
    assert cost.usd_hour <= carbon.usd_hour <= cost.usd_hour * 1.15
    assert carbon.gco2e_hour.likely <= cost.gco2e_hour.likely
    product = balanced.usd_hour * balanced.gco2e_hour.likely
    assert product <= cost.usd_hour * cost.gco2e_hour.likely
    assert product <= carbon.usd_hour * carbon.gco2e_hour.likely


def test_a_wider_tolerance_never_emits_more() -> None:
    emitted = [
        placed(chat(), tolerance=tolerance).chosen.gco2e_hour.likely
        for tolerance in (0, 5, 15, 50, 400)
    ]
    assert emitted == sorted(emitted, reverse=True)
    assert emitted[0] > emitted[-1]


def test_no_option_of_the_front_is_beaten_on_both() -> None:
    front = placed(chat()).front
    assert len(front) > 1
    for one in front:
        assert not any(
            other.usd_hour <= one.usd_hour and other.gco2e_hour.likely < one.gco2e_hour.likely
            for other in front
        )


def test_where_it_may_live_is_kept() -> None:
    assert placed(chat(regions=["eu-west-1"])).chosen.region == "eu-west-1"
    european = placed(chat(residency="EU"))
    for option in (european.chosen, *european.runners_up):
        assert CATALOGUE.region(option.region).country in CATALOGUE.residency["EU"]
    near = placed(chat(near=[{"region": "ap-southeast-2", "within_ms": 10}]))
    assert CATALOGUE.region(near.chosen.region).country == "AU"


def test_other_clouds_are_shown_beside_the_only_allowed_one() -> None:
    answer = placed(chat(clouds=["aws"], hosting=["sagemaker"]))
    assert {option.cloud for option in answer.by_cloud} == {"aws", "azure", "google"}
    for option in (answer.chosen, *answer.runners_up):
        assert (option.cloud, option.hosting) == ("aws", "sagemaker")


@dataclass(frozen=True)
class Wrong:
    where: dict[str, object]
    message: str


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong({"regions": ["eu-nort-1"]}, r"where.regions\[0\]: 'eu-nort-1'.*'eu-north-1'"),
        Wrong({"countries": ["XX"]}, r"where.countries\[0\]: 'XX' is not a known country"),
        Wrong({"countries": ["UK"]}, r"where.countries\[0\]: 'UK'.*did you mean 'GB'"),
        Wrong({"residency": "EUU"}, "where.residency: 'EUU'.*'EU'"),
        Wrong(
            {"near": [{"region": "us-eas-1", "within_ms": 5}]},
            r"where.near\[0\].region: 'us-eas-1'.*'us-east-1'",
        ),
    ],
)
def test_a_place_that_does_not_exist_is_answered_with_the_nearest(wrong: Wrong) -> None:
    with pytest.raises(InputError, match=wrong.message):
        asked(chat(**wrong.where))


def test_an_unknown_model_is_answered_with_the_nearest() -> None:
    workload = msgspec.structs.replace(chat(), model="meta-llama/Llama-3.1-8")
    with pytest.raises(InputError, match=r"model: .*'meta-llama/Llama-3.1-8B'"):
        place(asked(workload))


def test_nothing_fits_names_three_misses_and_what_to_relax() -> None:
    huge = {"name": "huge", "kind": "llm", "parameters": 5e13, "layers": 300, "hidden": 30000}
    shape = {"heads": 200, "kv_heads": 20, "head_dim": 150, "max_context_tokens": 9000}
    workload = as_workload(
        {
            "name": "huge",
            "model": huge | shape,
            "traffic": {"peak_rps": 1, "input_tokens": 100, "output_tokens": 100},
        }
    )
    answer = place(asked(workload))
    assert isinstance(answer, NoPlacement)
    assert len({miss.machine for miss in answer.nearest}) == 3
    assert all("precision" in miss.relax for miss in answer.nearest)
    assert len(answer.rejected) == len(CATALOGUE.offers)


def test_a_miss_of_what_was_asked_for_goes_before_other_machines() -> None:
    """A TPU where none is sold, and a machine without a price, before machines that the asked
    hosting does not have at all."""
    kinds = ("where", "retired", "hosting", "zone", "unknown", "memory")
    rejected = [
        Rejected(machine=f"the {kind} one", region="europe-north1", kind=kind, reason=kind)
        for kind in kinds
    ]
    misses = list(nearest_misses(rejected, most=len(kinds)))
    assert [miss.reason for miss in misses] == [
        "memory", "zone", "unknown", "hosting", "retired", "where"
    ]  # fmt: skip


def test_every_kind_of_miss_says_what_to_do() -> None:
    kinds = get_args(get_type_hints(Misfit)["kind"])
    rejected = [
        Rejected(machine=kind, region="eu", kind=kind, reason=kind)
        for kind in (*kinds, "where", "zone", "sold", "unknown", "component", "image")
    ]
    misses = list(nearest_misses(rejected, most=len(rejected)))
    assert len(misses) == len(rejected)
    assert all(miss.relax for miss in misses)
    assert "own machines.csv" in next(miss.relax for miss in misses if miss.machine == "watts")


def test_misses_show_each_kind_of_reason_and_the_request_that_is_too_long_first() -> None:
    """Machines a little too small, a fast one that is not fast enough, and a model's limit."""
    rejected = [
        Rejected(machine=f"{kind} {size}", region="eu", kind=kind, reason=kind, shortfall=size)
        for kind, size in (
            ("memory", 1.1), ("memory", 1.2), ("memory", 1.3), ("latency", 4.0), ("latency", 9.0),
            ("context", 2.0),
        )
    ]  # fmt: skip
    assert [miss.machine for miss in nearest_misses(rejected)] == [
        "context 2.0", "memory 1.1", "latency 4.0"
    ]  # fmt: skip
    assert [miss.machine for miss in nearest_misses(rejected, most=5)][3:] == [
        "memory 1.2", "memory 1.3"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("objective", "less"),
    [("carbon", "emit {} less"), ("cost", "cost {} less"), ("balanced", "have {} less carbon")],
)
def test_what_nothing_makes_is_not_taken_and_shown(objective: Objective, less: str) -> None:
    on_one_cloud = chat(clouds=["aws"])  # where every price is known as well as every other
    best = placed(on_one_cloud, objective, tolerance=1e6).chosen
    family = family_of(best.machine)
    answer = placed(on_one_cloud, objective, 1e6, everything_but(family, "nothing makes it"))
    for option in (answer.chosen, *answer.runners_up, *answer.front):
        assert family_of(option.machine) != family
        assert option.unmade is None
    reasons = {
        loser.region: loser.kind for loser in answer.rejected if loser.machine == best.machine
    }
    assert reasons[best.region] == "component"
    assert len(answer.rejected) == len(CATALOGUE.offers) - 1
    verb, _, rest = less.partition("{}")
    shown = re.fullmatch(
        rf"{re.escape(best.machine)} in {best.region} at {best.precision} would {verb}"
        rf"\d+ %{rest}.*, but nothing makes it",
        answer.because[-1],
    )
    assert shown, answer.because[-1]


def test_another_precision_of_the_same_machine_is_taken_where_that_is_made() -> None:
    best = placed(chat()).chosen
    other = next(each for each in chat().precisions if each != best.precision)
    rows = tuple(
        making(hosting=each, families=tuple(CHIPS.values()), precisions=(other,))
        for each in CATALOGUE.hostings
    )
    answer = placed(chat(), makes=rows)
    assert answer.chosen.precision == other
    judged = Counter((loser.machine, loser.region) for loser in answer.rejected)
    judged[answer.chosen.machine, answer.chosen.region] += 1
    assert judged == Counter((offer.machine, offer.region) for offer in CATALOGUE.offers)


def test_a_cloud_where_nothing_is_made_is_shown_as_such() -> None:
    graviton = making(hosting="sagemaker", families=("Graviton2", "Graviton3", "Graviton4"))
    answer = placed(chat(), makes=(graviton,))
    unmade = {option.cloud: option.unmade for option in answer.by_cloud}
    assert unmade["aws"] is None
    assert re.fullmatch(r"no component makes .+ on .+ yet", unmade["azure"] or "")
    assert re.fullmatch(r"no component makes .+ on .+ yet", unmade["google"] or "")


def test_where_nothing_can_be_made_the_best_is_taken_and_its_reason_given() -> None:
    answer, free = placed(chat(), makes=()), placed(chat())
    assert answer.chosen == msgspec.structs.replace(free.chosen, unmade=answer.chosen.unmade)
    assert answer.chosen.unmade
    assert answer.because[-1] == (
        "no component can make any offer that does the work, so provision this one yourself: "
        f"{answer.chosen.unmade}"
    )
    assert len(answer.rejected) == len(CATALOGUE.offers) - 1


def test_prompts_over_their_budget_are_refused(tmp_path: Path) -> None:
    (tmp_path / "rules.txt").write_text("Answer in one sentence. " * 20)
    prompts = Prompts(
        budget_tokens=50,
        templates=(Prompt(name="rules", file="rules.txt"), Prompt(name="tone", text="Be kind.")),
    )
    workload = msgspec.structs.replace(chat(), prompts=prompts)
    with pytest.raises(InputError, match="is 50, and the prompts take at least") as raised:
        Question.of(workload, near=tmp_path, catalogue=CATALOGUE)
    assert raised.value.field == "prompts.budget_tokens"

    def placed_with(changed: Prompts) -> Question:
        workload = msgspec.structs.replace(chat(), prompts=changed)
        return Question.of(workload, near=tmp_path, catalogue=CATALOGUE)

    placed_with(msgspec.structs.replace(prompts, budget_tokens=500))
    for wrong, says in (
        (Prompt(name="rules", file="gone.txt"), r"gone\.txt"),
        (Prompt(name="rules"), "needs a text or a file"),
    ):
        with pytest.raises(InputError, match=says):
            placed_with(msgspec.structs.replace(prompts, templates=(wrong,)))


def test_money_and_carbon_follow_from_the_replicas() -> None:
    chosen = placed(chat(clouds=["aws"], hosting=["sagemaker"])).chosen
    price = CATALOGUE.price(chosen.machine, chosen.region, "sagemaker")
    assert price is not None
    assert chosen.usd_hour == pytest.approx(price.usd_hour * chosen.replicas_mean)
    assert chosen.usd_month == pytest.approx(chosen.usd_hour * 8760 / 12)
    requests_hour = 0.2 * 3600
    assert chosen.usd_unit == pytest.approx(chosen.usd_hour / (requests_hour * 200 / 1000))


def test_a_footprint_is_watts_times_pue_times_grid_and_the_share_of_making() -> None:
    region, machine = CATALOGUE.region("eu-north-1"), CATALOGUE.machine("inf2.xlarge")
    making = embodied_gco2e_hour(machine)
    emitted = footprint(region, Interval(100, 200, 300), making)
    assert region.pue is not None
    assert region.grid_gco2e_kwh is not None
    assert emitted.operational_gco2e_hour.likely == pytest.approx(
        0.2 * region.pue * region.grid_gco2e_kwh
    )
    assert machine.embodied_kgco2e is not None
    assert machine.lifetime_hours is not None
    assert emitted.gco2e_hour.likely - emitted.operational_gco2e_hour.likely == pytest.approx(
        machine.embodied_kgco2e.likely * 1000 / machine.lifetime_hours
    )


def test_an_unknown_grid_is_never_computed_with() -> None:
    dark = msgspec.structs.replace(CATALOGUE.region("eu-north-1"), grid_gco2e_kwh=None)
    assert effective_gco2e_kwh(dark) is None
    with pytest.raises(ValueError, match="unknown"):
        footprint(dark, Interval.exactly(1), None)


def test_no_traffic_gives_no_figure_per_unit() -> None:
    quiet = msgspec.structs.replace(
        chat(), traffic=msgspec.structs.replace(chat().traffic, peak_rps=0, mean_rps=0)
    )
    answer = placed(quiet)
    assert isinstance(answer.chosen, Option)
    assert answer.chosen.usd_unit is None
    assert answer.chosen.gco2e_unit is None


def test_a_card_without_what_a_formula_needs_names_it() -> None:
    workload = as_workload(
        {
            "name": "mine",
            "model": {"name": "mine", "kind": "llm", "parameters": 3e9},
            "traffic": {"peak_rps": 1, "input_tokens": 100, "output_tokens": 50},
        }
    )
    with pytest.raises(InputError, match=r"^model: mine does not say layers"):
        place(asked(workload))


def test_a_language_model_without_tokens_is_not_sized() -> None:
    silent = msgspec.structs.replace(chat().traffic, output_tokens=None)
    with pytest.raises(InputError, match=r"^traffic\.output_tokens: is required"):
        asked(msgspec.structs.replace(chat(), traffic=silent))


def production(**where: object) -> Workload:
    return msgspec.structs.replace(chat(**where), environment="prod")


def test_the_heading_says_what_was_chosen_by() -> None:
    assert placed(chat(), tolerance=20).chosen_by == "lowest carbon within 20 % of the cheapest"
    assert placed(chat(), "cost").chosen_by == "lowest cost"
    assert placed(chat(), "balanced").chosen_by == "lowest carbon times cost"


def test_the_cheapest_and_the_greenest_stand_beside_with_dollars_a_tonne() -> None:
    on_one_cloud = chat(clouds=["aws"])  # where every price is known as well as every other
    answer = placed(on_one_cloud, "balanced")
    chosen, cheapest, greenest = answer.chosen, answer.cheapest, answer.greenest
    assert cheapest is not None
    assert greenest is not None
    for beside, dearer, cleaner in (
        (cheapest, chosen, chosen),
        (greenest, greenest.option, greenest.option),
    ):
        other = beside.option if cleaner is chosen else chosen
        dollars = dearer.usd_month - other.usd_month
        tonnes = (other.gco2e_month.likely - cleaner.gco2e_month.likely) / 1e6
        assert beside.usd_tonne == pytest.approx(dollars / tonnes)
    everything = [*answer.front, *placed(on_one_cloud, "cost", tolerance=1e6).front]
    assert all(cheapest.option.usd_month <= one.usd_month for one in everything)
    grams = greenest.option.gco2e_month.likely
    assert all(grams <= one.gco2e_month.likely for one in everything)
    assert placed(on_one_cloud, "cost").cheapest is None
    assert placed(on_one_cloud, tolerance=1e6).greenest is None


DIRTY = ("ap-south-1", "ap-southeast-2", "asia-south1")


def test_a_region_that_our_own_rule_blocks_is_not_chosen() -> None:
    """Without the tolerance, Mumbai would be taken where only the price counts."""
    answer = placed(chat(regions=["ap-south-1", "us-west-2"]), "cost")
    assert answer.chosen.region == "us-west-2"
    reasons = {loser.reason for loser in answer.rejected if loser.region == "ap-south-1"}
    assert (
        "ap-south-1 (Asia Pacific (Mumbai)) has a high-carbon grid, 747 gCO2e/kWh, and other "
        "regions do the work"
    ) in reasons
    shown = (answer.chosen, *answer.runners_up, *answer.front, *answer.by_cloud)
    assert not {option.region for option in shown} & set(DIRTY)


def test_where_nothing_else_is_allowed_it_is_chosen_and_said() -> None:
    answer = placed(production(regions=["ap-south-1", "ap-southeast-2"]))
    assert answer.chosen.region in DIRTY
    assert (
        "every allowed region with an offer that does the work has a high-carbon grid: the rule "
        "dirty-region blocks it in production, so widen where.regions if you can"
    ) in answer.because


def test_a_cleaner_region_that_is_far_dearer_is_no_alternative() -> None:
    """Eight GPUs in a clean region instead of one in a dirty one."""
    question = asked(production(regions=["ap-south-1", "us-west-2"]))
    judged = judge_offers(question)
    candidates = [*judged.able, *judged.unmade]
    least = {
        region: min(one.usd_hour for one in candidates if one.offer.region == region)
        for region in ("ap-south-1", "us-west-2")
    }

    def at(times: float) -> Pool:
        factor = times * least["ap-south-1"] / least["us-west-2"]
        return pool_of(
            [
                msgspec.structs.replace(one, usd_hour=one.usd_hour * factor)
                if one.offer.region == "us-west-2"
                else one
                for one in candidates
            ],
            CATALOGUE,
        )

    near, far = at(FAR_DEARER * 0.9), at(FAR_DEARER * 1.1)
    assert {one.offer.region for one in near.candidates} == {"us-west-2"}
    assert near.elsewhere_times is None
    assert {one.offer.region for one in far.candidates} == {"ap-south-1"}
    assert far.elsewhere_times == pytest.approx(FAR_DEARER * 1.1)
    assert "costs 3.3 times as much or more" in about_dirty_regions(question, far.elsewhere_times)


def test_a_clean_region_goes_before_a_component() -> None:
    """What only a person can provision, in a clean region, before a component's in a dirty one."""
    clean = placed(chat(regions=["ap-south-1", "europe-west4"]), "cost")
    assert clean.chosen.region == "europe-west4"
    made = tuple(
        making(hosting=hosting, families=tuple(CHIPS.values())) for hosting in ("ec2", "sagemaker")
    )
    answer = placed(chat(regions=["ap-south-1", "europe-west4"]), "cost", makes=made)
    assert answer.chosen.region == "europe-west4"
    assert answer.chosen.unmade


def test_a_region_that_may_be_high_is_taken_and_said() -> None:
    answer = placed(chat(regions=["us-central1"]))
    assert answer.because[0].endswith("the rule dirty-region advises against it")


def test_offers_in_a_tie_say_so() -> None:
    """Two regions that differ in nothing."""
    twin = msgspec.structs.replace(CATALOGUE.region("us-west-2"), name="us-east-1")

    class Twins(Catalogue):
        @cached_property
        def regions(self) -> Mapping[str, Region]:
            return {**super().regions, "us-east-1": twin}

    workload = chat(regions=["us-west-2", "us-east-1"], hosting=["ec2"])
    answer = place(Question.of(workload, catalogue=Twins(FIXED)))
    assert isinstance(answer, Placement)
    assert answer.because[2] == (
        f"{answer.chosen.machine} in us-west-2 ties with it: carbon and cost are within 1 %, so "
        "either will do"
    )


def test_offers_of_equal_carbon_and_other_cost_are_in_no_tie() -> None:
    question = asked(chat(regions=["us-west-2"], hosting=["ec2"]))
    judged = judge_offers(question)
    one = next(iter([*judged.able, *judged.unmade]))
    cheaper, dearer, alike = (
        msgspec.structs.replace(one, usd_hour=one.usd_hour * share) for share in (0.9, 1.1, 0.995)
    )
    assert list(ties([one, cheaper, dearer, alike], question)) == [alike]


@pytest.mark.parametrize("objective", ["carbon", "cost", "balanced"])
def test_an_assumed_figure_flips_the_choice_where_it_is_said_to(objective: Objective) -> None:
    hinges = {
        (hinge.figure, hinge.machine): (workload, hinge)
        for workload in (
            chat(),
            production(),
            production(clouds=["aws"]),
            msgspec.structs.replace(production(clouds=["aws"]), confidence=0.9),
        )
        for hinge in placed(workload, objective).hinges
    }
    for (figure, machine), (workload, hinge) in hinges.items():
        assert hinge.assumed.low <= hinge.flips_at <= hinge.assumed.high
        if figure != "embodied carbon":
            continue
        for nearer, flipped in ((True, False), (False, True)):
            share = 1e-3 * (hinge.assumed.likely - hinge.flips_at) * (1 if nearer else -1)
            answer = with_making(workload, objective, machine, hinge.flips_at + share)
            assert (answer.chosen.machine == hinge.then_machine) is flipped
    assert objective == "cost" or any(figure == "embodied carbon" for figure, _ in hinges)


def with_making(workload: Workload, objective: Objective, machine: str, kg: float) -> Placement:
    """The placement where the making of a machine, and of those with its chip, is another."""
    chip = CATALOGUE.machine(machine).accelerator
    factor = kg / expected(CATALOGUE.machine(machine).embodied_kgco2e).likely

    class Made2(Catalogue):
        @cached_property
        def machines(self) -> Mapping[str, Machine]:
            return {
                name: msgspec.structs.replace(
                    row, embodied_kgco2e=expected(row.embodied_kgco2e) * factor
                )
                if row.accelerator == chip
                else row
                for name, row in super().machines.items()
            }

    question = Question.of(workload, catalogue=Made2(FIXED), objective=objective)
    answer = place(msgspec.structs.replace(question, makes=None))
    assert isinstance(answer, Placement)
    return answer


def expected(interval: Interval | None) -> Interval:
    assert interval is not None
    return interval


def test_a_benchmark_is_worth_what_it_saves() -> None:
    workload = production(regions=["eu-north-1"], hosting=["sagemaker"])
    answer = placed(workload, "balanced")
    worth = next(one for one in answer.worth_measuring if one.chosen)
    assert worth.machine == answer.chosen.machine == "inf2.xlarge"
    assert worth.replicas_peak > 0
    sure = placed(msgspec.structs.replace(workload, confidence=0.5), "balanced")
    assert not [one for one in sure.worth_measuring if one.chosen]
    record = Record(
        model="meta-llama/Llama-3.1-8B",
        machine="inf2.xlarge",
        precision=answer.chosen.precision,
        measured_on=date(2026, 11, 1),
        concurrency=answer.sizing.prediction.concurrency,
        requests=400,
        time_per_output_token_ms=expected(answer.sizing.prediction.time_per_output_token_ms).likely,
    )
    question = msgspec.structs.replace(asked(workload, "balanced"), evidence=(record,))
    measured = place(question)
    assert isinstance(measured, Placement)
    assert measured.chosen.machine == "inf2.xlarge"
    assert measured.chosen.replicas_peak == answer.chosen.replicas_peak - worth.replicas_peak
    assert measured.chosen.usd_month == pytest.approx(answer.chosen.usd_month - worth.usd_month)
    assert not [one for one in measured.worth_measuring if one.chosen]
    other = msgspec.structs.replace(record, model="BAAI/bge-m3")
    unused = place(msgspec.structs.replace(question, evidence=(other,)))
    assert isinstance(unused, Placement)
    assert unused.chosen == answer.chosen
    assert "the record of 2026-11-01 is of BAAI/bge-m3, and not of" in " ".join(unused.notes)


@pytest.mark.parametrize("bounds", [(80, 60, 45), (2000, 120, 30)])
def test_a_tighter_bound_is_never_cheaper(bounds: tuple[float, ...]) -> None:
    dollars = []
    for bound in bounds:
        latency = Latency(time_per_output_token_ms=bound)
        workload = msgspec.structs.replace(production(), latency=latency)
        dollars.append(placed(workload, "cost").chosen.usd_month)
    assert dollars == sorted(dollars)


def test_more_confidence_is_never_cheaper() -> None:
    dollars = [
        placed(msgspec.structs.replace(chat(), confidence=confidence), "cost").chosen.usd_month
        for confidence in (0.5, 0.6, 0.8, 0.9, 0.99)
    ]
    assert dollars == sorted(dollars)
    assert dollars[0] < dollars[-1]


def test_money_and_grams_carry_the_interval_of_the_speed() -> None:
    chosen = placed(production(regions=["eu-north-1"], hosting=["sagemaker"]), "balanced").chosen
    needed, month = chosen.replicas_needed, chosen.usd_month_needed
    assert needed.low < needed.likely == chosen.replicas_peak < needed.high
    assert month.low < month.likely < month.high
    assert month.likely == pytest.approx(chosen.usd_month)
    alone = placed(chat(regions=["eu-north-1"], hosting=["sagemaker"]), "balanced")
    emitted, printed = alone.footprint.gco2e_hour, alone.chosen.gco2e_hour
    assert printed.likely == pytest.approx(emitted.likely)
    assert printed.high >= emitted.high * (1 - 1e-9)
    assert printed.low <= emitted.low * (1 + 1e-9)


def test_the_origin_of_the_speed_is_said() -> None:
    answer = placed(production(regions=["eu-north-1"], hosting=["sagemaker"]), "balanced")
    origin = answer.origin
    assert (origin.family, origin.stack) == ("Inferentia2", answer.chosen.stack)
    assert origin.rows > 0
    assert origin.publishers >= 1
    assert len(origin.sources) >= origin.publishers
    assert (origin.apart_pct is None) is (origin.publishers < 2)
    assert origin.basis == answer.sizing.prediction.basis


def test_where_only_the_confidence_is_missing_the_likely_one_is_named() -> None:
    def bounded(bound_ms: float, confidence: float | None = None) -> Workload:
        latency = Latency(time_per_output_token_ms=bound_ms)
        return msgspec.structs.replace(production(), latency=latency, confidence=confidence)

    fastest_ms = min(
        float(loser.reason.split()[5])
        for loser in place(asked(bounded(0.01, 0.5))).rejected
        if loser.kind == "latency"
    )
    answer = place(asked(bounded(fastest_ms * 1.05)))
    assert isinstance(answer, NoPlacement)
    assert answer.confidence == 0.8
    assert answer.likely is not None
    assert answer.likely == placed(bounded(fastest_ms * 1.05, 0.5)).chosen
    hopeless = place(asked(bounded(0.01)))
    assert isinstance(hopeless, NoPlacement)
    assert hopeless.likely is None


@pytest.mark.parametrize("output_tokens", [None, 20])
def test_what_writes_no_tokens_is_counted_by_its_requests(output_tokens: int | None) -> None:
    """A number of output tokens changes nothing of an encoder."""
    traffic = {"peak_rps": 20, "mean_rps": 5, "input_tokens": 500, "output_tokens": output_tokens}
    workload = as_workload(
        {"name": "vectors", "model": "BAAI/bge-small-en-v1.5", "traffic": traffic}
    )
    placement = placed(workload)
    assert isinstance(placement, Placement)
    assert placement.functional_unit == "1,000 requests"
    thousands_a_month = 5 * 3600 * 730 / 1000
    assert placement.chosen.usd_unit == pytest.approx(
        placement.chosen.usd_month / thousands_a_month, rel=0.01
    )
