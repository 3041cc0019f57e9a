"""Properties as pulumi_aws spells them <-> parameters as AWS spells them.

Both come from the same model, which botocore carries: `ProductionVariants` with its `InstanceType`
is `productionVariants` with its `instanceType`. So only the exceptions are listed here: a name
that the rule does not give, or a form that differs.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from sandbox.errors import InvalidValue
from sandbox.inputs import unknown_name

# What the engine sends, in a preview, for a value that is not known yet.
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


class Form(Enum):
    """How a property of pulumi_aws differs in form from AWS's parameter."""

    SAME = "as in AWS"
    LIST_OF_ONE = "one structure in AWS, a list of one in Pulumi"
    MAP = "a list of names and values in AWS, a map in Pulumi"
    TEXT = "a number in AWS, a string in Pulumi"
    JSON = "a structure in AWS, its JSON in Pulumi"


@dataclass(frozen=True)
class Property:
    """A property as pulumi_aws has it."""

    name: str
    form: Form = Form.SAME


# Exceptions inside of properties, the same for every type; those at the top are in its row.
_NESTED = {
    "IncludeInferenceResponseIn": Property("includeInferenceResponseIns"),
    "MetricIntervalLowerBound": Property("metricIntervalLowerBound", Form.TEXT),
    "MetricIntervalUpperBound": Property("metricIntervalUpperBound", Form.TEXT),
    "LifecycleHookName": Property("name"),
    "Tags": Property("tags", Form.MAP),
    "sizeInGiB": Property("sizeInGib"),
    "RoutingConfig": Property("routingConfigs", Form.LIST_OF_ONE),
    "S3DataSource": Property("s3DataSources", Form.LIST_OF_ONE),
}
# AWS has these; pulumi_aws 7 does not.
_ABSENT = {
    "AcceleratorPartitionLayouts",
    "ContainerMetricsConfig",
    "ETag",
    "HubAccessConfig",
    "InstancePools",
    "ManifestEtag",
    "ManifestS3Uri",
    "PrefixAwareRoutingConfig",
    "ScaleInPolicy",
    "VariantInstanceProvisionTimeoutInSeconds",
}
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def has_unknown(value: Any) -> bool:
    """Whether a value, or anything in it, is known only after deployment."""
    if isinstance(value, dict):
        return any(map(has_unknown, value.values()))
    if isinstance(value, list):
        return any(map(has_unknown, value))
    return bool(value == UNKNOWN)


def camel(member: str) -> str:
    """`MemorySizeInMB` -> `memorySizeInMb`."""
    first, *others = _WORDS.sub(" ", member).split()
    return first.lower() + "".join(word.capitalize() for word in others)


def members(
    shape: Any, names: Mapping[str, Property] = _NESTED
) -> Iterator[tuple[str, str, Form, Any]]:
    """A structure's members: AWS's name, Pulumi's, the form, the member's shape.

    botocore makes up tokens that keep a call from being done twice.
    """
    for member, inner in shape.members.items() if shape else ():
        if member not in _ABSENT and not inner.metadata.get("idempotencyToken"):
            known = names.get(member) or Property(camel(member))
            yield member, known.name, known.form, inner


