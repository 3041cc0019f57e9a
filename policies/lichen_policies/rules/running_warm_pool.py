"""Warm pool whose machines run while they wait.

Why: Machines that wait in the state Running draw power and are paid for as if they worked. A
stopped one costs its disks alone, and starts much faster than a new machine.

Fix: Keep the machines of the pool stopped, or remove the pool.

Exceptions: It only advises: a service that must grow within seconds may need machines that run.
Pools whose machines are stopped or hibernated are not a finding, since neither is paid for as a
machine. Only groups of machines with accelerators are judged, and those with ``lichen:*`` tags. The
number that waits is the most there can be: the group's ceiling less the machines that always work.
The grams are those of machines that idle.

Tags: Without ``lichen:*`` tags it judges machines with accelerators. With one, such as
``lichen:model``, it judges general machines too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import WarmPool
from lichen_policies.provisioned import is_for_models, saved_by_none
from lichen_policies.rule import LOWER_IS_STRICTER, Change, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``machines``: how many may run while they wait."""

    machines: Annotated[int, Meta(ge=0, le=100_000), LOWER_IS_STRICTER] = 0


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def running_warm_pool(fact: WarmPool, limits: Limits, known: Known) -> Iterator[Finding]:
    if not fact.runs:
        return
    if not is_for_models(fact, fact.machine, known):
        raise NotApplicable("nothing says that its machines serve models")
    if (fact.machines or 0) <= limits.machines:
        return
    count = fact.machines or 0
    saves, sources = saved_by_none(fact, fact.machine, count, fact.hosting, known)
    run = "1 machine runs" if count == 1 else f"up to {count} machines run"
    yield Finding(
        what=f"{fact.runs_at} is Running, so {run} while the group does not need "
        f"{'it' if count == 1 else 'them'}",
        limit=f"the limit is {limits.machines}: a stopped machine costs its disks alone (EC2 Auto "
        "Scaling User Guide, Warm pools, 2026)",
        changes=(Change(path=fact.runs_at, to=fact.stopped),),
        or_else="remove the warm pool",
        path=fact.runs_at,
        saves=saves,
        sources=sources,
    )
