"""What CrossGuard knows of a rule: a policy with its name, severity, level, limits and page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NoReturn

import pulumi_policy.policy as sdk
from lichen_policies.rule import UNSTATED, Rule, Threshold
from lichen_policies.stack import Stack
from lichen_policies.verdict import Level
from pulumi.runtime import proto

NAME = "lichen"

LEVELS: Mapping[proto.EnforcementLevel.ValueType, Level] = {
    proto.ADVISORY: "advisory",
    proto.MANDATORY: "mandatory",
    proto.REMEDIATE: "remediate",
    proto.DISABLED: "disabled",
}
NUMBERS: Mapping[Level, proto.EnforcementLevel.ValueType] = {
    level: number for number, level in LEVELS.items()
}
"""A level as the protocol has it, and back."""


CONFIGURATION = "configuration"
"""The policy that says, once for a run, which lichen.yaml holds and what it turned off or moved.
Its own configuration names the organisation's file."""
FILE = "file"
"""The one field of that configuration."""


def pack(rules: Iterable[Rule]) -> sdk.PolicyPack:
    """The pack. Its constructor starts the server and returns only when the engine ends it."""
    return sdk.PolicyPack(
        NAME,
        [*(policy(rule) for rule in rules), configuration()],
        description="Right-sized machine-learning inference on efficient hardware in clean regions",
        display_name="Lichen",
        tags=["carbon", "cost", "machine-learning"],
    )


def policy(rule: Rule) -> sdk.Policy:
    """A rule as a policy of its own."""
    of_stacks = issubclass(rule.judges, Stack)
    kind = sdk.StackValidationPolicy if of_stacks else sdk.ResourceValidationPolicy
    return kind(
        name=rule.name,
        description=f"{rule.offence}.",
        validate=_never_called,
        enforcement_level=sdk.EnforcementLevel(rule.levels[UNSTATED]),
        config_schema=_schema(rule),
        display_name=rule.name.replace("-", " ").capitalize(),
        severity=sdk.Severity(rule.severity),
        tags=[NAME],
        remediation_steps=rule.fix,
        url=rule.url,
    )


def configuration() -> sdk.Policy:
    """The policy of the configuration: ``{"configuration": {"file": "/etc/lichen.yaml"}}``."""
    return sdk.StackValidationPolicy(
        name=CONFIGURATION,
        description="Which lichen.yaml holds, and each rule that it turned off or moved.",
        validate=_never_called,
        enforcement_level=sdk.EnforcementLevel.ADVISORY,
        config_schema=sdk.PolicyConfigSchema(
            {
                FILE: {
                    "type": "string",
                    "description": "The organisation's lichen.yaml, which outranks the "
                    "project's. Relative to the project.",
                }
            }
        ),
        display_name="Configuration",
        severity=sdk.Severity("low"),
        tags=[NAME],
    )


def _never_called(_args: object, _report: object) -> NoReturn:
    raise RuntimeError("lichen_doors.crossguard.analyzer.Analyzer judges Lichen's policies")


def _schema(rule: Rule) -> sdk.PolicyConfigSchema | None:
    """The rule's limits, without defaults: the engine sends a default as if someone had set it, and
    it would overrule lichen.yaml."""
    if not rule.thresholds:
        return None
    return sdk.PolicyConfigSchema(
        {
            each.name: {
                **_json_type(each),
                "description": f"{each.default:g} unless lichen.yaml sets another value",
            }
            for each in rule.thresholds
        }
    )


def _json_type(limit: Threshold) -> dict[str, str | float]:
    """The JSON Schema of a limit: a number, and its bounds. (msgspec's own takes 6 ms to load.)"""
    bounds = {"minimum": limit.least, "maximum": limit.most}
    return {
        "type": "integer" if limit.is_whole else "number",
        **{word: bound for word, bound in bounds.items() if bound is not None},
    }
