"""The rules as a CrossGuard policy pack: ``pulumi up --policy-pack policies/crossguard``.

Each rule is a policy of its own to CrossGuard, with its name, severity, level, limits and page. The
SDK hosts the pack and answers every call but two. It would decode a resource once for each policy,
gives a policy one level whatever the environment, and turns an unknown value into an advisory line;
so the two calls that judge a resource are answered here: its type is looked at first, what its
reader asks for is decoded once, and every rule judges the same facts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NoReturn, get_args

import grpc
import msgspec
import pulumi
import pulumi_policy.policy as sdk
from google.protobuf import empty_pb2, struct_pb2
from lichen_policies import configuration
from lichen_policies.configuration import Configuration
from lichen_policies.facts import UNKNOWN, Resource, Unknown, environment
from lichen_policies.facts.reading import by_type
from lichen_policies.facts.region import of_stack, region_of
from lichen_policies.rulebook import UNSTATED, Level, Rule, Verdict, judge_resource, rules
from pulumi.runtime import proto
from pulumi_policy import deserialize, proxy

from lichen.document import InputError

NAME = "lichen"

_LEVELS: Mapping[int, Level] = {
    proto.ADVISORY: "advisory",
    proto.MANDATORY: "mandatory",
    proto.REMEDIATE: "remediate",
    proto.DISABLED: "disabled",
}
_SAID: Mapping[Level, Any] = {level: number for number, level in _LEVELS.items()}


def serve() -> NoReturn:
    """Serve the pack until the engine ends it; the configuration is found upwards from where the
    engine starts it, which is the project."""
    try:
        configured = configuration.read(configuration.find(Path.cwd()))
    except InputError as error:
        sys.exit(f"lichen: {error}")
    # The constructor takes its servicer by this name, starts the server and never returns.
    vars(sdk)["_PolicyAnalyzerServicer"] = partial(Analyzer, configured)
    sdk.PolicyPack(
        NAME,
        [_policy(rule) for rule in rules().values()],
        description="Right-sized machine-learning inference on efficient hardware in clean regions",
        display_name="Lichen",
        tags=["carbon", "cost", "machine-learning"],
    )
    sys.exit()


def _policy(rule: Rule) -> sdk.ResourceValidationPolicy:
    """What CrossGuard is told of a rule."""
    return sdk.ResourceValidationPolicy(
        name=rule.name,
        description=f"{rule.offence}.",
        validate=_elsewhere,
        enforcement_level=sdk.EnforcementLevel(rule.levels[UNSTATED]),
        config_schema=_schema(rule),
        display_name=rule.name.replace("-", " ").capitalize(),
        severity=sdk.Severity(rule.severity),
        tags=[NAME],
        remediation_steps=rule.fix,
        url=rule.url,
    )


def _elsewhere(_args: object, _report: object) -> NoReturn:
    raise RuntimeError("Lichen's policies are judged by lichen_doors.crossguard.analyzer.Analyzer")


def _schema(rule: Rule) -> sdk.PolicyConfigSchema | None:
    """The rule's limits, without defaults: the engine sends a default as if someone had set it, and
    then what lichen.yaml says could not be told from it."""
    fields = msgspec.structs.fields(rule.limits)
    if not fields:
        return None
    return sdk.PolicyConfigSchema(
        {
            field.name: {
                **_json_type(field.type),
                "description": f"{field.default:g} unless lichen.yaml moves it",
            }
            for field in fields
        }
    )


def _json_type(type_: Any) -> dict[str, Any]:
    """The JSON Schema of a limit: a number, and its bounds. (msgspec's own takes 6 ms to load.)"""
    number, *metas = get_args(type_) or (type_,)
    bounds = {
        word: bound
        for meta in metas
        for word, bound in (("minimum", meta.ge), ("maximum", meta.le))
        if bound is not None
    }
    return {"type": "integer" if number is int else "number", **bounds}


class Analyzer(sdk._PolicyAnalyzerServicer):
    """The SDK's servicer, judging a resource by all rules at once."""

    def __init__(self, configured: Configuration, *pack: Any) -> None:
        super().__init__(*pack)
        self._file = self._configuration = configured
        self._policies = {policy.name: policy for policy in pack[2]}
        self._version = pack[1]
        self._stack = os.environ.get("PULUMI_STACK", "")
        self._config: Mapping[str, str] = pulumi.runtime.get_config_env()
        self._environment = environment.of_stack(self._stack, self._config)

    def ConfigureStack(self, request: Any, context: Any) -> Any:
        self._stack, self._config = request.stack, dict(request.config)
        self._environment = environment.of_stack(self._stack, self._config) or environment.tagged(
            request.tags
        )
        return super().ConfigureStack(request, context)

    def GetAnalyzerInfo(self, request: Any, context: Any) -> Any:
        info = super().GetAnalyzerInfo(request, context)  # type: ignore[no-untyped-call]
        for policy in info.policies:
            policy.enforcementLevel = _SAID[self._declared(policy.name)]
        return info

    def _declared(self, rule: str) -> Level:
        """The level that the engine is told, and sends back unless somebody moves it."""
        return self._file.level(rules()[rule], self._environment)

    def Configure(self, request: Any, context: Any) -> Any:
        sent = {name: policy for name, policy in request.policyConfig.items() if name in rules()}
        levels = {name: _LEVELS[policy.enforcementLevel] for name, policy in sent.items()}
        try:
            self._configuration = self._file.moved_by_door(
                levels={
                    name: level for name, level in levels.items() if level != self._declared(name)
                },
                limits={name: dict(_Inputs(policy.properties)) for name, policy in sent.items()},
            )
        except InputError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        return empty_pb2.Empty()

    def Analyze(self, request: Any, _context: Any) -> Any:
        response = proto.AnalyzeResponse()
        if request.type not in by_type():
            return response
        resource = Resource(
            type=request.type,
            name=request.name,
            address=request.urn,
            properties=_Inputs(request.properties),
            dialect="pulumi",
            region=self._region(request),
            environment=self._environment,
        )
        held = self._configuration
        for verdict in judge_resource(resource, held, held.catalogue) or ():
            if verdict.verdict == "not-applicable" and verdict.level != "disabled":
                response.not_applicable.append(
                    proto.PolicyNotApplicable(policy_name=verdict.rule, reason=verdict.message)
                )
            elif verdict.verdict in ("fail", "unverified") and verdict.level != "disabled":
                response.diagnostics.append(self._said(verdict))
        return response

    def Remediate(self, _request: Any, _context: Any) -> Any:
        """No rule changes a resource: nothing is decoded."""
        return proto.RemediateResponse()

    def _said(self, verdict: Verdict) -> Any:
        policy = self._policies[verdict.rule]
        message, level = verdict.message, verdict.level
        if verdict.verdict == "unverified":
            message = f"Unverified: {message}"
        elif verdict.exemption is not None:
            message, level = f"{verdict.exemption.told}. {message}", "advisory"
            message = message[0].upper() + message[1:]
        return proto.AnalyzeDiagnostic(
            policyName=policy.name,
            policyPackName=NAME,
            policyPackVersion=self._version,
            description=policy.description,
            message=f"{policy.description}\n{message}",
            enforcementLevel=_SAID["mandatory" if level == "remediate" else level],
            severity=self._map_severity(policy.severity),
        )

    def _region(self, request: Any) -> Any:
        """``str | None``: the provider's region, else what a default provider would take.

        A provider made by the program does not read the stack's configuration.
        """
        provider = request.provider
        for name in ("region", "zone"):
            field = provider.properties.fields.get(name)
            said = None if field is None else _value(field)
            if isinstance(said, str):
                return region_of(said)
            if said is not None:
                return said
        made = bool(provider.name) and not provider.name.startswith("default")
        return of_stack(by_type()[request.type].cloud, {} if made else self._config, os.environ)


class _Inputs(Mapping[str, Any]):
    """A resource's inputs as plain values, each decoded when a reader first asks for it."""

    def __init__(self, struct: struct_pb2.Struct) -> None:
        self._fields = struct.fields
        self._decoded: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key not in self._decoded:
            if key not in self._fields:
                raise KeyError(key)
            self._decoded[key] = _value(self._fields[key])
        return self._decoded[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


_UNKNOWNS = frozenset(value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_"))
_SECRET: Any = Unknown("is secret, and is not read")
_SPECIAL: Any = Unknown("is an asset or a reference, not a value")


def _signed(held: Mapping[str, struct_pb2.Value]) -> Any:
    """What the engine puts its sign on: a secret, an asset, a reference.

    A program's list is secret as a whole where one thing in it is, so what it holds is read; a
    single secret value is not, and no message can repeat it.
    """
    if held[deserialize.SPECIAL_SIG_KEY].string_value != deserialize.SPECIAL_SECRET_SIG:
        return _SPECIAL
    value = _value(held["value"]) if "value" in held else None
    return value if isinstance(value, dict | list) else _SECRET


def _value(field: struct_pb2.Value) -> Any:
    """Unknowns are marked, and whole numbers are whole again."""
    kind = field.WhichOneof("kind")
    if kind == "string_value":
        text = field.string_value
        return UNKNOWN if text in _UNKNOWNS else text
    if kind == "struct_value":
        held = field.struct_value.fields
        if deserialize.SPECIAL_SIG_KEY in held:
            return _signed(held)
        return {key: _value(value) for key, value in held.items()}
    if kind == "list_value":
        return [_value(value) for value in field.list_value.values]
    if kind == "number_value":
        number = field.number_value
        return int(number) if number.is_integer() else number
    return field.bool_value if kind == "bool_value" else None
