"""Rows at work: check, diff, create, read, update, delete."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.aws.provider.resource import Change
from sandbox.errors import CallRefused, InvalidValue, Refused
from sandbox.google.cloud import URL, call
from sandbox.google.emulator.discovery import UNKNOWN, Discovery, Method, discovery
from sandbox.google.provider.kinds import Kind, Member
from sandbox.google.provider.rendering import Body, Rendering, input_names, same, strange
from sandbox.inputs import FILLED, Failure, Properties, autonamed, missing, set_inputs, unknown

_PLACES = ("project", "region", "zone", "location")
_VIRTUAL = ("deletionPolicy",)
"""Inputs that pulumi_gcp adds to most kinds, and that no API has."""
_POLL_S = 0.05
_TRIES = 50


@dataclass(frozen=True)
class Configuration:
    """What the provider is configured with."""

    project: str = ""
    region: str = ""
    zone: str = ""

    def of(self, place: str, properties: Mapping[str, Any]) -> str:
        """A resource's project, region or zone: its own, the provider's, the environment's."""
        given = properties.get(place) or getattr(self, place, "")
        return str(given or os.environ.get(f"GOOGLE_{place.upper()}") or "")


def asked(verb: str, path: str, body: Any = None) -> Any:
    """What the emulated Google answers."""
    return call(os.environ[URL], verb, path, body)


