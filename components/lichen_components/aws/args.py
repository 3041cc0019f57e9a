"""The arguments for a placement on AWS: part of the package's schema."""

from collections.abc import Mapping
from typing import Literal, TypedDict, cast

import pulumi

from lichen.words import Architecture
from lichen_components.blocks import block_of, check_names


class BalancerArgs(TypedDict, total=False):
    """The load balancer before tasks or machines: on ECS and on EC2."""

    public: bool
    """Whether the internet may reach it. The default is false; true needs `certificate` and
    `subnets`."""
    subnets: list[str]
    """Subnets of the load balancer, in two zones at least: public ones where it is public. The
    default is those of the model."""
    certificate: pulumi.Input[str]
    """The ARN of a certificate in ACM of the chosen region. With it requests come over HTTPS,
    without it over HTTP and within the network alone."""
    clients: list[str]
    """The address ranges that may send requests, such as `10.0.0.0/16`. The default is the
    network's own range, or everybody where the load balancer is public."""
    access_logs: pulumi.Input[str]
    """Where the load balancer writes a line for each request: `s3://bucket/prefix/`. Without it:
    nowhere."""


class ShadowArgs(TypedDict, total=False):
    """A second model that gets copies of requests; its answers are thrown away.

    It runs on a fleet of its own, as large as the one that answers: it costs as much again.
    """

    artifacts: pulumi.Input[str]
    """Its files; the endpoint's own where it is left out."""
    image: pulumi.Input[str]
    """Its serving image in ECR; the endpoint's own where it is left out."""
    environment: dict[str, pulumi.Input[str]]
    """Variables of its container; they replace those of the endpoint's."""
    share: float
    """The share of requests that are copied to it, above 0 and at most 1. The default is 1."""


class CaptureArgs(TypedDict, total=False):
    """Requests and answers that are kept in S3. They may hold personal data: it is off by default.

    Give the bucket a lifecycle rule that deletes them.
    """

    destination: pulumi.Input[str]
    """Where they are kept: `s3://bucket/prefix/`."""
    percent: int
    """How many requests of a hundred are kept. The default is 100."""
    what: Literal["input", "output", "both"]
    """What is kept. The default is both."""
    key: pulumi.Input[str]
    """The ARN of the KMS key that encrypts them. The default is the bucket's own."""


class ScheduleArgs(TypedDict, total=False):
    """Other numbers of machines from a time on, such as fewer at night."""

    at: str
    """When, as cron of EventBridge: `cron(0 7 ? * MON-FRI *)`."""
    timezone: str
    """The time zone of `at`, such as `Europe/Paris`. The default is UTC."""
    minimum: int
    """The fewest machines from then on."""
    maximum: int
    """The most machines from then on."""


class FunctionArgs(TypedDict, total=False):
    """The function, on Lambda."""

    provisioned: int
    """How many copies wait with the model loaded. They are paid whether they answer or not; without
    it none waits, and a request that finds none is slow once."""
    reserved: int
    """The most copies that may run, taken from the account's own limit."""
    callers: list[str]
    """The ARNs of accounts or roles outside the account that may call the URL; within it, their own
    policies say so."""
    stable_version: str
    """During a canary, the version that serves most requests, such as `3`."""
    canary_share: float
    """During a canary, the newest version's share of requests, above 0 and below 1. Nothing shifts
    by itself: a second `pulumi up` without these two gives it all of them."""


