"""What the real provider waits for after a call, and for how long.

Nothing takes time here, so the longest that it may take is counted instead.
"""

from typing import Any

from sandbox.aws.provider.api import Api
from sandbox.errors import Refused

ENDPOINT_S = 3600
"""How long pulumi_aws waits for an endpoint (Terraform's provider, pull request 39090)."""

_PROVISIONING_S = 600

Described = dict[str, Any]


def endpoint(api: Api, region: str, properties: Described) -> None:
    """An endpoint in service within the hour; `properties` has its name.

    Raises:
        Refused: it has failed, or its time-outs and waits allow more than the provider waits.
    """
    name = properties["name"]
    now = api.call("sagemaker", region, "DescribeEndpoint", {"EndpointName": name})
    if now["EndpointStatus"] == "Failed":
        raise Refused(
            f"waiting for SageMaker AI Endpoint ({name}): unexpected state 'Failed', wanted target "
            f"'InService'. last error: {now.get('FailureReason')}"
        )
    configured = {"EndpointConfigName": now["EndpointConfigName"]}
    configuration = api.call("sagemaker", region, "DescribeEndpointConfig", configured)
    longest_s = max(
        (_start_s(api, region, variant) for variant in configuration["ProductionVariants"]),
        default=0,
    )
    total_s = longest_s + _watched_s(now.get("LastDeploymentConfig") or {})
    if total_s > ENDPOINT_S:
        raise Refused(
            f"waiting for SageMaker AI Endpoint ({name}): timeout while waiting for state to "
            f"become 'InService' (timeout: 1h0m0s); its time-outs and waits allow "
            f"{total_s / 60:.0f} minutes"
        )


def _start_s(api: Api, region: str, variant: Described) -> int:
    """How long a variant's machines may take; files below a prefix come side by side."""
    if "InstanceType" not in variant:
        return 0
    start = variant.get("ContainerStartupHealthCheckTimeoutInSeconds", 0)
    download = variant.get("ModelDataDownloadTimeoutInSeconds", 0)
    if "ModelName" in variant:
        model = api.call("sagemaker", region, "DescribeModel", {"ModelName": variant["ModelName"]})
        containers = [model.get("PrimaryContainer", {}), *model.get("Containers", [])]
        sources = [one.get("ModelDataSource", {}).get("S3DataSource", {}) for one in containers]
        if any(source.get("S3DataType") == "S3Prefix" for source in sources):
            download = 0
    return int(_PROVISIONING_S + start + download)


def _watched_s(deployment: Described) -> int:
    """How long a roll-out is watched, with the old machines' last minutes."""
    policy = deployment.get("BlueGreenUpdatePolicy") or {}
    traffic = policy.get("TrafficRoutingConfiguration") or {}
    stages = {"ALL_AT_ONCE": 1, "CANARY": 2}.get(traffic.get("Type", ""), 1)
    if traffic.get("Type") == "LINEAR":
        step = traffic.get("LinearStepSize", {})
        stages = -(-100 // step["Value"]) if step.get("Type") == "CAPACITY_PERCENT" else 10
    waits = stages * traffic.get("WaitIntervalInSeconds", 0)
    return int(waits + policy.get("TerminationWaitInSeconds", 0))