def to_api(shape: Any, form: Form, value: Any, path: str) -> Any:
    """A property's value as AWS takes it.

    Raises:
        InvalidValue: it has a part that AWS's shape does not.
    """
    if value == UNKNOWN or value is None:
        return value
    kind = shape.type_name
    if form is Form.TEXT and isinstance(value, str):
        try:
            return int(value) if kind in ("integer", "long") else float(value)
        except ValueError:
            raise InvalidValue(path, f"takes a number in a string, got {value!r}") from None
    if form is Form.JSON and isinstance(value, str):
        try:
            return json.loads(value)
        except ValueError as wrong:
            raise InvalidValue(path, f"takes JSON: {wrong}") from None
    if form is Form.LIST_OF_ONE and isinstance(value, list):
        if len(value) != 1:
            raise InvalidValue(path, f"takes a list of one, got {len(value)}")
        return to_api(shape, Form.SAME, value[0], f"{path}[0]")
    if form is Form.MAP and isinstance(value, dict):
        name, content = list(shape.member.members)[:2]
        return [{name: key, content: text} for key, text in value.items()]
    if kind == "list" and not isinstance(value, list | dict):
        return [to_api(shape.member, Form.SAME, value, path)]
    if kind == "list" and isinstance(value, list):
        return [
            to_api(shape.member, Form.SAME, part, f"{path}[{n}]") for n, part in enumerate(value)
        ]
    if kind == "map" and isinstance(value, dict):
        return {
            key: to_api(shape.value, Form.SAME, part, f"{path}.{key}")
            for key, part in value.items()
        }
    if kind == "structure" and isinstance(value, dict):
        known = {name: (member, form, inner) for member, name, form, inner in members(shape)}
        taken = {}
        for name, part in value.items():
            if name not in known:
                raise InvalidValue(f"{path}.{name}", unknown_name(path, name, known))
            member, form, inner = known[name]
            if part is not None:
                taken[member] = to_api(inner, form, part, f"{path}.{name}")
        return taken
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"  # as Terraform has what may also be left to AWS
    if kind in ("integer", "long") and isinstance(value, float) and value.is_integer():
        return int(value)  # the wire has floats only
    if kind == "string" and isinstance(value, dict):
        return json.dumps(value)  # a policy given as an object
    return value


def from_api(shape: Any, form: Form, value: Any) -> Any:
    """A value of AWS's as Pulumi has it."""
    if form is Form.TEXT:
        return f"{value:g}" if isinstance(value, int | float) else value
    if form is Form.JSON:
        return json.dumps(value, default=str)
    if form is Form.LIST_OF_ONE:
        return [from_api(shape, Form.SAME, value)]
    if form is Form.MAP:
        name, content = list(shape.member.members)[:2]
        return {pair[name]: pair[content] for pair in value}
    if shape.type_name == "structure":
        return {
            name: from_api(inner, form, value[member])
            for member, name, form, inner in members(shape)
            if value.get(member) is not None
        }
    if shape.type_name == "list":
        return [from_api(shape.member, Form.SAME, part) for part in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if shape.type_name == "string" and isinstance(value, dict):
        return json.dumps(value)  # botocore reads IAM's policies for us
    return value


def same(one: Any, other: Any) -> bool:
    """Whether two values mean the same: equal, equal as JSON, an ARN and the name that ends it."""
    if one == other:
        return True
    if isinstance(one, bool) != isinstance(other, bool):
        return str(one).lower() == str(other).lower()
    if not (isinstance(one, str) and isinstance(other, str)):
        return False
    if one.startswith("arn:") and one.endswith(f"/{other}"):
        return True
    try:
        return one.startswith(("{", "[")) and bool(json.loads(one) == json.loads(other))
    except ValueError:
        return False


def as_given(shape: Any, given: Any, found: Any) -> Any:
    """What was found, in the terms of what was given: only the parts of a structure that were."""
    if same(given, found):
        return given
    if isinstance(given, dict) and isinstance(found, dict) and shape is None:
        return {key: as_given(None, given[key], found[key]) for key in given if key in found}
    if shape is None:
        if isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
            return [as_given(None, *pair) for pair in zip(given, found, strict=True)]
        return found
    if isinstance(given, str) and shape.type_name in ("list", "structure"):  # its JSON
        asked, now = json.loads(given), json.loads(found)
        kept = as_given(shape, asked, now)
        return given if kept == asked else json.dumps(kept)
    if isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        inner = shape.member if shape.type_name == "list" else shape
        return [as_given(inner, *pair) for pair in zip(given, found, strict=True)]
    if shape.type_name == "structure" and isinstance(given, dict) and isinstance(found, dict):
        return {
            name: as_given(inner, given[name], found[name])
            for _, name, _, inner in members(shape)
            if name in given and name in found
        }
    return found
