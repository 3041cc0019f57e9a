"""A row of the table at work: check, diff, create, read, update, delete."""

import contextlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from sandbox.aws.provider.api import Api
from sandbox.aws.provider.kinds import Call, Kind, Setting
from sandbox.aws.provider.placed import Placed, put_at, shape_at, strange, value_at
from sandbox.aws.provider.shapes import (
    UNKNOWN,
    Form,
    Property,
    as_given,
    from_api,
    has_unknown,
    members,
    same,
    to_api,
)
from sandbox.errors import CallRefused, InvalidValue, Refused
from sandbox.inputs import FILLED, Failure, Properties, autonamed, set_inputs, unknown

_ARNS = dict.fromkeys(("ResourceArn", "ResourceARN", "resourceArn"), Property("arn"))


@dataclass(frozen=True)
class Configuration:
    """What the provider is configured with."""

    region: str = ""
    default_tags: Mapping[str, str] = field(default_factory=dict)

    def region_for(self, properties: Properties) -> str:
        """The resource's region, the provider's, the environment's; "" if nobody names one."""
        return str(
            properties.get("region")
            or self.region
            or os.environ.get("AWS_REGION")
            or os.environ.get("AWS_DEFAULT_REGION")
            or ""
        )


class Change(NamedTuple):
    """What differs, which of it needs a new resource, and whether the old must go first."""

    changed: set[str]
    replaced: set[str]
    delete_first: bool


