"""CloudWatch's alarm over one metric, of those that SageMaker and Bedrock publish."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    Alarm,
    AlarmOfAlarms,
    Serving,
    ServingComponent,
    ServingContainer,
    ServingEndpoint,
    VariantInStack,
)
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws import sagemaker_metrics
from lichen_policies.facts.readers.aws.joining import (
    MeantBy,
    any_of,
    each_of,
    known_or_open,
    referred_to,
)
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown
from lichen_policies.stack import Stack, Subject, refers_to

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:cloudwatch/metricAlarm:MetricAlarm", "aws-native:cloudwatch:Alarm"),
    "terraform": ("aws_cloudwatch_metric_alarm", "awscc_cloudwatch_alarm"),
    "cloudformation": ("AWS::CloudWatch::Alarm",),
}
FACTS = (Alarm,)

_ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")
_AN_ARN = r"aws_\w+\.[\w-]+(\[[^\]*]+\])?\.arn$"
_NAMESPACES = ("AWS/SageMaker", "/aws/sagemaker/", "AWS/Bedrock")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """An Alarm where its metric is one of serving models, or where its namespace is unknown; an
    alarm over a formula of metrics is not judged."""
    namespace = properties.stated_text("namespace")
    if not is_unknown(namespace.value) and not (namespace.value or "").startswith(_NAMESPACES):
        return
    metric = properties.stated_text("metric_name")
    dimensions = _dimensions(properties)
    statistic = properties.stated_text("statistic", "extended_statistic")
    meant = sagemaker_metrics.meant(namespace.value, metric.value, dimensions, statistic.value)
    yield Alarm(
        path=metric.path,
        waits_for="the endpoint that it watches",
        name=field(properties.text("alarm_name", "name")),
        metric=field(metric.value),
        metric_at=metric.path,
        namespace=field(namespace.value),
        namespace_at=namespace.path,
        dimensions=field(dimensions),
        dimensions_at=properties.at("dimensions"),
        statistic=field(statistic.value),
        statistic_at=statistic.path,
        comparison=field(properties.text("comparison_operator")),
        comparison_at=properties.at("comparison_operator"),
        threshold=field(properties.number("threshold")),
        threshold_at=properties.at("threshold"),
        period_s=field(properties.number("period")),
        actions=field(properties.texts("alarm_actions")),
        heard=field(_heard(properties)),
        heard_at=properties.at("alarm_actions"),
        enabled=field(_enabled(properties.scalar("actions_enabled"))),
        enabled_at=properties.at("actions_enabled"),
        missing=field(properties.text("treat_missing_data")),
        missing_at=properties.at("treat_missing_data"),
        metric_meant=meant.metric,
        namespace_meant=meant.namespace,
        dimensions_meant=meant.dimensions,
        most=meant.most,
        most_because=meant.most_because,
        least=meant.least,
        least_because=meant.least_because,
        idle_is_silent=meant.idle_is_silent,
    )


def _dimensions(properties: Properties) -> Maybe[dict[str, object]]:
    """The dimensions by name: a map, or a list of names and values."""
    listed = properties.blocks("dimensions")
    if not listed or not all(each.given("name") is True and each.given("value") for each in listed):
        return properties.tags("dimensions")
    return {str(each.scalar("name")): each.scalar("value") for each in listed}


def _heard(properties: Properties) -> Maybe[bool]:
    """Whether it has an action of any kind; one that is not known yet is one. Terraform's sets are
    unknown as a whole where an element is, and where it is open how many there are: one that is
    made of nothing but ARNs, each of one resource, has some."""
    found = [properties.value(name) for name in _ACTIONS]
    if any(isinstance(each, list | tuple) and each for each in found):
        return True
    if properties.dialect == "terraform" and any(
        is_unknown(each) and each.names and all(re.match(_AN_ARN, name) for name in each.names)
        for each in found
    ):
        return True
    return next((each for each in found if is_unknown(each)), any(found))


def _enabled(found: object) -> Maybe[bool]:
    return found if is_unknown(found) else str(found).lower() != "false"


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """What acts on an alarm, and whether the endpoint that it names has what it names."""
    return tuple(
        msgspec.structs.replace(
            fact,
            used=field(known_or_open(partial(_used, fact, stack))),
            unfit=field(known_or_open(partial(_unfit, fact, stack))),
        )
        if isinstance(fact, Alarm)
        else fact
        for fact in facts
    )


def _used(alarm: Alarm, stack: Stack) -> bool | None:
    """Whether a roll-out or an alarm of alarms acts on it."""
    me = stack.subject(alarm)
    return any_of(
        (
            *(answer for _, answer in stack.once(_rollouts).of(me)),
            *(_mentions(each.fact.as_read("rule"), me) for each in stack.of(AlarmOfAlarms)),
        )
    )


def _rollouts(stack: Stack) -> MeantBy[Fact, Alarm]:
    """What rolls out, by the alarms that take it back."""
    alarms = [
        (subject, named)
        for kind in (ServingEndpoint, ServingComponent)
        for subject in stack.of(kind)
        for named in each_of(subject.fact.as_read("alarms"))
    ]
    return MeantBy(alarms, Alarm, "name", stack)


def _mentions(rule: object, alarm: Subject[Alarm]) -> bool | None:
    if type(rule) is Unknown:
        return refers_to(rule, alarm.resource.address) or None
    name = alarm.fact.as_read("name")
    if is_unknown(name):
        return None
    return isinstance(rule, str) and isinstance(name, str) and name in rule


def _unfit(alarm: Alarm, stack: Stack) -> str:
    """What its dimensions name that has no such metric: sure, or nothing."""
    dimensions = alarm.as_read("dimensions")
    if not isinstance(dimensions, dict):
        return ""
    endpoint = dimensions.get("EndpointName")
    wrong = _wrong_resource(endpoint, stack)
    if wrong:
        return wrong
    variant = dimensions.get("VariantName")
    meant = stack.meant(endpoint, ServingEndpoint, "name")
    return _unknown_variant(variant, meant[0], stack) if meant and isinstance(variant, str) else ""


def _wrong_resource(endpoint: object, stack: Stack) -> str:
    """A configuration's or a model's name, or an ARN, where the endpoint's name is wanted."""
    if type(endpoint) is not Unknown:
        return ""
    kinds: dict[str, type[Fact]] = {
        "configuration": VariantInStack,
        "model": ServingContainer,
    }
    if stack.at(referred_to(endpoint), ServingEndpoint):
        return "EndpointName is the endpoint's ARN, which Ref gives, and not its name"
    if stack.meant(endpoint, ServingEndpoint):
        return ""
    for word, kind in kinds.items():
        if stack.meant(endpoint, kind):
            return f"EndpointName is made of the name of a {word}, which is no endpoint's name"
    return ""


def _unknown_variant(variant: str, endpoint: Subject[ServingEndpoint], stack: Stack) -> str:
    configuration = endpoint.fact.as_read("configuration")
    variants = stack.meant(configuration, Serving, "configuration")
    there = [each.fact.as_read("name") for each in variants]
    if not there or variant in there or not all(isinstance(name, str) for name in there):
        return ""
    return "VariantName names no variant of its endpoint"
