"""SageMaker's endpoint configuration: where, on what and how many of them a model is served."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lichen_policies.facts.fact import Accelerated, Fact, Located, Scaling, Serving
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import is_unknown

CLOUD = "aws"
TYPES = (
    "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    "aws-native:sagemaker:EndpointConfig",
    "aws_sagemaker_endpoint_configuration",
    "awscc_sagemaker_endpoint_config",
    "AWS::SageMaker::EndpointConfig",
)

_TO_ZERO = (
    "SageMaker reaches zero instances only where the model is an inference component, or the "
    "endpoint is serverless or asynchronous"
)


def read(properties: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    """A Located for the whole, and for each variant what it serves, carries and holds."""
    variants = [
        *properties.blocks("production_variants"),
        *properties.blocks("shadow_production_variants"),
    ]
    yield _located(properties, variants, about)
    for variant in variants:
        yield from _of_variant(variant, about)


def _located(properties: Properties, variants: list[Properties], about: dict[str, Any]) -> Located:
    machines = [bare(variant.text("instance_type")) for variant in variants]
    counts = [variant.whole("initial_instance_count") for variant in variants]
    return Located(
        **about,
        region_at=properties.at("region"),
        machine=machines[0] if len(machines) == 1 else None,
        machines=sum(count for count in counts if isinstance(count, int)) or 1,
        hosting="sagemaker",
    )


def _of_variant(variant: Properties, about: dict[str, Any]) -> Iterator[Fact]:
    machine = bare(variant.text("instance_type"))
    machines = variant.whole("initial_instance_count")
    scaling = variant.block("managed_instance_scaling")
    status = scaling.text("status")
    scales = bool(scaling) and status != "DISABLED"
    floor, ceiling = scaling.whole("min_instance_count"), scaling.whole("max_instance_count")
    if is_unknown(status):
        floor = ceiling = status
    elif not scales:
        floor = ceiling = None
    machine_at, machines_at = variant.at("instance_type"), variant.at("initial_instance_count")
    floor_at = scaling.at("min_instance_count")
    yield Serving(
        **about,
        path=variant.path,
        hosting="sagemaker",
        machine=machine,
        machines=machines,
        serverless=variant.given("serverless_config"),
        # A name that is settled at deploy time is a name all the same.
        holds_model=variant.given("model_name"),
        floor=floor,
        ceiling=ceiling,
        machine_at=machine_at,
        machines_at=machines_at,
        floor_at=floor_at,
        holds_model_at=variant.at("model_name"),
    )
    if machine is not None:
        yield Accelerated(
            **about,
            machine=machine,
            machines=_most(machines, ceiling),
            path=machine_at,
            machines_at=machines_at,
            hosted=True,
        )
    if scales:
        yield Scaling(
            **about,
            path=floor_at,
            floor=floor,
            unit="instances",
            to_zero=_TO_ZERO,
            machine=machine,
            hosting="sagemaker",
        )


def _most(machines: Any, ceiling: Any) -> Any:
    """The larger of what is started and what may be scaled to; unknown where either is."""
    stated = [count for count in (machines, ceiling) if count is not None]
    unknown = next((count for count in stated if is_unknown(count)), None)
    return unknown if unknown is not None else max(stated, default=None)
