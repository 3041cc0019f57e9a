"""Endpoint that cannot do what its tags declare.

Why: Either the declaration is wrong, and every judgement of size that reads it is wrong with it, or
the endpoint will fail its users: the model does not fit, or no request is answered in time. A
declared latency that no machine reaches also hides any excess of machines.

Fix: Correct the tags, or choose the machine that the message names.

Exceptions: It finds only what is far from possible: a declared time that the machine exceeds by the
limit ``times`` even at its likely speed, a model whose weights at the declared precision need more
memory than the limit ``times_memory`` allows, more tokens than the model accepts. What is nearer is
*unverified*. Serverless endpoints are not judged.

Tags: It needs ``lichen:model`` and ``lichen:peak-rps``, for language models also
``lichen:input-tokens`` and ``lichen:output-tokens``, and finds nothing without them. It judges
``lichen:p95-ms``, ``lichen:time-to-first-token-ms``, ``lichen:time-per-output-token-ms`` and
``lichen:precision``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.sizing.answers import Misfit
from lichen_policies.facts import Serving
from lichen_policies.fleets import Fleets, declared_workload, machine_of
from lichen_policies.rule import Finding, Known, NotApplicable, Unverified, rule

LIKELY = 0.5
"""The confidence at which a time is the likely one."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``times``: how many times a declared time the likely time may be before it is a finding;
    ``times_memory``: the same of the memory that the model needs and the machine has."""

    times: Annotated[float, Meta(ge=1, le=1000)] = 3.0
    times_memory: Annotated[float, Meta(ge=1, le=1000)] = 1.25


@rule(severity="high", dev="advisory", staging="advisory", prod="mandatory", theme="size")
def unable_endpoint(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    workload = declared_workload(fact)
    if workload is None:
        raise NotApplicable("the lichen:* tags do not declare both a model and a peak rate")
    machine = machine_of(fact, known)
    card = known.declared_model(fact)
    region = known.catalogue.regions.get(fact.if_known.region or "")
    planned = Fleets.of(workload, card, fact.hosting, region, known).attempted(machine, fact)
    if workload.wanted_confidence >= LIKELY and not isinstance(planned, Misfit):
        return  # what is met with more confidence is met with less
    likely = msgspec.structs.replace(workload, confidence=LIKELY)
    fleets = Fleets.of(likely, card, fact.hosting, None, known)
    found = fleets.attempted(machine, fact)
    if not isinstance(found, Misfit):
        return
    if not _is_sure(found, limits, stated=workload.precisions is not None):
        raise Unverified(f"whether {fact.machine} can serve the declared work: {found.reason}")
    able = fleets.lightest(fact.cloud)
    other = "" if able is None else f", or use {able.text} ({able.chips})"
    yield Finding(
        what=f"{fact.machine} cannot serve what the {fact.tag_word}s declare of "
        f"{card.name}: {found.reason}",
        limit=f"an endpoint must be able to do what its {fact.tag_word}s declare",
        or_else=f"correct the {fact.tag('*')} {fact.tag_word}s{other}",
        path=fact.machine_at,
        sources=(card.source,) if card.source else (),
    )


def _is_sure(found: Misfit, limits: Limits, *, stated: bool) -> bool:
    """Whether it is so far from possible that no error of a prediction explains it; ``stated`` says
    that the tags declare the precision."""
    short = found.shortfall or 0
    if found.kind == "latency":
        return short >= limits.times
    if found.kind == "memory":
        return stated and short >= limits.times_memory
    return found.kind == "context"
