"""The arguments for a placement on a Kubernetes cluster: part of the package's schema."""

from collections.abc import Mapping
from typing import TypedDict, cast

import pulumi

from lichen_components.blocks import block_of


class TolerationArgs(TypedDict, total=False):
    """A taint of your nodes that the pods tolerate, beside those that the table of nodes knows."""

    key: str
    """The taint's key."""
    operator: str
    """`Equal` (the default) or `Exists`."""
    value: str
    """The taint's value, with `Equal`."""
    effect: str
    """`NoSchedule`, `NoExecute` or `PreferNoSchedule`; every effect where it is left out."""


class TriggerArgs(TypedDict, total=False):
    """A signal for KEDA from outside the pods, such as requests at a gateway or a queue's length.

    What the pods themselves export says nothing while none runs, so it never wakes them.
    """

    type: str
    """KEDA's name of the scaler: `prometheus`, `gcp-pubsub`, `aws-sqs-queue`, `kafka`, ..."""
    metadata: dict[str, str]
    """The scaler's own settings, all of them text."""
    authentication: str
    """The name of a TriggerAuthentication in the namespace."""


class ScalerArgs(TypedDict, total=False):
    """What moves the number of pods between the placement's least and most."""

    metric: str
    """A metric that each pod exports and the cluster's metrics adapter has. The default is
    `vllm:num_requests_waiting` where vLLM serves; on GKE it is read by managed Prometheus."""
    target: float
    """The value of `metric` for each pod at which the next one starts. The default is 1
    for vLLM's waiting requests, and for another what the sizing lets a pod have in flight."""
    trigger: TriggerArgs
    """Scale by KEDA on this signal. Required for a floor of 0: `minimum_replicas: 0`."""
    cooldown_s: int
    """How many seconds after the last signal KEDA waits before the last pod goes. The default is
    three starts, 300 at the least."""


class GkeArgs(TypedDict, total=False):
    """The GKE cluster, and the pool that the endpoint gets there."""

    cluster: pulumi.Input[str]
    """The cluster's name."""
    project: str
    """The project's id."""
    project_number: str
    """The project's number: the pods' account is named by it. Required with `gs://`."""
    location: str
    """The cluster's location: a region or a zone. The placement must be in that region."""
    zone: str
    """The zone of the pool's machines. Required for TPUs, which few zones have."""
    node_account: str
    """The service account of the machines, with `roles/container.defaultNodeServiceAccount`.
    Never the default account of Compute Engine."""
    key: pulumi.Input[str]
    """A Cloud KMS key for the machines' disks."""
    pool: bool
    """Whether a pool is made. The default is true; false: the cluster has fitting machines."""
    spot: bool
    """Machines on spare capacity. The default is what the placement bought."""


class EksArgs(TypedDict, total=False):
    """The EKS cluster, and the machines that the endpoint gets there."""

    cluster: pulumi.Input[str]
    """The cluster's name."""
    region: str
    """The cluster's region. The placement must be in it."""
    node_role: pulumi.Input[str]
    """The ARN of the machines' role; with Karpenter its name."""
    subnets: list[str]
    """Private subnets of the machines. Required for a node group."""
    nodes: str
    """`group` (the default) makes a managed node group, `karpenter` a NodePool and an EC2NodeClass;
    `none`: the cluster has fitting machines."""
    discovery: dict[str, str]
    """With Karpenter: the tags of the subnets and security groups of the machines, such as
    `karpenter.sh/discovery: my-cluster`."""
    release_version: str
    """The release of the machine image of a node group, such as `1.33.5-20260625`. Required for
    Neuron, whose driver goes with the release."""
    ami_alias: str
    """With Karpenter: the machine image, such as `al2023@v20260625`. Required: `latest` changes
    drivers by itself."""
    disk_gib: int
    """The disk of each machine. The default holds the image and the model twice, 100 at least."""
    device_plugin: bool
    """Whether the cluster runs the device plugin of Neuron or of NVIDIA, without which a pod that
    asks for such devices stays pending. Must be true for accelerators."""


class KubernetesArgs(TypedDict, total=False):
    """What an endpoint on a Kubernetes cluster needs beside the workload.

    The cluster is there already: this takes one, and makes none.
    """

    artifacts: pulumi.Input[str]
    """The model's files: `pvc://claim/folder`, `hf://organisation/model`; on GKE also
    `gs://bucket/prefix/`, on EKS `s3://bucket/prefix/`. Text that is known when the program runs:
    volumes and grants follow from it."""
    image: pulumi.Input[str]
    """The serving image, for every chip that may be chosen. Required for vision models: no public
    image serves them."""
    image_architecture: str
    """The processor that `image` is built for: `arm64` or `x86_64`. Required with `image`: one for
    another processor ends with "exec format error"."""
    registry: str
    """A registry with copies of the public images under their own names."""
    port: int
    """The port that `image` answers on. The default is 8080."""
    health_path: str
    """The path of `image` that answers 200 once the model is loaded. The default is `/ping`."""
    kubeconfig: pulumi.Input[str]
    """The cluster's kubeconfig; your own current context where it is left out."""
    namespace: str
    """A namespace that is there. The default is `default`."""
    service_account: str
    """The pods' account. The default is the namespace's own, without a token. On EKS with `s3://`
    each endpoint needs one of its own: an account has one role."""
    pull_secret: str
    """The name of a secret with the credentials of the image's registry."""
    huggingface_secret: str
    """The name of a secret whose key `token` lets `hf://` files be read."""
    node_selector: dict[str, str]
    """Labels that your nodes must have, beside those that the table of nodes knows. On a cluster of
    your own `topology.kubernetes.io/region` among them lets the rules know the place."""
    tolerations: list[TolerationArgs]
    """Taints of your nodes that the pods tolerate."""
    topology: str
    """The TPU slice of a replica, such as `2x4`. The default is the machine's own. One of several
    machines is a LeaderWorkerSet, which the cluster must have."""
    compile_cache: str
    """The name of a claim that keeps what TPUs compile, so that only the first start is slow."""
    kserve: bool
    """Make an InferenceService of KServe, which the cluster must have, in place of a Deployment."""
    scaling: ScalerArgs
    """What moves the number of pods. Not with `kserve`, which makes a scaler of its own."""
    gke: GkeArgs
    """The GKE cluster of a placement on GKE."""
    eks: EksArgs
    """The EKS cluster of a placement on EKS."""


def kubernetes_args(args: Mapping[str, object]) -> KubernetesArgs:
    """The arguments for a Kubernetes cluster, from the block and from beside it.

    :class:`lichen.document.InputError` where both give an argument and the values differ.
    """
    return cast(KubernetesArgs, block_of(args, "kubernetes", KubernetesArgs.__annotations__))
