"""The machine: what is unknown is never judged, what breaks is contained, who answers is listed."""

from __future__ import annotations

import datetime
import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lichen_policies.configuration import Configuration, File, Layer, Levels
from lichen_policies.exemptions import ExemptionRow
from lichen_policies.facts import (
    UNKNOWN,
    Context,
    Dialect,
    Located,
    NotYetKnown,
    Resource,
    Unknown,
    Unverified,
    reading,
)
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import field
from lichen_policies.judging import judge, judge_resource
from lichen_policies.registry import rules
from lichen_policies.rule import Change, Finding, Known, Rule, Stack

from tests.fixed import fixed
from tests.policies.resources import ENDPOINT, resource_of

TODAY = datetime.date(2026, 11, 23)
DEFAULTS = Configuration(today=TODAY)
SECRET = "hunter2-in-a-property"


def endpoint(**properties: Any) -> Resource:
    address = f"urn:pulumi:dev::demo::{ENDPOINT}::chat"
    return resource_of(ENDPOINT, properties, address=address, region="eu-north-1")


def variant(**properties: Any) -> dict[str, Any]:
    return {"productionVariants": [{"instanceType": "ml.inf2.xlarge", **properties}]}


def rule_of(judge_it: Any, name: str = "test-rule") -> Rule:
    like = rules()["region-unresolved"]
    code = msgspec.structs.replace(
        like.code(), judge=lambda fact, _limits, known: judge_it(fact, known)
    )
    return msgspec.structs.replace(like, name=name, code=lambda: code, kind=lambda: Located)


def only(judge_it: Any, file: File = File(), today: datetime.date = TODAY) -> Configuration:  # noqa: B008
    """A configuration with one rule of the test's own."""
    rule = rule_of(judge_it)
    layers = (Layer(Path("lichen.yaml"), file),)
    return Configuration(today=today, layers=layers, rules={rule.name: rule})


def only_verdict(resource: Resource, configuration: Configuration) -> Any:
    (verdict,) = judge_resource(resource, configuration, fixed()) or ()
    return verdict


def fails(fact: Located, known: Known) -> Iterator[Finding]:
    yield Finding(
        what="it is", limit="it may not be", changes=(Change(path="region", to="b"),), path="region"
    )


def test_a_field_that_is_not_known_cannot_be_read() -> None:
    context = Context(cloud="aws", region=Unknown("is not there"))
    fact = Located(context=context, region_at="zone", machine=field(UNKNOWN))
    with pytest.raises(Unverified, match=r"^zone is not there$"):
        _ = fact.region
    with pytest.raises(NotYetKnown, match=r"^machine is known only after deployment$"):
        _ = fact.machine
    assert fact.if_known.region is None
    assert (fact.if_known.region, fact.if_known.machine) == (None, None)
    assert (fact.if_known.cloud, fact.if_known.region_at) == ("aws", "zone")


def test_reading_what_is_unknown_makes_a_rule_s_verdict_unverified() -> None:
    def reads(fact: Located, known: Known) -> Iterator[Finding]:
        assert fact.region
        yield Finding(what="never", limit="shown")

    verdict = only_verdict(endpoint(region=UNKNOWN), only(reads))
    assert verdict.verdict == "unverified"
    assert verdict.level == "advisory"
    assert verdict.message == "cannot be checked yet: region is known only after deployment"


def test_what_was_found_before_the_unknown_stays_found() -> None:
    def both(fact: Located, known: Known) -> Iterator[Finding]:
        yield from fails(fact, known)
        assert fact.region

    verdicts = judge_resource(endpoint(region=UNKNOWN), only(both), fixed()) or ()
    assert [verdict.verdict for verdict in verdicts] == ["fail", "unverified"]


OPEN = {"tags": UNKNOWN}
NOT_YET = "cannot be checked yet: environment is known only after deployment"


def in_any(unverified: str = "", **levels: str) -> list[tuple[str, str, str]]:
    """What is said of an offence whose environment is not known, under these levels."""
    written: dict[str, Any] = {"levels": {"test-rule": levels}}
    if unverified:
        written["unverified"] = {unverified: "mandatory"}
    configuration = only(fails, msgspec.convert(written, File))
    found = judge_resource(endpoint(**OPEN), configuration, fixed()) or ()
    return [(verdict.verdict, verdict.level, verdict.message) for verdict in found]


