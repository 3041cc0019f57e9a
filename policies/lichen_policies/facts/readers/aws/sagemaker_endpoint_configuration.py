"""SageMaker's endpoint configuration: where a model is served, on what, and on how many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import (
    KeptRequests,
    KeptWarm,
    Located,
    MachineKind,
    Machines,
    Scaling,
    Serving,
    Shadow,
    VariantInStack,
)
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.aws.elastic_inference import elastic_inference
from lichen_policies.facts.readers.aws.joining import (
    any_of,
    both,
    endpoints_of,
    known_or_open,
    made_with,
    targets_of,
    variant_meant,
)
from lichen_policies.facts.readers.aws.sagemaker_machines import PREFIX, machine_of
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown
from lichen_policies.stack import Stack

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:sagemaker/endpointConfiguration:EndpointConfiguration",
        "aws-native:sagemaker:EndpointConfig",
    ),
    "terraform": ("aws_sagemaker_endpoint_configuration", "awscc_sagemaker_endpoint_config"),
    "cloudformation": ("AWS::SageMaker::EndpointConfig",),
}
FACTS = (
    KeptRequests,
    KeptWarm,
    Located,
    MachineKind,
    Machines,
    Scaling,
    Serving,
    Shadow,
    VariantInStack,
)

_HOSTING = "sagemaker"
_MEMORY = ("memory_size_in_mb", "memory_size_in_m_b")
"""The second is CloudFormation's ``MemorySizeInMB``."""
_TO_ZERO = (
    "SageMaker reaches zero instances only where the model is an inference component, or the "
    "endpoint is serverless or asynchronous"
)
_TO_SCALE = (
    "add an Application Auto Scaling target for endpoint/ENDPOINT/variant/VARIANT and a policy "
    "that tracks SageMakerVariantInvocationsPerInstance"
)
_BURSTABLE = "SageMaker scales no burstable machines (T2)"
_TO_SCALE_COMPONENTS = "switch on the variant's managedInstanceScaling, with its bounds"
_UNNAMED = Unknown("is left out, and so are instance pools and a serverless configuration")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located for the whole; for each variant a Serving, a Machines and a Scaling; a Shadow for
    each that answers nobody, and a VariantInStack for each other; a KeptRequests where requests are
    kept."""
    endpoint = _Endpoint.of(properties)
    production = [_Variant.of(each) for each in properties.blocks("production_variants")]
    shadows = [_Variant.of(each) for each in properties.blocks("shadow_production_variants")]
    variants = [*production, *shadows]
    machines = [variant.machine.value for variant in variants]
    counts = [variant.machines.value for variant in variants]
    named = tuple({machine: None for machine in machines if isinstance(machine, str)})
    open_one = next(filter(is_unknown, machines), None)
    yield Located(
        region_at=properties.at("region"),
        machine=field(named[0] if len(named) == 1 and open_one is None else open_one),
        any_of=named if len(named) > 1 and open_one is None else (),
        machines=sum(count for count in counts if isinstance(count, int)) or 1,
        hosting=_HOSTING,
        for_models=True,
    )
    capture = properties.block("data_capture_config")
    if capture and capture.scalar("enable_capture") is not False:
        share = capture.stated_whole("initial_sampling_percentage")
        yield KeptRequests(path=share.path, percent=field(share.value), percent_at=share.path)
    for variant in production:
        yield from _of_variant(variant, endpoint)
        yield _in_stack(variant, endpoint)
    for variant in shadows:
        yield from _of_variant(variant, endpoint, is_shadow=True)
        if len(production) == 1:
            yield _shadow(variant, production[0])


class _Endpoint(NamedTuple):
    """What the facts of each variant have of the whole."""

    name: Maybe[str]
    asynchronous: Maybe[bool]
    asynchronous_at: str

    @classmethod
    def of(cls, properties: Properties) -> _Endpoint:
        return cls(
            properties.text("name", "endpoint_config_name"),
            properties.given("async_inference_config"),
            properties.at("async_inference_config"),
        )


class _Variant(NamedTuple):
    """A variant's properties, with what several facts have of them."""

    properties: Properties
    name: Maybe[str]
    machine: Stated[str]
    machines: Stated[int]
    serverless: Maybe[bool]
    holds_model: Maybe[bool]
    """A name that is known only after deployment is a name all the same."""
    scaling: Properties
    scales_itself: Maybe[bool]

    @classmethod
    def of(cls, properties: Properties) -> _Variant:
        scaling = properties.block("managed_instance_scaling")
        return cls(
            properties=properties,
            name=properties.text("variant_name"),
            machine=machine_of(properties),
            machines=properties.stated_whole("initial_instance_count"),
            serverless=properties.given("serverless_config"),
            holds_model=properties.given("model_name"),
            scaling=scaling,
            scales_itself=_scales_itself(scaling),
        )


