"""Every rule's examples, in every dialect and in the shapes that dialect comes in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from lichen_policies.cases import DIALECTS, Case, cases_of, renew
from lichen_policies.cases import verdicts_of as judged
from lichen_policies.facts.reading import by_type, reader_of
from lichen_policies.registry import rules
from lichen_policies.run import GateRun
from lichen_policies.verdict import Verdict

from tests.fixed import fixed

FOLDER = Path(__file__).parent / "cases"


def cases() -> list[Case]:
    return [case for path in sorted(FOLDER.glob("*.yaml")) for case in cases_of(path)]


CASES = cases()


def verdicts_of(case: Case) -> list[Verdict]:
    return judged(case, rules(), fixed())


def as_checkov(value: Any) -> Any:
    """Terraform's values as Checkov hands them over: every one wrapped in a list."""
    if isinstance(value, dict):
        return {key: [as_checkov(each)] for key, each in value.items()}
    if isinstance(value, list):
        return [as_checkov(each) for each in value]
    return value


def messages_of(case: Case) -> tuple[str, ...]:
    return tuple(verdict.message for verdict in verdicts_of(case) if verdict.message)


@pytest.fixture(scope="module", autouse=True)
def _renewed(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--renew-golden"):
        for rule in rules():
            mine = [case for case in CASES if case.rule == rule]
            renew(
                FOLDER / f"{rule}.yaml",
                {(case.name, case.dialect): messages_of(case) for case in mine},
            )
        CASES[:] = cases()


def check(case: Case) -> None:
    verdicts = verdicts_of(case)
    assert {verdict.verdict for verdict in verdicts} == {case.verdict}
    assert messages_of(case) == case.messages
    for verdict in verdicts:
        assert case.level in (None, verdict.level)
        assert "UNKNOWN" not in verdict.message
        assert "None" not in verdict.message


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: str(CASES[number]))
def test_case(number: int) -> None:
    check(CASES[number])


@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda number: str(CASES[number]))
def test_terraform_case_as_checkov_reads_it(number: int) -> None:
    case = CASES[number]
    if case.dialect == "terraform" and not case.together:
        wrapped = as_checkov(case.resource.properties)
        alone = msgspec.structs.replace(case.resource, properties=wrapped)
        check(case._replace(resources=(alone,)))


@pytest.mark.parametrize("case", [c for c in CASES if c.verdict == "fail"], ids=str)
def test_a_finding_states_the_limit_and_what_to_type(case: Case) -> None:
    for verdict in verdicts_of(case):
        assert verdict.message.startswith(f"{verdict.what}; {verdict.limit}. Fix: {verdict.fix}.")
        assert verdict.what
        assert verdict.limit
        assert verdict.changes or verdict.or_else
        assert not verdict.fix.endswith(".")
        assert verdict.path or verdict.rule in OF_WHAT_IS_NOT_THERE


OF_WHAT_IS_NOT_THERE = {
    "dirty-region",
    "greener-region",
    "misplaced-training",
    "region-unresolved",
    "undisclosed-endpoint",
}
"""Rules about a region or about tags: a resource may have no property for the one (its provider or
stack has) and none of the others. A path that does not exist is not named."""


def dialects_of(rule: str) -> set[str]:
    """The dialects in which resources exist that give the rule something to judge: those of the
    readers that read all resources of one of its failing cases."""
    spoken: dict[object, set[str]] = {}
    for (dialect, _), reader in by_type().items():
        spoken.setdefault(reader.read, set()).add(dialect)
    return {
        dialect
        for case in CASES
        if case.rule == rule and case.verdict == "fail"
        for dialect in set.intersection(
            *(spoken[reader_of(each.dialect, each.type).read] for each in case.resources)
        )
    }


def test_every_rule_has_its_examples() -> None:
    """One that fails and one that passes in each dialect that its facts are read from, and one that
    is unverified, but of a rule over a run: it judges nothing that a document may not know."""
    there = {(case.rule, case.verdict, case.dialect) for case in CASES}
    for rule, declared in rules().items():
        wanted = dialects_of(rule) & set(DIALECTS)
        assert wanted
        for dialect in wanted:
            assert (rule, "fail", dialect) in there
            assert (rule, "pass", dialect) in there
        if not issubclass(declared.judges, GateRun):
            assert any(verdict == "unverified" for name, verdict, _ in there if name == rule)
    assert {case.rule for case in CASES} == set(rules())