def test_what_offends_in_every_environment_is_found_where_none_is_known() -> None:
    ((verdict, level, _),) = in_any(dev="advisory", staging="advisory", prod="mandatory")
    assert (verdict, level) == ("fail", "mandatory")
    ((verdict, level, _),) = in_any(dev="mandatory", staging="advisory", prod="advisory")
    assert (verdict, level) == ("fail", "mandatory")


@pytest.mark.parametrize("off", ["dev", "prod"])
def test_what_offends_in_some_environments_is_unverified_where_none_is_known(off: str) -> None:
    """To block would stop a development that is fine, to pass would let a production through."""
    levels = dict.fromkeys(("dev", "staging", "prod"), "mandatory") | {off: "disabled"}
    assert in_any(**levels) == [("unverified", "advisory", NOT_YET)]
    assert in_any("staging", **levels) == [("unverified", "mandatory", NOT_YET)]


def test_a_limit_that_one_environment_exceeds_is_unverified_where_none_is_known() -> None:
    def said(machines: int) -> list[tuple[str, str]]:
        resource = endpoint(
            productionVariants=[
                {"instanceType": "ml.g5.12xlarge", "initialInstanceCount": machines}
            ],
            **OPEN,
        )
        found = judge_resource(resource, DEFAULTS, fixed()) or ()
        return [(v.verdict, v.level) for v in found if v.rule == "too-many-accelerators"]

    assert said(1) == [("unverified", "advisory")]  # 4 chips: development may have 2
    assert said(4) == [("fail", "mandatory")]  # 16 chips: production may have 8


def test_a_rule_that_breaks_is_contained_and_tells_no_value() -> None:
    def breaks(fact: Located, known: Known) -> Iterator[Finding]:
        int(SECRET)
        yield from ()

    verdict = only_verdict(endpoint(), only(breaks))
    assert verdict.verdict == "unverified"
    assert "the rule test-rule failed with ValueError at test_judging.py:" in verdict.message
    assert SECRET not in verdict.message


def test_a_reader_that_breaks_leaves_every_rule_unverified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(properties: Any, context: Any) -> Iterator[Any]:
        raise KeyError(SECRET)

    monkeypatch.setattr(
        reading, "by_type", lambda: {("pulumi", endpoint().type): reading.Reader("aws", breaks, ())}
    )
    verdicts = judge_resource(endpoint(), DEFAULTS, fixed()) or ()
    of_resources = {name for name, each in rules().items() if not issubclass(each.judges, Stack)}
    assert {verdict.rule for verdict in verdicts} == of_resources
    assert {verdict.verdict for verdict in verdicts} == {"unverified"}
    assert all("the reader failed with KeyError" in verdict.message for verdict in verdicts)
    assert SECRET not in str(verdicts)


def test_unverified_does_what_the_configuration_says() -> None:
    def unsure(fact: Located, known: Known) -> Iterator[Finding]:
        raise Unverified("nobody knows")
        yield

    blocks = only(unsure, File(unverified="mandatory"))
    report = judge([endpoint()], blocks, fixed())
    assert report.unverified_blocks
    assert not report.blocks
    assert not judge([endpoint()], only(unsure), fixed()).unverified_blocks


def test_a_type_that_nobody_reads_is_counted_and_nothing_else() -> None:
    bucket = msgspec.structs.replace(endpoint(), type="aws:s3/bucket:Bucket")
    assert judge_resource(bucket, DEFAULTS, fixed()) is None
    report = judge([bucket, bucket, endpoint()], DEFAULTS, fixed())
    assert report.not_judged == {"aws:s3/bucket:Bucket": 2}
    assert report.judged == 1


def test_advice_never_blocks() -> None:
    def advises(fact: Located, known: Known) -> Iterator[Finding]:
        yield Finding(what="it may be", limit="sources disagree", or_else="look", advice=True)

    mandatory = only(advises, File(levels={"test-rule": "mandatory"}))
    assert only_verdict(endpoint(), mandatory).level == "advisory"