def _of_variant(each: _Variant, endpoint: _Endpoint, is_shadow: bool = False) -> Iterator[Fact]:
    variant, machine, machines = each.properties, each.machine, each.machines
    scaling, scales_itself = each.scaling, each.scales_itself
    serverless = variant.block("serverless_config")
    floor: Maybe[int] = None
    ceiling: Maybe[int] = None
    if is_unknown(scales_itself):
        floor = ceiling = scales_itself
    elif scales_itself:
        floor, ceiling = scaling.whole("min_instance_count"), scaling.whole("max_instance_count")
    floor_at, ceiling_at = scaling.at("min_instance_count"), scaling.at("max_instance_count")
    yield Serving(
        path=variant.path,
        hosting=_HOSTING,
        machine=field(machine.value),
        machines=field(machines.value),
        serverless=field(each.serverless),
        holds_model=field(each.holds_model),
        floor=field(floor),
        ceiling=field(ceiling),
        machine_at=machine.path,
        machines_at=machines.path,
        floor_at=floor_at,
        holds_model_at=variant.at("model_name"),
        name=field(each.name),
        configuration=field(endpoint.name),
        model=field(variant.text("model_name")),
        shadow=is_shadow,
        asynchronous=field(endpoint.asynchronous),
        asynchronous_at=endpoint.asynchronous_at,
        scales_itself=field(scales_itself),
        scales_itself_at=scaling.at("status"),
        scaling_at=scaling.path,
        memory_mib=field(serverless.amount(*_MEMORY)),
        memory_mib_at=serverless.at(*_MEMORY),
    )
    yield from _machines(
        each,
        floor=Stated(floor, floor_at if scales_itself else ""),
        ceiling=Stated(ceiling, ceiling_at),
    )
    if scales_itself or is_unknown(scales_itself):
        yield Scaling(
            path=floor_at,
            floor=field(floor),
            ceiling=field(ceiling),
            ceiling_at=ceiling_at,
            unit="instances",
            to_zero=_TO_ZERO,
            machine=field(machine.value),
            hosting=_HOSTING,
        )
    attached = variant.stated_text("accelerator_type")
    yield from elastic_inference([attached.value], attached.path, _HOSTING, PREFIX)
    warm = serverless.stated_whole("provisioned_concurrency")
    if warm.value is not None:
        yield KeptWarm(
            path=warm.path,
            copies=field(warm.value),
            copies_at=warm.path,
            unit="copies of the endpoint",
            remove=warm.path,
            ceiling=field(serverless.whole("max_concurrency")),
            ceiling_at=serverless.at("max_concurrency"),
        )


def _scales_itself(scaling: Properties) -> Maybe[bool]:
    """Whether the variant changes its own size; unknown where its switch is."""
    status = scaling.text("status")
    if is_unknown(status):
        return status
    return bool(scaling) and status != "DISABLED"


