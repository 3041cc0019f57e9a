"""Accelerator for work that processors do.

Why: An accelerator draws power whether it works or not. A small model with little traffic is often
served in time by a few processors, which draw and cost less and are easier to find.

Fix: Measure the model on the machine that the message names, then move the endpoint there.

Exceptions: It only advises, because it predicts and does not measure: the processors must serve the
declared peak within the declared times, draw less by the limit ``less_pct``, and cost no more where
both prices are known. It offers no more than the limit ``machines``. Serverless endpoints are not
judged.

Tags: It needs ``lichen:model`` and ``lichen:peak-rps``, and finds nothing without them. With
``lichen:p95-ms`` and the like it offers only machines that answer in time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue.schema import Machine
from lichen_policies.facts import Serving
from lichen_policies.fleets import deployed
from lichen_policies.rule import Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``less_pct``: how much less power the processors must draw, in percent; ``machines``: the
    most machines that are offered instead."""

    less_pct: Annotated[float, Meta(ge=0, le=100)] = 25.0
    machines: Annotated[int, Meta(ge=1, le=1000)] = 4


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def needless_accelerator(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    here = deployed(fact, known)
    if here.fleet.machine.accelerator is None:
        raise NotApplicable("it has no accelerator")
    yield from here.lighter(
        fact,
        _has_none,
        limits.machines,
        limits.less_pct,
        f"an accelerator is advised where it saves power: the limit is {limits.less_pct:g} %",
    )


def _has_none(machine: Machine) -> bool:
    return machine.accelerator is None