def exemption(**fields: Any) -> ExemptionRow:
    return ExemptionRow(
        **{
            "rule": "test-rule",
            "resource": "*::chat",
            "owner": "search team",
            "reason": "moves in March",
            "approver": "platform lead",
            "expires": TODAY,
            **fields,
        }
    )


def test_each_environment_has_its_own_level_and_day() -> None:
    day = datetime.date(2027, 3, 1)
    levels = Levels(dev="disabled", staging="advisory", prod="mandatory", mandatory_from=day)
    moved = only(fails, File(levels={"test-rule": levels}))
    each = [
        msgspec.structs.replace(endpoint(), address=environment, environment=environment)
        for environment in ("staging", "prod", "dev")
    ]
    for _ in range(2):  # the second time from what is kept
        found = judge(each, moved, fixed()).findings
        assert [(finding.resource, finding.level, finding.note) for finding in found] == [
            ("staging", "advisory", "It blocks from 2027-03-01 on."),
            ("prod", "mandatory", ""),
        ]


def test_each_environment_has_its_own_limits() -> None:
    each = [
        msgspec.structs.replace(
            endpoint(**variant(instanceType="ml.g5.xlarge", initialInstanceCount=3)),
            address=environment,
            environment=environment,
        )
        for environment in ("prod", "dev", "staging")
    ]
    found = [
        finding.resource
        for finding in judge(each, DEFAULTS, fixed()).findings
        if finding.rule == "too-many-accelerators"
    ]
    assert found == ["dev"]  # where the limit is 2; in staging it is 4, in production 8


def test_an_exemption_holds_through_its_last_day() -> None:
    file = File(exemptions=(exemption(),))
    report = judge([endpoint()], only(fails, file), fixed())
    assert report.findings == ()
    (exempted,) = report.exempted
    assert exempted.exemption is not None
    assert exempted.exemption.text == (
        "exempted until 2026-11-23 by platform lead for search team: moves in March"
    )
    assert not report.blocks
    tomorrow = only(fails, file, TODAY + datetime.timedelta(days=1))
    late = judge([endpoint()], tomorrow, fixed())
    (found,) = late.findings
    assert found.message.endswith(" Its exemption, for search team, ended on 2026-11-23.")
    assert late.exempted == ()
    assert [row.expires for row in late.expired] == [TODAY]


@pytest.mark.parametrize(
    ("fields", "covered"),
    [
        ({"resource": "chat"}, True),
        ({"resource": "cha?"}, True),
        ({"rule": "*"}, True),
        ({"rule": "dirty-region"}, False),
        ({"resource": "other"}, False),
    ],
)
def test_what_an_exemption_covers(fields: dict[str, Any], covered: bool) -> None:
    file = File(exemptions=(exemption(**fields),))
    report = judge([endpoint()], only(fails, file), fixed())
    assert bool(report.exempted) == covered


def test_a_fingerprint_knows_the_offence_not_the_figures() -> None:
    first = only_verdict(endpoint(), only(fails))

    def fails_otherwise(fact: Located, known: Known) -> Iterator[Finding]:
        yield Finding(what="more", limit="less", or_else="other", path="region")

    assert only_verdict(endpoint(), only(fails_otherwise)).fingerprint == first.fingerprint
    other = msgspec.structs.replace(endpoint(), address="urn:other")
    assert only_verdict(other, only(fails)).fingerprint != first.fingerprint


NAMES = """
    production_variants tags labels region zone location instance_type instance_types min_size
    max_size scaling_config compute_resources mixed_instances_policy machine_type node_config
    guest_accelerators autoscaling accelerator_type accelerator_config tpu template scaling
    deploy_config dedicated_resources service_namespace min_capacity launch_template_data
""".split()  # noqa: SIM905 - a list of words


def of_type(dialect: Dialect, type_: str, value: Any) -> Resource:
    """A resource whose every property has one value, spelled as its dialect spells it."""
    spelling = Properties({}, dialect)
    return msgspec.structs.replace(
        endpoint(),
        dialect=dialect,
        type=type_,
        properties={spelling.at(name): value for name in NAMES},
    )


