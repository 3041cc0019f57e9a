"""KAITO's workspaces and sets of them: a model on machines that its operator makes, most often of
an AKS cluster.

Source: GitHub kaito-project/kaito, ``api/v1beta1``: ``count`` and ``replicas`` are 1 where they are
left out; ``nodeCountLimit`` is the most machines of a set; without ``instanceType`` it runs on
machines that are there.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.readers.azure.sizes import HOSTING, machines_of, size
from lichen_policies.facts.readers.kubernetes.api import Api, types
from lichen_policies.facts.readers.kubernetes.cluster import in_their_cluster
from lichen_policies.facts.unknown import field, is_unknown

CLOUD = "kubernetes"
TYPES = types(
    Api("kaito.sh", ("v1beta1", "v1alpha1"), "Workspace"),
    Api("kaito.sh", ("v1beta1", "v1alpha1"), "InferenceSet"),
    Api("kaito.sh", ("v1beta1", "v1alpha1"), "RAGEngine"),
)
FACTS = (Located, Machines)

complete = in_their_cluster

_OF_AZURE = "standard_"


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A Machines, and a Located where the cluster's region is known."""
    spec = properties.block("spec")
    asks = (
        properties.block("resource")
        or spec.block("template").block("resource")
        or spec.block("compute")
    )
    machine = size(asks, "instance_type")
    if machine.value is None:
        return
    count = next(
        (each for each in _counts(asks, spec) if each.value is not None),
        Stated(1, asks.at("count")),
    )
    in_azure = is_unknown(machine.value) or machine.value.lower().startswith(_OF_AZURE)
    hosting = HOSTING if in_azure else "ec2"
    context = msgspec.structs.replace(context, cloud="azure" if in_azure else "aws")
    if context.region is not None:
        yield Located(
            context=context,
            region_at="",
            machine=field(machine.value),
            machines=field(count.value),
            hosting=hosting,
            for_models=True,
        )
    for fact in machines_of(machine, count, hosting=hosting):
        yield msgspec.structs.replace(fact, context=context)


def _counts(asks: Properties, spec: Properties) -> Iterator[Stated[int]]:
    """What may say how many machines there are at the most, the nearest first."""
    yield asks.stated_whole("count")
    yield spec.stated_whole("node_count_limit")
    yield spec.stated_whole("replicas")
