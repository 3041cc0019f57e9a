"""Properties that pulumi_aws has elsewhere than AWS: one level up, one down, in a list of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.aws.provider.shapes import Form, from_api, to_api


@dataclass(frozen=True)
class Placed:
    """Where AWS has a property: `healthCheck.path` is `HealthCheckPath`.

    `name` is pulumi_aws's, `path` AWS's, both with dots; a whole number in it is a place in a list,
    `*` every place of one that is read. `found` is the path in what is read, where it is another.
    `values` are AWS's words for values. `beside`: it is sent only beside that property.
    """

    name: str
    path: str
    found: str = ""
    form: Form = Form.SAME
    values: Mapping[Any, Any] = field(default_factory=dict)
    beside: str = ""

    @property
    def top(self) -> str:
        """The property's own name, without what is inside of it."""
        return self.name.partition(".")[0]

    @property
    def member(self) -> str:
        """The member of AWS's request that it is in."""
        return self.path.partition(".")[0]

    def send(self, shape: Any, properties: Mapping[str, Any], parameters: dict[str, Any]) -> None:
        """Put the property's value into a request's parameters, if it has one."""
        value = value_at(properties, self.name)
        if value is None or (self.beside and value_at(properties, self.beside) is None):
            return
        inner = shape_at(shape, self.path)
        value = self.values.get(value, value) if self.values else value
        put_at(parameters, self.path, to_api(inner, self.form, value, self.name))

    def take(self, shape: Any, answer: Any, properties: dict[str, Any]) -> None:
        """Put the value that an answer has into the properties, if it has one."""
        path = self.found or self.path
        inner = shape_at(shape, path)
        value = value_at(answer, path) if inner is not None else None
        if value is None:
            return
        value = value if "*" in path else from_api(inner, self.form, value)
        for ours, theirs in self.values.items():
            if theirs == value:
                value = ours
        put_at(properties, self.name, value)


class Joined(Placed):
    """A list in Pulumi, one text with commas in AWS."""

    def send(self, shape: Any, properties: Mapping[str, Any], parameters: dict[str, Any]) -> None:
        if (value := properties.get(self.name)) is not None:
            parameters[self.path] = ",".join(value) if isinstance(value, list) else value

    def take(self, shape: Any, answer: Any, properties: dict[str, Any]) -> None:
        if value := answer.get(self.path):
            properties[self.name] = value.split(",")


class Left(Placed):
    """A number that -1 leaves as it is: it is then not sent, and AWS has none."""

    def send(self, shape: Any, properties: Mapping[str, Any], parameters: dict[str, Any]) -> None:
        if properties.get(self.name) != -1:
            super().send(shape, properties, parameters)

    def take(self, shape: Any, answer: Any, properties: dict[str, Any]) -> None:
        properties[self.name] = answer.get(self.path, -1)


class GroupTags(Placed):
    """The tags of an auto scaling group: each says which group it is of."""

    def send(self, shape: Any, properties: Mapping[str, Any], parameters: dict[str, Any]) -> None:
        if properties.get(self.name) is None:
            return
        super().send(shape, properties, parameters)
        for tag in parameters[self.path]:
            tag |= {"ResourceId": properties["name"], "ResourceType": "auto-scaling-group"}


def value_at(values: Any, path: str) -> Any:
    """What is at a path; None where nothing is."""
    for n, part in enumerate(parts := path.split(".")):
        if part == "*":
            rest = ".".join(parts[n + 1 :])
            return [value_at(each, rest) for each in values]
        if isinstance(values, list | tuple):
            values = values[int(part)] if part.isdigit() and int(part) < len(values) else None
        elif isinstance(values, Mapping):
            values = values.get(part)
        else:
            return None
    return values


def put_at(values: Any, path: str, value: Any) -> None:
    """Put a value at a path, and make what is missing on the way."""
    *way, last = path.split(".")
    for part, following in zip(way, path.split(".")[1:], strict=True):
        empty: Any = [] if following.isdigit() else {}
        if isinstance(values, list):
            while len(values) <= int(part):
                values.append([] if following.isdigit() else {})
            values = values[int(part)]
        else:
            values = values.setdefault(part, empty)
    if isinstance(values, list):
        values.append(value)
    else:
        values[last] = value


def shape_at(shape: Any, path: str) -> Any:
    """AWS's shape at a path; None where there is none."""
    for part in path.split("."):
        if shape is None:
            return None
        if shape.type_name == "list" and (part.isdigit() or part == "*"):
            shape = shape.member
        else:
            shape = shape.members.get(part) if shape.type_name == "structure" else None
    return shape


def strange(given: Any, known: set[str], path: str) -> list[str]:
    """The paths inside of a property that are not known."""
    if path in known or not isinstance(given, Mapping):
        return [] if path in known else [path]
    return [
        wrong for key, value in given.items() for wrong in strange(value, known, f"{path}.{key}")
    ]
