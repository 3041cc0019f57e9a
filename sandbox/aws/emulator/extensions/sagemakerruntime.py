"""SageMaker's run time: a queued request is read by the endpoint's role, or not at all."""

from typing import Any

from moto.sagemaker.models import sagemaker_backends
from moto.sagemakerruntime.models import SageMakerRuntimeBackend

from sandbox.aws.emulator.extensions import Method, extends
from sandbox.aws.emulator.sagemaker import access


@extends(SageMakerRuntimeBackend)
def invoke_endpoint_async(
    before: Method, self: SageMakerRuntimeBackend, endpoint_name: str, input_location: str
) -> Any:
    backend = sagemaker_backends[self.account_id][self.region_name]
    backend.describe_endpoint(endpoint_name)
    access.check_request(backend, endpoint_name, input_location)
    return before(self, endpoint_name, input_location)
