"""Pods with the bounds that an autoscaler of the same deployment sets beside them."""

from __future__ import annotations

import msgspec

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.kinds import PodAutoscaler, Pods, Serving
from lichen_policies.facts.readers.kubernetes.claimed import with_their_claims
from lichen_policies.facts.readers.kubernetes.cluster import in_their_cluster
from lichen_policies.facts.readers.kubernetes.neuron import with_their_nodes
from lichen_policies.facts.readers.kubernetes.pods import waits_for_requests
from lichen_policies.facts.unknown import Unverified, field, is_unknown
from lichen_policies.stack import Stack, Subject, named_by, refers_to


def in_their_stack(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """The facts of an object with the bounds of its autoscaler and the devices that it claims, in
    the region of its cluster."""
    pods = next((fact for fact in facts if isinstance(fact, Pods)), None)
    if pods is not None and any(isinstance(fact, Serving) for fact in facts):
        scaler = _scaler_of(pods, stack)
        if scaler is not None:
            facts = tuple(_scaled(fact, scaler.fact, scaler.resource.address) for fact in facts)
    return in_their_cluster(with_their_nodes(with_their_claims(facts, stack), stack), stack)


def _scaled(fact: Fact, scaler: PodAutoscaler, address: str) -> Fact:
    if not isinstance(fact, Serving):
        return fact
    floor, ceiling = scaler.as_read("floor"), scaler.as_read("ceiling")
    return msgspec.structs.replace(
        fact,
        floor=floor,
        floor_at=scaler.floor_at,
        ceiling=ceiling,
        scaled_by=address,
        asynchronous=field(waits_for_requests(floor)),
    )


def _scaler_of(pods: Pods, stack: Stack) -> Subject[PodAutoscaler] | None:
    """The autoscaler that names pods, by their name or by a reference to their object."""
    try:
        scalers = stack.of(PodAutoscaler)
    except Unverified:
        return None
    for each in sorted(scalers, key=lambda scaler: scaler.resource.address):
        named = each.fact.as_read("pods")
        if is_unknown(named):
            if refers_to(named, stack.subject(pods).resource.address):
                return each
        elif any(named_by(named, name) for name in pods.names):
            return each
    return None
