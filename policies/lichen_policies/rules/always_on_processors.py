"""Serverless container outside production that keeps processors or a zone in reserve.

Why: A container that is billed by instance keeps its processors, and is paid for them, from its
first request until it is shut down, also while it does nothing. One that is billed by request lets
go of them when it has answered. One with an accelerator keeps room for itself in a second zone
unless it gives that up. Outside production most hours have no request.

Fix: Let the processors idle between requests, or give up the second zone, as the message says.

Exceptions: The processors of a container with an accelerator are not judged: Cloud Run keeps them.
Nor is a container that may run at zero instances: it stops by itself. Work that goes on after the
answer needs its processors: exempt it. Production is not judged.

Tags: It reads none but ``lichen:environment``, which says that a resource is not production.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ServerlessContainer
from lichen_policies.rule import UNSTATED, Change, Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def always_on_processors(fact: ServerlessContainer, known: Known) -> Iterator[Finding]:
    if (fact.environment or UNSTATED) == "prod":
        raise NotApplicable("production may keep its processors ready")
    if fact.accelerated:
        yield from _spare_zone(fact)
        return
    if not fact.floor or not fact.always_on:
        return
    kept = "1 container keeps its" if fact.floor == 1 else f"{fact.floor} containers keep their"
    yield Finding(
        what=f"{kept} processors between requests in {fact.environment}, and "
        f"{'is' if fact.floor == 1 else 'are'} paid for all hours",
        limit="outside production processors are for requests alone",
        changes=(Change(path=fact.always_on_at, to=fact.off_value),),
        path=fact.always_on_at,
    )


def _spare_zone(fact: ServerlessContainer) -> Iterator[Finding]:
    if not fact.spare_zone:
        return
    yield Finding(
        what=f"its accelerators have room kept in a second zone in {fact.environment}",
        limit="outside production one zone is enough",
        changes=(Change(path=fact.spare_zone_at, to=True),),
        path=fact.spare_zone_at,
    )
