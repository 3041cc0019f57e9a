"""The rules as a CrossGuard policy pack: ``pulumi up --policy-pack policies/crossguard``.

Why the SDK's servicer is replaced. The SDK hosts the pack and answers every call but three. Its
own servicer would decode a resource once for each policy, gives a policy one level in every
environment, and turns an unknown value into an advisory line of its own. So the calls that judge
are answered here: the resource's type is looked at first, the properties that its reader reads are
decoded once, and every rule judges the same facts. The SDK offers no hook for a servicer; its class
is replaced by name, and pyproject.toml pins the SDK's minor version for that reason.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import grpc
import pulumi
import pulumi_policy.policy as sdk
from google.protobuf import empty_pb2, struct_pb2
from lichen_policies import timed
from lichen_policies.dialects import azure
from lichen_policies.dialects.pulumi_values import CUSTOM_RESOURCE
from lichen_policies.facts import Maybe, Resource, environment, region
from lichen_policies.facts.reading import reader_of
from lichen_policies.gate import Gate
from lichen_policies.judging import NOTHING_TO_JUDGE
from lichen_policies.remediation import changes_of, is_asked_for, passes
from lichen_policies.verdict import Level, Verdict
from pulumi.runtime import proto

from lichen import __version__
from lichen.clouds import CLOUDS
from lichen.input_error import InputError, did_you_mean
from lichen_doors.crossguard.changing import changed
from lichen_doors.crossguard.decoding import Inputs
from lichen_doors.crossguard.policy import (
    CONFIGURATION,
    FILE,
    LEVELS,
    NAME,
    NUMBERS,
    pack,
    policy,
)


def serve() -> NoReturn:
    """Serve the pack until the engine ends it. The configuration is searched upwards from where the
    engine starts the pack, which is the project; the organisation's is above it."""
    timed.end_where_stuck()
    gc.freeze()  # what is loaded here stays: no collection need look through it
    gc.enable()
    try:
        gate = Gate.near(Path.cwd())
    except InputError as error:
        sys.exit(f"lichen: {error}")
    vars(sdk)["_PolicyAnalyzerServicer"] = partial(Analyzer, gate)
    pack(gate.rules().values())
    sys.exit()


@contextmanager
def _refusing(context: grpc.ServicerContext) -> Iterator[None]:
    """Answer what cannot be judged at all with an error, which stops the deployment: a table that
    cannot be believed, or a mistake of ours."""
    try:
        yield
    except InputError as error:
        context.abort(grpc.StatusCode.FAILED_PRECONDITION, f"lichen: {error}")
    except Exception as error:
        # Its text stays out: it may hold a property's value.
        context.abort(grpc.StatusCode.INTERNAL, f"lichen: it failed with {type(error).__name__}")


_KUBERNETES = "kubernetes:"


