"""Exemption that is past its last day.

Why: An exemption is a decision for a time. When the time is over, what it covered counts again, and
the row or the tag that stays behind says that somebody still allows it.

Fix: Remove the exemption, or have it approved until another day.

Exceptions: Exemptions that name no resource of what is judged are left to the report, which lists
every one that has expired: an organisation's file covers many stacks.

Tags: It reads ``lichen:exempt.RULE``, an exemption beside the resource.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.rule import Finding, Known, rule
from lichen_policies.run import GateRun


@rule(severity="high", dev="advisory", staging="advisory", prod="mandatory", theme="governance")
def expired_exemption(run: GateRun, known: Known) -> Iterator[Finding]:
    for each in run.exempted:
        exemption = each.exemption
        if exemption is None or not each.resources or not exemption.has_expired(known.today):
            continue
        first, *others = each.resources
        more = f" and {len(others)} more" if others else ""
        yield Finding(
            what=f"{exemption.ended}; it covers {first.name}{more}",
            limit="an exemption holds through its last day",
            or_else="remove it, or have it approved until another day",
            path=each.where,
            resource=first,
        )
