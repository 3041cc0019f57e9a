"""Helm's releases and charts: many objects of a cluster by one name.

Sources: providers "kubernetes" of Pulumi (helm.sh) and "helm" of Terraform; the charts' own pages.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import PutIntoCluster
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.kubernetes.neuron import brings_plugin
from lichen_policies.facts.unknown import field

CLOUD = "kubernetes"
TYPES = {
    "pulumi": (
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:helm.sh/v3:Chart",
        "kubernetes:helm.sh/v4:Chart",
    ),
    "terraform": ("helm_release",),
}
FACTS = (PutIntoCluster,)

_OTHERS = frozenset(
    {
        "aws-ebs-csi-driver",
        "aws-efs-csi-driver",
        "aws-for-fluent-bit",
        "aws-load-balancer-controller",
        "aws-node-termination-handler",
        "base",
        "cert-manager",
        "cluster-autoscaler",
        "external-dns",
        "external-secrets",
        "fluent-bit",
        "gateway",
        "gpu-operator",
        "grafana",
        "ingress-nginx",
        "istiod",
        "karpenter",
        "karpenter-crd",
        "keda",
        "kserve",
        "kserve-crd",
        "kube-prometheus-stack",
        "kube-state-metrics",
        "kuberay-operator",
        "kyverno",
        "lws",
        "metrics-server",
        "nvidia-device-plugin",
        "opentelemetry-operator",
        "prometheus",
        "prometheus-adapter",
        "velero",
    }
)
"""Charts that bring no device plugin of Neuron; one that is not among them may bring anything."""


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A PutIntoCluster, by the chart's name."""
    chart = properties.stated_text("chart")
    yield PutIntoCluster(path=chart.path, neuron=field(brings_plugin(chart.value, _OTHERS)))
