"""Floor of zero whose only signals come from what is at zero.

Why: A scaler that looks at its own pods' requests, or at its own machines' load, sees nothing while
none of them runs. What went to zero then stays there: every request fails, and somebody sets the
number by hand and never lets it go to zero again.

Fix: Add a signal from outside: requests at the gateway, the length of a queue, a schedule; or set
the floor to 1.

Exceptions: It judges KEDA's ScaledObjects and Compute Engine's autoscalers, and only advises. The
triggers ``cpu`` and ``memory`` of KEDA, and queries of Prometheus that read nothing but metrics of
a server of models, are signals of the pods; every other trigger is taken to wake them, also beside
those. A metric of Compute Engine's may be of the whole group, so a group that has one is not
judged.

Tags: Without ``lichen:*`` tags it judges scalers whose query reads a known server of models, and
those of pods and groups of the same deployment that plainly serve one.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Waking
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule


@rule(severity="high", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def trigger_that_never_wakes(fact: Waking, known: Known) -> Iterator[Finding]:
    if not fact.for_models:
        raise NotApplicable("nothing says that what it scales serves models")
    if fact.floor != 0:
        return
    if fact.wakes is None:
        raise NotApplicable("nothing says where its signals come from")
    if fact.wakes:
        return
    yield Finding(
        what=f"{fact.floor_at} is 0, and the only signal is {fact.signal}: at zero there is none",
        limit="what sleeps at zero needs a signal from outside that wakes it (KEDA documentation, "
        "Scaling Deployments; Compute Engine documentation, Autoscaling groups of instances)",
        changes=()
        if fact.only_zero
        else (Change(path=fact.floor_at, to=1, why=f"one {fact.unit} then always runs"),),
        or_else=f"leave {fact.floor_at} out, or add {fact.instead}"
        if fact.only_zero
        else f"add {fact.instead}",
        path=fact.floor_at,
    )