class AwsArgs(TypedDict, total=False):
    """What an endpoint on AWS needs beside the workload.

    `{region}` in `artifacts`, `image`, `registry`, `requests`, `results` and `failures` is replaced
    by the chosen region: SageMaker reads all of them from the endpoint's own region.
    """

    artifacts: pulumi.Input[str]
    """The model's files: `s3://bucket/prefix/`, or one `.tar.gz`; serverless endpoints and batches
    take one `.tar.gz` alone. For Inferentia they are compiled
    by the command in the receipt (`compile_command`), and the workload's `compiled` then has their
    shape. For a language model on Graviton they are one GGUF file; for other models there they
    include the code that serves them, `code/inference.py`. `lichen artifacts check` reads them."""
    image: pulumi.Input[str]
    """The serving image in ECR, for every chip that may be chosen. Without it: AWS's own image for
    the chip."""
    registry: str
    """An ECR registry with copies of AWS's images under their own names, such as
    `111122223333.dkr.ecr.{region}.amazonaws.com`: AWS does not publish every image in every
    region."""
    requests: pulumi.Input[str]
    """Where clients put the requests of an asynchronous endpoint, and the records of a batch:
    `s3://bucket/prefix/`. Required by both."""
    requests_key: pulumi.Input[str]
    """The ARN of the KMS key that encrypts `requests`, if it is a key of yours."""
    results: pulumi.Input[str]
    """Where an asynchronous endpoint and a batch write their results: `s3://bucket/prefix/`.
    Required by both."""
    results_key: pulumi.Input[str]
    """The ARN of a KMS key of yours that encrypts results and failures. Without it: what their
    bucket encrypts with. It is never the component's own key, which goes with the component."""
    failures: pulumi.Input[str]
    """Where an asynchronous endpoint writes what failed: `s3://bucket/prefix/`. Without it:
    `failures/` below `results`."""
    success_topic: pulumi.Input[str]
    """The ARN of an SNS topic that hears of each result of an asynchronous endpoint."""
    error_topic: pulumi.Input[str]
    """The ARN of an SNS topic that hears of each failure of an asynchronous endpoint."""
    schedule: str
    """When a batch runs: an expression of EventBridge Scheduler, such as `rate(7 days)`; or
    `cleanest(22-6)`, each day in those of these hours in which the region's grid is usually
    cleanest. The default is `cleanest`: of all hours; each day at one where no open source has
    the grid's hours."""
    schedule_timezone: str
    """The time zone of `schedule`, such as `Europe/Stockholm`. The default is `UTC`."""
    artifacts_key: pulumi.Input[str]
    """The ARN of the KMS key that encrypts `artifacts`, if it is a key of yours."""
    key: pulumi.Input[str]
    """The ARN of a KMS key of yours for volumes and logs, in the chosen region; its policy lets
    CloudWatch Logs use it. Without it: a key of its own, at a dollar a month."""
    protect: bool
    """Whether Pulumi refuses to delete role and key, and keeps models and configurations in AWS.
    The default is true in production. To take a production endpoint down, set it to false, run
    `pulumi up`, then `pulumi destroy`."""
    alarm_topic: pulumi.Input[str]
    """The ARN of an SNS topic that alarms are sent to."""
    topics: list[str]
    """SNS topics to make, each instead of an ARN: `alarm` for `alarm_topic`, `success` and `error`
    for `success_topic` and `error_topic`. They are encrypted with the endpoint's key, and only the
    services that ring may publish to them. With a `key` of yours its policy must let
    cloudwatch.amazonaws.com use it (kms:Decrypt, kms:GenerateDataKey*). The runbook has the command
    that subscribes."""
    subnets: list[str]
    """Private subnets that the model runs in, in the chosen region: one for each zone. The model's
    files and image come through them: they need a gateway endpoint for S3 and interface endpoints
    for ECR (api and dkr) and CloudWatch Logs, or a NAT gateway."""
    security_groups: list[str]
    """Security groups of the model; used with `subnets`."""
    image_architecture: Architecture
    """The processor that `image` is built for. Required with `image` outside SageMaker:
    one for another processor ends with "exec format error"."""
    machine_image: str
    """On EC2, the id of the machine image (`ami-...`) in the chosen region; it has Docker, and for
    Inferentia a driver that the serving image runs on. Without it: the newest of ECS's own when the
    group is made, which stays until you name another."""
    balancer: BalancerArgs
    """The load balancer before tasks or machines, on ECS and on EC2."""
    function: FunctionArgs
    """The function, on Lambda."""
    rollout: Literal["all-at-once", "canary", "linear", "rolling"]
    """How a new version is rolled out. The default is canary where several machines run,
    else all at once."""
    rollout_alarms: list[str]
    """The names of one to ten CloudWatch alarms that take a roll-out back, instead of the
    component's own."""
    shadow: ShadowArgs
    """A second model beside the one that answers, to compare them."""
    capture: CaptureArgs
    """Keep requests and answers in S3."""
    scaling_share: float
    """At which share of a machine's planned requests the next machine is started, above 0 and at
    most 1. The default is 1: the plan has a margin already. AWS advises to start at a half where
    nothing was measured."""
    schedules: list[ScheduleArgs]
    """Numbers of machines by the time of day."""
    idle_alarm_hours: int
    """Raise an alarm after so many hours without a request, at most 168. The default is 24 outside
    production; 0 turns it off."""
    dashboard: bool
    """Make a dashboard. The default is true in production: CloudWatch asks 3 dollars a month for
    each after the third."""
    budget_usd: float
    """Raise an alarm where a month costs more. The tag `lichen:workload` must be activated for cost
    allocation by the account that pays, a day before. Needs `alarm_topic`."""
    check_quota: bool
    """Whether the account's quota for the machine is read before anything is made. The default is
    true."""
    streaming: bool
    """Whether clients read answers as they are made (InvokeEndpointWithResponseStream). A real-time
    endpoint cuts every other answer after 60 seconds."""


def aws_args(args: Mapping[str, object]) -> AwsArgs:
    """The arguments for AWS, from the block and from beside it.

    :class:`lichen.document.InputError` where both give an argument and the values differ, and for
    an argument that is not there.
    """
    check_names(args, "aws", AwsArgs.__annotations__)
    return cast(AwsArgs, block_of(args, "aws", AwsArgs.__annotations__))
