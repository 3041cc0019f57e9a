"""The arguments for a placement on Google Cloud: part of the package's schema."""

from collections.abc import Mapping
from typing import TypedDict, cast

import pulumi

from lichen_components.blocks import block_of


class GoogleScheduleArgs(TypedDict, total=False):
    """A larger floor from a time on, for some hours: such as in working hours."""

    at: str
    """When, as cron of five fields: `0 7 * * 1-5`."""
    timezone: str
    """The time zone of `at`, such as `Europe/Paris`. The default is `Etc/UTC`."""
    hours: float
    """For how long: five minutes at least."""
    minimum: int
    """The fewest machines meanwhile."""


class GoogleArgs(TypedDict, total=False):
    """What an endpoint on Google Cloud needs beside the workload."""

    artifacts: pulumi.Input[str]
    """The model's files: `gs://bucket/prefix/` or `hf://organisation/model`."""
    image: pulumi.Input[str]
    """The serving image, for every chip that may be chosen."""
    image_architecture: str
    """The processor that `image` is built for: `arm64` or `x86_64`. Required with `image` where the
    chosen machine has an Arm processor."""
    registry: str
    """An Artifact Registry repository through which published images are pulled, such as
    `europe-west4-docker.pkg.dev/acme-ml/hub`: a remote repository of Docker Hub or ghcr.io, or a
    virtual one of both. Without it they come from there, which needs a way to the internet."""
    project: str
    """The project. The default is the provider's (`gcp:project`)."""
    network: str
    """The network of machines and of Cloud Run's way out, by its full name. Groups of machines and
    TPUs need it."""
    subnetwork: str
    """The subnetwork in the chosen region, with Private Google Access."""
    key: pulumi.Input[str]
    """A KMS key in the chosen region, by its full name, that encrypts images and disks. The
    component lets the service that uses it do so. Without it: Google's own keys."""
    invokers: list[str]
    """Who may send requests to Cloud Run, such as `group:ml@acme.example` or
    `serviceAccount:app@acme-ml.iam.gserviceaccount.com`. Never `allUsers`."""
    public: bool
    """Whether requests may come from the internet, with a token of one of `invokers`. The default
    is false: from the project's own networks alone."""
    secrets: dict[str, str]
    """Variables of the container that are secrets: the variable -> the id of a secret in Secret
    Manager, such as `HF_TOKEN: huggingface`. On Cloud Run."""
    machine_image: str
    """The image that machines start with, by its full name: with Docker, and a driver for their
    chips. The default is Google's for Axion, an L4 and TPU v5p and v6e; TPU v7x needs one."""
    proxy_ranges: list[str]
    """The range of the region's proxy-only subnet, from which an internal load balancer sends, such
    as `10.129.0.0/23`. Required for a group of machines."""
    zones: list[str]
    """The zones of a group of machines. The default is as many as the workload asks for, of those
    that have the machine."""
    zonal_redundancy: bool
    """Whether an accelerator of Cloud Run is kept ready in several zones: an L4 then costs 1.56
    times as much, and needs a quota of its own. The default is false."""
    gpu_quota: int
    """How many accelerators of Cloud Run the project may have in the region. The default is what
    a project gets without asking: 3 of an L4, 1 of an RTX PRO 6000."""
    schedules: list[GoogleScheduleArgs]
    """Larger floors of a group of machines by the time of day."""
    alert_channel: str
    """The notification channel that alerts are sent to, by its full name. Without it none is made:
    nobody would hear of them."""
    billing_account: str
    """The billing account, for `budget_usd`: the deployer needs rights on it."""
    budget_usd: float
    """Send a message where a month costs more. Needs `billing_account` and `alert_channel`. It
    warns, and stops nothing."""
    protect: bool
    """Whether Pulumi refuses to delete the service. The default is true in production. To take it
    down, set it to false, run `pulumi up`, then `pulumi destroy`."""


def google_args(args: Mapping[str, object]) -> GoogleArgs:
    """The arguments for Google Cloud, from the block and from beside it.

    :class:`lichen.document.InputError` where both give an argument and the values differ.
    """
    return cast(GoogleArgs, block_of(args, "google", GoogleArgs.__annotations__))
