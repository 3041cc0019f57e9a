"""Findings of one resource as one set of changes: merged, in conflict, and never summed."""

from __future__ import annotations

from typing import Any

import pytest
from lichen_policies.verdict import Change, Saves, Value, Verdict, advice_of, fix_of, printable

from lichen.interval import Interval


def verdict(rule: str, *changes: Change, **fields: Any) -> Verdict:
    return Verdict(
        rule=rule,
        verdict="fail",
        level="mandatory",
        severity="high",
        resource="chat",
        type="t",
        changes=changes,
        **fields,
    )


def to(path: str, value: Value | None, **fields: Any) -> Change:
    return Change(path=path, to=value, **fields)


@pytest.mark.parametrize(
    ("changes", "or_else", "fix"),
    [
        ((to("minSize", 0),), "", "set minSize to 0"),
        ((to("count", 2, at_most=True),), "raise it", "set count to at most 2; or raise it"),
        ((to("spot", True),), "", "set spot to true"),
        ((to("name", None, why="it is free"),), "", "remove name: it is free"),
        ((to("a", 1), to("b", 2)), "", "set a to 1 and set b to 2"),
        ((to("a", "x", note="1 chip"), to("b", 2)), "", "set a to x, 1 chip, and set b to 2"),
        ((to("a", "x", keeps=True), to("b", 2)), "", "set b to 2"),
        (
            (to("region", "n", note="25 g", elsewhere="on the provider", why="the nearest"),),
            "",
            "set region (here or on the provider) to n, 25 g: the nearest",
        ),
        ((), "widen regions", "widen regions"),
    ],
)
def test_a_fix_is_composed_from_its_changes(
    changes: tuple[Change, ...], or_else: str, fix: str
) -> None:
    assert fix_of(changes, or_else) == fix


def test_the_same_change_of_two_rules_is_made_once() -> None:
    advice = advice_of([verdict("a", to("n", 1, why="x")), verdict("b", to("n", 1, why="y"))])
    assert advice.changes == (to("n", 1, why="x; y"),)
    assert advice.conflicts == ()


def test_two_values_of_one_property_conflict() -> None:
    advice = advice_of([verdict("a", to("n", 1)), verdict("b", to("n", 2), to("m", 3))])
    assert advice.changes == (to("m", 3),)
    (conflict,) = advice.conflicts
    assert conflict.text == "n: a sets 1, b sets 2"


@pytest.mark.parametrize(
    ("other", "merged"),
    [
        (to("n", 2, at_most=True), to("n", 1)),
        (to("n", 1, at_most=True), to("n", 1)),
        (to("n", 0, at_most=True), None),
    ],
)
def test_a_value_within_a_ceiling_satisfies_both(other: Change, merged: Change | None) -> None:
    advice = advice_of([verdict("a", to("n", 1)), verdict("b", other)])
    assert advice.changes == ((merged,) if merged else ())
    assert bool(advice.conflicts) == (merged is None)


def test_of_two_ceilings_the_lower_holds() -> None:
    low, high = to("n", 1, at_most=True), to("n", 4, at_most=True)
    assert advice_of([verdict("a", high), verdict("b", low)]).changes == (low,)


def test_a_value_that_one_rule_relies_on_and_another_changes_is_a_conflict() -> None:
    advice = advice_of(
        [verdict("a", to("m", "big", keeps=True), to("n", 1)), verdict("b", to("m", "small"))]
    )
    (conflict,) = advice.conflicts
    assert conflict.text == "m: a keeps big, b sets small"
    assert advice.changes == (to("n", 1),)
    assert advice_of([verdict("a", to("m", "big", keeps=True))]).changes == ()


@pytest.mark.parametrize("order", [1, -1])
def test_a_change_inside_of_what_another_removes_is_a_conflict(order: int) -> None:
    both = [verdict("a", to("scaling", None)), verdict("b", to("scaling.min", 1))][::order]
    (conflict,) = advice_of(both).conflicts
    assert conflict.text == "scaling: a removes it, b sets scaling.min to 1"


def test_the_saving_is_the_largest_never_the_sum() -> None:
    small = Saves(gco2e_month=Interval(1, 2, 3), usd_month=10)
    large = Saves(gco2e_month=Interval(4, 5, 6), usd_month=1)
    advice = advice_of([verdict("a", saves=small), verdict("b", saves=large), verdict("c")])
    assert advice.saves == Saves(gco2e_month=Interval(4, 5, 6), usd_month=10)


def test_a_saving_in_words() -> None:
    assert Saves().text == ""
    assert Saves(usd_month=-5).text == ""
    saves = Saves(gco2e_month=Interval(60_000, 590_000, 900_000), usd_month=22_391.2)
    assert saves.text == "Saves about 590 kg CO2e (60.0 to 900) and $22,391 a month."


@pytest.mark.parametrize(("other", "merged"), [("PT3600S", True), ("PT900S", False)])
def test_two_durations_are_one_only_where_they_are_the_same(other: str, merged: bool) -> None:
    ceiling = to("n", "PT3600S", at_most=True)
    advice = advice_of([verdict("a", ceiling), verdict("b", to("n", other, at_most=True))])
    assert advice.changes == ((ceiling,) if merged else ())
    assert bool(advice.conflicts) != merged


def test_words_that_set_what_a_change_sets_are_another_way_out() -> None:
    measured = "measure the model on small, then set m to it"
    advice = advice_of(
        [verdict("a", to("m", "big")), verdict("b", or_else=measured), verdict("c", or_else="tag")]
    )
    assert advice.changes == (to("m", "big"),)
    assert (advice.also, advice.or_else) == (("tag",), (measured,))
    # With two changes that contradict each other it is a third choice.
    conflicting = [verdict("a", to("m", "big")), verdict("d", to("m", "huge"))]
    assert advice_of([*conflicting, verdict("b", or_else=measured)]).or_else == (measured,)
    alone = advice_of([verdict("b", or_else=measured)])
    assert (alone.also, alone.or_else) == ((measured,), ())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('module.chat["a"].b', 'module.chat["a"].b'),
        ("C:\\stack", "C:\\stack"),
        ("\\\x1b", "\\\\x1b"),
        ("\\\\n", "\\\\n"),
        ('"\n', '"\\n'),
        ("a\x7f", "a\\x7f"),
        ("é\u202e", "é\\u202e"),
        ("\ud800", "\\ud800"),
        ("日本", "日本"),
    ],
)
def test_what_others_named_is_printed_so_that_all_of_it_is_seen(name: str, shown: str) -> None:
    plain = verdict("a", message="said")
    named = verdict("a", message=name)
    assert printable((plain, named)) == (plain, verdict("a", message=shown))
    assert printable((named,)) == (verdict("a", message=shown),)
