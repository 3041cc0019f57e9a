"""SageMaker: endpoints as AWS has them today.

The machine types of botocore's own list; names that are taken are refused; variants without a
model; UpdateEndpoint; Describe has all that Create was given.
"""

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import FakeEndpoint, FakeEndpointConfig, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from sandbox.aws.emulator.extensions import Method, extends


@extends(FakeEndpointConfig)
def validate_instance_type(_: Method, self: FakeEndpointConfig, instance_type: str) -> None:
    """moto's list is old; the request's own model has been asked (constraints.py)."""


@extends(SageMakerModelBackend)
def validate_production_variants(
    before: Method, self: SageMakerModelBackend, variants: list[dict[str, Any]]
) -> None:
    # A variant for inference components names no model.
    before(self, [variant for variant in variants if "ModelName" in variant])


@extends(SageMakerResponse)
def create_model(before: Method, self: SageMakerResponse) -> ActionResult:
    models = self.sagemaker_backend._models
    name = _free(self, "model", "ModelName", models)
    result: ActionResult = before(self)
    _remember(
        self,
        models[name],
        EnableNetworkIsolation="EnableNetworkIsolation",
        InferenceExecutionConfig="InferenceExecutionConfig",
    )
    return result


@extends(SageMakerResponse)
def create_endpoint_config(before: Method, self: SageMakerResponse) -> ActionResult:
    configurations = self.sagemaker_backend.endpoint_configs
    name = _free(self, "endpoint configuration", "EndpointConfigName", configurations)
    result: ActionResult = before(self)
    _remember(
        self,
        configurations[name],
        ShadowProductionVariants="ShadowProductionVariants",
        ExecutionRoleArn="ExecutionRoleArn",
    )
    return result


@extends(SageMakerResponse)
def create_endpoint(before: Method, self: SageMakerResponse) -> ActionResult:
    endpoints = self.sagemaker_backend.endpoints
    name = _free(self, "endpoint", "EndpointName", endpoints)
    result: ActionResult = before(self)
    _remember(self, endpoints[name], LastDeploymentConfig="DeploymentConfig")
    return result


@extends(SageMakerResponse)
def update_endpoint(_: None, self: SageMakerResponse) -> ActionResult:
    backend, name = self.sagemaker_backend, self._get_param("EndpointName")
    backend.describe_endpoint(name)  # refuses one that is not there
    endpoint: FakeEndpoint = backend.endpoints[name]
    configuration = backend.describe_endpoint_config(self._get_param("EndpointConfigName"))
    if self._get_param("RetainAllVariantProperties"):
        raise ValidationError(message="RetainAllVariantProperties is not emulated")
    endpoint.endpoint_config_name = configuration["EndpointConfigName"]
    endpoint.production_variants = endpoint._process_production_variants(
        configuration["ProductionVariants"]
    )
    endpoint.data_capture_config = configuration["DataCaptureConfig"]
    _remember(self, endpoint, LastDeploymentConfig="DeploymentConfig")
    endpoint.last_modified_time = utcnow()
    return ActionResult({"EndpointArn": endpoint.arn})


def _free(response: SageMakerResponse, what: str, parameter: str, taken: dict[str, Any]) -> str:
    name = str(response._get_param(parameter))
    if name in taken:
        raise ValidationError(
            message=f'Cannot create already existing {what} "{taken[name].physical_resource_id}".'
        )
    return name


def _remember(response: SageMakerResponse, thing: Any, **members: str) -> None:
    """Have Describe answer with these members, from these parameters of the request."""
    for member, parameter in members.items():
        # moto's Describe turns attributes into members by their case, and leaves out None.
        attribute = re.sub(r"(?<!^)(?=[A-Z])", "_", member).lower()
        setattr(thing, attribute, response._get_param(parameter))
