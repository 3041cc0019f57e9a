"""Production endpoint whose roll-out nothing takes back.

Why: A new model that starts but answers wrongly or slowly goes to every user, and stays until a
person sees it. With alarms that stop a roll-out the machines of before are still there, and take
over again by themselves.

Fix: Name the alarms that stop a roll-out, or switch on the circuit breaker, as the message says.

Exceptions: Endpoints whose models are inference components roll out by themselves, and SageMaker
excludes Inf1; a machine that is not known is taken for another. Without alarms SageMaker still
keeps the old machines where new ones do not start. The finding only advises.

Tags: Without ``lichen:*`` tags it judges SageMaker's endpoints in production. With one, such as
``lichen:model``, it judges services of ECS too.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import ServingEndpoint
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="disabled", staging="disabled", prod="advisory", theme="serving")
def unguarded_rollout(fact: ServingEndpoint, known: Known) -> Iterator[Finding]:
    if fact.guarded is None:
        raise NotApplicable("how it rolls out is not stated")
    if fact.guarded:
        return
    if fact.unguardable:
        raise NotApplicable(fact.unguardable)
    yield Finding(
        what=f"nothing in {fact.guarded_at} takes a roll-out back: one that goes wrong after it "
        "has started goes on to all users",
        limit=f"a production endpoint goes back by itself ({fact.guard_source})",
        or_else=f"in {fact.guarded_at} {fact.guard}",
        path=fact.guarded_at,
    )
