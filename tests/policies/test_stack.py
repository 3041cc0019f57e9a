"""Rules over a whole deployment: joins, and joins over what is not known."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lichen_policies.facts import (
    UNKNOWN,
    KeptImages,
    Resource,
    Scaling,
    Serving,
    Unknown,
    Unverified,
    reading,
)
from lichen_policies.facts.kinds import MachineTemplate
from lichen_policies.gate import Gate
from lichen_policies.stack import Stack, Subject

from tests.policies.resources import NODES, endpoint_of, resource_of
from tests.policies.rules_folder import JOIN, LONG, rules_of

TODAY = datetime.date(2026, 11, 23)


def endpoint(machine: Any, name: str = "chat", **variant: Any) -> Resource:
    return endpoint_of({"instanceType": machine, **variant}, name)


def group(machine: str, floor: int = 1) -> Resource:
    properties = {"instanceTypes": [machine], "scalingConfig": {"minSize": floor}}
    return resource_of(NODES, properties, "nodes", region="eu-north-1", environment="dev")


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    files = {"floor_without_machine": JOIN, "many_machines": LONG}
    return Gate.near(tmp_path, today=TODAY, rules=rules_of(tmp_path, files))


def test_a_rule_of_the_stack_joins_two_resources(gate: Gate) -> None:
    assert gate.report([endpoint("ml.g6.xlarge"), group("g6.xlarge")]).findings == ()
    report = gate.report([endpoint("ml.g5.xlarge"), group("g6.xlarge")])
    (found,) = report.findings
    assert (found.rule, found.resource, found.type) == (
        "floor-without-machine",
        "nodes",
        "aws:eks/nodeGroup:NodeGroup",
    )
    assert found.message == (
        "no endpoint runs on g6.xlarge; a floor must belong to an endpoint. "
        "Fix: remove scalingConfig.minSize."
    )
    assert found.level == "advisory"


def test_a_join_over_an_unknown_is_unverified_unless_another_matches(gate: Gate) -> None:
    report = gate.report([endpoint(UNKNOWN), group("g6.xlarge")])
    (unverified,) = (v for v in report.unverified if v.rule == "floor-without-machine")
    assert unverified.message == (
        "cannot be checked yet: productionVariants[0].instanceType is known only after deployment"
    )
    assert report.findings == ()
    known = gate.report([endpoint(UNKNOWN), endpoint("ml.g6.xlarge", "b"), group("g6.xlarge")])
    assert not [v for v in known.unverified if v.rule == "floor-without-machine"]


def test_resources_of_two_documents_are_not_joined(gate: Gate) -> None:
    there = msgspec.structs.replace(endpoint("ml.g6.xlarge"), file="a.json")
    here = msgspec.structs.replace(group("g6.xlarge"), file="b.json")
    (found,) = gate.report([there, here]).findings
    assert (found.rule, found.file) == ("floor-without-machine", "b.json")
    together = msgspec.structs.replace(there, file="b.json")
    assert gate.report([together, here]).findings == ()


def test_judging_the_stack_alone_gives_the_rules_of_the_stack_alone(gate: Gate) -> None:
    verdicts = gate.judge_stack([endpoint("ml.g5.xlarge"), group("g6.xlarge")])
    assert [verdict.rule for verdict in verdicts] == ["floor-without-machine"]
    of_one = gate.judge(endpoint("ml.g5.xlarge")) or ()
    assert {verdict.rule for verdict in of_one} == {"many-machines"}


def test_a_resource_that_could_not_be_read_leaves_absence_open(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(resource: Resource) -> Any:
        if resource.name == "chat":
            raise KeyError("x")
        return reading.facts_of(resource)

    monkeypatch.setattr("lichen_policies.judging.facts_of", fails)
    report = gate.report([endpoint("ml.g6.xlarge"), group("g6.xlarge")])
    (unverified,) = (v for v in report.unverified if v.rule == "floor-without-machine")
    assert unverified.message == "cannot be checked: chat could not be read"


def in_open_environment(folder: Path, levels: str, *others: str) -> list[tuple[str, str, str, str]]:
    """What a rule over the stack says where the tags of one resource are not known, and others are
    in these environments."""
    (folder / "lichen.yaml").write_text(f"levels: {{floor-without-machine: {levels}}}")
    rules = rules_of(folder, {"floor_without_machine": JOIN})
    gate = Gate.near(folder, today=TODAY, rules=rules)
    properties = {"instanceTypes": ["g6.xlarge"], "scalingConfig": {"minSize": 1}, "tags": UNKNOWN}
    nodes = resource_of(NODES, properties, "nodes", region="eu-north-1")
    beside = [
        msgspec.structs.replace(endpoint("ml.g5.xlarge", name), environment=name) for name in others
    ]
    report = gate.report([nodes, *beside])
    said = (*report.findings, *report.unverified)
    return [(v.verdict, v.level, v.resource, v.message[:14]) for v in said]


def test_a_stack_whose_environment_is_not_known_may_be_in_any(tmp_path: Path) -> None:
    found = ("fail", "mandatory", "nodes", "no endpoint ru")
    open_ = ("unverified", "advisory", "nodes", "cannot be chec")
    assert in_open_environment(tmp_path, "{}") == [found]
    for off in ("{dev: disabled}", "{prod: disabled}"):
        assert in_open_environment(tmp_path, off) == [open_]
        assert in_open_environment(tmp_path, off, "dev") == [open_]
    assert in_open_environment(tmp_path, "{dev: disabled}", "prod") == [found]
    assert in_open_environment(tmp_path, "{dev: disabled}", "dev", "staging") == [found]
    assert in_open_environment(tmp_path, "{dev: disabled, staging: disabled, prod: disabled}") == []


def test_a_run_whose_environment_is_not_known_may_be_in_any(tmp_path: Path) -> None:
    late = datetime.date(2032, 1, 1)
    rules = {"stale-carbon-data": Gate.near(tmp_path).configuration.rules["stale-carbon-data"]}
    nodes = resource_of(NODES, {"tags": UNKNOWN}, "nodes", region="eu-north-1")
    for level, said in (
        ("{}", ("fail", "mandatory")),
        ("{dev: disabled}", ("unverified", "advisory")),
    ):
        (tmp_path / "lichen.yaml").write_text(f"levels: {{stale-carbon-data: {level}}}")
        report = Gate.near(tmp_path, today=late, rules=rules).report([nodes])
        (verdict,) = (*report.findings, *report.unverified)
        assert (verdict.verdict, verdict.level) == said


def test_every_needs_all_of_a_kind_known() -> None:
    resources = [endpoint("ml.g6.xlarge"), endpoint(UNKNOWN, "b")]
    stack = Stack((resource, reading.facts_of(resource) or ()) for resource in resources)
    assert stack.of(Scaling) == ()
    assert len(stack.every(Serving, lambda serving: serving.machines is None)) == 2
    with pytest.raises(Unverified, match="known only after deployment"):
        stack.every(Serving, lambda serving: serving.machine == "g6.xlarge")


def template(machine: str, address: str) -> Resource:
    properties = {"name": "own", "instanceType": machine}
    return resource_of("aws:ec2/launchTemplate:LaunchTemplate", properties, address)


def test_a_name_that_several_different_resources_have_means_none_of_them() -> None:
    def meant(*templates: Resource) -> Subject[MachineTemplate] | None:
        read = [(each, reading.facts_of(each) or ()) for each in templates]
        return Stack(read).linked("own", MachineTemplate, "names")

    small, large = template("g5.xlarge", "a"), template("p4d.24xlarge", "b")
    for templates in ((small, large), (large, small)):
        with pytest.raises(Unverified, match="several resources"):
            meant(*templates)
    found = meant(template("g5.xlarge", "c"), template("g5.xlarge", "a"))
    assert found is not None
    assert found.resource.address == "a"


def test_a_value_means_every_resource_of_its_name_or_of_its_reference() -> None:
    repositories = [
        Resource(
            type="aws_ecr_repository",
            name=name,
            address=f"aws_ecr_repository.{name}[0]",
            properties={"name": f"team/{name}"},
            dialect="terraform",
        )
        for name in ("chat", "search")
    ]
    stack = Stack([(each, reading.facts_of(each) or ()) for each in repositories])

    def meant(value: object) -> list[str]:
        return [each.resource.name for each in stack.meant(value, KeptImages, "names")]

    assert meant("team/chat") == ["chat"]
    assert meant("111122223333.dkr.ecr.eu-north-1.amazonaws.com/team/chat") == ["chat"]
    assert meant("other/chat") == meant("chat") == meant(None) == []
    assert meant(Unknown(references=("aws_ecr_repository.search",))) == ["search"]
    assert [each.resource.name for each in stack.at("aws_ecr_repository.chat[0]", KeptImages)] == [
        "chat"
    ]


def test_a_question_about_a_stack_is_asked_once() -> None:
    asked: list[Stack] = []

    def question(stack: Stack) -> int:
        asked.append(stack)
        return len(asked)

    stack = Stack([])
    assert (stack.once(question), stack.once(question)) == (1, 1)
    assert Stack([]).once(question) == 2