def _in_stack(each: _Variant, endpoint: _Endpoint) -> VariantInStack:
    machine, machines = each.machine, each.machines
    return VariantInStack(
        path=each.properties.path,
        waits_for="its endpoint and its scaling target",
        name=field(each.name),
        configuration=field(endpoint.name),
        machine=field(machine.value),
        machines=field(machines.value),
        machines_at=machines.path,
        serverless=field(each.serverless),
        holds_model=field(each.holds_model),
        asynchronous=field(endpoint.asynchronous),
        scales_itself=field(each.scales_itself),
        hosting=_HOSTING,
        to_scale=_TO_SCALE if each.holds_model else _TO_SCALE_COMPONENTS,
        unscalable=_BURSTABLE if str(machine.value).startswith("t2.") else "",
    )


def _shadow(each: _Variant, production: _Variant) -> Shadow:
    variant, machine, machines = each.properties, each.machine, each.machines
    return Shadow(
        path=variant.path,
        machine=field(machine.value),
        machines=field(machines.value),
        machines_at=machines.path,
        share=field(_share(variant, production.properties)),
        share_at=variant.at("initial_variant_weight"),
        production_machine=field(production.machine.value),
        production_machines=field(production.machines.value),
        hosting=_HOSTING,
    )


def _share(variant: Properties, production: Properties) -> Maybe[float]:
    """The part of the requests that a shadow receives: its weight over production's."""
    its, whole = (each.number("initial_variant_weight") for each in (variant, production))
    if is_unknown(its) or is_unknown(whole):
        return its if is_unknown(its) else whole
    its, whole = (1.0 if weight is None else weight for weight in (its, whole))
    return min(1.0, its / whole) if whole else None


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """Whether an endpoint of the stack uses each variant, and a target scales it."""
    return tuple(
        _completed(fact, stack) if isinstance(fact, VariantInStack) else fact for fact in facts
    )


def _completed(fact: VariantInStack, stack: Stack) -> VariantInStack:
    def served() -> bool | None:
        return any_of(answer for _, answer in endpoints_of(stack.subject(fact), stack))

    return msgspec.structs.replace(
        fact,
        served=field(known_or_open(served)),
        scaled=field(known_or_open(lambda: _scaled(fact, stack))),
    )


def _scaled(fact: VariantInStack, stack: Stack) -> bool | None:
    configuration = stack.subject(fact)
    beside = stack.beside(configuration, VariantInStack)
    name, is_only = fact.as_read("name"), len(beside) == 1
    return any_of(
        both(
            answer,
            variant_meant(target.fact.as_read("scales"), name, is_only),
            made_with(target.resource, configuration.resource),
        )
        for endpoint, _ in endpoints_of(configuration, stack)
        for target, answer in targets_of(endpoint, stack)
    )


def _machines(each: _Variant, *, floor: Stated[int], ceiling: Stated[int]) -> Iterator[Machines]:
    """The machines of a variant, which its instance pools may name; nothing of one that is
    serverless."""
    variant, machine, machines = each.properties, each.machine, each.machines
    if each.serverless is True:
        return
    pools = variant.blocks("instance_pools") if variant.given("instance_pools") is True else []
    named = [machine_of(pool) for pool in pools] or [machine]
    names = [one.value for one in named]
    unknown = next(filter(is_unknown, names), _UNNAMED if None in names else None)
    most = _most(machines, ceiling)
    starts = machines if most is ceiling else Stated(None, "")
    yield Machines(
        path=named[0].path,
        machine=field(unknown or (names[0] if len(names) == 1 else None)),
        any_of=tuple(name for name in names if isinstance(name, str)) if len(names) > 1 else (),
        machines=field(most.value),
        machines_at=most.path,
        least=field(floor.value),
        least_at=floor.path,
        desired=field(starts.value),
        desired_at=starts.path,
        hosting=_HOSTING,
        machine_prefix=PREFIX,
    )


def _most(machines: Stated[int], ceiling: Stated[int]) -> Stated[int]:
    """The larger of how many start and how many may run; unknown where either is."""
    if is_unknown(machines.value):
        return machines
    if is_unknown(ceiling.value) or (ceiling.value or 0) > (machines.value or 0):
        return ceiling
    return machines
