"""Scaling that adds machines and does not remove them again.

Why: The first busy hour of a week then sets the size for the rest of it: machines that nobody uses
run and are paid for until somebody sees it. A cooldown of hours does the same more slowly.

Fix: Let the policy scale in, with a cooldown of about the time that a machine takes to start.

Exceptions: Of Azure Machine Learning's clusters the time that machines idle is judged, where they
carry accelerators or have ``lichen:*`` tags. A target that another policy or a schedule of the same
stack scales in passes. A policy that adds steps alone is judged together with the others of its
target. A long cooldown only advises: machines that take long to start are removed late for a
reason.

Tags: It reads none but ``lichen:environment``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import ScalingPolicy
from lichen_policies.rule import LOWER_IS_STRICTER, Change, Finding, Known, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``cooldown_s``: the longest wait before the number is lowered again, in seconds. SageMaker's
    own is 300; the largest models take about half an hour to start."""

    cooldown_s: Annotated[float, Meta(ge=0, le=1_000_000), LOWER_IS_STRICTER] = 3600


@rule(severity="high", dev="mandatory", staging="mandatory", prod="mandatory", theme="idle")
def scaling_without_scale_in(
    fact: ScalingPolicy, limits: Limits, known: Known
) -> Iterator[Finding]:
    if fact.tracks is None:
        return  # Steps: what they lack is told by the target's other policies.
    if not fact.scales_in and not fact.another_way_down:
        yield Finding(
            what=f"{fact.scales_in_at} is true, and nothing else in the stack lowers the number",
            limit="what scales out must scale in (Application Auto Scaling User Guide, Target "
            "tracking scaling policies)",
            changes=(Change(path=fact.scales_in_at, to=False, safe=True),),
            path=fact.scales_in_at,
        )
        return
    cooldown_s = fact.scale_in_cooldown_s
    if cooldown_s is not None and cooldown_s > limits.cooldown_s:
        stays = (
            "machines that nothing uses stay"
            if fact.idle
            else "after each step down the number stays"
        )
        longest = int(limits.cooldown_s)
        yield Finding(
            what=f"{fact.scale_in_cooldown_at} is {cooldown_s:g} s: {stays} for "
            f"{cooldown_s / 60:.0f} minutes",
            limit=f"the limit is {limits.cooldown_s:g} s; the default is {fact.usual}",
            changes=(
                Change(
                    path=fact.scale_in_cooldown_at,
                    to=f"PT{longest}S" if fact.idle else longest,
                    at_most=True,
                    safe=True,
                ),
            ),
            path=fact.scale_in_cooldown_at,
            advice=True,
        )
