"""Resource without a stated region.

Why: The carbon intensity of electricity differs by a factor of thirty between regions. If neither
the resource nor its provider nor the stack names a region, an environment variable on the deploying
machine decides, and no check can judge it.

Fix: Name the region on the resource, its provider or the stack.

Exceptions: A CloudFormation template has no region: give the region with --region. So it is with
most manifests of Kubernetes: of those only what plainly serves models is judged, and only advised.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Located
from lichen_policies.provisioned import in_cluster
from lichen_policies.rule import Finding, Known, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="mandatory", theme="region")
def region_unresolved(fact: Located, known: Known) -> Iterator[Finding]:
    if fact.region is not None:
        return
    cluster = in_cluster(fact.hosting, known.catalogue)
    other = (
        "give the region of its cluster with --region" if cluster else "the region of the provider"
    )
    yield Finding(
        what="nothing in the manifest says in which region it runs"
        if cluster
        else "neither the resource nor its provider nor the stack states a region",
        limit="a region must be stated so that its electricity can be checked",
        or_else=f"set {fact.region_at}, or {other}",
        path=fact.region_at,
        advice=cluster,
    )
