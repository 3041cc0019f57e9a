"""What an update of an endpoint may not change, and the alarms that take it back."""

from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.cloudwatch.models import cloudwatch_backends
from moto.sagemaker.models import FakeEndpoint, SageMakerModelBackend

from sandbox.aws.emulator.sagemaker import refused

Variants = list[dict[str, Any]]

DELETED_IN_USE: list[str] = []
"""What was deleted while an endpoint served it, as `region kind/name of endpoint/name`.

AWS lets it be deleted, and the endpoint can then neither scale out, nor be patched, nor updated.
"""


def check_variants(backend: SageMakerModelBackend, endpoint: FakeEndpoint, news: Variants) -> None:
    """Refuse another machine for a variant that is registered with Application Auto Scaling."""
    configuration = backend.endpoint_configs.get(endpoint.endpoint_config_name)
    if configuration is None:
        raise refused(f'Could not find endpoint configuration "{endpoint.endpoint_config_name}".')
    scaling = applicationautoscaling_backends[backend.account_id][backend.region_name]
    then = {variant["VariantName"]: variant.get("InstanceType") for variant in news}
    fixed = [
        name
        for variant in configuration.production_variants
        if then.get(name := variant["VariantName"]) != variant.get("InstanceType")
        and f"endpoint/{endpoint.endpoint_name}/variant/{name}"
        in scaling.targets.get("sagemaker:variant:DesiredInstanceCount", {})
    ]
    if fixed:
        raise refused(
            f'The variant(s) "{", ".join(fixed)}" must be deregistered as a scalable target with '
            f"AWS Auto Scaling before they can be removed or have their instance type updated."
        )


def watching(deployment: dict[str, Any] | None) -> list[str]:
    """The names of the alarms that watch a roll-out."""
    rollback = (deployment or {}).get("AutoRollbackConfiguration") or {}
    return [alarm["AlarmName"] for alarm in rollback.get("Alarms") or []]


def ringing(backend: SageMakerModelBackend, deployment: dict[str, Any] | None) -> list[str]:
    """Of the alarms that watch a roll-out, those that are in ALARM.

    Raises:
        Refusal: one of them is not there.
    """
    alarms = cloudwatch_backends[backend.account_id][backend.region_name].alarms
    names = watching(deployment)
    if missing := [name for name in names if name not in alarms]:
        raise refused(f"The following alarms do not exist: [{', '.join(missing)}].")
    return [name for name in names if alarms[name].state_value == "ALARM"]


def note_deletion(backend: SageMakerModelBackend, kind: str, name: str) -> None:
    """Note what is deleted while an endpoint serves it."""
    for endpoint in backend.endpoints.values():
        pending = endpoint.__dict__.get("pending_deployment_summary") or {}
        served = {endpoint.endpoint_config_name, pending.get("EndpointConfigName")}
        if kind == "model":
            served = {
                variant.get("ModelName")
                for its in served
                if its in backend.endpoint_configs
                for variant in backend.endpoint_configs[its].production_variants
            }
        if name in served:
            DELETED_IN_USE.append(
                f"{backend.region_name} {kind}/{name} of endpoint/{endpoint.endpoint_name}"
            )
