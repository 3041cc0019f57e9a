"""SageMaker's endpoint configuration: where a model is served, on what, and on how many."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.fleet import machines_named
from lichen_policies.facts.kinds import Located, Machines, Scaling, Serving
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import Maybe, field, is_unknown

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        "aws-native:sagemaker:EndpointConfig",
    ),
    "terraform": ("aws_sagemaker_endpoint_configuration", "awscc_sagemaker_endpoint_config"),
    "cloudformation": ("AWS::SageMaker::EndpointConfig",),
}
FACTS = (Located, Machines, Scaling, Serving)

_HOSTING, _PREFIX = "sagemaker", "ml."
_TO_ZERO = (
    "SageMaker reaches zero instances only where the model is an inference component, or the "
    "endpoint is serverless or asynchronous"
)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located for the whole; for each variant a Serving, a Machines and a Scaling."""
    variants = [
        *properties.blocks("production_variants"),
        *properties.blocks("shadow_production_variants"),
    ]
    machines = [_machine(variant).value for variant in variants]
    counts = [variant.whole("initial_instance_count") for variant in variants]
    yield Located(
        region_at=properties.at("region"),
        machine=field(machines[0]) if len(machines) == 1 else None,
        machines=sum(count for count in counts if isinstance(count, int)) or 1,
        hosting=_HOSTING,
    )
    for variant in variants:
        yield from _of_variant(variant)


def _of_variant(variant: Properties) -> Iterator[Fact]:
    machine, machines = _machine(variant), variant.stated_whole("initial_instance_count")
    scaling = variant.block("managed_instance_scaling")
    status = scaling.text("status")
    scales = bool(scaling) and status != "DISABLED"
    floor: Maybe[int] = None
    ceiling: Maybe[int] = None
    if is_unknown(status):
        floor = ceiling = status
    elif scales:
        floor, ceiling = scaling.whole("min_instance_count"), scaling.whole("max_instance_count")
    floor_at = scaling.at("min_instance_count")
    yield Serving(
        path=variant.path,
        hosting=_HOSTING,
        machine=field(machine.value),
        machines=field(machines.value),
        serverless=field(variant.given("serverless_config")),
        # A name that is known only after deployment is a name all the same.
        holds_model=field(variant.given("model_name")),
        model=field(variant.text("model_name")),
        floor=field(floor),
        ceiling=field(ceiling),
        machine_at=machine.path,
        machines_at=machines.path,
        floor_at=floor_at,
        holds_model_at=variant.at("model_name"),
    )
    most = Stated(_most(machines.value, ceiling), machines.path)
    yield from machines_named(machine, most, hosting=_HOSTING, prefix=_PREFIX)
    if scales:
        yield Scaling(
            path=floor_at,
            floor=field(floor),
            unit="instances",
            to_zero=_TO_ZERO,
            machine=field(machine.value),
            hosting=_HOSTING,
        )


def _machine(variant: Properties) -> Stated[str]:
    name, path = variant.stated_text("instance_type")
    return Stated(bare(name, _PREFIX), path)


def _most(machines: Maybe[int], ceiling: Maybe[int]) -> Maybe[int]:
    """The larger of how many start and how many may run; unknown where either is."""
    if is_unknown(machines) or is_unknown(ceiling):
        return machines if is_unknown(machines) else ceiling
    return max((count for count in (machines, ceiling) if count is not None), default=None)
