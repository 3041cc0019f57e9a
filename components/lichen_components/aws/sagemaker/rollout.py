"""How a change is rolled out: new machines beside the old, watched, taken back on an alarm."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import pulumi
from pulumi_aws import sagemaker as of

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

_LEAST_BATCH_PCT = 5
_STEP_PCT = 25
"""The share of a fleet in one step of a linear roll-out: four steps (AWS takes 10 to 50 %)."""

_BAKE_S: dict[Way, int] = {
    "all-at-once": BAKE_S,
    "canary": BAKE_S,
    "linear": BAKE_S // 2,
    "rolling": BAKE_S // 2,
}
"""How long new machines are watched at each step, in seconds."""

_ROLLING_S = 2700
"""After so long SageMaker takes a rolling update back (MaximumExecutionTimeoutInSeconds): the old
machines are there again within the hour that the provider waits (design choice)."""


class Strategy(msgspec.Struct, frozen=True):
    """A way to roll a fleet of so many machines out, and whether it was asked for."""

    way: Way
    machines: int
    asked: bool

    @property
    def bake_s(self) -> int:
        return _BAKE_S[self.way]

    @property
    def batch(self) -> int:
        """How many machines ``rolling`` exchanges at once: as many as it may, since each batch
        starts anew (5 to 50 % of the fleet: SageMaker API, RollingUpdatePolicy)."""
        return max(1, self.machines // 2)

    @property
    def beside(self) -> int:
        """How many new machines are there beside the old ones, at the most."""
        return self.batch if self.way == "rolling" else self.machines

    @property
    def steps(self) -> int:
        """How many times new machines are watched."""
        if self.way == "rolling":
            return math.ceil(self.machines / self.batch)
        return {"all-at-once": 1, "canary": 2, "linear": 100 // _STEP_PCT}[self.way]

    @property
    def watched_s(self) -> int:
        """How long the whole of it is watched."""
        return self.steps * self.bake_s + TERMINATION_WAIT_S

    def for_fleet(self, machines: int) -> Strategy:
        """The same for a fleet of this size; the way that suits it, where none was asked for."""
        if machines < 2:
            return Strategy("all-at-once", machines, self.asked)
        return Strategy(self.way if self.asked else "canary", machines, self.asked)


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
    return Strategy(way, machines, asked is not None)


def check_rolling_s(strategy: Strategy, start_s: float) -> None:
    """:class:`InputError` where batches of machines that take ``start_s`` to start come to more
    than SageMaker is given for all of them."""
    longest_s = strategy.steps * (start_s + strategy.bake_s)
    if strategy.way == "rolling" and longest_s > _ROLLING_S:
        raise InputError(
            f"{strategy.steps} batches one after another take {longest_s / 60:.0f} minutes, and "
            f"SageMaker is given {_ROLLING_S / 60:.0f}, since Pulumi waits an hour",
            fix="leave rollout out; or set an even number of machines, which are 2 batches "
            "(availability: {minimum_replicas: ...})",
            field="rollout",
        )


def least_batch(copies: int) -> int:
    """The fewest copies of a model that one step may exchange: 5 % of them, and one at least
    (SageMaker API, InferenceComponentRollingUpdatePolicy)."""
    return max(1, math.ceil(copies * _LEAST_BATCH_PCT / 100))


def rollout(
    strategy: Strategy,
    alarm_names: Sequence[pulumi.Input[str]],
    *,
    extra_s: int = 0,
) -> of.EndpointDeploymentConfigArgs:
    """A new fleet beside the old; ``rolling`` instead exchanges machines in batches of half the
    fleet at most, for accounts whose quota does not allow two fleets. ``extra_s`` is added to its
    wait (serving.py). The block of the alarms is always there: adding or removing it would replace
    the endpoint (pulumi_aws: it is a replacement on change).
    """
    back = of.EndpointDeploymentConfigAutoRollbackConfigurationArgs(
        alarms=[
            of.EndpointDeploymentConfigAutoRollbackConfigurationAlarmArgs(alarm_name=name)
            for name in alarm_names
        ]
    )
    if strategy.way == "rolling":
        return of.EndpointDeploymentConfigArgs(
            rolling_update_policy=of.EndpointDeploymentConfigRollingUpdatePolicyArgs(
                maximum_batch_size=of.EndpointDeploymentConfigRollingUpdatePolicyMaximumBatchSizeArgs(
                    type="INSTANCE_COUNT", value=strategy.batch
                ),
                wait_interval_in_seconds=strategy.bake_s + extra_s,
                maximum_execution_timeout_in_seconds=_ROLLING_S,
            ),
            auto_rollback_configuration=back,
        )
    sizes: dict[Way, dict[str, Any]] = {
        "canary": {"canary_size": {"type": "INSTANCE_COUNT", "value": 1}},
        "linear": {"linear_step_size": {"type": "CAPACITY_PERCENT", "value": _STEP_PCT}},
    }
    blue_green: Any = {
        "traffic_routing_configuration": {
            "type": strategy.way.upper().replace("-", "_"),
            "wait_interval_in_seconds": strategy.bake_s,
            **sizes.get(strategy.way, {}),
        },
        "termination_wait_in_seconds": TERMINATION_WAIT_S + extra_s,
    }
    return of.EndpointDeploymentConfigArgs(
        blue_green_update_policy=blue_green, auto_rollback_configuration=back
    )
