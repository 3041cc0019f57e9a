"""Large notebook that nothing stops when nobody works on it.

Why: A person works on a notebook for a few hours of a day. One that is never stopped draws power
and is paid for through nights and weekends, three quarters of the week.

Fix: Let the service stop it when it is idle, as the message says, or choose a smaller machine.

Exceptions: It only advises. Only notebooks with accelerators are judged, and those with as many
vCPUs as the limit ``vcpus``. A SageMaker notebook with a lifecycle configuration is not a finding:
its script may stop it. Of SageMaker Studio the defaults of a domain are judged, and profiles that
turn the stop off; spaces and applications follow those. Of Azure Machine Learning's compute
instances those of azure-native are judged, since azurerm has no setting for it; one with a schedule
is not a finding. Workbench stops an idle notebook by itself unless that is turned off.
Google's user-managed notebooks, which are retired, are not judged.

Tags: It reads none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import Notebook
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.provisioned import month_of
from lichen_policies.rule import LOWER_IS_STRICTER, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``idle_hours``: the longest that an idle notebook may run on; ``vcpus``: from how many vCPUs
    a notebook without accelerators is judged."""

    idle_hours: Annotated[float, Meta(gt=0, le=8760), LOWER_IS_STRICTER] = 24.0
    vcpus: Annotated[int, Meta(ge=1, le=10_000), LOWER_IS_STRICTER] = 32


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def notebook_without_idle_stop(fact: Notebook, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.idle_h is None:
        raise NotApplicable("what stops it is set elsewhere")
    if fact.idle_h <= limits.idle_hours:
        return
    large = _large(fact, limits, known)
    if not large:
        raise NotApplicable(f"it has no accelerator, and fewer than {limits.vcpus} vCPUs")
    cost, sources = month_of(fact, fact.machine, 1, fact.hosting, known)
    whose = "each user's notebook" if fact.each else "the notebook"
    stops = (
        "nothing stops it when nobody works"
        if math.isinf(fact.idle_h)
        else f"it is stopped after {fact.idle_h:g} idle hours"
    )
    yield Finding(
        what=f"{whose} runs on {large}{cost}, and {stops}",
        limit=f"an idle notebook may run on for {limits.idle_hours:g} hours ({fact.source})",
        or_else=f"{fact.to_stop}, or set {fact.machine_at} to a smaller machine",
        path=fact.idle_h_at,
        sources=sources,
    )


def _large(fact: Notebook, limits: Limits, known: Known) -> str:
    """The machine in words, where it has accelerators or is large; else empty."""
    name = fact.machine or ""
    row = known.catalogue.machines.get(name)
    if row is not None and row.accelerator is not None:
        return f"{fact.machine_prefix}{name}, with {row.accelerators:g} {row.accelerator}"
    if fact.attached or names_accelerators(name):
        # A name that the catalogue does not have may be anything, so it is not printed.
        known_name = "" if row is None else f"{fact.machine_prefix}{name}, with "
        return f"{known_name}accelerators"
    if row is not None and row.vcpu >= limits.vcpus:
        return f"{fact.machine_prefix}{name}, with {row.vcpu:g} vCPUs"
    return ""
