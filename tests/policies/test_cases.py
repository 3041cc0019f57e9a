"""Every rule's examples, in every dialect and in the shapes that dialect comes in."""

from __future__ import annotations

import msgspec
import pytest
from lichen_policies.configuration import read
from lichen_policies.rulebook import judge_resource, rules

from lichen.catalogue import load
from tests.policies.cases_file import Case, as_checkov, cases

CASES = cases()


def judged(case: Case) -> list:
    verdicts = judge_resource(case.resource, read(None), load())
    return [verdict for verdict in verdicts or () if verdict.rule == case.rule]


def check(case: Case) -> None:
    verdicts = judged(case)
    assert {verdict.verdict for verdict in verdicts} == {case.verdict}
    for verdict in verdicts:
        assert case.level in (None, verdict.level)
        for words in case.says:
            assert words in verdict.message
        assert "UNKNOWN" not in verdict.message
        assert "None" not in verdict.message


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    check(case)


@pytest.mark.parametrize("case", [c for c in CASES if c.dialect == "terraform"], ids=str)
def test_terraform_case_as_checkov_reads_it(case: Case) -> None:
    wrapped = as_checkov(case.resource.properties)
    check(case._replace(resource=msgspec.structs.replace(case.resource, properties=wrapped)))


@pytest.mark.parametrize("case", [c for c in CASES if c.verdict == "fail"], ids=str)
def test_a_finding_says_what_the_limit_is_and_what_to_type(case: Case) -> None:
    for verdict in judged(case):
        what, _, rest = verdict.message.partition("; ")
        assert what
        assert ". Fix: " in rest
        assert verdict.fix in rest
        assert not verdict.fix.endswith(".")
        assert verdict.path


def test_every_rule_has_its_examples() -> None:
    """One that fails and one that passes in each dialect, and one that cannot be known."""
    told = {(case.rule, case.verdict, case.dialect) for case in CASES}
    for rule in rules():
        for dialect in ("pulumi", "terraform", "cloudformation"):
            assert (rule, "fail", dialect) in told
            assert (rule, "pass", dialect) in told
        assert (rule, "unverified", "pulumi") in told
    assert {case.rule for case in CASES} == set(rules())
