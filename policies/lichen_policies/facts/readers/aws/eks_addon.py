"""EKS's add-ons: software that EKS puts into a cluster.

Source: Amazon EKS User Guide, "AWS add-ons" and "Community add-ons", 2026.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import PutIntoCluster
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.kubernetes.neuron import brings_plugin
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": ("aws:eks/addon:Addon", "aws-native:eks:Addon"),
    "terraform": ("aws_eks_addon", "awscc_eks_addon"),
    "cloudformation": ("AWS::EKS::Addon",),
}
FACTS = (PutIntoCluster,)

_OTHERS = frozenset(
    {
        "adot",
        "amazon-cloudwatch-observability",
        "aws-ebs-csi-driver",
        "aws-efs-csi-driver",
        "aws-fsx-csi-driver",
        "aws-guardduty-agent",
        "aws-mountpoint-s3-csi-driver",
        "aws-network-flow-monitoring-agent",
        "aws-secrets-store-csi-driver-provider",
        "cert-manager",
        "coredns",
        "eks-node-monitoring-agent",
        "eks-pod-identity-agent",
        "external-dns",
        "fluent-bit",
        "kube-proxy",
        "kube-state-metrics",
        "metrics-server",
        "prometheus-node-exporter",
        "snapshot-controller",
        "vpc-cni",
    }
)
"""Those that bring no device plugin; of one that is not among them nobody here knows."""


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A PutIntoCluster, by the add-on's name."""
    name = properties.stated_text("addon_name")
    yield PutIntoCluster(path=name.path, neuron=field(brings_plugin(name.value, _OTHERS)))
