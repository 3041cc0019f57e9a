"""Whether a service runs the revision that it was given: a roll-out that is taken back looks like
one that succeeded, to Pulumi and to its provider.

The circuit breaker and the alarms put the revision before back (ECS Developer Guide, deployment
circuit breaker). Pulumi then believes that the new one runs, and its next update would leave it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pulumi
import pulumi_aws as aws

from lichen_components.aws.ecs.task import ATTEMPT, CONTAINER
from lichen_components.aws.reading import client, read
from lichen_components.aws.ringing import rang

_ABSENT = ("ClusterNotFound", "Unable to describe task definition", "ServiceNotFound")


class RunningService(msgspec.Struct, frozen=True, kw_only=True):
    """A service as AWS describes it: the revision that it runs, the family's newest, which attempt
    that was, and why a roll-out failed, where AWS says so."""

    revision: str
    newest: str
    attempt: int
    reason: str


def running(identity: str, region: str) -> RunningService | None:
    """What the service of this name runs; None where there is none, or it could not be read."""

    def ask() -> RunningService | None:
        ecs = client("ecs", region)
        services = ecs.describe_services(cluster=identity, services=[identity])["services"]
        if not services or services[0]["status"] != "ACTIVE":
            return None
        newest = ecs.describe_task_definition(taskDefinition=identity)["taskDefinition"]
        labels: dict[str, str] = next(
            (
                each.get("dockerLabels", {})
                for each in newest["containerDefinitions"]
                if each["name"] == CONTAINER
            ),
            {},
        )
        failed = [
            str(each.get("rolloutStateReason", ""))
            for each in services[0].get("deployments", [])
            if each.get("rolloutState") == "FAILED"
        ]
        return RunningService(
            revision=services[0]["taskDefinition"],
            newest=newest["taskDefinitionArn"],
            attempt=int(labels.get(ATTEMPT, 0)),
            reason=next(iter(failed), ""),
        )

    return read(f"The service {identity}", ask, absent=_ABSENT)


def attempt_of(now: RunningService | None, parent: pulumi.Resource) -> int:
    """Which attempt the next revision is. One more than the newest where that does not run: a
    revision of the same containers would be no change, and so would not be rolled out."""
    if now is None:
        return 0
    if now.revision == now.newest:
        return now.attempt
    pulumi.log.warn(
        f"the roll-out of {now.newest} was taken back{': ' + now.reason if now.reason else ''}; "
        "this update rolls out anew",
        parent,
    )
    return now.attempt + 1


def stayed(
    service: aws.ecs.Service,
    task: aws.ecs.TaskDefinition,
    alarm_names: Sequence[pulumi.Output[str]],
    region: str,
) -> pulumi.Output[str]:
    """The service's name, once it runs the revision; else the program ends with why, before Pulumi
    deletes the revision that still runs."""
    return pulumi.Output.all(service.name, task.arn, list(alarm_names)).apply(
        lambda known: _compared(known[0], known[1], known[2], region)
    )


def _compared(identity: str, wanted: str, alarm_names: Sequence[str], region: str) -> str:
    if pulumi.runtime.is_dry_run():
        return identity
    now = running(identity, region)
    if now is None or now.revision == wanted:
        return identity
    ringing = rang(alarm_names, region)
    why = f"the alarm {' and the alarm '.join(ringing)} rang" if ringing else now.reason
    raise pulumi.RunError(
        f"{identity} still runs {now.revision}: ECS took the roll-out of {wanted} back"
        f"{', because ' + why if why else ''}. Fix: mend the cause, wait until no alarm rings, and "
        "run `pulumi up` again: it rolls out anew."
    )
