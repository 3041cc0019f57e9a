"""Properties of every dialect are read alike, and what cannot be read is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_policies.facts import UNKNOWN, is_unknown
from lichen_policies.facts.properties import Properties

SHAPES = {
    "pulumi": {"minSize": 2, "nested": {"instanceType": "g5.xlarge"}, "rows": [{"on": 3}, {}]},
    "terraform": {
        "min_size": 2,
        "nested": [{"instance_type": "g5.xlarge"}],
        "rows": [{"on": 3}, {}],
    },
    "cloudformation": {
        "MinSize": "2",
        "Nested": {"InstanceType": "g5.xlarge"},
        "Rows": [{"On": "3"}, {}],
    },
}
CHECKOV = {
    "min_size": [2],
    "nested": [{"instance_type": ["g5.xlarge"]}],
    "rows": [[{"on": [3]}, {}]],
}


@pytest.mark.parametrize(
    ("values", "dialect"),
    [*((values, dialect) for dialect, values in SHAPES.items()), (CHECKOV, "terraform")],
)
def test_every_shape_reads_the_same(values: dict[str, Any], dialect: Any) -> None:
    properties = Properties(values, dialect)
    assert properties.whole("min_size") == 2
    assert properties.number("min_size") == 2.0
    assert properties.block("nested").text("instance_type") == "g5.xlarge"
    assert [row.whole("on") for row in properties.blocks("rows")] == [3, None]


def test_a_value_is_stated_with_its_path() -> None:
    properties = Properties(SHAPES["cloudformation"], "cloudformation")
    assert properties.stated_whole("min_size") == (2, "MinSize")
    assert properties.stated_text("max_size") == (None, "MaxSize")


def test_each_text_of_a_list_and_one_unknown_for_a_list_that_is_not_known() -> None:
    properties = Properties({"names": ["a", "b"], "others": ["a", UNKNOWN]}, "pulumi")
    assert properties.each_text("names") == ("a", "b")
    assert properties.each_text("others") == (UNKNOWN,)
    assert properties.each_text("absent") == ()


def test_a_path_is_spelled_as_the_dialect_spells_it() -> None:
    rows = {"pulumi": "nested.instanceType", "terraform": "nested.instance_type"}
    rows["cloudformation"] = "Nested.InstanceType"
    for dialect, path in rows.items():
        properties = Properties(SHAPES[dialect], dialect)  # type: ignore[arg-type]
        assert properties.block("nested").at("instance_type") == path
    rows_at = [row.at("on") for row in Properties(SHAPES["pulumi"], "pulumi").blocks("rows")]
    assert rows_at == ["rows[0].on", "rows[1].on"]


def test_what_is_left_out_is_none_and_what_is_null_too() -> None:
    properties = Properties({"size": None, "name": "", "list": []}, "pulumi")
    assert properties.whole("size") is None
    assert properties.text("name") is None
    assert properties.text("list") is None
    assert properties.blocks("absent") == []
    assert not properties.block("absent")
    assert properties.given("size") is False


def test_all_of_an_unknown_block_is_unknown() -> None:
    properties = Properties(
        {"scaling": UNKNOWN, "rows": UNKNOWN, "names": ["a", UNKNOWN]}, "pulumi"
    )
    assert is_unknown(properties.block("scaling").whole("min"))
    (row,) = properties.blocks("rows")
    assert is_unknown(row.text("x"))
    assert is_unknown(row.given("x"))
    assert is_unknown(properties.texts("names"))


@pytest.mark.parametrize(
    ("read", "value", "because"),
    [
        ("text", 3, "is not text"),
        ("text", {"a": 1}, "is not text"),
        ("whole", "many", "is not a number"),
        ("whole", 1.5, "is not a whole number"),
        ("whole", True, "is not a number"),
        ("texts", [1], "is not a list of texts"),
    ],
)
def test_a_value_of_the_wrong_type_is_unknown_and_says_so(
    read: str, value: Any, because: str
) -> None:
    found = getattr(Properties({"it": value}, "pulumi"), read)("it")
    assert is_unknown(found)
    assert found.because == because


@pytest.mark.parametrize(
    "written",
    [
        {"env": "prod", "team": "x"},
        [{"key": "env", "value": "prod"}, {"key": "team", "value": "x"}],
        [{"env": "prod", "team": "x"}],
        [[{"key": ["env"], "value": ["prod"]}], [{"key": ["team"], "value": ["x"]}]],
    ],
)
def test_tags_in_every_shape(written: Any) -> None:
    assert Properties({"tags": written}, "terraform").tags("tags") == {"env": "prod", "team": "x"}


def test_tags_named_key_and_value_are_tags() -> None:
    assert Properties({"tags": {"key": "a"}}, "pulumi").tags("tags") == {"key": "a"}


def test_tags_of_cloudformation() -> None:
    written = {"Tags": [{"Key": "env", "Value": UNKNOWN}]}
    tags = Properties(written, "cloudformation").tags("tags")
    assert is_unknown(tags["env"])


@pytest.mark.parametrize("written", [-1, 1e16, "1e300", 10**400])
def test_a_number_that_nothing_can_have_is_unknown(written: object) -> None:
    assert is_unknown(Properties({"count": written}, "pulumi").whole("count"))
