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
from sandbox.aws.emulator.sagemaker import (
    access,
    components,  # noqa: F401 - its operations
    configurations,
    jobs,
    quotas,
    rollouts,
    updates,
)


@extends(FakeEndpointConfig)
def validate_production_variants(_: Method, self: FakeEndpointConfig, variants: Any) -> None:
    """moto's lists are old; configurations.py has been asked."""


# moto looks for a model in each variant, also where it is for inference components.
extends(SageMakerModelBackend)(validate_production_variants)


@extends(SageMakerModelBackend)
def add_tags(
    _: Method, self: SageMakerModelBackend, arn: str, tags: list[dict[str, str]]
) -> list[dict[str, str]]:
    """A tag that is there has its new value, and is not there twice."""
    resource = self._get_resource_from_arn(arn)
    values = {tag["Key"]: tag["Value"] for tag in [*resource.tags, *tags]}
    resource.tags = [{"Key": key, "Value": value} for key, value in values.items()]
    return list(resource.tags)


@extends(SageMakerResponse)
def create_model(before: Method, self: SageMakerResponse) -> ActionResult:
    models = self.sagemaker_backend._models
    name = _free(self, "model", "ModelName", models)
    containers = [self._get_param("PrimaryContainer"), *(self._get_param("Containers") or [])]
    access.check_model(
        self.sagemaker_backend,
        name,
        self._get_param("ExecutionRoleArn"),
        [container for container in containers if container],
    )
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
    taken = self.sagemaker_backend.endpoint_configs
    name = _free(self, "endpoint configuration", "EndpointConfigName", taken)
    configurations.check(self.sagemaker_backend, self._get_param)
    result: ActionResult = before(self)
    _remember(
        self,
        taken[name],
        EnableNetworkIsolation="EnableNetworkIsolation",
        ExecutionRoleArn="ExecutionRoleArn",
        ExplainerConfig="ExplainerConfig",
        MetricsConfig="MetricsConfig",
        ShadowProductionVariants="ShadowProductionVariants",
        VpcConfig="VpcConfig",
    )
    return result


@extends(SageMakerResponse)
def create_endpoint(before: Method, self: SageMakerResponse) -> ActionResult:
    endpoints = self.sagemaker_backend.endpoints
    name = _free(self, "endpoint", "EndpointName", endpoints)
    configuration = self.sagemaker_backend.describe_endpoint_config(
        self._get_param("EndpointConfigName")
    )
    configurations.check_served(self.sagemaker_backend, configuration["ProductionVariants"])
    quotas.check(self.sagemaker_backend, configuration["ProductionVariants"])
    _watched(self, configuration, self._get_param("DeploymentConfig"))
    result: ActionResult = before(self)
    _remember(self, endpoints[name], LastDeploymentConfig="DeploymentConfig")
    if why := access.failure(self.sagemaker_backend, configuration):
        endpoints[name].endpoint_status = "Failed"
        endpoints[name].__dict__["failure_reason"] = why
    return result


def _watched(
    response: SageMakerResponse,
    configuration: dict[str, Any],
    deployment: dict[str, Any] | None,
) -> None:
    """Refuse alarms of a roll-out that are not there, or that the role may not read."""
    backend = response.sagemaker_backend
    rollouts.ringing(backend, deployment)
    access.check_alarms(backend, configuration, rollouts.watching(deployment))


@extends(SageMakerResponse)
def update_endpoint(_: None, self: SageMakerResponse) -> ActionResult:
    backend, name = self.sagemaker_backend, self._get_param("EndpointName")
    backend.describe_endpoint(name)  # refuses one that is not there
    endpoint: FakeEndpoint = backend.endpoints[name]
    updates.check_idle(endpoint)
    configuration = backend.describe_endpoint_config(self._get_param("EndpointConfigName"))
    rollouts.check_variants(backend, endpoint, configuration["ProductionVariants"])
    configurations.check_served(backend, configuration["ProductionVariants"])
    rolling = (self._get_param("DeploymentConfig") or {}).get("RollingUpdatePolicy") or {}
    batch = rolling.get("MaximumBatchSize", {})
    at_once = batch.get("Value") if batch.get("Type") == "INSTANCE_COUNT" else None
    quotas.check(backend, configuration["ProductionVariants"], at_once)
    deployment = self._get_param("DeploymentConfig")
    if self._get_param("RetainDeploymentConfig"):
        deployment = getattr(endpoint, "last_deployment_config", None)
    _watched(self, configuration, deployment)
    setattr(endpoint, "last_deployment_config", deployment)  # noqa: B010 - moto does not have it
    endpoint.last_modified_time = utcnow()
    endpoint.failure_reason = None
    failed = access.failure(backend, configuration)
    updates.start(
        updates.Update(backend, endpoint, configuration, deployment or {}, _kept(self), failed)
    )
    return ActionResult({"EndpointArn": endpoint.arn})


@extends(SageMakerResponse)
def describe_endpoint(before: Method, self: SageMakerResponse) -> ActionResult:
    endpoint = self.sagemaker_backend.endpoints.get(self._get_param("EndpointName"))
    if endpoint is not None and (update := updates.under_way(endpoint)):
        update.go_on()
    result: ActionResult = before(self)
    return result


@extends(SageMakerResponse)
def create_transform_job(before: Method, self: SageMakerResponse) -> ActionResult:
    jobs.check_job(self.sagemaker_backend, self._get_param)
    result: ActionResult = before(self)
    return result


@extends(SageMakerModelBackend)
def delete_endpoint_config(
    before: Method, self: SageMakerModelBackend, endpoint_config_name: str
) -> None:
    rollouts.note_deletion(self, "endpoint-config", endpoint_config_name)
    before(self, endpoint_config_name)


@extends(SageMakerModelBackend)
def delete_model(before: Method, self: SageMakerModelBackend, model_name: str) -> None:
    rollouts.note_deletion(self, "model", model_name)
    before(self, model_name)


@extends(SageMakerModelBackend)
def update_endpoint_weights_and_capacities(
    before: Method, self: SageMakerModelBackend, endpoint_name: str, **wanted: Any
) -> str:
    """What is desired is there at once, where moto would have it to be updated for ever."""
    arn: str = before(self, endpoint_name=endpoint_name, **wanted)
    endpoint: FakeEndpoint = self.endpoints[endpoint_name]
    endpoint.endpoint_status = "InService"
    for variant in endpoint.production_variants:
        for what in ("InstanceCount", "Weight"):
            if f"Desired{what}" in variant:
                variant[f"Current{what}"] = variant[f"Desired{what}"]
    return arn


_RETAINED = {
    "DesiredInstanceCount": {"CurrentInstanceCount", "DesiredInstanceCount"},
    "DesiredWeight": {"CurrentWeight", "DesiredWeight"},
    "DataCaptureConfig": {"DataCaptureConfig"},
}


def _kept(response: SageMakerResponse) -> set[str]:
    """What an update leaves as it is; otherwise the configuration decides, at any load."""
    if not response._get_param("RetainAllVariantProperties"):
        return set()
    excluded = response._get_param("ExcludeRetainedVariantProperties") or []
    reset = {one["VariantPropertyType"] for one in excluded}
    return {key for what, keys in _RETAINED.items() if what not in reset for key in keys}


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
