"""The engine's protocol for objects of Kubernetes: every type is one resource, by its own words."""

from __future__ import annotations

from typing import Any

from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import provider_pb2 as proto

from sandbox.aws.provider.api import Api as CloudApi
from sandbox.aws.provider.servicer import Managed, Package, answers
from sandbox.aws.provider.servicer import Provider as Served
from sandbox.kubernetes.api import Api
from sandbox.kubernetes.provider.resource import Resource


class Provider(Served):
    """The provider `kubernetes`: its configuration names the cluster, a token the kind."""

    def __init__(self) -> None:
        super().__init__(Package("pulumi_kubernetes", {}), CloudApi())
        self._kubeconfig, self._namespace = "", ""

    @answers
    def Configure(self, request: Any) -> proto.ConfigureResponse:
        given = MessageToDict(request.args)
        self._kubeconfig = str(given.get("kubeconfig") or "")
        self._namespace = str(given.get("namespace") or "")
        return proto.ConfigureResponse(supportsPreview=True)

    def _resource(self, token: str) -> Managed:
        api = Api.of(self._kubeconfig) if self._kubeconfig else Api.ambient()
        return Resource(api, self._namespace)
