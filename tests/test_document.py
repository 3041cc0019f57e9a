"""A mistake in a document is answered with its field, what is wrong, and what to write."""

from pathlib import Path
from typing import Literal

import pytest

from lichen.document import InputError, convert, did_you_mean, nearest, read_document
from lichen.workload import as_workload, read_workload

GOOD = {"name": "chat", "model": "some/model", "traffic": {"peak_rps": 2}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"trafic": 1}, "trafic: 'trafic' is not a field. Fix: did you mean 'traffic'?"),
        (
            {"traffic": {"peak_rps": 1, "mean": 1}},
            "traffic.mean: 'mean' is not a field. Fix: did you mean 'mean_rps'?",
        ),
        (
            {"traffic": {"peak_rps": -2}},
            "traffic.peak_rps: -2 is not a number >= 0. Fix: give a number >= 0.",
        ),
        (
            {"traffic": {"peak_rps": "two"}},
            "traffic.peak_rps: 'two' is not a number. Fix: give a number.",
        ),
        ({"traffic": {}}, "traffic.peak_rps: is required. Fix: add peak_rps:."),
        (
            {"traffic": {"peak_rps": 1, "mean_rps": 3}},
            "traffic: mean_rps (3) is above peak_rps (1): raise peak_rps or lower it.",
        ),
        (
            {"traffic": {"peak_rps": 1, "hourly_rps": [0] * 23 + [2]}},
            "traffic: hourly_rps[23] (2) is above peak_rps (1): raise peak_rps or lower it.",
        ),
        (
            {"environment": "production"},
            "environment: 'production' is not a valid value. Fix: did you mean 'prod'?",
        ),
        (
            {"precisions": ["int8", "b16"]},
            "precisions[1]: 'b16' is not a valid value. Fix: did you mean 'bf16'?",
        ),
        (
            {"where": {"near": [{"region": "eu-north-1", "within": 2}]}},
            "where.near[0].within: 'within' is not a field. Fix: did you mean 'within_ms'?",
        ),
        (
            {"model": {"name": "mine", "kind": "lm", "parameters": 3e9}},
            "model.kind: 'lm' is not a valid value. Fix: did you mean 'vlm'?",
        ),
    ],
)
def test_a_mistake_names_its_field_and_the_fix(change: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        as_workload(GOOD | change)
    assert str(caught.value) == message


def test_nan_is_not_a_rate() -> None:
    with pytest.raises(InputError, match=r"traffic\.peak_rps: nan"):
        as_workload(GOOD | {"traffic": {"peak_rps": float("nan")}})


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.yaml", b"name: [", "does not parse"),
        ("a.json", b"{", "does not parse"),
        ("a.toml", b"name = ", "does not parse"),
        ("a.yaml", b"\xff\xfe\x00", "is not UTF-8 text"),
        ("a.txt", b"", "not a format Lichen reads"),
        ("a.yaml", b"- a list", "a workload is a mapping"),
    ],
)
def test_an_unreadable_document_is_named(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_workload(path)
    assert str(caught.value).startswith(str(path))


def test_a_missing_document_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_document(tmp_path / "absent.yaml")


def test_three_formats_say_the_same(tmp_path: Path) -> None:
    texts = {
        "w.yaml": "name: chat\nmodel: m\ntraffic: {peak_rps: 2}\n",
        "w.json": '{"name": "chat", "model": "m", "traffic": {"peak_rps": 2}}',
        "w.toml": 'name = "chat"\nmodel = "m"\n[traffic]\npeak_rps = 2\n',
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    workloads = {read_workload(tmp_path / name) for name in texts}
    assert len(workloads) == 1


def test_nearest_words() -> None:
    assert nearest("us-est-1", ["us-east-1", "eu-north-1"]) == ["us-east-1"]
    assert nearest("zzz", ["us-east-1"]) == []
    assert nearest("peu", ["name", "pue"]) == ["pue"]
    assert nearest("output", ["output_tokens", "input_tokens"]) == ["output_tokens"]
    assert did_you_mean("zzz", ["b", "a"]) == "one of a, b"


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("reasons", ["zones"]),
        ("meta", ["metadata", "metallic"]),  # either may be meant
        ("the", ["batch", "chat"]),
        ("does", ["zones"]),
        ("same", ["sum"]),
        ("socket", ["ukwest"]),
        ("concurrent", ["currency"]),
    ],
)
def test_a_far_word_is_not_offered(word: str, words: list[str]) -> None:
    assert did_you_mean(word, words).startswith("one of ")


@pytest.mark.parametrize("text", ["8.03e9", "8e9", "8.03e+9", "-1E-3", ".5e3", "8030000000"])
def test_numbers_are_numbers_however_they_are_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "n.yaml"
    path.write_text(f"parameters: {text}\nversion: 1.2.3\nname: e9\n")
    document = read_document(path)
    assert document["parameters"] == pytest.approx(float(text))
    assert (document["version"], document["name"]) == ("1.2.3", "e9")


def test_half_a_character_is_a_mistake_in_a_sentence() -> None:
    with pytest.raises(InputError, match="half a character"):
        convert({"environment": "\ud800"}, dict[str, Literal["dev", "prod"]])
