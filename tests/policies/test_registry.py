"""A rule is one file: what the registry reads of it, and what it says of a file that is wrong."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import jsonschema
import msgspec
import pytest
import yaml
from lichen_policies.configuration import File
from lichen_policies.gate import Gate
from lichen_policies.registry import NoLimits, rules
from lichen_policies.rule import Stack

from docs.written import configuration_schema, table
from lichen.document import InputError
from tests.policies.resources import endpoint_of
from tests.policies.rules_folder import LONG, PAGE, SHORT, rules_of

TODAY = datetime.date(2026, 11, 23)


FIVE = endpoint_of({"instanceType": "ml.g6.xlarge", "initialInstanceCount": 5})


def test_a_new_file_is_a_rule_in_the_registry_the_gate_the_schema_and_the_table(
    tmp_path: Path,
) -> None:
    every = rules_of(tmp_path, {"many_machines": LONG}, with_own=True)
    assert set(every) == {*rules(), "many-machines"}
    (tmp_path / "lichen.yaml").write_text("limits: {many-machines: {staging: {machines: 2}}}\n")
    gate = Gate.near(tmp_path, today=TODAY, rules=every)
    verdicts = {verdict.rule: verdict for verdict in gate.judge(FIVE) or ()}
    of_stacks = {name for name, each in every.items() if issubclass(each.judges, Stack)}
    assert set(verdicts) == set(every) - of_stacks
    assert verdicts["many-machines"].message == (
        "productionVariants[0].initialInstanceCount is 5; the limit is 1. "
        "Fix: set productionVariants[0].initialInstanceCount to at most 1."
    )
    (found,) = (
        verdict for verdict in gate.report([FIVE]).findings if verdict.rule == "many-machines"
    )
    assert found == verdicts["many-machines"]
    schema = configuration_schema(every)
    jsonschema.validate(yaml.safe_load((tmp_path / "lichen.yaml").read_text()), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"limits": {"many-machines": {"machine": 2}}}, schema)
    assert "| [many-machines](lichen_policies/rules/many_machines.py) " in table(every)
    assert "| low | advisory | advisory | mandatory | `machines` 4, dev 1 |" in table(every)


def test_limits_differ_by_environment_and_are_moved_by_the_configuration(tmp_path: Path) -> None:
    every = rules_of(tmp_path, {"many_machines": LONG})
    rule = every["many-machines"]
    assert {name: msgspec.to_builtins(limits) for name, limits in rule.defaults.items()} == {
        "dev": {"machines": 1},
        "staging": {"machines": 4},
        "prod": {"machines": 4},
    }
    moved = Gate.near(tmp_path, today=TODAY, rules=every).moved_by_door(
        limits={"many-machines": {"machines": 5}}, levels={"many-machines": "mandatory"}
    )
    assert moved.level(rule, "dev") == "mandatory"
    (verdict,) = moved.judge(FIVE) or ()
    assert verdict.verdict == "pass"


def test_a_rule_of_one_property_is_a_page_and_a_declaration(tmp_path: Path) -> None:
    every = rules_of(tmp_path, {"no_serverless": SHORT})
    rule = every["no-serverless"]
    assert rule.mistake == ""
    assert rule.limits is NoLimits
    assert rule.offence == "Endpoint that is served without machines"
    gate = Gate.near(tmp_path, today=TODAY, rules=every)
    (verdict,) = gate.judge(endpoint_of({"serverlessConfig": {"memorySizeInMb": 2048}})) or ()
    assert verdict.message == (
        "productionVariants[0] is true; it must be false. Fix: set productionVariants[0] to false."
    )
    (passing,) = gate.judge(FIVE) or ()
    assert passing.verdict == "pass"


def test_a_number_in_short(tmp_path: Path) -> None:
    text = SHORT.replace("must_be", "must_not_exceed").replace(
        '"serverless", False', '"machines", 2'
    )
    gate = Gate.near(tmp_path, today=TODAY, rules=rules_of(tmp_path, {"no_serverless": text}))
    (verdict,) = gate.judge(FIVE) or ()
    assert verdict.message == (
        "productionVariants[0].initialInstanceCount is 5; the limit is 2. "
        "Fix: set productionVariants[0].initialInstanceCount to at most 2."
    )


def test_a_text_in_short_is_not_repeated(tmp_path: Path) -> None:
    text = SHORT.replace('"serverless", False', '"machine", "g6.xlarge"')
    gate = Gate.near(tmp_path, today=TODAY, rules=rules_of(tmp_path, {"no_serverless": text}))
    (verdict,) = gate.judge(endpoint_of({"instanceType": "hunter2"})) or ()
    assert verdict.message == (
        "productionVariants[0].instanceType is not g6.xlarge; it must be g6.xlarge. "
        "Fix: set productionVariants[0].instanceType to g6.xlarge."
    )


WRONG = [
    (
        SHORT.replace("Fix: Serve it on a machine.\n\n", ""),
        "no_serverless.py: page: the page has no paragraph 'Fix'. "
        "Fix: add a paragraph to the docstring that begins with Fix:.",
    ),
    (
        SHORT.replace('severity="low"', 'severity="hgih"'),
        "no_serverless.py: severity: 'hgih' is not one of its words. Fix: did you mean 'high'?",
    ),
    (
        SHORT.replace('"advisory", "prod"', '"advisery", "prod"'),
        "no_serverless.py: staging: 'advisery' is not one of its words. "
        "Fix: did you mean 'advisory'?",
    ),
    (
        SHORT.replace('"serverless"', '"serverles"'),
        "no_serverless.py: serverles: Serving has no field 'serverles'. "
        "Fix: did you mean 'serverless'?",
    ),
    (
        SHORT.replace("no_serverless =", "no_server ="),
        "no_serverless.py: the rule is called no_server and its file no_serverless.py. "
        "Fix: call the function no_serverless.",
    ),
    (
        SHORT + "\nagain = no_serverless\n",
        "no_serverless.py: 2 rules are declared here: no_serverless, again. "
        "Fix: give each a file of its own.",
    ),
    (
        PAGE,
        "no_serverless.py: no rule is declared here. Fix: put @rule(...) before def no_serverless.",
    ),
    (
        LONG.replace("many_machines", "no_serverless").replace("fact: Serving", "fact: Limits"),
        "no_serverless.py: the first argument, fact, is no kind of fact. "
        "Fix: annotate it with a kind of lichen_policies.facts, or with Stack.",
    ),
    (
        LONG.replace("many_machines", "no_serverless").replace("fact: Serving", "fact: Servign"),
        "no_serverless.py: the annotation Servign of fact is no name that the file imports. "
        "Fix: import Servign at the top, outside TYPE_CHECKING.",
    ),
    (
        LONG.replace("many_machines", "no_serverless").replace('{"machines": 1}', '{"machine": 1}'),
        "no_serverless.py: limits.dev.machine: 'machine' is not a field. "
        "Fix: did you mean 'machines'?",
    ),
    (
        SHORT.replace("import must_be", "import must_bee"),
        "no_serverless.py: importing the rule failed with ImportError at no_serverless.py:13. "
        "Fix: correct the file, or remove it.",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=range(len(WRONG)))
def test_a_file_that_is_wrong_says_how_and_blocks(tmp_path: Path, text: str, sentence: str) -> None:
    every = rules_of(tmp_path, {"no_serverless": text, "many_machines": LONG})
    assert every["no-serverless"].mistake == sentence
    gate = Gate.near(tmp_path, today=TODAY, rules=every)
    report = gate.report([FIVE])
    assert [verdict.rule for verdict in report.findings] == ["many-machines"]
    (unverified,) = report.unverified
    assert unverified.rule == "no-serverless"
    assert (
        unverified.message == f"cannot be checked: the rule cannot be read: {sentence.rstrip('.')}"
    )
    assert report.unverified_blocks
    off = gate.moved_by_door(levels={"no-serverless": "disabled"}).report([FIVE])
    assert off.unverified == ()


def test_two_files_of_one_name(tmp_path: Path) -> None:
    every = rules_of(tmp_path, {"idle_floor": LONG}, with_own=True)
    assert every["idle-floor"].mistake == (
        f"{tmp_path / 'idle_floor.py'}: two rules are called idle-floor. "
        "Fix: rename one of the two files called idle_floor.py."
    )


def test_the_package_s_own_rules_are_right() -> None:
    assert {rule.name: rule.mistake for rule in rules().values() if rule.mistake} == {}


def test_a_gate_fills_in_what_a_document_leaves_out(tmp_path: Path) -> None:
    bare = msgspec.structs.replace(FIVE, region=None, environment=None)
    gate = Gate.near(tmp_path, region="eu-north-1", environment="dev", today=TODAY)
    assert gate.completed(bare) == FIVE
    own = msgspec.structs.replace(FIVE, region="eu-west-3", environment="prod")
    assert gate.completed(own) is own
    with pytest.raises(InputError, match=r"environment: 'dve' is not .* did you mean 'dev'\?"):
        Gate.near(tmp_path, environment="dve")
    with pytest.raises(InputError, match="eu-north-1"):
        Gate.near(tmp_path, region="eu-nroth-1")


def test_an_exemption_of_a_broken_rule_s_name_is_accepted(tmp_path: Path) -> None:
    every = rules_of(tmp_path, {"no_serverless": PAGE})
    (tmp_path / "lichen.yaml").write_text(
        json.dumps({"levels": {"no-serverless": "advisory"}, "limits": {"no-serverless": {"a": 1}}})
    )
    gate = Gate.near(tmp_path, today=TODAY, rules=every)
    assert isinstance(gate.configuration.top, File)
    assert not gate.report([FIVE]).unverified_blocks