class Resource:
    """The resources of one kind."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    @cached_property
    def document(self) -> Discovery:
        return discovery(self.kind.api)

    @cached_property
    def names(self) -> dict[str, type | None]:
        return input_names(self.kind.args)

    @cached_property
    def places(self) -> set[str]:
        """The inputs that the address has, and the request has not."""
        return set(re.findall(r"\{(\w+)\}", self.kind.parent))

    @cached_property
    def apart(self) -> set[str]:
        """The inputs that no request's body has."""
        named = {self.kind.name_input} if self.kind.name_input not in self.kind.moved else set()
        return {*self.places, *self.kind.local, *_VIRTUAL, *named, FILLED}

    @cached_property
    def creating(self) -> Method:
        for action in ("create", "insert", "deploy"):
            try:
                return self.document.by_id(f"{self.kind.methods}.{action}")
            except KeyError:
                continue
        raise Refused(f"{self.kind.token} cannot be made")

    @cached_property
    def rendering(self) -> Rendering:
        return Rendering(self.document, self.kind.moved)

    def body(self, inputs: Properties) -> Body:
        """The request of these inputs; :class:`InvalidValue` where the API has no such field."""
        wrapper = self.kind.wrapper
        given = {key: value for key, value in inputs.items() if key not in self.apart}
        outside = {key for key, row in self.kind.moved.items() if row.outside}
        schema = self.document.schema(self.creating.request)
        if not wrapper:
            return self.rendering.message(schema, given)
        inner = {key: value for key, value in given.items() if key not in outside}
        body: Body = {
            wrapper: self._added(self.rendering.message(schema["properties"][wrapper], inner)),
            **{self.kind.moved[key].to: given[key] for key in outside if key in given},
        }
        return body

    def _added(self, body: Body) -> Body:
        """A message with what Pulumi leaves out of its parts."""
        for key, part in self.kind.adds.items():
            if isinstance(body.get(key), dict):
                body[key] = {**part, **body[key]}
        return body

    def request(self, inputs: Properties) -> Body:
        """The request that makes it."""
        return {**self.kind.sends, **self.body(inputs)}

    # What the engine asks

    def check(
        self, name: str, olds: Properties, news: Properties, seed: bytes, provider: Configuration
    ) -> tuple[Properties, list[Failure]]:
        inputs = set_inputs(news)
        failures = unknown(self.kind.token, strange(self.names, inputs), self.names)
        for place in _PLACES:
            if place in self.places and not provider.of(place, inputs):
                failures.append(
                    Failure(place, f"is required here or on the provider (gcp:{place})")
                )
        inputs = {**self.kind.defaults, **inputs}
        if self.kind.name_input == "name" and self.kind.autoname and "name" not in inputs:
            before = inputs.get("namePrefix") or f"{name}-"
            kept = olds.get("namePrefix") == inputs.get("namePrefix")
            inputs |= autonamed("name", lambda random: before + random, olds, seed, keep=kept)
        if failures:
            return inputs, failures
        try:
            body = self.request(inputs)
        except InvalidValue as invalid:
            return inputs, [Failure(invalid.path, invalid.why)]
        misfits = self.document.misfits(self.creating, body)
        return inputs, [Failure(misfit.path, misfit.why) for misfit in misfits]

    def diff(
        self, olds: Properties, news: Properties, state: Properties, provider: Configuration
    ) -> Change:
        changed = {
            key for key in (olds.keys() | news.keys()) - {FILLED} if olds.get(key) != news.get(key)
        }
        fixed = {*self.places, *self.kind.replaces, self.kind.name_input} - {""}
        in_place = {*self.kind.local, *_VIRTUAL} - self.places - set(self.kind.replaces)
        replaced = changed - in_place if not self.kind.update else changed & fixed
        if self.creating.action == "deploy" and _machine(olds) != _machine(news):
            replaced |= {"deployConfig"}
        named = "name" not in news.get(FILLED, ()) and self.kind.name_input in news
        return Change(changed, replaced, bool(replaced) and named)

    def identifier(self, state: Properties) -> str:
        return str(state["__name"])

    def create(self, inputs: Properties, provider: Configuration, preview: bool) -> Properties:
        if preview:
            return self._shown(inputs, {}, provider)
        parent = self._parent(inputs, provider)
        query = {self.kind.identifier: inputs[self.kind.name_input]} if self.kind.identifier else {}
        if self.kind.api == "storage.v1":
            query["project"] = provider.of("project", inputs)
        suffix = ":deploy" if self.creating.action == "deploy" else ""
        try:
            made = self._asked("POST", f"{parent}{suffix}", self.request(inputs), query)
        except CallRefused as refused:
            if self.kind.delete or "ALREADY_EXISTS" not in str(refused):
                raise
            made = {}  # a ring of keys stays for ever: it is taken as it is
        name = self._name_of(inputs, made, provider)
        found = self._found(name) or made
        return self._shown(inputs, {**found, "name": found.get("name", "")}, provider) | {
            "__name": name
        }

    def read(
        self, identifier: str, state: Properties, inputs: Properties, provider: Configuration
    ) -> tuple[Properties, Properties] | None:
        if self.creating.action == "deploy":
            return state, inputs  # the real provider does not read it either
        found = self._found(identifier)
        if found is None or found.get("destroyed"):
            return None
        kept: Properties = {}
        for key, value in inputs.items():
            if key in self.apart:
                kept[key] = value
                continue
            part = self.body({key: value})
            if self.kind.wrapper not in found:  # of the request alone, such as accountId
                part = part.pop(self.kind.wrapper, part)
                outside = key in self.kind.moved and self.kind.moved[key].outside
                part = {} if outside else part
            kept[key] = value if same(part, found) else _of(part, found)
        return self._shown(kept, found, provider) | {"__name": identifier}, kept

    def update(
        self,
        state: Properties,
        olds: Properties,
        news: Properties,
        provider: Configuration,
        preview: bool,
    ) -> Properties:
        if preview:
            return {**state, **{key: news[key] for key in news if not key.startswith("__")}}
        name = state["__name"]
        body = self.body(news)
        before = self.body(olds)
        if body != before:
            self._patched(name, body, before)
        found = self._found(name) or {}
        return self._shown(news, found, provider) | {"__name": name}

    def delete(self, state: Properties, provider: Configuration) -> None:
        if state.get("deletionProtection"):
            raise Refused(
                f"cannot destroy {state['__name']} without setting deletionProtection=false and "
                "running `pulumi up`"
            )
        if not self.kind.delete:
            return
        name = state["__name"]
        if self.kind.delete == "destroy":
            self._asked("POST", f"{self._path(name)}/cryptoKeyVersions/1:destroy", {})
            return
        try:
            self._asked("DELETE", self._path(name))
        except CallRefused as refused:
            if not refused.gone:
                raise

    # Helpers

    def _parent(self, inputs: Properties, provider: Configuration) -> str:
        given = {place: provider.of(place, inputs) for place in _PLACES}
        path = self.kind.parent.format(**{**inputs, **given})
        return re.sub(r"^(v\d+)/(?:https://[^/]+/)?v\d+/", r"\1/", path)

    @property
    def _version(self) -> str:
        """What comes before a full name: ``v2/``, ``compute/v1/``."""
        return re.match(r"(?:[a-z]+/)?v\d\w*/", self.kind.parent)[0]  # type: ignore[index]

    def _path(self, name: str) -> str:
        return f"{self._version}{name}"

    def _name_of(self, inputs: Properties, made: Body, provider: Configuration) -> str:
        if self.creating.action == "deploy":
            return str(made["endpoint"])
        parent = self._parent(inputs, provider).removeprefix(self._version)
        said = str(made.get("name", ""))
        if self.kind.api != "compute.v1" and said.startswith(("projects/", "billingAccounts/")):
            return said
        return f"{parent}/{inputs[self.kind.name_input]}"

    def _asked(
        self, verb: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> Body:
        """An answer, or what an operation ends with."""
        asking = f"?{urlencode(query)}" if query else ""
        answer = asked(verb, f"{self.kind.api}/{quote(path, safe='/:@')}{asking}", body)
        return self._ended(answer) if _is_operation(answer) else answer

    def _ended(self, operation: Body) -> Body:
        for _ in range(200):
            if operation.get("done") or operation.get("status") == "DONE":
                return dict(operation.get("response", {}))
            link = operation.get("selfLink") or operation["name"]
            path = re.sub(r"^https://[^/]+/", "", link)
            path = path if re.match(r"(compute/)?v\d", path) else self._path(path)
            operation = asked("GET", f"{self.kind.api}/{path}")
            if not (operation.get("done") or operation.get("status") == "DONE"):
                time.sleep(_POLL_S)
        raise Refused(f"{operation['name']} does not end")

    def _found(self, name: str) -> Body | None:
        try:
            found: Body = asked("GET", f"{self.kind.api}/{quote(self._path(name), safe='/:@')}")
            return found
        except CallRefused as refused:
            if refused.gone:
                return None
            raise

    def _patched(self, name: str, body: Body, before: Body) -> None:
        if self.creating.action == "deploy":
            deployed = self._found(name)["deployedModels"][0]  # type: ignore[index]
            resources = body["deployConfig"]["dedicatedResources"]
            counts = {
                key: resources[key]
                for key in ("minReplicaCount", "maxReplicaCount", "autoscalingMetricSpecs")
                if key in resources
            }
            model = {"deployedModel": {"id": deployed["id"], "dedicatedResources": counts}}
            self._asked("POST", f"{self._path(name)}:mutateDeployedModel", model)
            return
        if self.kind.setters:
            self._set(name, body[self.kind.wrapper], before[self.kind.wrapper])
            return
        method = self.document.by_id(f"{self.kind.methods}.{self.kind.update}")
        query: dict[str, str] = {}
        changed = [key for key in {**body, **before} if body.get(key) != before.get(key)]
        if self.kind.wrapper:
            inner, old = body[self.kind.wrapper], before[self.kind.wrapper]
            changed = [key for key in {**inner, **old} if inner.get(key) != old.get(key)]
            body = {self.kind.wrapper: inner}
        path = self._path(name)
        if "updateMask" in method.query:
            query["updateMask"] = ",".join(sorted(changed))
        elif "update_mask" in str(method.request).lower() or self.kind.api == "iam.v1":
            body = {**body, "updateMask": ",".join(sorted(changed))}
        if "{" not in method.path.rpartition("/")[2]:
            last = path.rpartition("/")
            query[last[0].rpartition("/")[2].removesuffix("s")] = last[2]
            path = last[0]
        self._asked(method.verb, path, body, query)

    def _set(self, name: str, body: Body, before: Body) -> None:
        """Each input that differs, by its own method."""
        for key, action in self.kind.setters.items():
            if body.get(key) != before.get(key):
                method = self.document.by_id(f"{self.kind.methods}.{action}")
                suffix = "" if action == "update" else f":{action}"
                self._asked(method.verb, f"{self._path(name)}{suffix}", {key: body.get(key) or {}})

    def _shown(self, inputs: Properties, found: Body, provider: Configuration) -> Properties:
        """The state: inputs, where it is, and what Google decided."""
        state = {key: value for key, value in inputs.items() if key != FILLED}
        for place in _PLACES:
            if place in self.names and provider.of(place, inputs):
                state[place] = provider.of(place, inputs)
        for output, path in self.kind.outputs.items():
            value = _output(path, found) if found else UNKNOWN
            if value is not None:
                state[output] = value
        if self.kind.labels and self.kind.labels in self.names:
            state["effectiveLabels"] = state["pulumiLabels"] = inputs.get(self.kind.labels) or {}
        if self.creating.action == "deploy" and found:
            state["endpoint"] = found["name"].rpartition("/")[2]
            (deployed,) = found["deployedModels"]
            state["deployedModelId"] = deployed["id"]
            state["deployedModelDisplayName"] = deployed["displayName"]
        return state


def _machine(inputs: Properties) -> Any:
    """What a deployed model runs on, which no update changes."""
    resources = (inputs.get("deployConfig") or {}).get("dedicatedResources") or {}
    return resources.get("machineSpec"), resources.get("spot")


def _is_operation(answer: Any) -> bool:
    if not isinstance(answer, dict):
        return False
    return "operation-" in str(answer.get("name", "")) and (
        "done" in answer or answer.get("status") in ("RUNNING", "DONE")
    )


def _output(path: str, found: Body) -> Any:
    return path.format(**found) if "{" in path else found.get(path)


def _of(part: Body, found: Body) -> Any:
    """What there is in place of one input's part of the request."""
    (key,) = list(part)[:1]
    return found.get(key)


class Membership:
    """One member of one role in one resource's policy: others in it are left alone."""

    def __init__(self, row: Member) -> None:
        self.row = row

    def check(
        self, name: str, olds: Properties, news: Properties, seed: bytes, provider: Configuration
    ) -> tuple[Properties, list[Failure]]:
        names = input_names(self.row.args)
        inputs = set_inputs(news)
        failures = unknown(self.row.token, strange(names, inputs), names)
        return inputs, failures + missing(("role", "member"), inputs)

    def diff(
        self, olds: Properties, news: Properties, state: Properties, provider: Configuration
    ) -> Change:
        changed = {key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key)}
        return Change(changed, changed, False)

    def identifier(self, state: Properties) -> str:
        return f"{state['__of']} {state['role']} {state['member']}"

    def create(self, inputs: Properties, provider: Configuration, preview: bool) -> Properties:
        if preview:
            return {**inputs, "etag": UNKNOWN}
        of = self._of(inputs, provider)
        self._change(of, inputs, add=True)
        return {**inputs, "etag": "1", "__of": of}

    def read(
        self, identifier: str, state: Properties, inputs: Properties, provider: Configuration
    ) -> tuple[Properties, Properties] | None:
        policy = self._policy(state["__of"])
        if policy is None or not any(
            _is(one, inputs) and inputs["member"] in one["members"] for one in policy["bindings"]
        ):
            return None
        return state, inputs

    def update(
        self,
        state: Properties,
        olds: Properties,
        news: Properties,
        provider: Configuration,
        preview: bool,
    ) -> Properties:
        raise Refused(f"{self.row.token} is never changed in place")

    def delete(self, state: Properties, provider: Configuration) -> None:
        self._change(state["__of"], state, add=False)

    def _of(self, inputs: Properties, provider: Configuration) -> str:
        given = {place: provider.of(place, inputs) for place in _PLACES}
        return self.row.of.format(**{**inputs, **given})

    def _policy(self, of: str) -> Body | None:
        verb, suffix = self.row.read
        body: Body | None = {} if verb == "POST" else None
        try:
            policy = asked(verb, f"{self.row.api}/{of}{suffix}", body)
        except CallRefused as refused:
            if refused.gone:
                return None
            raise
        return {"bindings": [], **policy}

    def _change(self, of: str, inputs: Properties, *, add: bool) -> None:
        """Read, change, write; again where another wrote meanwhile, as the real provider does."""
        for _ in range(_TRIES):
            try:
                return self._changed(of, inputs, add=add)
            except CallRefused as refused:
                if "ABORTED" not in str(refused):
                    raise
        raise Refused(f"the policy of {of} does not come to rest")

    def _changed(self, of: str, inputs: Properties, *, add: bool) -> None:
        verb, suffix = self.row.write
        policy = self._policy(of)
        if policy is None:
            if add:
                raise Refused(f"{of} does not exist")
            return
        bindings = [dict(one) for one in policy["bindings"]]
        binding = next((one for one in bindings if _is(one, inputs)), None)
        if binding is None:
            binding = {"role": inputs["role"], "members": []}
            if inputs.get("condition"):
                binding["condition"] = inputs["condition"]
            bindings.append(binding)
        others = [member for member in binding["members"] if member != inputs["member"]]
        binding["members"] = [*others, inputs["member"]] if add else others
        changed = {"bindings": bindings, "etag": policy["etag"]}
        asked(
            verb,
            f"{self.row.api}/{of}{suffix}",
            {"policy": changed} if self.row.wrapped else changed,
        )


def _is(binding: Body, inputs: Properties) -> bool:
    return bool(
        binding["role"] == inputs["role"] and binding.get("condition") == inputs.get("condition")
    )
