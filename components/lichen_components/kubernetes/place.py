"""What all objects of one deployment in a cluster share: names, labels, passport, provider."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pulumi
import pulumi_kubernetes as k8s

from lichen.clouds import CloudName
from lichen.document import InputError
from lichen_components.kubernetes.args import KubernetesArgs, kubernetes_args
from lichen_components.plan import Plan
from lichen_components.site import DeploymentSite, short, this_stack

LONGEST = 52
"""Of a name: a pod's is a Deployment's with two more parts, in 63 characters. A label's value with
a mark has room too."""

_INSTANCE = "app.kubernetes.io/instance"
_NAME = re.compile(r"[a-z]([a-z0-9-]*[a-z0-9])?")


@dataclass(frozen=True, kw_only=True)
class ClusterPlace(DeploymentSite):
    """Where objects are made: the passport is the annotations of every object and of the pods."""

    cloud: ClassVar[CloudName] = "kubernetes"
    namespace: str
    provider: pulumi.ProviderResource | None

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
        if provider is None and "kubeconfig" in args:
            provider = k8s.Provider(
                f"{name}-cluster",
                kubeconfig=args["kubeconfig"],
                opts=pulumi.ResourceOptions(parent=parent),
            )
        return cls(
            name=name,
            plan=plan,
            parent=parent,
            namespace=args.get("namespace", "default"),
            provider=provider,
        )

    @cached_property
    def args(self) -> KubernetesArgs:
        return kubernetes_args(self.plan.args)

    @property
    def identity(self) -> str:
        """The objects' name: ``chat-prod``."""
        return f"{self.name}-{self.environment}"

    @property
    def labels(self) -> dict[str, str]:
        """What finds the objects and the pods."""
        return {
            "app.kubernetes.io/name": self.name,
            _INSTANCE: self.identity,
            "app.kubernetes.io/managed-by": "lichen",
        }

    @property
    def machines_name(self) -> str:
        """The name of the machines that are made for these pods alone: ``chat-prod-1a2b3c``. A
        cluster may have pods of that name in another namespace, or of another stack."""
        return f"{self.identity}-{short(this_stack(), self.namespace)}"

    @property
    def machines_labels(self) -> dict[str, str]:
        """What those machines carry, and their pods ask for."""
        return {_INSTANCE: self.machines_name}

    @property
    def selector(self) -> dict[str, str]:
        """What finds the pods, and never changes: a Deployment's selector cannot."""
        return {_INSTANCE: self.labels[_INSTANCE]}

    def metadata(self, **annotations: str) -> k8s.meta.v1.ObjectMetaArgs:
        """An object's own."""
        return k8s.meta.v1.ObjectMetaArgs(
            name=self.identity,
            namespace=self.namespace,
            labels=self.labels,
            annotations={**self.passport, **annotations},
        )

    def under(self, *first: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of an object that is made after ``first``."""
        options = super().under(*first)
        options.provider = self.provider
        return options


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