class Resource:
    """The resources of one kind."""

    def __init__(self, kind: Kind, api: Api) -> None:
        self.kind = kind
        self.api = api
        self.names = _ARNS | {
            member: name if isinstance(name, Property) else Property(name)
            for member, name in kind.names.items()
        }

    # What the model says of the kind

    @cached_property
    def inputs(self) -> dict[str, tuple[Form, Any]]:
        """The properties that a program may set, each with its form and AWS's shape for it."""
        taken: dict[str, tuple[Form, Any]] = {
            name: (form, shape)
            for member, name, form, shape in self._members(self.kind.create.operation)
            if member not in self.kind.absent
        }
        for setting in self.kind.settings:
            of_put = {name: (form, shape) for _, name, form, shape in self._members(setting.put)}
            taken.setdefault(setting.name, of_put.get(setting.name, (Form.SAME, None)))
        requested = self.api.operation(self.kind.service, self.kind.create.operation).input_shape
        for placed in self.kind.placed:
            plain = type(placed) is Placed and not placed.values and "." not in placed.name
            taken[placed.top] = placed.form, shape_at(requested, placed.path) if plain else None
        taken |= dict.fromkeys(self._attribute_names, (Form.SAME, None))
        taken |= {name: taken.get(name, (Form.SAME, None)) for name in self.kind.local}
        if self.kind.regional:
            taken["region"] = (Form.SAME, None)
        if self.kind.tag:
            taken["tags"] = taken.pop("tagsAll", (Form.SAME, None))
        return taken

    @cached_property
    def identity(self) -> set[str]:
        """The properties that AWS knows a thing by: those that Delete takes."""
        return set(self.kind.key) or self._taken_by(self.kind.delete).difference(self.kind.local)

    @cached_property
    def mutable(self) -> set[str]:
        """The inputs that an update changes in place."""
        set_alone = {setting.name for setting in self.kind.settings}
        known_here = {*self.kind.local, "tags", "tagsAll"}
        known_here |= self._attribute_names
        fixed = self.identity | (
            {self.kind.named} if self.kind.key and self.kind.autoname else set()
        )
        return (set_alone | self._taken_by(self.kind.update) | known_here) - fixed

    @cached_property
    def outputs(self) -> set[str]:
        """The properties that AWS decides."""
        return {output.name for output in self.kind.outputs} - set(self.inputs)

    @cached_property
    def _attribute_names(self) -> set[str]:
        keys = self.kind.attributes.keys if self.kind.attributes else {}
        return {name.partition(".")[0] for name in keys}

    def _members(self, operation: str) -> Iterator[tuple[str, str, Form, Any]]:
        """The members of an operation's parameters; of the list that the resource is one of, those
        of its own."""
        model = self.api.operation(self.kind.service, operation)
        for each in members(model.input_shape, self.names):
            if each[0] == self.kind.one_of:
                yield from members(each[3].member, self.names)
            else:
                yield each

    def _taken_by(self, operation: str) -> set[str]:
        if not operation:
            return set()
        request = self.api.operation(self.kind.service, operation).input_shape
        elsewhere = {one.top for one in self.kind.placed if one.member in request.members}
        return {name for _, name, _, _ in self._members(operation)} | elsewhere

    # What the engine asks

    def check(
        self, name: str, olds: Properties, news: Properties, seed: bytes, provider: Configuration
    ) -> tuple[Properties, list[Failure]]:
        """The inputs with what is filled in, and what is wrong with them."""
        inputs = set_inputs(news)
        failures = unknown(self.kind.token, inputs.keys() - self.inputs.keys(), self.inputs)
        failures += [Failure(path, "is not known here") for path in self._strange(inputs)]
        if self.kind.regional and not provider.region_for(inputs):
            why = "no region: set it here, on the provider (aws:region), or in AWS_REGION"
            failures.append(Failure("region", why))
        if self.kind.autoname and self.kind.named not in inputs:
            inputs |= autonamed(
                self.kind.named,
                lambda random: self.kind.autoname.format(name=name, random=random),
                olds,
                seed,
            )
        if self.kind.tag:
            tags = inputs.get("tags", {})
            known = isinstance(tags, dict)
            inputs["tagsAll"] = {**provider.default_tags, **tags} if known else tags
        return inputs, failures + self._misfits(inputs)

    def diff(
        self, olds: Properties, news: Properties, state: Properties, provider: Configuration
    ) -> Change:
        """How the new inputs differ from the old. What nobody gave stays as AWS filled it in."""
        left = set(olds.get(FILLED, ())) - news.keys()
        changed = {
            key
            for key in (olds.keys() | news.keys()) - {FILLED, "region"} - left
            if not same(olds.get(key), news.get(key))
        }
        replaced = changed - self.mutable
        if self.kind.regional and state.get("region") != provider.region_for(news):
            changed, replaced = changed | {"region"}, replaced | {"region"}
        # A name that we or AWS made up is made up anew; one that was given is in the way.
        given = self.identity <= self.inputs.keys() and FILLED not in news
        in_the_way = given and self.identity.isdisjoint(changed) and "region" not in changed
        return Change(changed, replaced, bool(replaced) and in_the_way)

    def identifier(self, state: Properties) -> str:
        """What the engine knows it by."""
        return self.kind.id.format_map(state)

    def create(self, inputs: Properties, provider: Configuration, preview: bool) -> Properties:
        """Make it, and give its state; in a preview, the state as far as it is known."""
        region = self._region(inputs, provider)
        if preview:
            return {**dict.fromkeys(self.outputs, UNKNOWN), **self._state(inputs, {}, region)}
        given = {**self.kind.defaults, **inputs}
        made = given | (self._ask(self.kind.create, given, region) or {})
        try:
            self._put_attributes(made, region)
            if self.kind.tag and "tagsAll" not in self._taken_by(self.kind.create.operation):
                self._tag(made, {}, given.get("tagsAll", {}), region)
            for setting in self.kind.settings:
                by_create = setting.name in self._taken_by(self.kind.create.operation)
                if (
                    not by_create
                    and not setting.on
                    and made.get(setting.name, setting.default) != setting.default
                ):
                    self._apply(setting, made, region)
            found = self._find(made, region)
            if found is None:
                raise Refused(f"{self.kind.create.operation} succeeded, but nothing is there")
            if self.kind.wait:
                self.kind.wait(self.api, region, made)
        except Exception:
            with contextlib.suppress(Refused):
                self.delete(made, provider)
            raise
        return self._state(self._as_found(inputs, found, provider), found, region)

    def read(
        self, identifier: str, state: Properties, inputs: Properties, provider: Configuration
    ) -> tuple[Properties, Properties] | None:
        """Its state and inputs as they are now, or None if it is gone."""
        region = self._region(state or inputs, provider)
        asked = state or self._parsed(identifier)
        found = self._find(asked, region)
        if found is None:
            return None
        if not state and any(found.get(key, value) != value for key, value in asked.items()):
            return None  # AWS takes an ARN for a name, the provider does not
        if not state:  # an import: nobody has said anything yet
            inputs = {key: found[key] for key in self.inputs if key in found}
            inputs[FILLED] = sorted(inputs)
        inputs = self._as_found(inputs, found, provider)
        return self._state(inputs, found, region), inputs

    def update(
        self,
        state: Properties,
        olds: Properties,
        news: Properties,
        provider: Configuration,
        preview: bool,
    ) -> Properties:
        """Change it in place, and give its state."""
        region = self._region(state, provider)
        kept = {key: state[key] for key in self.identity | self.outputs if key in state}
        if preview:
            return {**kept, **self._state(news, {}, region)}
        changed = self.diff(olds, news, state, provider).changed
        given = {**self.kind.defaults, **kept, **news}
        by_update = self._taken_by(self.kind.update)
        if (changed - {"tagsAll"}) & by_update:
            self._ask(self.kind.update, {**given, **self.kind.on_update, "tagsAll": None}, region)
            if self.kind.wait:
                self.kind.wait(self.api, region, given)
        for setting in self.kind.settings:
            touched = set(setting.on) or {setting.name} | self._taken_by(setting.put)
            if setting.name not in by_update and changed & touched:
                self._apply(setting, given, region)
        if changed & self._attribute_names:
            self._put_attributes(given, region)
        if "tagsAll" in changed:
            self._tag(given, state.get("tagsAll", {}), news.get("tagsAll", {}), region)
        found = self._find(given, region)
        if found is None:
            raise Refused("it is no longer there; `pulumi refresh` takes note of that")
        return self._state(self._as_found(news, found, provider), found, region)

    def delete(self, state: Properties, provider: Configuration) -> None:
        """Take it away; that it is gone already is no mistake."""
        if state.get("skipDestroy"):
            return
        try:
            known = {**self.kind.defaults, **state}
            for setting in self.kind.settings:
                if setting.first and state.get(setting.name):
                    self._ask(setting.drop, known, self._region(state, provider))
            if self.kind.key:
                kept = {*self.kind.key, *self.kind.defaults}
                known = {name: value for name, value in known.items() if name in kept}
            known |= self.kind.on_delete
            self._ask(self.kind.delete, known, self._region(state, provider))
        except CallRefused as refused:
            if not refused.gone:
                raise

    # How it is done

    def _region(self, properties: Properties, provider: Configuration) -> str:
        return provider.region_for(properties) if self.kind.regional else "us-east-1"

    def _ask(self, call: Call | str, properties: Properties, region: str) -> Properties | None:
        """Make a call with the properties that it takes, and give the properties in its answer.

        None: no resource with our identity is in the answer.
        """
        call = Call(call) if isinstance(call, str) else call
        model = self.api.operation(self.kind.service, call.operation)
        request = model.input_shape.members if model.input_shape else {}
        placed_elsewhere = {one.top for one in self.kind.placed if one.member in request}
        parameters = {
            member: to_api(shape, form, properties[name], name)
            for member, name, form, shape in self._members(call.operation)
            if properties.get(name) is not None and name not in placed_elsewhere
        }
        for placed in self.kind.placed:
            if model.input_shape and placed.member in model.input_shape.members:
                placed.send(model.input_shape, properties, parameters)
        if self.kind.one_of in model.input_shape.members:
            own = parameters.keys() - model.input_shape.members.keys()
            parameters[self.kind.one_of] = [{member: parameters.pop(member) for member in own}]
        answer = self.api.call(self.kind.service, region, call.operation, parameters)
        shape = model.output_shape
        if call.answer:
            shape, answer = shape.members[call.answer], answer.get(call.answer) or {}
        if not (shape and shape.type_name == "list"):
            return self._properties(shape, answer)
        for part in answer:
            now = self._properties(shape.member, part)
            known = self.identity & now.keys() & properties.keys()
            if all(now[key] == properties[key] for key in known):
                return now
        return None

    def _properties(self, shape: Any, answer: Any) -> Properties:
        found = {
            name: from_api(inner, form, answer[member])
            for member, name, form, inner in members(shape, self.names)
            if answer.get(member) is not None
        }
        if shape is not None and shape.type_name == "structure":
            tops = {placed.top for placed in self.kind.placed}
            taken: Properties = {}
            for placed in self.kind.placed:
                placed.take(shape, answer, taken)
            found = {key: value for key, value in found.items() if key not in tops} | taken
        return found

    def _put_attributes(self, properties: Properties, region: str) -> None:
        of = self.kind.attributes
        given = {
            key: value
            for name, key in (of.keys if of else {}).items()
            if (value := value_at(properties, name)) is not None
        }
        if of and of.singly:
            for key, value in given.items():
                one = {"attributeName": key, "attributeValue": _text(value)}
                self._ask(of.put, {**properties, **one}, region)
        elif of and given:
            texts = [{"key": key, "value": _text(value)} for key, value in given.items()]
            self._ask(of.put, {**properties, "attributes": texts}, region)

    def _read_attributes(self, found: Properties, region: str) -> Properties:
        of = self.kind.attributes
        if of is None:
            return {}
        answer = self._ask(of.read, found, region) or {}
        texts = answer.get("attributes", {})
        if not of.singly:
            texts = {each["key"]: each.get("value") for each in texts or []}
        taken: Properties = {}
        for name, key in of.keys.items():
            if texts.get(key):
                put_at(taken, name, _value(texts[key]))
        return taken

    def _strange(self, inputs: Properties) -> list[str]:
        names = {placed.name for placed in self.kind.placed}
        names |= set(self.kind.attributes.keys if self.kind.attributes else ())
        inside = {name.partition(".")[0] for name in names if "." in name}
        return [
            path
            for top in sorted(inside & inputs.keys())
            if isinstance(inputs[top], dict)
            for path in strange(inputs[top], names, top)
        ]

    def _find(self, properties: Properties, region: str) -> Properties | None:
        import jmespath  # type: ignore[import-untyped]

        found = {key: properties[key] for key in self.identity}
        try:
            for read in self.kind.reads:
                now = self._ask(read, {**self.kind.defaults, **found}, region)
                if now is None:
                    return None
                found = now | found
                if self.kind.gone and jmespath.search(self.kind.gone, found):
                    return None
        except CallRefused as refused:
            if refused.gone:
                return None
            raise
        found |= self._read_attributes(found, region)
        for output in self.kind.outputs:
            value = jmespath.search(output.path or output.name, found)
            part = re.search(output.part, value) if output.part and value else None
            found[output.name] = part[1] if part else value
        return {key: value for key, value in found.items() if value not in (None, "", [], {})}

    def _as_found(
        self, inputs: Properties, found: Properties, provider: Configuration
    ) -> Properties:
        """The inputs that would have made what was found."""
        result: Properties = {}
        for key, given in inputs.items():
            if key in found and key in self.inputs:
                result[key] = as_given(self.inputs[key][1], given, found[key])
            elif not given or key in (*self.kind.local, "region", FILLED):
                result[key] = given
        if self.kind.tag:
            result["tagsAll"] = found.get("tagsAll", {})
            given, ours = inputs.get("tags", {}), provider.default_tags
            tags = {
                key: value
                for key, value in result["tagsAll"].items()
                if key in given or ours.get(key) != value
            }
            if tags or "tags" in inputs:
                result["tags"] = tags
        return result

    def _state(self, inputs: Properties, found: Properties, region: str) -> Properties:
        shown = {
            key: found[key] for key in self.outputs | set(self.inputs) if key in found
        } | inputs
        shown.pop(FILLED, None)
        return shown | ({"region": region} if self.kind.regional else {})

    def _apply(self, setting: Setting, properties: Properties, region: str) -> None:
        value = properties.get(setting.name, setting.default)
        if setting.drop and not value:
            self._ask(setting.drop, properties, region)
        elif value is not None:
            self._ask(setting.put, properties, region)

    def _tag(self, known: Properties, olds: Properties, news: Properties, region: str) -> None:
        if dropped := [key for key in olds if key not in news]:
            old = {key: olds[key] for key in dropped}  # EC2 asks for the tags themselves
            self._ask(self.kind.untag, {**known, "tagKeys": dropped, "tagsAll": old}, region)
        if put := {key: value for key, value in news.items() if olds.get(key) != value}:
            self._ask(self.kind.tag, {**known, "tagsAll": put}, region)

    def _misfits(self, inputs: Properties) -> list[Failure]:
        from botocore.validate import ParamValidator

        failures = []
        required = self.api.operation(
            self.kind.service, self.kind.create.operation
        ).input_shape.required_members
        inside = {placed.member for placed in self.kind.placed}
        for member, name, _, _ in self._members(self.kind.create.operation):
            if member in inside:
                continue
            if member in required and name not in inputs and name not in self.kind.defaults:
                failures.append(Failure(name, "is required"))
        for name, (form, shape) in self.inputs.items():
            if shape and name in inputs:
                try:
                    value = to_api(shape, form, inputs[name], name)
                except InvalidValue as invalid:
                    failures.append(Failure(invalid.path, invalid.why))
                    continue
                if not has_unknown(value):
                    report = ParamValidator().validate(value, shape)
                    if report.has_errors():
                        failures.append(Failure(name, report.generate_report()))
        return failures

    def _parsed(self, identifier: str) -> Properties:
        taken = re.escape(self.kind.imported or self.kind.id)
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", taken)
        match = re.fullmatch(pattern, identifier)
        known = match.groupdict() if match else {}
        if missing := sorted(self.identity - known.keys()):
            raise Refused(f"{identifier!r} does not say its {', '.join(missing)}")
        return known


def _text(value: Any) -> str:
    """A value as AWS's attributes have it."""
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _value(text: str) -> Any:
    """An attribute's text as the program's value."""
    if text in ("true", "false"):
        return text == "true"
    return int(text) if text.isdigit() else text
