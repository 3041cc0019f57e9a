"""Other ways to serve the model: what each saves, what it assumes, and what evidence it needs."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from lichen_doors.report import for_programs
from lichen_doors.report import placement as report
from lichen_doors.report.page.placement import as_page
from msgspec.structs import replace

from lichen.document import InputError
from lichen.evaluation import Evaluation
from lichen.passport import Passport
from lichen.placing.allowed import check_agreement
from lichen.placing.choose import place
from lichen.placing.placement import Placement, Variant
from lichen.placing.question import Question
from lichen.prompt_tokens import estimated_tokens
from lichen.sizing import Layout, lay_out
from lichen.sizing.speculation import Speculation, acceptance_for, tokens_a_step
from lichen.workload import Workload, as_workload
from tests.fixed import fixed

CATALOGUE = fixed()


def chat(**changed: Any) -> Workload:
    document = {
        "name": "chat",
        "model": "meta-llama/Llama-3.1-8B",
        "precisions": ["bf16"],
        "traffic": {"peak_rps": 12, "mean_rps": 6, "input_tokens": 1500, "output_tokens": 300},
        "latency": {"time_to_first_token_ms": 2000, "time_per_output_token_ms": 80},
        "where": {"clouds": ["aws"], "hosting": ["sagemaker"], "countries": ["SE"]},
        "environment": "prod",
    }
    return as_workload(document | changed)


def placed(workload: Workload, **given: Any) -> Placement:
    answer = place(Question.of(workload, catalogue=CATALOGUE, **given), runners_up=0, variants=True)
    assert isinstance(answer, Placement)
    return answer


def variants(workload: Workload, **given: Any) -> dict[str, Variant]:
    return {
        each.name if each.kind in ("precision", "smaller-model") else each.kind: each
        for each in placed(workload, **given).variants or ()
    }


def test_each_kind_is_beside_the_placement_in_its_region_on_its_hosting() -> None:
    answer = placed(chat())
    found = answer.variants or ()
    assert [each.kind for each in found] == [
        "precision",
        "precision",
        "precision",
        "smaller-model",
        "prefix-caching",
        "speculative-decoding",
    ]
    for each in found:
        assert each.needs
        assert each.is_shown is None
        if each.then is None:
            assert each.breaks_even
            continue
        now, then = answer.chosen, each.then
        assert (then.region, then.hosting) == (now.region, now.hosting)
        assert each.usd_month_less == pytest.approx(now.usd_month - then.usd_month)
        assert each.gco2e_month_less == pytest.approx(
            now.gco2e_month.likely - then.gco2e_month.likely
        )
    four_bits = next(each for each in found if each.name == "int4")
    assert four_bits.usd_month_less is not None
    assert four_bits.usd_month_less > 0


def test_they_are_not_placed_unless_they_are_asked_for() -> None:
    answer = place(Question.of(chat(), catalogue=CATALOGUE))
    assert isinstance(answer, Placement)
    assert answer.variants is None


def test_a_precision_that_the_workload_allows_is_no_variant() -> None:
    assert "int8" not in variants(chat(precisions=["bf16", "int8"]))


def test_the_smaller_model_is_the_next_of_its_family() -> None:
    found = variants(chat(model="meta-llama/Llama-3.1-70B", environment="dev", latency={}))
    assert found["meta-llama/Llama-3.1-8B"].assumes == (
        "8.03 billion parameters in place of 70.6 billion"
    )
    # The smallest one drafts: it has the same vocabulary.
    assert found["speculative-decoding"].name.endswith("drafts by meta-llama/Llama-3.2-1B")
    assert "arXiv 2211.17192" in found["speculative-decoding"].assumes
    assert "acceptance rate of" in found["speculative-decoding"].breaks_even
    small = variants(chat(model="meta-llama/Llama-3.2-1B"))
    assert not any(each.kind == "smaller-model" for each in small.values())


def test_a_cache_of_prefixes_has_the_prompts_prefix(tmp_path: Path) -> None:
    text = "You answer questions about the library's opening hours. " * 40 + "{question}"
    (tmp_path / "prompt.txt").write_text(text)
    workload = chat(prompts={"templates": [{"name": "system", "file": "prompt.txt"}]})
    caching = variants(workload, near=tmp_path)["prefix-caching"]
    assert "before anything that varies" in caching.assumes
    unknown = variants(chat())["prefix-caching"]
    assert "hit rate of" in unknown.assumes + unknown.breaks_even


def test_a_measured_rate_takes_the_place_of_what_is_assumed() -> None:
    evaluations = [
        {"variant": "prefix-caching", "name": "hit rate", "score": 0.8},
        {"variant": "speculative-decoding", "name": "acceptance rate", "score": 0.9},
    ]
    found = variants(chat(evaluations=evaluations))
    assert found["prefix-caching"].assumes == "a measured hit rate of 0.8"
    assert "0.9 of them kept (measured)" in found["speculative-decoding"].assumes


def test_an_evaluation_is_shown_beside_its_variant() -> None:
    passed = {"variant": "int8", "name": "MMLU-Pro", "score": 0.71, "at_least": 0.7}
    failed = {"variant": "int4", "name": "MMLU-Pro", "score": 0.61, "at_least": 0.7}
    answer = placed(chat(evaluations=[passed, failed]))
    found = {each.name: each for each in answer.variants or ()}
    assert (found["int8"].is_shown, found["int4"].is_shown) == (True, False)
    assert report.evidence_of(found["int8"]) == "MMLU-Pro 0.71 (at least 0.7)"
    assert report.evidence_of(found["int4"]) == "MMLU-Pro 0.61 (at least 0.7): not enough"
    assert report.evidence_of(found["fp8"]) == "none"
    shown = report.about_variants([found["int8"]])
    assert list(shown) == ["int8 is shown to be good enough: add it to precisions"]
    assert "MMLU-Pro" in report.as_markdown(answer, top=0)
    page = as_page(answer, CATALOGUE, today=date(2026, 11, 26), top=0)
    assert "Other ways to serve the model" in page
    assert "MMLU-Pro" in page
    assert '"is_shown":true' in for_programs(answer).replace(" ", "")


def test_an_evaluation_may_be_in_a_record(tmp_path: Path) -> None:
    (tmp_path / "int8.yaml").write_text(
        "{model: meta-llama/Llama-3.1-8B, machine: g6.xlarge, precision: int8, requests: 200,"
        " measured_on: 2026-11-20, concurrency: 4, time_per_output_token_ms: 30,"
        " evaluations: [{variant: int8, name: own questions, score: 3, at_most: 5}]}"
    )
    workload = chat(evidence=["int8.yaml"])
    assert variants(workload, near=tmp_path)["int8"].is_shown
    asked = Question.of(workload, near=tmp_path, catalogue=CATALOGUE).workload
    assert Passport.of(asked, "bf16").evaluated == ("int8 own questions 3",)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"variant": "fp9"}, r"evaluations\[0\]\.variant: 'fp9' is no precision.*fp8"),
        ({"variant": "prefix-caching", "name": "hit rate"}, "from 0 to 1"),
        ({"variant": "speculative-decoding"}, "name it acceptance rate"),
        ({"variant": "gpt-99"}, "name a precision such as fp8"),
        ({"name": ""}, "is empty"),
        ({"name": "a\x1b[31m"}, "text in one line"),
        ({"at_most": 1, "at_least": 0}, "not both"),
        ({"scores": 1}, "did you mean 'score'"),
        ({"score": "good"}, "score"),
        ({"name": ""}, "name"),
    ],
)
def test_a_bad_evaluation_is_refused(changed: dict[str, object], message: str) -> None:
    one = {"variant": "fp8", "name": "MMLU-Pro", "score": 71.0} | changed
    with pytest.raises(InputError, match=message):
        Question.of(chat(evaluations=[one]), catalogue=CATALOGUE)


def test_an_evaluation_in_another_model_s_record_is_not_the_workload_s(tmp_path: Path) -> None:
    other, smaller = "Qwen/Qwen2.5-7B-Instruct", "meta-llama/Llama-3.2-1B"
    (tmp_path / "other.yaml").write_text(
        f"{{model: {other}, machine: g6.xlarge, precision: fp8, requests: 200,"
        " measured_on: 2026-11-20, concurrency: 4, time_per_output_token_ms: 30, evaluations: ["
        "{variant: fp8, name: MMLU, score: 0.7, at_least: 0.6},"
        f"{{variant: {smaller}, name: MMLU, score: 0.3, at_least: 0.6}}]}}"
    )
    asked = Question.of(chat(evidence=["other.yaml"]), near=tmp_path, catalogue=CATALOGUE)
    assert [each.variant for each in asked.workload.evaluations] == [smaller]
    answer = place(asked)
    assert isinstance(answer, Placement)
    assert any(f"record of {other} in evidence narrows nothing" in note for note in answer.notes)


def test_nothing_that_was_evaluated_is_lost() -> None:
    given = [
        {"variant": "gptq", "name": "MMLU-Pro", "score": 0.61, "at_least": 0.7},
        {"variant": "meta-llama/Llama-3.2-1B", "name": "MMLU-Pro", "score": 0.2},
        {"variant": "prefix-caching", "name": "hit rate", "score": 0.001},
    ]
    answer = placed(chat(evaluations=given))
    page = as_page(answer, CATALOGUE, today=date(2026, 11, 26), top=0)
    for written in (report.as_markdown(answer, top=0), page):
        for shown in ("MMLU-Pro 0.61 (at least 0.7)", "MMLU-Pro 0.2", "hit rate 0.001"):
            assert shown in written
    assert "prefix caching: hit rate 0.001; it saves less than 5 %" in list(
        report.about_not_worth(answer)
    )


def test_prompts_that_begin_with_what_varies_leave_a_cache_nothing(tmp_path: Path) -> None:
    templates = [
        {"name": "user", "text": "{{user}} says hi."},
        {"name": "rules", "text": "Answer from the library's opening hours. " * 50},
    ]
    question = Question.of(chat(prompts={"templates": templates}), catalogue=CATALOGUE)
    assert question.prefix_tokens == 0
    # The other way round all of the rules is before what varies.
    turned = Question.of(chat(prompts={"templates": templates[::-1]}), catalogue=CATALOGUE)
    assert turned.prefix_tokens == pytest.approx(estimated_tokens(templates[1]["text"]).likely)
    answer = place(question, runners_up=0, variants=True)
    assert isinstance(answer, Placement)
    (caching,) = (each for each in answer.variants or () if each.kind == "prefix-caching")
    assert caching.then is None
    assert "begin with something that varies" in "".join(report.about_not_worth(answer))


def test_the_last_evaluation_is_the_one_of_the_last_day() -> None:
    rate = {"variant": "prefix-caching", "name": "hit rate"}
    given = [
        rate | {"score": 0.9, "evaluated_on": "2026-10-01"},
        rate | {"score": 0.1, "evaluated_on": "2024-10-01"},
        rate | {"score": 0.2},
    ]
    found = variants(chat(evaluations=given))
    assert found["prefix-caching"].assumes == "a measured hit rate of 0.9"


def test_a_workload_that_has_no_traffic_on_average_is_placed() -> None:
    idle = {
        "name": "search",
        "model": "BAAI/bge-small-en-v1.5",
        "mode": "serverless",
        "traffic": {"peak_rps": 2, "mean_rps": 0, "input_tokens": 100},
    }
    answer = placed(as_workload(idle))
    assert answer.chosen.usd_month == 0
    assert not report.worth_variants(answer)
    assert report.as_markdown(answer, top=2)
    assert as_page(answer, CATALOGUE, today=date(2026, 11, 26), top=2)


def test_limits_that_allow_nothing_together_are_refused() -> None:
    for where, says in (
        ({"clouds": ["azure"], "hosting": ["sagemaker"]}, "sagemaker is on aws, and where.clouds"),
        ({"clouds": ["google"], "regions": ["us-east-1"]}, "us-east-1: aws is not in"),
        ({"regions": ["us-east-1"], "residency": "EU"}, "us-east-1: US is outside"),
    ):
        with pytest.raises(InputError, match=says):
            check_agreement(chat(where=where).where, CATALOGUE)


def test_a_score_is_written_as_it_was_given() -> None:
    one = Evaluation(variant="fp8", name="points", score=1234567.89, at_most=5.4712345)
    assert one.text == "points 1234567.89 (at most 5.4712345)"
    assert one.tag == "fp8 points 1234567.89"


def test_another_way_saves_only_of_the_hours_that_are_paid() -> None:
    rare = {
        "name": "search",
        "model": "BAAI/bge-small-en-v1.5",
        "mode": "serverless",
        "traffic": {"peak_rps": 0.2, "mean_rps": 0.001, "input_tokens": 100},
    }
    answer = placed(as_workload(rare))
    paid = answer.chosen.replicas_mean * 24
    for each in answer.savings:
        assert each.saved_share == pytest.approx(max(0.0, 1 - each.replica_hours / paid))


def test_less_is_better_where_a_score_is_at_most() -> None:
    errors = Evaluation(variant="fp8", name="word errors", score=4.0, at_most=5.0)
    assert errors.is_enough
    assert errors.tag == "fp8 word errors 4"
    assert not replace(errors, score=6.0).is_enough
    assert replace(errors, at_most=None).is_enough is None


def test_drafts_leave_so_many_tokens_a_step() -> None:
    assert tokens_a_step(0.0, 4) == 1.0
    assert tokens_a_step(1.0, 4) == 5.0
    assert tokens_a_step(0.5, 2) == pytest.approx(1.75)
    assert acceptance_for(1.75, 2) == pytest.approx(0.5, abs=1e-6)
    assert acceptance_for(3.5, 2) is None


def laid_out() -> Layout:
    machine = CATALOGUE.machine("g6e.xlarge")
    layout = lay_out(chat(), CATALOGUE.model("meta-llama/Llama-3.1-8B"), machine, "bf16", CATALOGUE)
    assert isinstance(layout, Layout)
    return layout


def test_drafts_help_a_lonely_request_more_than_a_full_batch() -> None:
    plain = laid_out().arrangement
    drafted = replace(plain, speculation=Speculation(ahead=4, acceptance=0.7))
    alone, full = (plain.step_s(batch) / drafted.step_s(batch) for batch in (1.0, 128.0))
    assert 1.0 < alone < tokens_a_step(0.7, 4)
    assert full < alone
    never = replace(plain, speculation=Speculation(ahead=4, acceptance=0.0))
    assert never.step_s(1.0) > plain.step_s(1.0)


def test_a_cached_prefix_is_not_read_again() -> None:
    plain = laid_out().arrangement
    times = [replace(plain, cached_tokens=tokens).prefill_s() for tokens in (0.0, 700.0, 1400.0)]
    assert times[0] == plain.prefill_s()
    assert times[0] > times[1] > times[2] > 0
