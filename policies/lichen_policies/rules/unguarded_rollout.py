"""Production endpoint whose roll-out nothing takes back.

Why: A new model that starts but answers wrongly or slowly goes to every user, and stays until a
person sees it. With alarms that stop a roll-out the machines of before are still there, and take
over again by themselves.

Fix: Name the alarms on errors and latency that stop a roll-out, as the message says.

Exceptions: Endpoints whose models are inference components roll out by themselves, and SageMaker
excludes Inf1. Without alarms SageMaker still keeps the old machines where new ones do not start.
The finding only advises.

Tags: It reads none but ``lichen:environment``; it judges production alone.
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
        what=f"{fact.guarded_at} is not set: a roll-out that goes wrong after its machines have "
        "started goes on to all users",
        limit="a production endpoint names the alarms that take a roll-out back (SageMaker "
        "Developer Guide, Auto-Rollback Configuration and Monitoring)",
        or_else=f"in {fact.guarded_at} {fact.guard}: one on errors, one on latency",
        path=fact.guarded_at,
    )
