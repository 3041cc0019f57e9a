"""What CreateTransformJob refuses (SageMaker API, CreateTransformJob)."""

from typing import Any

from moto.sagemaker.models import SageMakerModelBackend
from moto.servicequotas.models import servicequotas_backends

from sandbox.aws.emulator.extensions import Refusal
from sandbox.aws.emulator.quotas import granted
from sandbox.aws.emulator.sagemaker import refused
from sandbox.aws.emulator.sagemaker.configurations import Asked, check_archives

_MOST_PAYLOAD_MB, _PAYLOAD_MB = 100, 6


def check_job(backend: SageMakerModelBackend, asked: Asked) -> None:
    """Refuse what AWS refuses; `asked` gives the members of the request."""
    if asked("TransformJobName") in backend.transform_jobs:
        raise Refusal("ResourceInUse", "Job name must be unique within an AWS account and region.")
    check_archives(backend.describe_model(asked("ModelName")), "batch transform")
    payload = asked("MaxPayloadInMB")
    at_once = asked("MaxConcurrentTransforms") or 1
    payload = _PAYLOAD_MB if payload is None else payload
    if at_once * payload > _MOST_PAYLOAD_MB:
        raise refused(
            f"MaxConcurrentTransforms {at_once} times MaxPayloadInMB {payload} is above "
            f"{_MOST_PAYLOAD_MB} MB."
        )
    split = (asked("TransformInput") or {}).get("SplitType", "None")
    if asked("BatchStrategy") and split == "None":
        raise refused("BatchStrategy needs a SplitType of Line, RecordIO or TFRecord.")
    _check_quota(backend, asked("TransformResources"))


def _check_quota(backend: SageMakerModelBackend, resources: dict[str, Any]) -> None:
    kind, count = resources["InstanceType"], resources["InstanceCount"]
    quotas = servicequotas_backends[backend.account_id][backend.region_name]
    most = granted(quotas, f"{kind} for transform job usage")
    if count > most:
        raise Refusal(
            "ResourceLimitExceeded",
            f"The account-level service limit '{kind} for transform job usage' is {most:g} "
            f"Instances, with current utilization of 0 Instances and a request delta of {count} "
            f"Instances. Please use AWS Service Quotas to request an increase for this quota.",
        )
