"""SageMaker's endpoint configuration: where a model is served, on what, and on how many."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Scaling, Serving
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

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

_UNNAMED = Unknown("is left out, and so are instance pools and a serverless configuration")


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
        for_models=True,
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
        floor=field(floor),
        ceiling=field(ceiling),
        machine_at=machine.path,
        machines_at=machines.path,
        floor_at=floor_at,
        holds_model_at=variant.at("model_name"),
    )
    yield from _machines(
        variant,
        machines,
        floor=Stated(floor, floor_at if scales else ""),
        ceiling=Stated(ceiling, scaling.at("max_instance_count")),
    )
    if scales:
        yield Scaling(
            path=floor_at,
            floor=field(floor),
            unit="instances",
            to_zero=_TO_ZERO,
            machine=field(machine.value),
            hosting=_HOSTING,
        )


def _machines(
    variant: Properties, machines: Stated[int], *, floor: Stated[int], ceiling: Stated[int]
) -> Iterator[Machines]:
    """The machines of a variant, which its instance pools may name; nothing of one that is
    serverless."""
    if variant.given("serverless_config") is True:
        return
    pools = variant.blocks("instance_pools") if variant.given("instance_pools") is True else []
    named = [_machine(pool) for pool in pools] or [_machine(variant)]
    names = [machine.value for machine in named]
    unknown = next(filter(is_unknown, names), _UNNAMED if None in names else None)
    most = _most(machines, ceiling)
    yield Machines(
        path=named[0].path,
        machine=field(unknown or (names[0] if len(names) == 1 else None)),
        any_of=tuple(name for name in names if isinstance(name, str)) if len(names) > 1 else (),
        machines=field(most.value),
        machines_at=most.path,
        least=field(floor.value),
        least_at=floor.path,
        hosting=_HOSTING,
        machine_prefix=_PREFIX,
    )


def _machine(variant: Properties) -> Stated[str]:
    name, path = variant.stated_text("instance_type")
    return Stated(bare(name, _PREFIX), path)


def _most(machines: Stated[int], ceiling: Stated[int]) -> Stated[int]:
    """The larger of how many start and how many may run; unknown where either is."""
    if is_unknown(machines.value):
        return machines
    if is_unknown(ceiling.value) or (ceiling.value or 0) > (machines.value or 0):
        return ceiling
    return machines
