"""The rules as a CrossGuard policy pack: ``pulumi up --policy-pack policies/crossguard``.

Why the SDK's servicer is replaced. The SDK hosts the pack and answers every call but three. Its
own servicer would decode a resource once for each policy, gives a policy one level in every
environment, and turns an unknown value into an advisory line of its own. So the calls that judge
are answered here: the resource's type is looked at first, the properties that its reader reads are
decoded once, and every rule judges the same facts. The SDK offers no hook for a servicer; its class
is replaced by name, and pyproject.toml pins the SDK's minor version for that reason.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import grpc
import pulumi
import pulumi_policy.policy as sdk
from google.protobuf import empty_pb2
from lichen_policies.facts import Maybe, Resource, environment, region
from lichen_policies.facts.reading import by_type
from lichen_policies.gate import Gate
from lichen_policies.verdict import Level, Verdict
from pulumi.runtime import proto

from lichen.clouds import CLOUDS
from lichen.document import InputError
from lichen_doors.crossguard.decoding import Inputs
from lichen_doors.crossguard.policy import LEVELS, NAME, NUMBERS, pack


def serve() -> NoReturn:
    """Serve the pack until the engine ends it. The configuration is searched upwards from where the
    engine starts the pack, which is the project."""
    try:
        gate = Gate.near(Path.cwd())
    except InputError as error:
        sys.exit(f"lichen: {error}")
    vars(sdk)["_PolicyAnalyzerServicer"] = partial(Analyzer, gate)
    pack(gate.rules().values())
    sys.exit()


class Analyzer(sdk._PolicyAnalyzerServicer):
    """The SDK's servicer, judging a resource by all rules at once."""

    def __init__(
        self, gate: Gate, name: str, version: str, policies: list[sdk.Policy],
        *rest: Any,
    ) -> None:  # fmt: skip
        super().__init__(name, version, policies, *rest)
        self._file = self._gate = gate
        self._policies = {policy.name: policy for policy in policies}
        self._version = version
        self._config: Mapping[str, str] = pulumi.runtime.get_config_env()
        self._environment = environment.of_stack(os.environ.get("PULUMI_STACK", ""), self._config)

    def ConfigureStack(
        self, request: proto.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> proto.AnalyzerStackConfigureResponse:
        self._config = dict(request.config)
        self._environment = environment.of_stack(request.stack, self._config, request.tags)
        response: proto.AnalyzerStackConfigureResponse = super().ConfigureStack(request, context)
        return response

    def GetAnalyzerInfo(
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> proto.AnalyzerInfo:
        info: proto.AnalyzerInfo = super().GetAnalyzerInfo(  # type: ignore[no-untyped-call]
            request, context
        )
        for policy in info.policies:
            policy.enforcementLevel = NUMBERS[self._declared(policy.name)]
        return info

    def _declared(self, rule: str) -> Level:
        """The level that the engine receives, and sends back unless somebody sets another."""
        return self._file.level(self._file.rules()[rule], self._environment)

    def Configure(
        self, request: proto.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        rules = self._file.rules()
        settings = {name: policy for name, policy in request.policyConfig.items() if name in rules}
        levels = {name: LEVELS[policy.enforcementLevel] for name, policy in settings.items()}
        try:
            self._gate = self._file.moved_by_door(
                levels={
                    name: level for name, level in levels.items() if level != self._declared(name)
                },
                limits={name: dict(Inputs(policy.properties)) for name, policy in settings.items()},
            )
        except InputError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return empty_pb2.Empty()

    def Analyze(
        self, request: proto.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> proto.AnalyzeResponse:
        response = proto.AnalyzeResponse()
        if ("pulumi", request.type) not in by_type():
            return response
        for verdict in self._gate.judge(self._resource(request), stack_follows=True) or ():
            self._add(verdict, response)
        return response

    def AnalyzeStack(
        self, request: proto.AnalyzeStackRequest, _context: grpc.ServicerContext
    ) -> proto.AnalyzeResponse:
        """The rules over a whole deployment, and those of one resource that needed another."""
        response = proto.AnalyzeResponse()
        resources = (
            self._resource(each) for each in request.resources if ("pulumi", each.type) in by_type()
        )
        for verdict in self._gate.judge_stack(resources):
            self._add(verdict, response, urn=verdict.resource)
        return response

    def Remediate(
        self, _request: proto.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> proto.RemediateResponse:
        """No rule changes a resource: nothing is decoded."""
        return proto.RemediateResponse()

    def _resource(self, request: proto.AnalyzeRequest | proto.AnalyzerResource) -> Resource:
        return Resource(
            type=request.type,
            name=request.name,
            address=request.urn,
            properties=Inputs(request.properties, _references(request)),
            dialect="pulumi",
            region=self._region(request),
            environment=self._environment,
        )

    def _region(self, request: proto.AnalyzeRequest | proto.AnalyzerResource) -> Maybe[str]:
        """The provider's region, else what the provider would take where it is not configured.

        A provider made by the program does not read the stack's configuration.
        """
        provider = request.provider
        found = region.of_provider(Inputs(provider.properties))
        if found is None and (not provider.name or provider.name.startswith("default")):
            found = region.of_stack(request.type.partition(":")[0], self._config)
        if found is None:
            cloud = CLOUDS[by_type()["pulumi", request.type].cloud]
            found = region.of_process(cloud, os.environ)
        return found

    def _add(self, verdict: Verdict, response: proto.AnalyzeResponse, urn: str = "") -> None:
        """A verdict in a response; what passes or is disabled is left out.

        ``urn`` names the resource where the request is not about one.
        """
        if verdict.level == "disabled":
            return
        if verdict.verdict == "not-applicable":
            response.not_applicable.append(
                proto.PolicyNotApplicable(policy_name=verdict.rule, reason=verdict.message)
            )
        elif verdict.verdict in ("fail", "unverified"):
            response.diagnostics.append(self._diagnostic(verdict, urn))

    def _diagnostic(self, verdict: Verdict, urn: str) -> proto.AnalyzeDiagnostic:
        policy = self._policies[verdict.rule]
        message, level = verdict.message, verdict.level
        if verdict.verdict == "unverified":
            message = f"Unverified: {message}"
        elif verdict.exemption is not None:
            message, level = f"{verdict.exemption.text}. {message}", "advisory"
            message = message[0].upper() + message[1:]
        return proto.AnalyzeDiagnostic(
            policyName=policy.name,
            policyPackName=NAME,
            policyPackVersion=self._version,
            description=policy.description,
            message=f"{policy.description}\n{message}",
            enforcementLevel=NUMBERS["mandatory" if level == "remediate" else level],
            severity=self._map_severity(policy.severity),
            urn=urn,
        )


def _references(
    request: proto.AnalyzeRequest | proto.AnalyzerResource,
) -> Mapping[str, tuple[str, ...]]:
    """The resources that each property is made of, which the engine says with a whole stack."""
    if not isinstance(request, proto.AnalyzerResource):
        return {}
    return {name: tuple(found.urns) for name, found in request.propertyDependencies.items()}
