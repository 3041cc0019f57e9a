"""A passport written as tags or labels is read back exactly, and a bad one is answered."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lichen.passport import Passport, read_tags, to_tags
from lichen.words import Architecture, Environment, Mode, Precision
from lichen.workload import as_workload

AWS_VALUE = re.compile(r"[A-Za-z0-9 +\-=._:/@]{0,256}")
GOOGLE_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
GOOGLE_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")


def _or_none(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | values


rates = _or_none(st.floats(0, 1e6))
positives = _or_none(st.floats(0, 1e9, exclude_min=True))
counts = _or_none(st.integers(0, 10**9))


@st.composite
def passports(draw: st.DrawFn) -> Passport:
    peak, mean = draw(rates), draw(rates)
    if peak is not None and mean is not None:
        peak, mean = max(peak, mean), min(peak, mean)
    return Passport(
        workload=draw(_or_none(st.text(max_size=80))),
        model=draw(_or_none(st.text(max_size=300))),
        precision=draw(_or_none(st.sampled_from(get_args(Precision)))),
        environment=draw(_or_none(st.sampled_from(get_args(Environment)))),
        mode=draw(_or_none(st.sampled_from(get_args(Mode)))),
        peak_rps=peak,
        mean_rps=mean,
        input_tokens=draw(counts),
        output_tokens=draw(counts),
        items=draw(_or_none(st.integers(1, 10**9))),
        time_to_first_token_ms=draw(positives),
        time_per_output_token_ms=draw(positives),
        p95_ms=draw(positives),
        minimum_replicas=draw(_or_none(st.integers(0, 10_000))),
        confidence=draw(_or_none(st.floats(0.5, 0.99))),
        evidence=tuple(draw(st.lists(st.text(max_size=60), max_size=4))),
        evaluated=tuple(
            f"fp8 {name} 0.5" for name in draw(st.lists(st.text(max_size=20), max_size=2))
        ),
        image_architecture=draw(_or_none(st.sampled_from(get_args(Architecture)))),
    )


@given(passports())
def test_aws_tags_round_trip(passport: Passport) -> None:
    tags = to_tags(passport, "aws")
    assert read_tags(tags, "aws") == ((passport if tags else None), ())
    for key, value in tags.items():
        assert len(key) <= 128
        assert AWS_VALUE.fullmatch(value)


@given(passports())
def test_google_labels_round_trip(passport: Passport) -> None:
    labels = to_tags(passport, "google")
    assert read_tags(labels, "google") == ((passport if labels else None), ())
    for key, value in labels.items():
        assert GOOGLE_KEY.fullmatch(key)
        assert GOOGLE_VALUE.fullmatch(value)


@given(passports())
def test_azure_tags_round_trip(passport: Passport) -> None:
    tags = to_tags(passport, "azure")
    assert read_tags(tags, "azure") == ((passport if tags else None), ())
    for key, value in tags.items():
        assert not set(key) & set("<>%&\\?/")
        assert len(value) <= 256


@given(passports())
def test_kubernetes_annotations_round_trip_as_they_are(passport: Passport) -> None:
    annotations = to_tags(passport, "kubernetes")
    assert read_tags(annotations, "kubernetes") == ((passport if annotations else None), ())
    for key in annotations:
        assert re.fullmatch(r"lichen\.dev/[a-z0-9][a-z0-9-]*", key)
    assert annotations.get("lichen.dev/model") == passport.model


def test_a_usual_passport_is_read_by_a_person() -> None:
    passport = Passport(
        workload="chat",
        model="meta-llama/Llama-3.1-8B",
        peak_rps=4.0,
        evidence=("bench/chat.json",),
    )
    assert to_tags(passport, "aws") == {
        "lichen:workload": "chat",
        "lichen:model": "meta-llama/Llama-3.1-8B",
        "lichen:peak-rps": "4",
        "lichen:evidence": "bench/chat.json",
    }
    assert to_tags(passport, "google")["lichen-model"] == "meta-llama_2f_4clama-3_2e1-8_42"


def test_other_tags_are_passed_over() -> None:
    tags = {"Name": "chat", "team": "search", "lichen:model": "BAAI/bge-small-en-v1.5"}
    assert read_tags(tags, "aws") == (Passport(model="BAAI/bge-small-en-v1.5"), ())
    assert read_tags({"Name": "chat"}, "aws") == (None, ())


def test_what_is_no_escape_stands_for_itself() -> None:
    assert read_tags({"lichen:model": "a=b"}, "aws") == (Passport(model="a=b"), ())
    assert read_tags({"lichen-model": "my_model"}, "google") == (Passport(model="my_model"), ())


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ({"lichen:peek-rps": "1"}, "lichen:peek-rps: is not a tag that Lichen knows. Fix: write"),
        ({"lichen:peak-rps": "fast"}, "lichen:peak-rps: has a value that cannot be read. Fix: wr"),
        ({"lichen:peak-rps": "nan"}, "lichen:peak-rps: has a value that cannot be read. Fix: wr"),
        ({"lichen:peak-rps": "-1"}, "lichen:peak-rps: has a value that cannot be read. Fix: gi"),
        ({"lichen:input-tokens": "1.5"}, "lichen:input-tokens: has a value that"),
        (
            {"lichen:precision": "bf61"},
            "lichen:precision: has a value that cannot be read.",
        ),
        ({"lichen:peak-rps": "1", "lichen:mean-rps": "2"}, "lichen:mean-rps: is above lichen:pea"),
        ({"lichen-environment": "production"}, "lichen-environment: has a value that"),
    ],
)
def test_a_bad_passport_names_the_tag(tags: dict[str, str], message: str) -> None:
    cloud = "google" if next(iter(tags)).startswith("lichen-") else "aws"
    _, mistakes = read_tags(tags, cloud)
    assert message in str(mistakes[0])


def test_what_cannot_be_read_leaves_the_rest_and_is_not_repeated() -> None:
    tags = {
        "lichen:model": "BAAI/bge-small-en-v1.5",
        "lichen:peak-rps": "CANARY",
        "lichen:precision": "CANARY",
        "lichen:owner": "CANARY",
        "lichen:mode": "CANARY",
    }
    passport, mistakes = read_tags(tags, "aws")
    assert passport == Passport(model="BAAI/bge-small-en-v1.5")
    assert [mistake.field for mistake in mistakes] == [
        "lichen:peak-rps",
        "lichen:precision",
        "lichen:owner",
        "lichen:mode",
    ]
    assert "CANARY" not in "".join(map(str, mistakes))


WORKLOAD = {
    "name": "chat",
    "model": "meta-llama/Llama-3.1-8B",
    "traffic": {"peak_rps": 2.0, "mean_rps": 0.5, "input_tokens": 512, "output_tokens": 128},
    "precisions": ["bf16", "int8"],
    "latency": {"time_to_first_token_ms": 800},
    "environment": "prod",
    "availability": {"minimum_replicas": 2},
    "confidence": 0.95,
    "evidence": ["bench/chat.json"],
}


def test_a_workload_as_sizing_needs_it_survives_its_passport() -> None:
    workload = as_workload(WORKLOAD)
    written = Passport.of(workload, "int8")
    read, _ = read_tags(to_tags(written, "aws"), "aws")
    assert read == written
    again = read.as_workload("dev")
    assert again is not None
    assert (again.model, again.precisions, again.environment) == (
        workload.model,
        ("int8",),
        "prod",
    )
    longest = replace(workload.traffic, longest_tokens=640)
    assert (again.traffic, again.latency) == (longest, workload.latency)
    assert again.availability.minimum_replicas == 2
    assert again.confidence == 0.95


def test_a_day_s_profile_becomes_its_mean() -> None:
    traffic = {"peak_rps": 0.1, "hourly_rps": [0.1] * 24, "items": 3}
    passport = Passport.of(as_workload({**WORKLOAD, "traffic": traffic}), "bf16")
    assert passport.mean_rps == 0.1
    assert passport.items == 3


def test_a_rate_is_written_with_the_digits_that_somebody_gave() -> None:
    """A day of 0.6 a second sums up to 14.399999999999995."""
    for rate, written in ((0.6, "0.6"), (1 / 3, "0.3333"), (12345.0, "12340")):
        traffic = {**WORKLOAD["traffic"], "peak_rps": 2 * rate, "mean_rps": rate}
        passport = Passport.of(as_workload({**WORKLOAD, "traffic": traffic}), "bf16")
        tags = to_tags(passport, "aws")
        assert float(tags["lichen:mean-rps"]) == float(written)
        assert len(tags["lichen:mean-rps"]) <= len("12340.0")


def test_without_model_or_rate_there_is_no_workload() -> None:
    assert Passport(model="x").as_workload("dev") is None
    assert Passport(peak_rps=1.0).as_workload("dev") is None
