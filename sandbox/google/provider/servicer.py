"""The engine's protocol over the rows: that of the emulated AWS, with Google's configuration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import provider_pb2 as proto

from sandbox.aws.provider.servicer import Managed, Package, Provider, answers
from sandbox.errors import Refused
from sandbox.google.emulator.store import number_of
from sandbox.google.provider.kinds import KINDS, MEMBERS
from sandbox.google.provider.resource import Configuration, Membership, Resource

PROJECT = "gcp:organizations/getProject:getProject"


def _maker(token: str) -> Callable[[], Any]:
    if token in KINDS:
        return lambda: Resource(KINDS[token])
    return lambda: Membership(MEMBERS[token])


PACKAGE = Package("pulumi_gcp", {token: _maker(token) for token in (*KINDS, *MEMBERS)})


class GoogleProvider(Provider):
    """The provider of pulumi_gcp."""

    def __init__(self) -> None:
        super().__init__(PACKAGE, None)  # type: ignore[arg-type]
        self.configuration = Configuration()  # type: ignore[assignment]

    def _resource(self, token: str) -> Managed:
        if token not in self.package.types:
            there = ", ".join(self.package.types)
            raise Refused(f"{token} is not in this emulated Google, which has: {there}")
        return self.package.types[token]()

    @answers
    def Configure(self, request: Any) -> proto.ConfigureResponse:
        from google.protobuf.json_format import MessageToDict

        given = MessageToDict(request.args)
        self.configuration = Configuration(  # type: ignore[assignment]
            *(str(given.get(place) or "") for place in ("project", "region", "zone"))
        )
        return proto.ConfigureResponse(supportsPreview=True)

    @answers
    def Invoke(self, request: Any) -> proto.InvokeResponse:
        from google.protobuf.json_format import MessageToDict

        if request.tok != PROJECT:
            raise Refused(f"{request.tok} is not in this emulated Google, which has: {PROJECT}")
        given = MessageToDict(request.args)
        project = given.get("projectId") or self.configuration.of("project", {})  # type: ignore[attr-defined]
        if not project:
            raise Refused("no project: set gcp:project")
        struct = Struct()
        struct.update(
            {"projectId": project, "number": number_of(project), "id": f"projects/{project}",
             "name": project}
        )  # fmt: skip
        response = proto.InvokeResponse()
        getattr(response, "return").CopyFrom(struct)
        return response
