"""Resource without a stated region.

Why: The carbon intensity of electricity differs by a factor of thirty between regions. If neither
the resource nor its provider nor the stack names a region, an environment variable on the deploying
machine decides, and no check can judge it.

Fix: Name the region on the resource, its provider or the stack.

Exceptions: A CloudFormation template has no region: give the region with --region.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Located
from lichen_policies.rule import Finding, Known, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="mandatory", theme="region")
def region_unresolved(fact: Located, known: Known) -> Iterator[Finding]:
    if fact.region is None:
        yield Finding(
            what="neither the resource nor its provider nor the stack states a region",
            limit="a region must be stated so that its electricity can be checked",
            or_else=f"set {fact.region_at}, or the region of the provider",
            path=fact.region_at,
        )
