"""How a change is rolled out: new machines beside the old, watched, taken back on an alarm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import pulumi
from pulumi_aws.sagemaker import (
    EndpointDeploymentConfigArgs as Deployment,
)
from pulumi_aws.sagemaker import (
    EndpointDeploymentConfigAutoRollbackConfigurationAlarmArgs as Alarm,
)
from pulumi_aws.sagemaker import (
    EndpointDeploymentConfigAutoRollbackConfigurationArgs as Rollback,
)
from pulumi_aws.sagemaker import (
    EndpointDeploymentConfigBlueGreenUpdatePolicyArgs as BlueGreen,
)
from pulumi_aws.sagemaker import (
    EndpointDeploymentConfigBlueGreenUpdatePolicyTrafficRoutingConfigurationArgs as Traffic,
)
from pulumi_aws.sagemaker import (
    EndpointDeploymentConfigBlueGreenUpdatePolicyTrafficRoutingConfigurationCanarySizeArgs as Canary,
)
from pulumi_aws.sagemaker import (
    EndpointDeploymentConfigBlueGreenUpdatePolicyTrafficRoutingConfigurationLinearStepSizeArgs as Step,
)
from pulumi_aws.sagemaker import (
    EndpointDeploymentConfigRollingUpdatePolicyArgs as Rolling,
)
from pulumi_aws.sagemaker import (
    EndpointDeploymentConfigRollingUpdatePolicyMaximumBatchSizeArgs as Batch,
)

from lichen.document import InputError, did_you_mean

Way = Literal["all-at-once", "canary", "linear", "rolling"]
WAYS: tuple[Way, ...] = ("all-at-once", "canary", "linear", "rolling")

ROLLOUT_WINDOW_S = 120
"""What the alarms of a roll-out look back: two bad minutes of two."""

BAKE_S = 600
"""How long new machines are watched: CloudWatch has a minute's figures a minute or two late, so an
alarm of two minutes rings well within it (design choice)."""

TERMINATION_WAIT_S = 120
"""How long the old machines stay after that (design choice)."""

_STEP_PCT = 25
"""The share of a fleet in one step of a linear roll-out: four steps (AWS takes 10 to 50 %)."""

_STEPS: dict[Way, tuple[int, int]] = {
    "all-at-once": (1, BAKE_S),
    "canary": (2, BAKE_S),
    "linear": (100 // _STEP_PCT, BAKE_S // 2),
    "rolling": (2, BAKE_S),
}
"""How many times new machines are watched, and for how many seconds."""


class Strategy(msgspec.Struct, frozen=True):
    """A way to roll a fleet of so many machines out."""

    way: Way
    machines: int

    @property
    def bake_s(self) -> int:
        return _STEPS[self.way][1]

    @property
    def watched_s(self) -> int:
        """How long the whole of it is watched."""
        steps, bake_s = _STEPS[self.way]
        return steps * bake_s + TERMINATION_WAIT_S


def strategy_of(machines: int, asked: str | None) -> Strategy:
    """The way that was asked for, else the one that suits the number of machines.

    One machine is exchanged at once, since a canary may be half of a fleet at most (SageMaker
    deployment guardrails); of several, one goes first.
    """
    if asked is None:
        way: Way = "canary" if machines > 1 else "all-at-once"
    else:
        way = next((known for known in WAYS if known == asked), WAYS[0])
        if way != asked:
            raise InputError(
                f"{asked!r} is no way to roll out", fix=did_you_mean(asked, WAYS), field="rollout"
            )
        if way != "all-at-once" and machines < 2:
            raise InputError(
                f"{way} shares a fleet of at least 2 machines, and this one starts with {machines}",
                fix="leave rollout out: one machine is exchanged at once and watched; or set "
                "availability: {minimum_replicas: 2}",
                field="rollout",
            )
    return Strategy(way, machines)


def rollout(
    strategy: Strategy,
    alarm_names: Sequence[pulumi.Input[str]],
    *,
    extra_s: pulumi.Input[int] = 0,
) -> Deployment:
    """A new fleet beside the old; ``rolling`` instead exchanges machines in batches of half the
    fleet at most, for accounts whose quota does not allow two fleets. ``extra_s`` is added to its
    wait (serving.py). The block of the alarms is always there: adding or removing it would replace
    the endpoint (pulumi_aws: it is a replacement on change).
    """
    extra = pulumi.Output.from_input(extra_s)
    back = Rollback(alarms=[Alarm(alarm_name=name) for name in alarm_names])
    if strategy.way == "rolling":
        batch = max(1, strategy.machines // 2)
        return Deployment(
            rolling_update_policy=Rolling(
                maximum_batch_size=Batch(type="INSTANCE_COUNT", value=batch),
                wait_interval_in_seconds=extra.apply(lambda more: strategy.bake_s + more),
            ),
            auto_rollback_configuration=back,
        )
    traffic = Traffic(
        type=strategy.way.upper().replace("-", "_"),
        wait_interval_in_seconds=strategy.bake_s,
        canary_size=Canary(type="INSTANCE_COUNT", value=1) if strategy.way == "canary" else None,
        linear_step_size=Step(type="CAPACITY_PERCENT", value=_STEP_PCT)
        if strategy.way == "linear"
        else None,
    )
    return Deployment(
        blue_green_update_policy=BlueGreen(
            traffic_routing_configuration=traffic,
            termination_wait_in_seconds=extra.apply(lambda more: TERMINATION_WAIT_S + more),
        ),
        auto_rollback_configuration=back,
    )
