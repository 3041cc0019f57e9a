"""Resources of a stack that name each other: asked of an index, answered as one by one."""

from __future__ import annotations

from itertools import product

import pytest
from lichen_policies.facts import UNKNOWN, Fact, Unknown
from lichen_policies.facts.readers.aws.joining import MeantBy, means
from lichen_policies.facts.unknown import Maybe, field
from lichen_policies.stack import Stack

from tests.policies.resources import resource_of


class Named(Fact, frozen=True, kw_only=True):
    name: str | None


class Naming(Fact, frozen=True, kw_only=True):
    value: str | None


NAMES = ("one", "two", UNKNOWN)
"""What the named ones are called, at the addresses ``c[0]``, ``c[1]`` and so on."""
VALUES = (
    None,
    "one",
    "arn:aws:sagemaker:eu-north-1:1:endpoint-config/two",
    "in-another-stack",
    UNKNOWN,
    Unknown(references=("c[1]",)),
    Unknown(references=("c",)),
    Unknown(references=("c[0]", "elsewhere")),
)


def stack_of(values: tuple[Maybe[str], ...]) -> Stack:
    """One of all NAMES each, and what names one by each value."""
    named = [
        (resource_of("a:named", {}, f"c[{number}]"), (Named(name=field(name)),))
        for number, name in enumerate(NAMES)
    ]
    naming = [
        (resource_of("a:naming", {}, f"e{number}"), (Naming(value=field(value)),))
        for number, value in enumerate(values)
    ]
    return Stack([*named, *naming])


@pytest.mark.parametrize("values", [VALUES, *product(VALUES, repeat=2)])
def test_an_index_answers_as_each_asked_of_each(values: tuple[Maybe[str], ...]) -> None:
    stack = stack_of(values)
    others = [(each, each.fact.as_read("value")) for each in stack.of(Naming)]
    index, at = MeantBy(others, Named, "name", stack), stack.addresses(Named)
    for subject in stack.of(Named):
        assert index.of(subject) == [
            (other, answer)
            for other, value in others
            if (answer := means(value, subject, at)) is not False
        ]


def test_where_the_resources_of_a_kind_are_is_known_for_each_kind() -> None:
    stack = stack_of(("one",))
    assert stack.addresses(Named) == {"c", "c[0]", "c[1]", "c[2]"}
    assert stack.addresses(Naming) == {"e0"}
