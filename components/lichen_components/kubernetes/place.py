"""What all objects of one deployment in a cluster share: names, labels, passport, provider."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from lichen.document import InputError
from lichen.passport import Passport, to_tags
from lichen_components.kubernetes.args import KubernetesArgs
from lichen_components.plan import Plan

LONGEST = 52
"""Of a name: a pod's is a Deployment's with two more parts, in 63 characters."""

_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class ClusterPlace:
    """Where objects are made: ``identity`` is their name, ``labels`` find the pods, ``passport``
    the annotations of every object and of the pods."""

    name: str
    identity: str
    namespace: str
    labels: dict[str, str]
    passport: dict[str, str]
    provider: pulumi.ProviderResource | None
    parent: pulumi.Resource

    @classmethod
    def of(
        cls,
        name: str,
        plan: Plan,
        args: KubernetesArgs,
        parent: pulumi.Resource,
        provider: pulumi.ProviderResource | None = None,
    ) -> ClusterPlace:
        """The place of a plan; a provider is made where a kubeconfig is given and none is there."""
        workload = plan.decision.workload
        identity = f"{name}-{workload.environment}"
        if provider is None and "kubeconfig" in args:
            provider = k8s.Provider(
                f"{name}-cluster",
                kubeconfig=args["kubeconfig"],
                opts=pulumi.ResourceOptions(parent=parent),
            )
        return cls(
            name=name,
            identity=identity,
            namespace=args.get("namespace", "default"),
            labels={
                "app.kubernetes.io/name": name,
                "app.kubernetes.io/instance": identity,
                "app.kubernetes.io/managed-by": "lichen",
            },
            passport=to_tags(Passport.of(workload, plan.decision.precision), "kubernetes"),
            provider=provider,
            parent=parent,
        )

    @property
    def selector(self) -> dict[str, str]:
        """What finds the pods, and never changes: a Deployment's selector cannot."""
        key = "app.kubernetes.io/instance"
        return {key: self.labels[key]}

    def metadata(self, **annotations: str) -> k8s.meta.v1.ObjectMetaArgs:
        """An object's own."""
        return k8s.meta.v1.ObjectMetaArgs(
            name=self.identity,
            namespace=self.namespace,
            labels=self.labels,
            annotations={**self.passport, **annotations},
        )

    def child(self, role: str) -> str:
        return f"{self.name}-{role}"

    def under(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of an object that is made after ``first``."""
        return pulumi.ResourceOptions(
            parent=self.parent, provider=self.provider, depends_on=list(first)
        )


def check_name(name: str, environment: str) -> None:
    """:class:`InputError` where the cluster would refuse the names that are made of the
    component's (RFC 1035 labels)."""
    most = LONGEST - len(environment) - 1
    if _NAME.fullmatch(name) is None:
        cleaned = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-").lstrip("0123456789-")
        raise InputError(
            f"{name!r} is no name in Kubernetes, which takes small letters, digits and hyphens, "
            "and a letter first",
            fix=f"name it {cleaned or 'endpoint'!r}",
            field="name",
        )
    if len(name) > most:
        raise InputError(
            f"{name!r} has {len(name)} characters; with what is added to it Kubernetes allows "
            f"{most}",
            fix=f"name it {name[:most].rstrip('-')!r}, or otherwise with at most {most} characters",
            field="name",
        )
