"""`pulumi-resource-aws-native`: the types of cloud_types.py, each by Cloud Control alone.

Its properties are AWS's members in camel case; a list of tags is a list here too. As the real
provider does, it sends the properties that differ, and those that AWS does not let be read.
"""

import json
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from sandbox.aws.cloud_types import CloudType
from sandbox.aws.provider.api import Api
from sandbox.aws.provider.resource import Change, Configuration
from sandbox.aws.provider.shapes import UNKNOWN, camel, has_unknown, same
from sandbox.errors import CallRefused, InvalidValue
from sandbox.inputs import (
    FILLED,
    Failure,
    Properties,
    autonamed,
    missing,
    set_inputs,
    unknown,
    unknown_name,
)

# AWS has these; pulumi_aws_native does not.
_ABSENT = {"AcceleratorPartitionLayouts", "AcceleratorPartitionType", "AcceleratorType"}
# Between two looks at a request; the emulated API is done when it answers.
_POLL_S = 0.02


class Native:
    """The resources of one CloudFormation type."""

    def __init__(self, kind: CloudType, api: Api) -> None:
        self.kind = kind
        self.api = api
        self.name = camel(kind.name)
        self.arn = camel(kind.identifier)

    @cached_property
    def inputs(self) -> dict[str, tuple[str, Any]]:
        """The properties that a program may set, each with AWS's name and shape."""
        taken: dict[str, tuple[str, Any]] = {}
        for call in (self.kind.create, self.kind.update):
            if call:
                shape = self.api.operation(self.kind.service, call).input_shape
                taken |= {camel(member): (member, of) for member, of in shape.members.items()}
        return {name: one for name, one in taken.items() if one[0] not in self.kind.absent}

    @cached_property
    def outputs(self) -> set[str]:
        """The properties that AWS decides."""
        return {camel(path) for path in self.kind.read_only if "/" not in path}

    @cached_property
    def replacing(self) -> set[str]:
        """The inputs whose change makes a new resource."""
        if self.kind.create_only is None:
            return set(self.inputs) - {"tags"}
        return {camel(name) for name in self.kind.create_only}

    def identifier(self, state: Properties) -> str:
        """What Cloud Control knows it by."""
        return str(state[self.arn])

    def check(
        self, name: str, olds: Properties, news: Properties, seed: bytes, provider: Configuration
    ) -> tuple[Properties, list[Failure]]:
        """The inputs with a name, and what is wrong with them."""
        from botocore.validate import ParamValidator

        inputs = set_inputs(news)
        if "tags" in self.inputs and provider.default_tags:
            inputs["tags"] = with_defaults(inputs.get("tags", []), provider.default_tags)
        failures = unknown(self.kind.token, inputs.keys() - self.inputs.keys(), self.inputs)
        if not provider.region_for({}):
            why = "no region: set it on the provider (aws-native:region), or in AWS_REGION"
            failures.append(Failure("region", why))
        if self.name not in inputs:
            inputs |= autonamed(self.name, lambda random: f"{name}-{random}", olds, seed)
        required = self.api.operation(self.kind.service, self.kind.create).input_shape
        failures += missing(map(camel, required.required_members), inputs)
        for key, (_, shape) in self.inputs.items():
            if key in inputs and not has_unknown(inputs[key]):
                try:
                    report = ParamValidator().validate(to_cloud(shape, inputs[key], key), shape)
                except InvalidValue as invalid:
                    failures.append(Failure(invalid.path, invalid.why))
                    continue
                if report.has_errors():
                    failures.append(Failure(key, report.generate_report()))
        return inputs, failures

    def diff(
        self, olds: Properties, news: Properties, state: Properties, provider: Configuration
    ) -> Change:
        """How the new inputs differ from the old."""
        changed = {
            key
            for key in (olds.keys() | news.keys()) - {FILLED}
            if not same(olds.get(key), news.get(key))
        }
        replaced = changed & self.replacing
        in_the_way = FILLED not in news and self.name not in changed
        return Change(changed, replaced, bool(replaced) and in_the_way)

    def create(self, inputs: Properties, provider: Configuration, preview: bool) -> Properties:
        """Make it, and give its state; in a preview, the state as far as it is known."""
        given = {key: value for key, value in inputs.items() if key != FILLED}
        if preview:
            return {**dict.fromkeys(self.outputs, UNKNOWN), **given}
        created = {"DesiredState": json.dumps(self._to_cloud(given))}
        arn = self._request("CreateResource", created, provider)
        return self._state(given, self._found(arn, provider))

    def read(
        self, identifier: str, state: Properties, inputs: Properties, provider: Configuration
    ) -> tuple[Properties, Properties] | None:
        """Its state and inputs as they are now, or None if it is gone."""
        try:
            found = self._found(identifier, provider)
        except CallRefused as refused:
            if refused.gone:
                return None
            raise
        if not state:  # an import: nobody has said anything yet
            inputs = {key: found[key] for key in self.inputs if key in found}
        inputs = {key: merged(given, found.get(key)) for key, given in inputs.items()}
        return self._state(inputs, found), inputs

    def update(
        self,
        state: Properties,
        olds: Properties,
        news: Properties,
        provider: Configuration,
        preview: bool,
    ) -> Properties:
        """Change it in place, and give its state."""
        given = {key: value for key, value in news.items() if key != FILLED}
        if preview:
            kept = {key: state[key] for key in self.outputs if key in state}
            return {**kept, **given}
        changed = self.diff(olds, news, state, provider).changed
        unread = {camel(path) for path in self.kind.write_only if "/" not in path}
        now = self._found(state[self.arn], provider)
        patch = []
        for key in sorted(changed | (unread & given.keys())):
            member = self.inputs[key][0]
            if key in given:
                value = self._to_cloud({key: given[key]})[member]
                patch.append({"op": "add", "path": f"/{member}", "value": value})
            elif key in now:
                patch.append({"op": "remove", "path": f"/{member}"})
        if patch:
            wanted = {"Identifier": state[self.arn], "PatchDocument": json.dumps(patch)}
            self._request("UpdateResource", wanted, provider)
        return self._state(given, self._found(state[self.arn], provider))

    def delete(self, state: Properties, provider: Configuration) -> None:
        """Take it away; that it is gone already is no mistake."""
        try:
            self._request("DeleteResource", {"Identifier": state[self.arn]}, provider)
        except CallRefused as refused:
            if not refused.gone:
                raise

    def _call(self, operation: str, given: Properties, provider: Configuration) -> Any:
        return self.api.call("cloudcontrol", provider.region_for({}), operation, given)

    def _request(self, operation: str, given: Properties, provider: Configuration) -> str:
        """Ask for something, wait for its end, and give the identifier."""
        typed = {"TypeName": self.kind.cloud_name, **given}
        event = self._call(operation, typed, provider)["ProgressEvent"]
        while event["OperationStatus"] in ("PENDING", "IN_PROGRESS"):
            time.sleep(_POLL_S)
            token = {"RequestToken": event["RequestToken"]}
            event = self._call("GetResourceRequestStatus", token, provider)["ProgressEvent"]
        if event["OperationStatus"] != "SUCCESS":
            code = event.get("ErrorCode", event["OperationStatus"])
            raise CallRefused(
                operation, code, event.get("StatusMessage", ""), gone=code == "NotFound"
            )
        return str(event["Identifier"])

    def _found(self, identifier: str, provider: Configuration) -> Properties:
        asked = {"TypeName": self.kind.cloud_name, "Identifier": identifier}
        answer = self._call("GetResource", asked, provider)
        return {
            camel(member): from_cloud(value)
            for member, value in json.loads(answer["ResourceDescription"]["Properties"]).items()
        }

    def _state(self, inputs: Properties, found: Properties) -> Properties:
        shown = {key: found[key] for key in self.outputs if key in found}
        return {**shown, **{key: value for key, value in inputs.items() if key != FILLED}}

    def _to_cloud(self, properties: Properties) -> Properties:
        return {
            self.inputs[key][0]: to_cloud(self.inputs[key][1], value, key)
            for key, value in properties.items()
        }


