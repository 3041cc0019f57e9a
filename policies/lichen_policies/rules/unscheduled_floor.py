"""Floor of several machines outside production that no schedule lowers at night.

Why: Nobody tests at night and on Sundays: of the 168 hours of a week about 50 are worked. A
variant that holds its model cannot sleep at zero, but a schedule brings it down to one.

Fix: Lower the floor, or add a scheduled action that does so for the night and one that raises it in
the morning.

Exceptions: A floor within the limit passes; idle-floor says where a floor could be zero.
Targets of Application Auto Scaling are judged, with the scheduled actions of the same stack.

Tags: It reads none but ``lichen:environment``; it judges what is not production.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import TargetInStack
from lichen_policies.rule import LOWER_IS_STRICTER, UNSTATED, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``floor``: how many may run all night."""

    floor: Annotated[int, Meta(ge=0, le=100_000), LOWER_IS_STRICTER] = 1


@rule(severity="low", dev="advisory", staging="advisory", prod="disabled", theme="idle")
def unscheduled_floor(fact: TargetInStack, limits: Limits, known: Known) -> Iterator[Finding]:
    if (fact.environment or UNSTATED) == "prod":
        raise NotApplicable("it is in production")
    if fact.floor is None or fact.floor <= limits.floor:
        return
    if fact.scheduled is None:
        raise NotApplicable("it is judged with the rest of its stack")
    if fact.scheduled:
        return
    yield Finding(
        what=f"{fact.floor_at} is {fact.floor} in {fact.environment}, day and night: no schedule "
        f"of the stack lowers the number of {fact.unit}",
        limit=f"at most {limits.floor} may run all night outside production",
        or_else="add a scheduled action that lowers the floor for the night, and one that raises "
        "it in the morning",
        path=fact.floor_at,
    )
