"""What may put anything into a cluster: commands, manifests that cannot be read, and tools that
deploy what a repository has.

Sources: Pulumi's provider "command"; Terraform's "null", "kubectl", "argocd" and "flux"; the
documentation of Argo CD and of Flux.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import PutIntoCluster
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.kubernetes.api import Api, types

CLOUD = "kubernetes"
_OBJECTS = types(
    Api("argoproj.io", ("v1alpha1",), "Application"),
    Api("argoproj.io", ("v1alpha1",), "ApplicationSet"),
    Api("helm.cattle.io", ("v1",), "HelmChart"),
    Api("helm.toolkit.fluxcd.io", ("v2", "v2beta2", "v2beta1"), "HelmRelease"),
    Api("kustomize.toolkit.fluxcd.io", ("v1", "v1beta2"), "Kustomization"),
)
TYPES = {
    **_OBJECTS,
    "pulumi": (
        *_OBJECTS["pulumi"],
        "command:local:Command",
        "command:remote:Command",
        "pulumi-nodejs:dynamic:Resource",
        "pulumi-python:dynamic:Resource",
    ),
    "terraform": (
        "argocd_application",
        "argocd_application_set",
        "flux_bootstrap_git",
        "kubectl_manifest",
        "kubernetes_manifest",
        "kustomization_resource",
        "null_resource",
        "terraform_data",
    ),
}
FACTS = (PutIntoCluster,)


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A PutIntoCluster of nobody knows what."""
    yield PutIntoCluster(path=properties.path)
