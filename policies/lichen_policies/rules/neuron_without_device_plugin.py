"""Pods that ask for Neuron devices in a new EKS cluster to which nothing brings the device plugin.

Why: A machine with Inferentia or Trainium offers its devices to pods only where the Neuron device
plugin runs on it. Neither machine image of EKS (Amazon Linux 2023, Bottlerocket) has the plugin.
Without it the pods stay pending, while the machines are paid for.

Fix: Add the chart that has the plugin to the deployment that makes the cluster.

Exceptions: It only advises, and speaks only where the deployment itself makes everything: one EKS
cluster, the provider of the pods made of it, and machines that surely have Neuron chips (a node
group on an image of EKS, a NodePool of Karpenter). Pods whose cluster is made elsewhere are not
judged: somebody may have installed the plugin there, which nothing here says. Neither is a cluster
in Auto Mode, which has the plugin, nor a deployment with a chart, an add-on or a manifest that the
rule does not know, with a command, or with a tool that deploys from a repository: each may bring
the plugin. Where the plugin is installed later by hand, or by a machine image of one's own that an
EC2NodeClass names, the finding is wrong: exempt it. A policy pack does not see what a provider is
made of, so there the rule is silent; ``lichen check`` of a preview, a state or a plan judges it.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import NeuronPods
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def neuron_without_device_plugin(fact: NeuronPods, known: Known) -> Iterator[Finding]:
    if not fact.cluster:
        raise NotApplicable("the deployment does not make the cluster and its Neuron machines")
    if fact.plugin is None:
        raise NotApplicable("the deployment has software that may bring the device plugin")
    if fact.plugin:
        return
    yield Finding(
        what=f"{fact.path} asks for Neuron devices in the cluster {fact.cluster}, which this "
        f"deployment makes, and nothing of it brings the Neuron device plugin, without which "
        f"{fact.machines} offers none: the pods stay pending",
        limit="the machine images of EKS do not have the plugin: it must be installed (Amazon EKS "
        "User Guide, Install Kubernetes device plugin, 2026)",
        or_else="add the Helm chart oci://public.ecr.aws/neuron/neuron-helm-chart",
        path=fact.path,
    )
