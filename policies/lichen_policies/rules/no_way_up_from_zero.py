"""Floor of zero that nothing ever leaves.

Why: Without a running copy there is no metric of a copy, so a policy that tracks one never starts
the first. Only an alarm on requests that found nothing does: without it an inference component at
zero fails every request, and an asynchronous endpoint lets them wait until more of them are queued
than its policy's target.

Fix: Add a step policy that adds one, and an alarm on the metric that the message names, which
starts that policy.

Exceptions: A real-time variant that holds its model cannot be at zero, so there the floor is the
finding. Only targets of SageMaker's variants and inference components are judged. The alarm may lie
in another stack: this rule only advises.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import TargetInStack
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule


@rule(severity="high", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def no_way_up_from_zero(fact: TargetInStack, known: Known) -> Iterator[Finding]:
    if fact.floor != 0:
        return
    if fact.if_known.holds_model and fact.asynchronous is False:
        yield Finding(
            what=f"{fact.floor_at} is 0 for a real-time variant that holds its model",
            limit="SageMaker keeps at least one machine of such a variant (SageMaker Developer "
            "Guide, Scale an endpoint to zero instances)",
            changes=(Change(path=fact.floor_at, to=1),),
            or_else="deploy the model as an inference component, which may be at zero",
            path=fact.floor_at,
        )
        return
    if not fact.wake_metric:
        raise NotApplicable("what it scales is not known to wake by an alarm")
    if fact.wakes is None:
        raise NotApplicable("it is judged with the rest of its stack")
    if fact.wakes:
        return
    then = (
        "requests wait until more are queued than the policy's target"
        if fact.waits
        else "every request to it fails"
    )
    yield Finding(
        what=f"{fact.floor_at} is 0, and no alarm of the stack on {fact.wake_metric} starts the "
        f"first: {then}",
        limit="what sleeps at zero needs an alarm that wakes it (SageMaker Developer Guide, "
        + ("Autoscale an asynchronous endpoint)" if fact.waits else "Scale an endpoint to zero)"),
        or_else=f"add a step scaling policy of +1, and an alarm on {fact.wake_metric} (at or above "
        "1, in one period of 60 s) with that policy as its action",
        path=fact.floor_at,
    )