def parts(shape: Any) -> dict[str, tuple[str, Any]]:
    """The parts of a structure: AWS's name and shape of each, by the package's name."""
    return {
        camel(member): (member, of) for member, of in shape.members.items() if member not in _ABSENT
    }


def to_cloud(shape: Any, value: Any, path: str) -> Any:
    """A property's value as CloudFormation has it.

    Raises:
        InvalidValue: it has a part that AWS's shape does not.
    """
    if shape.type_name == "structure" and isinstance(value, dict):
        known = parts(shape)
        for name in value.keys() - known.keys():
            raise InvalidValue(f"{path}.{name}", unknown_name(path, name, known))
        return {
            known[name][0]: to_cloud(known[name][1], part, f"{path}.{name}")
            for name, part in value.items()
            if part is not None
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [to_cloud(shape.member, part, f"{path}[{n}]") for n, part in enumerate(value)]
    if shape.type_name == "map" and isinstance(value, dict):
        return {key: to_cloud(shape.value, part, f"{path}.{key}") for key, part in value.items()}
    if shape.type_name in ("integer", "long") and isinstance(value, float) and value.is_integer():
        return int(value)  # the wire has floats only
    return value


def from_cloud(value: Any) -> Any:
    """A value of CloudFormation's as the package has it; a map's keys stay what they are."""
    if isinstance(value, list):
        return [from_cloud(part) for part in value]
    if isinstance(value, dict):
        return {
            camel(name): part if name == "Environment" else from_cloud(part)
            for name, part in value.items()
        }
    return value


def with_defaults(tags: Any, defaults: Mapping[str, str]) -> Any:
    """A list of tags, and behind it the provider's own whose keys it has not.

    Source: provider/pkg/default_tags/merging.go of pulumi/pulumi-aws-native.
    """
    if not isinstance(tags, list):  # not known yet
        return tags
    keys = {tag.get("key") for tag in tags if isinstance(tag, dict)}
    added = [{"key": key, "value": defaults[key]} for key in sorted(defaults.keys() - keys)]
    return [*tags, *added]


def merged(given: Any, found: Any) -> Any:
    """What was found, in the terms of what was given; what was not found stays as given."""
    if found is None or same(given, found):
        return given
    if isinstance(given, dict) and isinstance(found, dict):
        return {key: merged(part, found.get(key)) for key, part in given.items()}
    if isinstance(given, list) and isinstance(found, list) and len(given) == len(found):
        return [merged(*pair) for pair in zip(given, found, strict=True)]
    return found