class Analyzer(sdk._PolicyAnalyzerServicer):
    """The SDK's servicer, judging a resource by all rules at once."""

    def __init__(
        self, gate: Gate, name: str, version: str, policies: list[sdk.Policy],
        *rest: Any,
    ) -> None:  # fmt: skip
        # The SDK has one number for all packs; a pack in one file has no other place for its own.
        super().__init__(name, __version__, policies, *rest)
        self._file = self._gate = gate
        self._policies = {policy.name: policy for policy in policies}
        self._declared: dict[str, Level] = {}
        self._written: dict[str, struct_pb2.Struct] = {}
        self._with_nothing: dict[frozenset[str], list[proto.PolicyNotApplicable]] = {}
        self._version = __version__
        self._config: Mapping[str, str] = pulumi.runtime.get_config_env()
        self._environment = environment.of_stack(os.environ.get("PULUMI_STACK", ""), self._config)

    def ConfigureStack(
        self, request: proto.AnalyzerStackConfigureRequest, context: grpc.ServicerContext
    ) -> proto.AnalyzerStackConfigureResponse:
        self._config = dict(request.config)
        self._environment = environment.of_stack(request.stack, self._config, request.tags)
        self._with_nothing.clear()
        response: proto.AnalyzerStackConfigureResponse = super().ConfigureStack(request, context)
        return response

    def GetAnalyzerInfo(
        self, request: empty_pb2.Empty, context: grpc.ServicerContext
    ) -> proto.AnalyzerInfo:
        info: proto.AnalyzerInfo = super().GetAnalyzerInfo(  # type: ignore[no-untyped-call]
            request, context
        )
        rules = self._file.rules()
        # What the engine receives, it sends back unless somebody sets another.
        self._declared = {
            name: self._file.level(rules[name], self._environment)
            for name in self._policies
            if name in rules
        }
        for each in info.policies:
            if each.name in self._declared:
                each.enforcementLevel = NUMBERS[self._declared[each.name]]
        return info

    def Configure(
        self, request: proto.ConfigureAnalyzerRequest, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        try:
            self._name_file(request.policyConfig)
            rules = self._file.rules()
            settings = {name: each for name, each in request.policyConfig.items() if name in rules}
            levels = {name: LEVELS[each.enforcementLevel] for name, each in settings.items()}
            self._gate = self._file.moved_by_door(
                levels={name: level for name, level in levels.items() if level != self._sent(name)},
                limits={
                    name: limits
                    for name, each in settings.items()
                    if (limits := dict(Inputs(each.properties)))
                },
            )
        except InputError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        self._with_nothing.clear()
        return empty_pb2.Empty()

    def _sent(self, rule: str) -> Level:
        """The level of a rule that the engine has received."""
        if rule not in self._declared:
            return self._file.level(self._file.rules()[rule], self._environment)
        return self._declared[rule]

    def _name_file(self, settings: Mapping[str, proto.PolicyConfig]) -> None:
        """Put the organisation's file that the pack's configuration names above the project's."""
        given = Inputs(settings[CONFIGURATION].properties) if CONFIGURATION in settings else {}
        for wrong in given.keys() - {FILE}:
            raise InputError(
                f"{wrong!r} is not a field", fix=did_you_mean(wrong, [FILE]), field=CONFIGURATION
            )
        file = given.get(FILE)
        if file == "":
            raise InputError("names no file", fix="leave it out", field=f"{CONFIGURATION}.{FILE}")
        if isinstance(file, str):
            self._file = Gate.near(Path.cwd(), config=Path(file))
            for name, rule in self._file.rules().items():
                self._policies.setdefault(name, policy(rule))

    def Analyze(
        self, request: proto.AnalyzeRequest, context: grpc.ServicerContext
    ) -> proto.AnalyzeResponse:
        response = proto.AnalyzeResponse()
        with _refusing(context):
            is_carrier = request.type in (CUSTOM_RESOURCE, *azure.CARRIERS)
            if reader_of("pulumi", request.type) is None and not is_carrier:
                return response
            if request.type.startswith(_KUBERNETES):
                self._written[request.urn] = request.properties
            resource = self._resource(request)
            verdicts = self._gate.judge(resource, stack_follows=True, with_nothing=False)
            for verdict in verdicts or ():
                self._add(verdict, response)
            if verdicts is not None:
                judged = frozenset(verdict.rule for verdict in verdicts)
                response.not_applicable.extend(self._with_nothing_but(judged))
        return response

    def _with_nothing_but(self, judged: frozenset[str]) -> list[proto.PolicyNotApplicable]:
        """What is said of the rules that have nothing to judge in a resource: the same for most
        resources of a type, so it is made once."""
        found = self._with_nothing.get(judged)
        if found is None:
            found = self._with_nothing[judged] = [
                proto.PolicyNotApplicable(policy_name=name, reason=NOTHING_TO_JUDGE)
                for name in self._gate.with_nothing_but(judged, self._environment)
            ]
        return found

    def AnalyzeStack(
        self, request: proto.AnalyzeStackRequest, context: grpc.ServicerContext
    ) -> proto.AnalyzeResponse:
        """The rules over a whole deployment, those of one resource that needed another, and what
        the configuration turned off or moved."""
        response = proto.AnalyzeResponse()
        with _refusing(context):
            resources = map(self._as_written, request.resources)
            for verdict in self._gate.judge_stack(map(self._resource, resources)):
                self._add(verdict, response, urn=verdict.resource)
        if texts := self._gate.configured().texts:
            response.diagnostics.append(self._about_configuration(texts))
        return response

    def _as_written(self, resource: proto.AnalyzerResource) -> proto.AnalyzerResource:
        """An object of a cluster as the program writes it. What the engine has of it once it is
        made is the live object, with the server's defaults and what others have set since."""
        if (written := self._written.get(resource.urn)) is None:
            return resource
        found = proto.AnalyzerResource()
        found.CopyFrom(resource)
        found.properties.CopyFrom(written)
        return found

    def Remediate(
        self, request: proto.AnalyzeRequest, _context: grpc.ServicerContext
    ) -> proto.RemediateResponse:
        """The resource with the changes of rules whose level is *remediate*: outside production,
        one after the other, each only if its rule then passes."""
        response = proto.RemediateResponse()
        if not self._gate.remediates or reader_of("pulumi", request.type) is None:
            return response
        changing = proto.AnalyzeRequest()
        changing.CopyFrom(request)
        for verdict in self._gate.judge(self._resource(request)) or ():
            if not is_asked_for(verdict) or not (changes := changes_of(verdict)):
                continue
            inputs = changed(changing.properties, changes)
            if inputs is None:
                continue
            trial = proto.AnalyzeRequest()
            trial.CopyFrom(changing)
            trial.properties.CopyFrom(inputs)
            if passes(verdict.rule, self._gate.judge(self._resource(trial)) or ()):
                changing = trial
                response.remediations.append(self._remediation(verdict, inputs))
        return response

    def _remediation(self, verdict: Verdict, inputs: struct_pb2.Struct) -> proto.Remediation:
        about = self._policies[verdict.rule]
        return proto.Remediation(
            policyName=about.name,
            policyPackName=NAME,
            policyPackVersion=self._version,
            description=f"{about.description} {verdict.fix[:1].upper()}{verdict.fix[1:]}.",
            properties=inputs,
        )

    def _resource(self, request: proto.AnalyzeRequest | proto.AnalyzerResource) -> Resource:
        resource = Resource(
            type=request.type,
            name=request.name,
            address=request.urn,
            properties=Inputs(request.properties, _references(request)),
            dialect="pulumi",
            region=self._region(request),
            environment=self._environment,
        )
        if not request.type.startswith(_KUBERNETES) and request.type not in azure.CARRIERS:
            return resource
        from lichen_policies.dialects import carried  # imports parsers: most packs need none

        return carried.carried(resource)

    def _region(self, request: proto.AnalyzeRequest | proto.AnalyzerResource) -> Maybe[str]:
        """The provider's region, else what the provider would take where it is not configured.

        A provider made by the program does not read the stack's configuration.
        """
        provider = request.provider
        found = region.of_provider(Inputs(provider.properties))
        if found is None and (not provider.name or provider.name.startswith("default")):
            found = region.of_stack(request.type.partition(":")[0], self._config)
        reader = reader_of("pulumi", request.type)
        if found is None and reader is not None:
            cloud = CLOUDS[reader.cloud]
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

    def _about_configuration(self, texts: Iterable[str]) -> proto.AnalyzeDiagnostic:
        about = self._policies[CONFIGURATION]
        return proto.AnalyzeDiagnostic(
            policyName=CONFIGURATION,
            policyPackName=NAME,
            policyPackVersion=self._version,
            description=about.description,
            message="\n".join((about.description, *texts)),
            enforcementLevel=proto.ADVISORY,
            severity=self._map_severity(about.severity),
        )

    def _diagnostic(self, verdict: Verdict, urn: str) -> proto.AnalyzeDiagnostic:
        about = self._policies[verdict.rule]
        message, level = verdict.message, verdict.level
        if verdict.verdict == "unverified":
            message = f"Unverified: {message}"
        if verdict.exemption is not None:
            message, level = f"{verdict.exemption.text}. {message}", "advisory"
            message = message[0].upper() + message[1:]
        if component := _component(verdict.resource):
            message = f"{message.rstrip('.')}. It is made by the component {component}."
        return proto.AnalyzeDiagnostic(
            policyName=about.name,
            policyPackName=NAME,
            policyPackVersion=self._version,
            description=about.description,
            message=f"{about.description}\n{message}",
            enforcementLevel=NUMBERS["mandatory" if level == "remediate" else level],
            severity=self._map_severity(about.severity),
            urn=urn,
        )


def _component(urn: str) -> str:
    """The type of the component that a resource is made by, which its author may never have
    written; empty for one that the program makes itself."""
    parts = urn.split("::")
    *components, _own = parts[2].split("$") if len(parts) > 3 else ("",)
    return components[-1] if components else ""


def _references(
    request: proto.AnalyzeRequest | proto.AnalyzerResource,
) -> Mapping[str, tuple[str, ...]]:
    """The resources that each property is made of, which the engine says with a whole stack."""
    if not isinstance(request, proto.AnalyzerResource):
        return {}
    return {name: tuple(found.urns) for name, found in request.propertyDependencies.items()}
