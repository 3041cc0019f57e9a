"""Models and configurations of components that no endpoint uses any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lichen.document import InputError

_OURS = "lichen:workload"
"""The tag that every resource of a component has."""


def unused(region: str) -> list[tuple[str, str]]:
    """Kind and name of each, configurations first: they name the models.

    :class:`InputError` where AWS does not let them be listed.
    """
    try:
        return _unused(boto3.client("sagemaker", region_name=region))
    except (BotoCoreError, ClientError) as error:
        raise InputError(
            f"SageMaker in {region} could not be asked: {error}",
            fix="sign in to the account, and allow sagemaker:List* and sagemaker:Describe*",
            field="--region",
        ) from None


def _unused(sagemaker: Any) -> list[tuple[str, str]]:
    configurations = _pages(sagemaker, "list_endpoint_configs", "EndpointConfigs")
    used = {
        sagemaker.describe_endpoint(EndpointName=endpoint["EndpointName"])["EndpointConfigName"]
        for endpoint in _pages(sagemaker, "list_endpoints", "Endpoints")
    }
    free, models_used = [], set()
    for configuration in configurations:
        name = configuration["EndpointConfigName"]
        described = sagemaker.describe_endpoint_config(EndpointConfigName=name)
        if name not in used and _ours(sagemaker, configuration["EndpointConfigArn"]):
            free.append(("configuration", name))
            continue
        variants = described["ProductionVariants"] + described.get("ShadowProductionVariants", [])
        models_used |= {variant.get("ModelName") for variant in variants}
    return free + [
        ("model", model["ModelName"])
        for model in _pages(sagemaker, "list_models", "Models")
        if model["ModelName"] not in models_used and _ours(sagemaker, model["ModelArn"])
    ]


def delete_all(found: Iterable[tuple[str, str]], region: str) -> None:
    """Delete what was found, in its order."""
    sagemaker = boto3.client("sagemaker", region_name=region)
    for kind, name in found:
        if kind == "configuration":
            sagemaker.delete_endpoint_config(EndpointConfigName=name)
        else:
            sagemaker.delete_model(ModelName=name)


def _pages(sagemaker: Any, operation: str, member: str) -> list[dict[str, Any]]:
    pages = sagemaker.get_paginator(operation).paginate()
    return [item for page in pages for item in page[member]]


def _ours(sagemaker: Any, arn: str) -> bool:
    """Made by a component for an endpoint: the model of a batch job has none."""
    tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
    return _OURS in tags and tags.get("lichen:mode") != "batch"
