"""The provider's properties are pulumi_aws's own, at every depth and in the same form."""

import sys
import typing
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from keyword import iskeyword
from typing import Any

import pytest
from pulumi import _types

from sandbox.aws.provider.api import Api
from sandbox.aws.provider.kinds import KINDS
from sandbox.aws.provider.resource import Resource
from sandbox.aws.provider.shapes import Form, members
from tests.sandbox.test_aws_provider import LIVES

API = Api()

# What pulumi_aws has and the emulated AWS does not: moto lacks it, or no component needs it.
NOT_EMULATED = {
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration": {"namePrefix"},
    "aws:iam/role:Role": {
        "forceDetachPolicies",
        "inlinePolicies",
        "managedPolicyArns",
        "namePrefix",
    },
    "aws:iam/rolePolicy:RolePolicy": {"namePrefix"},
    "aws:kms/key:Key": {"rotationPeriodInDays"},
    "aws:kms/alias:Alias": {"namePrefix"},
    "aws:cloudwatch/logGroup:LogGroup": {"deletionProtectionEnabled", "namePrefix"},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "evaluationCriteria",
        "evaluationInterval",
        "evaluationWindow",
        "metricQueries",
        "warmUpConfiguration",
    },
    "aws:appautoscaling/policy:Policy": {"predictiveScalingPolicyConfiguration"},
}


def of_pulumi_aws(token: str) -> tuple[type, type]:
    """The class of a type's resources, and the one that takes their inputs."""
    _, module, name = token.split(":")
    folder = module.partition("/")[0]
    folder = f"{folder}_" if iskeyword(folder) else folder
    resource = getattr(import_module(f"pulumi_aws.{folder}"), name)
    return resource, getattr(sys.modules[resource.__module__], f"{name}Args")


def theirs(hint: Any) -> tuple[str, type | None]:
    """The form of an input of pulumi_aws's, and the class of its parts, if it has parts."""
    if isinstance(hint, type) and _types.is_input_type(hint):
        return "structure", hint
    form = {Sequence: "list", Mapping: "map"}.get(typing.get_origin(hint), "value")
    parts = [theirs(inner)[1] for inner in typing.get_args(hint)]
    return form, next(filter(None, parts), None)


def ours(differs: Form, shape: Any) -> tuple[str, Any]:
    """The form of a property of ours, and the shape of its parts, if it has parts."""
    form = shape.type_name if shape and shape.type_name in ("list", "map", "structure") else "value"
    form = {Form.LIST_OF_ONE: "list", Form.MAP: "map"}.get(differs, form)
    while shape and shape.type_name == "list" and differs is not Form.MAP:
        shape = shape.member
    return form, shape if shape and shape.type_name == "structure" else None


def differences(
    mine: Mapping[str, tuple[Form, Any]], arguments: type, path: str = ""
) -> Iterator[str]:
    """Where the two sides differ: `-name` is not ours, `+name` not theirs, `name` in its form."""
    hints = _types.input_type_types(arguments)
    yield from (f"-{path}{name}" for name in hints.keys() - mine.keys())
    yield from (f"+{path}{name}" for name in mine.keys() - hints.keys())
    for name in mine.keys() & hints.keys():
        (form, shape), (their_form, below) = ours(*mine[name]), theirs(hints[name])
        if mine[name][1] and form != their_form:
            yield f"{path}{name}"
        if shape and below:
            inner = {part: (differs, of) for _, part, differs, of in members(shape)}
            yield from differences(inner, below, f"{path}{name}.")


OF_SEVERAL_SERVICES = (
    "aws:appautoscaling/scheduledAction:ScheduledAction",
    "aws:ssm/parameter:Parameter",
    "aws:scheduler/schedule:Schedule",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/eventTarget:EventTarget",
)
"""Types with properties for many services, of which components use those of a few."""

PARTIAL = [token for token, kind in KINDS.items() if kind.partial or token in OF_SEVERAL_SERVICES]
WHOLE = [token for token in KINDS if token not in PARTIAL]


def unknown_to(arguments: type, given: Any, path: str = "") -> Iterator[str]:
    """The properties of a value, at every depth, that a class of pulumi_aws's does not have."""
    hints = _types.input_type_types(arguments)
    for name, value in given.items():
        if name not in hints:
            yield f"{path}{name}"
            continue
        below = theirs(hints[name])[1]
        for part in value if isinstance(value, list) else [value]:
            if below and isinstance(part, dict):
                yield from unknown_to(below, part, f"{path}{name}.")


@pytest.mark.parametrize("token", PARTIAL)
def test_what_components_use_has_the_names_of_pulumi_aws(token: str) -> None:
    life = LIVES[token]
    resource, arguments = of_pulumi_aws(token)
    used = {**life.inputs, **life.in_place, **life.replacing}
    assert list(unknown_to(arguments, used)) == []
    assert Resource(KINDS[token], API).outputs <= _types.resource_types(resource).keys() | {"id"}


@pytest.mark.parametrize("token", WHOLE)
def test_the_inputs_are_those_of_pulumi_aws(token: str) -> None:
    found = set(differences(Resource(KINDS[token], API).inputs, of_pulumi_aws(token)[1]))
    assert found == {f"-{name}" for name in NOT_EMULATED.get(token, set())}


@pytest.mark.parametrize("token", WHOLE)
def test_the_outputs_are_those_of_pulumi_aws(token: str) -> None:
    resource, arguments = of_pulumi_aws(token)
    inputs = _types.input_type_types(arguments).keys()
    outputs = _types.resource_types(resource).keys() - inputs - {"tagsAll"}
    assert Resource(KINDS[token], API).outputs == outputs