def test_every_property_of_a_resource_may_be_unknown() -> None:
    """No reader and no rule fails, whichever properties are known only after deployment."""
    for dialect, type_ in reading.by_type():
        for value in (None, UNKNOWN):
            resource = of_type(dialect, type_, value)
            for verdict in judge_resource(resource, DEFAULTS, fixed()) or ():
                assert " failed with " not in verdict.message, (type_, verdict.message)


@pytest.mark.parametrize("value", [None, 0, -1, "", "x", [], [[]], {}, [None], {"a": 1}, True])
def test_a_value_of_any_type_breaks_no_reader(value: Any) -> None:
    for dialect, type_ in reading.by_type():
        resource = of_type(dialect, type_, value)
        for verdict in judge_resource(resource, DEFAULTS, fixed()) or ():
            assert " failed with " not in verdict.message, (type_, verdict.message)


def test_no_message_tells_a_property_that_is_not_harmless() -> None:
    chat = endpoint(
        **variant(modelName=SECRET, initialInstanceCount=4, variantName=SECRET),
        kmsKeyArn=SECRET,
        tags={"lichen:model": "meta-llama/Llama-3.1-8B", "password": SECRET},
        executionRoleArn=SECRET,
    )
    for region in ("eu-north-1", "ap-south-1", None):
        verdicts = judge_resource(
            msgspec.structs.replace(chat, region=region, environment="dev"), DEFAULTS, fixed()
        )
        assert SECRET not in str(verdicts)


def test_rules_are_found_by_their_files_and_have_a_page() -> None:
    for name, rule in rules().items():
        assert name == rule.name
        assert rule.offence
        assert not rule.offence.endswith(".")
        assert "\n" not in rule.offence
        for part in (rule.why, rule.fix, rule.exceptions, rule.tags):
            assert part.endswith(".")
            assert "``" not in part
        assert set(rule.levels) == {"dev", "staging", "prod"}


def test_importing_the_rules_prints_nothing_and_needs_no_door() -> None:
    code = (
        "import sys; from lichen_policies.registry import rules; rules(); "
        "import pkgutil; from lichen_policies.facts import readers; "
        "[__import__(each.name) for each in pkgutil.walk_packages(readers.__path__, "
        "f'{readers.__name__}.')]; "
        "bad = {'pulumi', 'checkov', 'rich', 'click'} & set(sys.modules); assert not bad, bad"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_judging_leaves_no_garbage_to_be_searched_for() -> None:
    """A raised error that outlives its handler is a cycle of itself and its frames: a quarter of
    the time of a large document goes into freeing them."""
    fat = endpoint(**variant(initialInstanceCount=1), tags={"lichen:model": "nobody-has-it"})
    assert judge_resource(fat, DEFAULTS, fixed())
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            judge_resource(fat, DEFAULTS, fixed())
        assert gc.collect() < 20
    finally:
        gc.enable()


def test_resources_that_differ_in_their_names_alone_are_judged_once_and_found_each() -> None:
    """As a count makes them. One in another region, with a value of another type, or with one that
    is not known, is judged by itself."""
    asked: list[Located] = []

    def counts(fact: Located, known: Known) -> Iterator[Finding]:
        asked.append(fact)
        yield from fails(fact, known)

    def machine(name: str, region: str = "eu-north-1", **properties: Any) -> Resource:
        return resource_of("aws:ec2/instance:Instance", properties, address=name, region=region)

    same = [machine(f"chat[{index}]", monitoring=1) for index in range(3)]
    others = [
        machine("on", monitoring=True),
        machine("far", region="us-east-1", monitoring=True),
        machine("open", monitoring=UNKNOWN),
        machine("open[1]", monitoring=UNKNOWN),
    ]
    report = judge([*same, *others], only(counts), fixed())
    assert [each.resource for each in report.findings] == [each.address for each in same + others]
    assert len({each.fingerprint for each in report.findings}) == 7
    assert len(asked) == 5
