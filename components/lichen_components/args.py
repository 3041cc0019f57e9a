"""The arguments of an endpoint. These annotations and sentences are the package's schema."""

from typing import NotRequired, TypedDict

import pulumi

from lichen.words import Objective
from lichen_components.aws.args import AwsArgs
from lichen_components.google.args import GoogleArgs
from lichen_components.kubernetes.args import KubernetesArgs
from lichen_components.workload_args import WorkloadArgs


class PinArgs(TypedDict):
    """The one machine and region that an endpoint stays on."""

    machine: str
    """The machine type, such as `inf2.xlarge`."""
    region: str
    """The region, such as `eu-west-3`."""


class EndpointArgs(TypedDict):
    """What to serve, and where its files are.

    Each cloud has a block of its own. What a block takes may also be written without the block, as
    here; it then counts for whichever cloud is chosen. `{region}` is replaced by the chosen region.
    """

    workload: NotRequired[WorkloadArgs]
    """What is served: a model, its traffic, how fast, and where it may live. It or `workload_file`
    is required."""
    workload_file: NotRequired[str]
    """The path of a workload file instead, absolute or from the program's directory; `lichen.yaml`
    and the evidence near that file count, as for the command `lichen place`."""
    environment: NotRequired[dict[str, pulumi.Input[str]]]
    """Variables of the container; they replace those of the component. No secrets: the cloud shows
    them to anyone who may describe the model."""
    objective: NotRequired[Objective]
    """What the placement minimises. The default is `carbon`."""
    pin: NotRequired[PinArgs]
    """Stay on this machine in this region, also when a newer catalogue has a better; the receipt
    says what moving would give. Without it an endpoint stays where it is until moving gains more
    than the tolerance of the placement."""
    hosting: NotRequired[list[str]]
    """What this program deploys to, such as `cloud-run`: names as in the workload's
    `where.hosting`, which they narrow. So one workload file serves a program for each cloud."""
    regions: NotRequired[list[str]]
    """The regions that this program deploys to, such as that of its cluster; they narrow the
    workload's `where.regions`."""
    aws: NotRequired[AwsArgs]
    """Arguments for a placement on AWS."""
    google: NotRequired[GoogleArgs]
    """Arguments for a placement on Google Cloud."""
    kubernetes: NotRequired[KubernetesArgs]
    """Arguments for a placement on a Kubernetes cluster."""
    artifacts: NotRequired[pulumi.Input[str]]
    """The model's files: `s3://bucket/prefix/` (on AWS also one `.tar.gz`), `gs://bucket/prefix/`,
    `hf://organisation/model`, or `pvc://claim/folder` on a volume of the cluster. What the chosen
    hosting cannot read from is refused. Give a cloud's own in its block."""
    image: NotRequired[pulumi.Input[str]]
    """The serving image, from a registry that the chosen cloud may pull from: on AWS from ECR."""
    registry: NotRequired[str]
    """The same as `aws.registry`: an ECR registry with copies of AWS's images."""
    results: NotRequired[pulumi.Input[str]]
    """The same as `aws.results`: where an asynchronous endpoint writes its results."""
    artifacts_key: NotRequired[pulumi.Input[str]]
    """The same as `aws.artifacts_key`: the ARN of the KMS key that encrypts `artifacts`."""
    alarm_topic: NotRequired[pulumi.Input[str]]
    """The same as `aws.alarm_topic`: the ARN of an SNS topic that alarms are sent to."""
    subnets: NotRequired[list[str]]
    """The same as `aws.subnets`: private subnets that the model runs in."""
    security_groups: NotRequired[list[str]]
    """The same as `aws.security_groups`: security groups of the model."""


INPUTS = tuple(
    dict.fromkeys(
        name
        for args in (EndpointArgs, AwsArgs, GoogleArgs, KubernetesArgs)
        for name in args.__annotations__
    )
)
"""The names of all inputs, those of a cloud's block among them, which may be beside it."""
