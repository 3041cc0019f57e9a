"""What an endpoint serves with now, which only AWS knows: its count, and whether a roll-out stayed.

A roll-out that an alarm took back ends like one that succeeded: the endpoint is in service, with
the configuration that it had. Neither Pulumi nor its provider compares the two
(hashicorp/terraform-provider-aws, #46663).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pulumi
import pulumi_aws as aws

from lichen_components.aws.reading import client, read
from lichen_components.aws.ringing import rang

VERSION_TAG = "lichen-version"
"""The tag of a configuration that says what it was made of, the count of machines aside."""

_ABSENT = ("Could not find",)


class InService(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint as AWS describes it.

    ``machines`` is how many it is scaled to, ``first_machines`` how many its configuration starts
    with, ``version`` what that was made of. ``extra_s`` is what the last roll-out waited longer
    than it had to: 0 or 1. ``reason`` is why its last change failed, if AWS says so.
    """

    configuration: str
    machines: int
    first_machines: int
    version: str | None
    extra_s: int
    reason: str


def serving(identity: str, region: str) -> InService | None:
    """What the endpoint serves with; None where there is none yet, or it could not be read."""

    def ask() -> InService:
        sagemaker = client("sagemaker", region)
        endpoint = sagemaker.describe_endpoint(EndpointName=identity)
        name = endpoint["EndpointConfigName"]
        configuration = sagemaker.describe_endpoint_config(EndpointConfigName=name)
        tags = sagemaker.list_tags(ResourceArn=configuration["EndpointConfigArn"])["Tags"]
        first = configuration["ProductionVariants"][0].get("InitialInstanceCount", 1)
        variants = endpoint.get("ProductionVariants") or [{}]
        return InService(
            configuration=name,
            machines=variants[0].get("DesiredInstanceCount", first),
            first_machines=first,
            version=next((tag["Value"] for tag in tags if tag["Key"] == VERSION_TAG), None),
            extra_s=_extra_s(endpoint.get("LastDeploymentConfig") or {}),
            reason=endpoint.get("FailureReason", ""),
        )

    return read(f"The endpoint {identity}", ask, absent=_ABSENT)


def _extra_s(rollout: dict[str, Any]) -> int:
    blue_green, rolling = rollout.get("BlueGreenUpdatePolicy"), rollout.get("RollingUpdatePolicy")
    waited_s = (blue_green or {}).get("TerminationWaitInSeconds") or (rolling or {}).get(
        "WaitIntervalInSeconds"
    )
    return int(waited_s or 0) % 60 % 2


def again_s(now: InService | None, wanted: str) -> int:
    """What a roll-out waits longer than it has to, in seconds.

    Pulumi believes that an endpoint serves with the configuration of the roll-out that was taken
    back, and would leave it. A second more or less is a change, so that it is rolled out again.
    """
    if now is None:
        return 0
    return now.extra_s if now.configuration == wanted else 1 - now.extra_s


def version_of(*parts: object) -> str:
    """A short text that differs wherever one of the parts does."""
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:12]


def machines_of(now: InService | None, version: str, least: int, most: int) -> int:
    """How many machines a configuration starts with.

    One of the same version keeps its number: a changed minimum changes the scaling target alone. A
    new one starts with as many as run now: an endpoint that is updated takes its count from its
    new configuration (botocore, UpdateEndpoint, RetainAllVariantProperties).
    """
    if now is None:
        return least
    if now.version == version:
        return now.first_machines
    return min(max(now.machines, least), max(most, least))


def stayed(
    endpoint: aws.sagemaker.Endpoint,
    configuration: aws.sagemaker.EndpointConfiguration,
    alarm_names: Sequence[str],
    region: str,
) -> pulumi.Output[str]:
    """The endpoint's name, once it serves with the configuration; else the program ends with why.

    The program ends before Pulumi deletes what the new configuration replaces, so that what still
    serves stays.
    """
    return pulumi.Output.all(endpoint.name, configuration.name).apply(
        lambda names: _compared(names[0], names[1], alarm_names, region)
    )


def component_serving(identity: str, region: str) -> InService | None:
    """What an inference component serves with: its model is its configuration. None where there is
    none yet, or it could not be read."""

    def ask() -> InService:
        found = client("sagemaker", region).describe_inference_component(
            InferenceComponentName=identity
        )
        copies = int((found.get("RuntimeConfig") or {}).get("DesiredCopyCount", 1))
        return InService(
            configuration=(found.get("Specification") or {}).get("ModelName", ""),
            machines=copies,
            first_machines=copies,
            version=None,
            extra_s=_extra_s(found.get("LastDeploymentConfig") or {}),
            reason=found.get("FailureReason", ""),
        )

    return read(f"The inference component {identity}", ask, absent=_ABSENT)


def component_stayed(
    name: pulumi.Input[str | None],
    model: pulumi.Output[str],
    alarm_names: Sequence[str],
    region: str,
) -> pulumi.Output[str]:
    """The component's name, once it serves the model; else the program ends with why."""
    return pulumi.Output.all(name, model).apply(
        lambda names: _compared(names[0], names[1], alarm_names, region, component_serving)
    )


def _compared(
    identity: str,
    wanted: str,
    alarm_names: Sequence[str],
    region: str,
    look: Callable[[str, str], InService | None] = serving,
) -> str:
    if pulumi.runtime.is_dry_run():
        return identity
    now = look(identity, region)
    if now is None or now.configuration == wanted:
        return identity
    ringing = rang(alarm_names, region)
    why = f"the alarm {' and the alarm '.join(ringing)} rang" if ringing else now.reason
    raise pulumi.RunError(
        f"{identity} still serves with {now.configuration}: SageMaker took the roll-out of "
        f"{wanted} back{', because ' + why if why else ''}. Nothing that serves was deleted. "
        "Fix: mend the cause, wait until no alarm rings, and run `pulumi up` again: it rolls out "
        "anew."
    )
