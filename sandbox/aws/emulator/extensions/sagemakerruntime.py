"""SageMaker's run time: a queued request is read by the endpoint's role, or not at all; a request
that no copy of a serverless endpoint waits for starts one."""

from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.sagemaker.models import SageMakerModelBackend, sagemaker_backends
from moto.sagemakerruntime.models import SageMakerRuntimeBackend
from moto.sagemakerruntime.responses import SageMakerRuntimeResponse

from sandbox.aws.emulator.copies import NOMINAL_START_S, starts
from sandbox.aws.emulator.extensions import Method, Refusal, extends
from sandbox.aws.emulator.sagemaker import access


@extends(SageMakerRuntimeBackend)
def invoke_endpoint_async(
    before: Method, self: SageMakerRuntimeBackend, endpoint_name: str, input_location: str
) -> Any:
    backend = sagemaker_backends[self.account_id][self.region_name]
    backend.describe_endpoint(endpoint_name)
    access.check_request(backend, endpoint_name, input_location)
    return before(self, endpoint_name, input_location)


@extends(SageMakerRuntimeResponse)
def invoke_endpoint(before: Method, self: SageMakerRuntimeResponse) -> Any:
    backend = sagemaker_backends[self.current_account][self.region]
    _start(backend, self.path.split("/")[2])
    return before(self)


def _start(backend: SageMakerModelBackend, name: str) -> None:
    """Start a copy of a serverless endpoint where none waits, and note what AWS notes of it: the
    time that setting up the container took, in microseconds (SageMaker Developer Guide, "Monitor a
    serverless endpoint")."""
    endpoint = backend.endpoints.get(name)
    if endpoint is None:
        raise Refusal("ValidationError", f"Endpoint {name} of account not found.")
    configuration = backend.endpoint_configs[endpoint.endpoint_config_name]
    (variant, *_) = configuration.production_variants
    serverless = variant.get("ServerlessConfig")
    if serverless is None:
        return
    kept = int(serverless.get("ProvisionedConcurrency") or 0)
    if starts(endpoint.arn, kept=kept):
        datum = {
            "MetricName": "ModelSetupTime",
            "Dimensions": [
                {"Name": "EndpointName", "Value": name},
                {"Name": "VariantName", "Value": variant["VariantName"]},
            ],
            "Value": NOMINAL_START_S * 1e6,
            "Unit": "Microseconds",
        }
        metrics = cloudwatch_backends[backend.account_id][backend.region_name]
        metrics.put_metric_data("AWS/SageMaker", [datum])
