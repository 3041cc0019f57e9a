"""The engine's protocol: gRPC in, a row of the table at work, gRPC out."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, wraps
from importlib import metadata
from typing import Any, Protocol

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as proto
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from sandbox.aws.provider.api import Api
from sandbox.aws.provider.invokes import Invoke
from sandbox.aws.provider.resource import Change, Configuration
from sandbox.errors import Refused
from sandbox.inputs import Failure, Properties


def answers(method: Callable[..., Any]) -> Callable[..., Any]:
    """Turn what a method refuses into the call's status, with the type before the words."""

    @wraps(method)
    def answered(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request)
        except Refused as refused:
            of = _token(request).rpartition(":")[0]
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"{of}: {refused}")

    return answered


class Managed(Protocol):
    """What the engine asks of the resources of one type."""

    def check(
        self, name: str, olds: Properties, news: Properties, seed: bytes, provider: Configuration
    ) -> tuple[Properties, list[Failure]]: ...

    def diff(
        self, olds: Properties, news: Properties, state: Properties, provider: Configuration
    ) -> Change: ...

    def identifier(self, state: Properties) -> str: ...

    def create(self, inputs: Properties, provider: Configuration, preview: bool) -> Properties: ...

    def read(
        self, identifier: str, state: Properties, inputs: Properties, provider: Configuration
    ) -> tuple[Properties, Properties] | None: ...

    def update(
        self,
        state: Properties,
        olds: Properties,
        news: Properties,
        provider: Configuration,
        preview: bool,
    ) -> Properties: ...

    def delete(self, state: Properties, provider: Configuration) -> None: ...


@dataclass(frozen=True)
class Package:
    """A package of resource types: `distribution` is its Python package, whose version we have."""

    distribution: str
    types: Mapping[str, Callable[[], Managed]]
    invokes: Mapping[str, Invoke] = field(default_factory=dict)


class Provider(ResourceProviderServicer):
    """The provider of a package.

    It says that it does not take secrets, so the engine sends them plain and marks what comes back
    by the inputs it sent: a secret input is a secret output, and secret in the state.
    """

    def __init__(self, package: Package, api: Api) -> None:
        self.configuration = Configuration()
        self.package = package
        self.api = api
        self.resource = cache(self._resource)

    def _resource(self, token: str) -> Managed:
        if token not in self.package.types:
            there = ", ".join(self.package.types)
            raise Refused(f"{token} is not in this emulated AWS, which has: {there}")
        return self.package.types[token]()

    @answers
    def GetPluginInfo(self, request: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=metadata.version(self.package.distribution))

    @answers
    def Cancel(self, request: Any) -> Empty:
        return Empty()

    @answers
    def CheckConfig(self, request: Any) -> proto.CheckResponse:
        return proto.CheckResponse(inputs=request.news)

    @answers
    def DiffConfig(self, request: Any) -> proto.DiffResponse:
        olds, news = _plain(request.old_inputs), _plain(request.news)
        changed = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
        return _diff(changed, [], False)

    @answers
    def Configure(self, request: Any) -> proto.ConfigureResponse:
        given = _plain(request.args)
        tags = given.get("defaultTags") or {}
        tags = json.loads(tags) if isinstance(tags, str) else tags
        self.configuration = Configuration(given.get("region") or "", tags.get("tags") or {})
        return proto.ConfigureResponse(supportsPreview=True)

    @answers
    def Invoke(self, request: Any) -> proto.InvokeResponse:
        invokes = self.package.invokes
        if request.tok not in invokes:
            raise Refused(
                f"{request.tok} is not in this emulated AWS, which has: {', '.join(invokes)}"
            )
        answer = invokes[request.tok](self.api, self.configuration, _plain(request.args))
        response = proto.InvokeResponse()
        getattr(response, "return").CopyFrom(_struct(answer))
        return response

    @answers
    def Check(self, request: Any) -> proto.CheckResponse:
        inputs, failures = self.resource(_token(request)).check(
            request.urn.rpartition("::")[2],
            _plain(request.olds),
            _plain(request.news),
            request.randomSeed,
            self.configuration,
        )
        return proto.CheckResponse(
            inputs=_struct(inputs),
            failures=[
                proto.CheckFailure(property=failure.path, reason=failure.reason)
                for failure in failures
            ],
        )

    @answers
    def Diff(self, request: Any) -> proto.DiffResponse:
        change = self.resource(_token(request)).diff(
            _plain(request.old_inputs),
            _plain(request.news),
            _plain(request.olds),
            self.configuration,
        )
        return _diff(sorted(change.changed), sorted(change.replaced), change.delete_first)

    @answers
    def Create(self, request: Any) -> proto.CreateResponse:
        resource = self.resource(_token(request))
        state = resource.create(_plain(request.properties), self.configuration, request.preview)
        identifier = "" if request.preview else resource.identifier(state)
        return proto.CreateResponse(id=identifier, properties=_struct(state))

    @answers
    def Read(self, request: Any) -> proto.ReadResponse:
        resource = self.resource(_token(request))
        now = resource.read(
            request.id, _plain(request.properties), _plain(request.inputs), self.configuration
        )
        if now is None:
            return proto.ReadResponse()
        state, inputs = now
        # An import may name it otherwise.
        identifier = request.id if _plain(request.properties) else resource.identifier(state)
        return proto.ReadResponse(id=identifier, properties=_struct(state), inputs=_struct(inputs))

    @answers
    def Update(self, request: Any) -> proto.UpdateResponse:
        state = self.resource(_token(request)).update(
            _plain(request.olds),
            _plain(request.old_inputs),
            _plain(request.news),
            self.configuration,
            request.preview,
        )
        return proto.UpdateResponse(properties=_struct(state))

    @answers
    def Delete(self, request: Any) -> Empty:
        self.resource(_token(request)).delete(_plain(request.properties), self.configuration)
        return Empty()


def _token(request: Any) -> str:
    """A resource's type: the last of those that its URN names, its parents' being before it."""
    return str(getattr(request, "tok", "") or request.urn.split("::")[2].rpartition("$")[2])


def _plain(struct: Struct) -> Properties:
    return MessageToDict(struct)


def _struct(properties: Properties) -> Struct:
    struct = Struct()
    struct.update(properties)
    return struct


def _diff(
    changed: Sequence[str], replaced: Sequence[str], delete_first: bool
) -> proto.DiffResponse:
    kinds = proto.PropertyDiff
    return proto.DiffResponse(
        changes=proto.DiffResponse.DIFF_SOME if changed else proto.DiffResponse.DIFF_NONE,
        diffs=changed,
        replaces=replaced,
        deleteBeforeReplace=delete_first,
        detailedDiff={
            key: kinds(
                kind=kinds.UPDATE_REPLACE if key in replaced else kinds.UPDATE, inputDiff=True
            )
            for key in changed
        },
        hasDetailedDiff=True,
    )
