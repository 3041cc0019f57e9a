"""Endpoints that serve models, their variants and what is reserved for them."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.kinds.containers import Software


class Serving(Fact, frozen=True, kw_only=True):
    """One variant of a model endpoint.

    ``scales_itself`` says that the variant changes its own size, ``floor`` and ``ceiling`` are the
    bounds of that; None where it does not. ``holds_model`` says that the variant carries the model
    itself rather than inference components that are put on it. ``hosting`` is as in
    :class:`~lichen_policies.facts.kinds.machines.Located`.

    ``name`` is the variant's, ``configuration`` that of the configuration it belongs to, ``model``
    the name of the model that it holds. ``shadow`` marks a variant that receives a copy of the
    traffic and answers nobody. ``endpoint`` is what a monitoring service calls the endpoint, where
    the resource is the endpoint itself. ``asynchronous`` says that requests wait in a queue;
    ``to_wait`` is what to do so that they can, in words, where no property alone does it. ``chips``
    is how many accelerators one replica takes of its machine; None where it has all of it. Of a
    serverless variant ``memory_mib`` is the memory of one copy. ``scaled_by`` is the address of the
    resource that has the properties of the bounds, where that is another one.
    """

    hosting: str
    machine: str | None
    machines: int | None
    serverless: bool | None
    holds_model: bool | None
    floor: int | None
    ceiling: int | None
    machine_at: str
    machines_at: str
    floor_at: str
    holds_model_at: str
    name: str | None = None
    configuration: str | None = None
    model: str | None = None
    endpoint: str | None = None
    shadow: bool = False
    asynchronous: bool | None = None
    chips: float | None = None
    chips_at: str = ""
    asynchronous_at: str = ""
    to_wait: str = ""
    scaled_by: str = ""
    scales_itself: bool | None = None
    scales_itself_at: str = ""
    scaling_at: str = ""
    memory_mib: float | None = None
    memory_mib_at: str = ""


class Shadow(Fact, frozen=True, kw_only=True):
    """A variant that receives a copy of another's requests; its answers are thrown away.

    ``share`` is the part of the requests that is copied, 0 to 1. ``production_machines`` is how
    many machines answer the same requests, of the type ``production_machine``.
    """

    machine: str | None
    machines: int | None
    machines_at: str
    share: float | None
    share_at: str
    production_machine: str | None
    production_machines: int | None
    hosting: str | None = None


class VariantInStack(Fact, frozen=True, kw_only=True):
    """One variant of a model endpoint, with what the rest of its stack does to it.

    ``served`` says that an endpoint of the stack uses it; ``scaled`` that a scaling target changes
    how many machines it has. Both are None where its stack was not seen. ``to_scale`` is what to
    add for that, in words, and ``unscalable`` why nothing can; empty where something can.
    """

    name: str | None
    configuration: str | None
    machine: str | None
    machines: int | None
    machines_at: str
    serverless: bool | None
    holds_model: bool | None
    asynchronous: bool | None
    scales_itself: bool | None
    hosting: str
    to_scale: str
    unscalable: str
    served: bool | None = None
    served_at: str = "whether an endpoint of the stack uses this variant"
    scaled: bool | None = None
    scaled_at: str = "whether a scaling target changes the size of this variant"


class ServingEndpoint(Fact, frozen=True, kw_only=True):
    """What clients call: it puts a configuration of variants into service.

    ``guarded`` says that a roll-out which an alarm or a failure stops goes back to what served
    before; None where the resource does not say. ``guard`` is what to set for that, in words, with
    the vendor's document as its ``guard_source``. ``unguardable`` says why a roll-out of it cannot
    be guarded; empty where it can. ``alarms`` are the names of the alarms that stop a roll-out.
    """

    name: str | None = None
    configuration: str | None = None
    configuration_at: str = ""
    guarded: bool | None = None
    guarded_at: str = ""
    guard: str = ""
    guard_source: str = ""
    unguardable: str | None = ""
    unguardable_at: str = "whether its roll-out can be guarded"
    alarms: tuple[str, ...] | None = None


class ServingComponent(Fact, frozen=True, kw_only=True):
    """A model that is put on the machines of an endpoint's variant, in a number of copies."""

    name: str | None = None
    endpoint: str | None = None
    variant: str | None = None
    model: str | None = None
    copies: int | None = None
    chips: float | None = None
    chips_at: str = ""
    alarms: tuple[str, ...] | None = None


class KeptWarm(Fact, frozen=True, kw_only=True):
    """Copies of a service that are paid for without requests; ``least`` is the fewest that the
    service allows. ``unit`` is what they are, in the plural. ``remove`` is what to remove for none,
    in words; empty where the number can be 0. ``ceiling`` is how many copies there may be, warm or
    not; None where the resource does not say."""

    copies: int | None
    copies_at: str
    unit: str
    least: int = 0
    remove: str = ""
    ceiling: int | None = None
    ceiling_at: str = ""


class BoughtThroughput(Fact, frozen=True, kw_only=True):
    """Capacity of a model that is bought by the hour, used or not.

    ``least`` is the fewest units that the vendor sells, of which a limit counts each as one; above
    1 a unit is a part of what a model needs. ``instead`` is how the same model is had by the
    request, in words. ``term`` is how long it is bound to be paid for, in the vendor's word; None
    for none.
    """

    units: int | None
    units_at: str
    least: int = 1
    instead: str = ""
    term: str | None = None
    term_at: str = ""


class RoutedModel(Fact, frozen=True, kw_only=True):
    """A model whose requests are sent to any of several regions.

    ``area`` is the part of the world within which they stay, in the vendor's word; None where they
    stay in one region. ``narrower`` is what to set for a smaller part, in words.
    """

    area: str | None
    source_at: str
    narrower: str = "the model in one region, or to the profile of a smaller area"


class CloudFunction(Software, frozen=True, kw_only=True):
    """A function that a cloud runs for each request.

    ``architecture`` is the processor's, None where it is left out. ``neutral`` says that its code
    runs on every processor. ``memory_mib`` also decides how many processors it has. ``runtime`` is
    None for an image.
    """

    architecture: str | None
    architecture_at: str
    image: bool | None
    neutral: bool | None
    memory_mib: float | None
    memory_mib_at: str = ""
    runtime: str | None = None
    runtime_at: str = ""
