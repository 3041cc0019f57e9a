"""The fleet of an endpoint: machines of one type with one model."""

from __future__ import annotations

from typing import Any

import pulumi

from lichen_components.aws.sagemaker.model import files_gib
from lichen_components.aws.sagemaker.scaling import VARIANT
from lichen_components.aws.sagemaker.settings import (
    download_timeout_s,
    machine_image,
    start_timeout_s,
    volume_gib,
)
from lichen_components.plan import Plan


def machine_of(plan: Plan) -> str:
    """SageMaker's name of the machine that was chosen: ``ml.inf2.xlarge``."""
    decision = plan.decision
    hosting = plan.catalogue.hostings[decision.placement.chosen.hosting]
    return f"{hosting.machine_prefix}{decision.machine.name}"


def variant_of(
    plan: Plan, model: pulumi.Output[str], machines: pulumi.Input[int]
) -> dict[str, Any]:
    """The properties of the machines that serve a model, ``machines`` of them at first."""
    gib = files_gib(plan)
    return {
        "variant_name": VARIANT,
        "model_name": model,
        "instance_type": machine_of(plan),
        "initial_instance_count": machines,
        "volume_size_in_gb": volume_gib(gib, plan.decision.machine.instance_store_gib),
        "inference_ami_version": machine_image(plan.container),
        "model_data_download_timeout_in_seconds": download_timeout_s(gib),
        "container_startup_health_check_timeout_in_seconds": start_timeout_s(plan.container, gib),
    }


def runtime_url(endpoint: str, region: str, path: str) -> str:
    """The address of an endpoint's requests."""
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://runtime.sagemaker.{region}.{domain}/endpoints/{endpoint}/{path}"
