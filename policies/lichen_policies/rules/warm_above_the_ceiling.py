"""More warm copies of a serverless service than there may be copies.

Why: A copy that is kept warm is one of those that may run. A service refuses to keep more of them
than its own ceiling, so the deployment fails; and whoever wrote both numbers meant another one.

Fix: Lower the number of warm copies to the ceiling, or raise the ceiling.

Exceptions: It only advises, since the service refuses the deployment by itself. It judges
SageMaker's serverless variants (``provisionedConcurrency`` and ``maxConcurrency``), App Runner's
scaling (``minSize`` and ``maxSize``) and SAM's functions (``ReservedConcurrentExecutions``), where
both numbers are stated in one resource. Warm copies that a scaling target or another resource sets
are not compared, nor are two numbers of which both come by a variable. How high a ceiling is by
itself is not judged: copies of a serverless service above the warm ones cost nothing until requests
come.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import KeptWarm
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def warm_above_the_ceiling(fact: KeptWarm, known: Known) -> Iterator[Finding]:
    stated = fact.if_known.copies, fact.if_known.ceiling
    if stated == (None, None) or None in (fact.as_read("copies"), fact.as_read("ceiling")):
        raise NotApplicable("it does not state how many copies there may be, and how many are warm")
    copies, ceiling = fact.copies or 0, fact.ceiling or 0
    if copies <= ceiling:
        return
    yield Finding(
        what=f"{fact.copies_at} keeps {copies} {fact.unit} warm, and {fact.ceiling_at} is "
        f"{ceiling}",
        limit="no more are kept warm than there may be: the service refuses it",
        changes=(Change(path=fact.copies_at, to=ceiling, at_most=True),),
        or_else=f"raise {fact.ceiling_at}",
        path=fact.copies_at,
    )
