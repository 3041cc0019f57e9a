"""Pods that ask for Neuron cores and do not tolerate the taint of the nodes that have them.

Why: The nodes of a deployment with Inferentia or Trainium keep other pods away by the taint
``aws.amazon.com/neuron``. EKS gives pods that ask for the resource of that name the toleration by
itself. Pods that ask for ``aws.amazon.com/neuroncore`` or ``neurondevice`` get none: they stay
pending, while the nodes are paid for.

Fix: Add the toleration to the pods.

Exceptions: It only advises: a cluster may have other nodes with such devices, or a webhook that
adds the toleration, which this deployment does not show. Pods that ask for
``aws.amazon.com/neuron`` are not judged. It judges pods and nodes of one deployment, EKS's node
groups and Karpenter's node pools. Where one of them that may have Neuron chips has no such taint,
or has taints that are known only later, the rule is silent. Whether the cluster runs the Neuron
device plugin is neuron-without-device-plugin's.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import NeuronPods
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def untolerated_neuron_taint(fact: NeuronPods, known: Known) -> Iterator[Finding]:
    if fact.given:
        raise NotApplicable("EKS gives the pods the toleration")
    if not fact.nodes:
        raise NotApplicable("no nodes of this deployment keep pods away from Neuron chips")
    if fact.tolerates:
        return
    yield Finding(
        what=f"{fact.path} asks for Neuron devices by a name for which EKS adds no toleration, and "
        f"the pods do not tolerate the taint "
        f"aws.amazon.com/neuron of {fact.nodes}: they stay pending",
        limit="pods run on tainted nodes only if they tolerate the taint (Kubernetes "
        "documentation, Taints and Tolerations)",
        or_else="add the toleration of key aws.amazon.com/neuron with operator Exists",
        path=fact.path,
    )
