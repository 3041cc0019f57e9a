"""How a change is rolled out: new machines beside the old, watched, rolled back on an alarm."""

from __future__ import annotations

from collections.abc import Sequence

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
    EndpointDeploymentConfigBlueGreenUpdatePolicyTrafficRoutingConfigurationCanarySizeArgs as Size,
)

WATCH_S = 300
"""How long new machines are watched before the old ones go (design choice)."""


def rollout(machines: int, alarm_names: Sequence[pulumi.Input[str]]) -> Deployment:
    """A new fleet beside the old, first one machine of it where there are several.

    A canary may be half of a fleet at most (SageMaker deployment guardrails), so one machine is
    exchanged at once and watched.
    """
    several = machines > 1
    traffic = Traffic(
        type="CANARY" if several else "ALL_AT_ONCE",
        wait_interval_in_seconds=WATCH_S,
        canary_size=Size(type="INSTANCE_COUNT", value=1) if several else None,
    )
    return Deployment(
        blue_green_update_policy=BlueGreen(
            traffic_routing_configuration=traffic, termination_wait_in_seconds=WATCH_S
        ),
        auto_rollback_configuration=Rollback(
            alarms=[Alarm(alarm_name=name) for name in alarm_names]
        ),
    )
