"""Endpoints that serve models, and their variants."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact


class Serving(Fact, frozen=True, kw_only=True):
    """One variant of a model endpoint.

    ``floor`` and ``ceiling`` are the bounds of the scaling that the variant does itself; None
    where it does none. ``holds_model`` says that the variant carries the model itself rather than
    inference components that are put on it. ``hosting`` is as in
    :class:`~lichen_policies.facts.kinds.machines.Located`.

    ``name`` is the variant's, ``configuration`` that of the configuration it belongs to, ``model``
    the name of the model that it holds. ``shadow`` marks a variant that receives a copy of the
    traffic and answers nobody. ``asynchronous`` says that requests wait in a queue. ``chips`` is
    how many accelerators one replica takes of its machine; None where it has all of it.
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
    shadow: bool = False
    asynchronous: bool | None = None
    chips: float | None = None
    chips_at: str = ""


class ServingEndpoint(Fact, frozen=True, kw_only=True):
    """What clients call: it puts a configuration of variants into service.

    ``guarded`` says that a roll-out which an alarm or a failure stops goes back to what served
    before; None where the resource does not say.
    """

    name: str | None = None
    configuration: str | None = None
    configuration_at: str = ""
    guarded: bool | None = None
    guarded_at: str = ""
