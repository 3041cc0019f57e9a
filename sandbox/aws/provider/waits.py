"""What the real provider waits for after a call, and for how long.

Nothing takes time here, so the longest that it may take is counted instead.
"""

from typing import Any

from sandbox.aws.capacity import size_of
from sandbox.aws.cloud_types import UNDER_WAY
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
    now: Described = {"EndpointStatus": "Updating"}
    while now["EndpointStatus"] in UNDER_WAY:
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
    machines = max(each.get("DesiredInstanceCount", 1) for each in now["ProductionVariants"])
    total_s = _rolled_out_s(now.get("LastDeploymentConfig") or {}, longest_s, machines)
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


def _rolled_out_s(deployment: Described, start_s: int, machines: int) -> int:
    """How long a roll-out may take, with the old machines' last minutes: new ones start once in
    blue/green, and with each batch in a rolling one, which SageMaker ends after its limit."""
    if rolling := deployment.get("RollingUpdatePolicy"):
        batches = -(-machines // size_of(rolling["MaximumBatchSize"], machines))
        whole_s = batches * (start_s + rolling["WaitIntervalInSeconds"])
        return int(min(whole_s, rolling.get("MaximumExecutionTimeoutInSeconds", whole_s)))
    policy = deployment.get("BlueGreenUpdatePolicy") or {}
    traffic = policy.get("TrafficRoutingConfiguration") or {}
    stages = {"ALL_AT_ONCE": 1, "CANARY": 2}.get(traffic.get("Type", ""), 1)
    if traffic.get("Type") == "LINEAR":
        stages = -(-machines // size_of(traffic["LinearStepSize"], machines))
    waits = stages * traffic.get("WaitIntervalInSeconds", 0)
    return int(start_s + waits + policy.get("TerminationWaitInSeconds", 0))
