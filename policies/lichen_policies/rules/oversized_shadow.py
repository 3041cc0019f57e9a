"""Shadow variant with more machines than its copy of the traffic needs.

Why: A shadow answers nobody: its answers are thrown away after they are compared. It needs the same
share of the machines as it gets of the requests; the rest is idle.

Fix: Lower the shadow's machines to its share, or send it more of the requests.

Exceptions: A shadow on another type of machine is not judged, since how many of them are as fast is
not known; nor one beside several production variants. It only advises.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from lichen_policies.facts import Shadow
from lichen_policies.provisioned import month_of
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="size")
def oversized_shadow(fact: Shadow, known: Known) -> Iterator[Finding]:
    if fact.machine != fact.production_machine:
        raise NotApplicable("it runs on another type of machine than production does")
    machines = 1 if fact.machines is None else fact.machines
    production = 1 if fact.production_machines is None else fact.production_machines
    share = 1.0 if fact.share is None else fact.share
    needed = max(1, ceil(round(share * production, 6)))
    if machines <= needed:
        return
    idle = machines - needed
    cost, sources = month_of(fact, fact.machine, idle, fact.hosting, known)
    yield Finding(
        what=f"{fact.machines_at} is {machines} for {share * 100:.0f} % of the requests, which "
        f"{production} of the same machines answer in production: {idle} too many{cost}",
        limit="a shadow needs its share of the production machines (SageMaker Developer Guide, "
        "Shadow variants)",
        changes=(Change(path=fact.machines_at, to=needed, at_most=True),),
        path=fact.machines_at,
        sources=sources,
    )
