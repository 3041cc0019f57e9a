"""Where a cluster is: what it runs is in its region.

A manifest says nothing of its cluster. A program that makes both does: the provider of the objects
is made of the cluster, and the dialect hands over the addresses of what it is made of. Nothing else
is joined: a cluster beside objects may be another one than theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Pods
from lichen_policies.facts.readers.kubernetes.configured import with_their_settings
from lichen_policies.facts.unknown import Unverified, is_unknown

if TYPE_CHECKING:
    from lichen_policies.stack import Stack

CLUSTER = "its cluster"


def waits(context: Context) -> str:
    """What a fact that needs the region waits for; empty where that is known or never will be."""
    return CLUSTER if is_unknown(context.region) and context.region.references else ""


def in_their_cluster(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of an object in the region of its cluster, with the settings of its ConfigMaps.

    Where that is not found, no region is stated; what does not plainly serve models is not judged
    for want of one.
    """
    serve = any(isinstance(fact, Pods) and fact.serves for fact in facts)
    found: list[Fact] = []
    for fact in with_their_settings(facts, stack):
        context = fact.context
        if not is_unknown(context.region) or not context.region.references:
            found.append(fact)
            continue
        region = _region(context.region.references, stack)
        if region is not None or serve or not isinstance(fact, Located):
            context = msgspec.structs.replace(context, region=region)
            found.append(msgspec.structs.replace(fact, context=context))
    return tuple(found)


def _region(addresses: tuple[str, ...], stack: Stack) -> str | None:
    """The one region of the resources at some addresses, or of their instances."""
    try:
        subjects = stack.of(Fact)
    except Unverified:
        return None
    regions = {
        subject.fact.context.region for subject in subjects if subject.resource.address in addresses
    }
    if len(regions) == 1 and isinstance(region := regions.pop(), str):
        return region
    return None
