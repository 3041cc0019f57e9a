"""Logs of an endpoint that are kept for ever.

Why: An endpoint writes a line for each request. Kept for ever, they are stored, copied and paid for
long after anybody reads them.

Fix: Set how many days they are kept.

Exceptions: Only logs of SageMaker and Bedrock are judged, and those with ``lichen:*`` tags. Where a
law asks for a longer time, set the limit ``days``. A group that a service makes by itself is in no
document, and is not judged.

Tags: With a ``lichen:*`` tag on it, such as ``lichen:workload``, any group of logs is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import KeptLogs
from lichen_policies.rule import Change, Finding, Known, rule

USUAL_DAYS = 90
"""What the fix proposes where the limit allows it: a quarter, long enough to compare two months."""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most days that logs of an endpoint are kept."""

    days: Annotated[int, Meta(ge=1, le=3653)] = 400


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def logs_kept_for_ever(fact: KeptLogs, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.days is not None and fact.days <= limits.days:
        return
    allowed = [days for days in fact.allowed_days if days <= min(limits.days, USUAL_DAYS)]
    kept = "for ever" if fact.days is None else f"for {fact.days} days"
    yield Finding(
        what=f"without {fact.days_at} the logs are kept {kept}"
        if fact.days is None
        else f"{fact.days_at} keeps the logs {kept}",
        limit=f"the limit is {limits.days} days",
        changes=(Change(path=fact.days_at, to=max(allowed), safe=True, adds=fact.days is None),)
        if allowed
        else (),
        or_else="" if allowed else f"keep them at most {limits.days} days",
        path=fact.days_at,
    )
