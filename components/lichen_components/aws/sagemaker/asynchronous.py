"""An asynchronous SageMaker endpoint: requests wait in a queue, and no machine runs without any.

Clients put a request into S3 and get the place of its result at once; SNS topics say when it is
there. A request waits six hours at most and may take an hour (SageMaker guide,
async-inference-invoke-endpoint).
"""

from __future__ import annotations

import math

import msgspec
import pulumi
import pulumi_aws as aws
from pulumi_aws.sagemaker import (
    EndpointConfigurationAsyncInferenceConfigArgs as Queued,
)
from pulumi_aws.sagemaker import (
    EndpointConfigurationAsyncInferenceConfigClientConfigArgs as Client,
)
from pulumi_aws.sagemaker import (
    EndpointConfigurationAsyncInferenceConfigOutputConfigArgs as Output,
)
from pulumi_aws.sagemaker import (
    EndpointConfigurationAsyncInferenceConfigOutputConfigNotificationConfigArgs as Topics,
)

from lichen.document import InputError
from lichen.workload import Traffic
from lichen_components.args import EndpointArgs
from lichen_components.aws import access
from lichen_components.aws.access import Statement
from lichen_components.aws.account import account_of
from lichen_components.aws.args import AwsArgs, aws_args
from lichen_components.aws.bundle import bundle
from lichen_components.aws.checks import check_places_given
from lichen_components.aws.locations import Objects
from lichen_components.aws.monitoring import Watch, alarms, over, period_s
from lichen_components.aws.sagemaker.charts import advice_of, charts_of, requests_of
from lichen_components.aws.sagemaker.endpoint import TYPE as REAL_TIME
from lichen_components.aws.sagemaker.endpoint import SagemakerEndpoint, site_of
from lichen_components.aws.sagemaker.fleet import check_making, serve_with, taking_back
from lichen_components.aws.sagemaker.model import METRIC_NAMESPACE, ground, located
from lichen_components.aws.sagemaker.scaling import (
    SCALE_IN_COOLDOWN_S,
    VARIANT,
    averaged,
    target_of,
    track,
    wake,
)
from lichen_components.aws.sagemaker.variant import machine_of, runtime_url
from lichen_components.aws.site import Site
from lichen_components.aws.topics import with_topics
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

MOST_AT_ONCE = 1000
"""SageMaker API, AsyncInferenceClientConfig."""

MOST_S = 3600
"""The longest that one request may take, if the client says so; 900 s if it does not."""


class AsynchronousEndpoint(HostedEndpoint):
    """An endpoint with a queue in S3, scaled by its backlog, to zero outside production."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        # Until version 0.2 one type had both modes.
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=REAL_TIME)])
        super().__init__(
            "lichen:index:SagemakerAsynchronousEndpoint",
            name,
            {},
            pulumi.ResourceOptions.merge(opts, aliases),
        )
        decision, args = plan.decision, aws_args(plan.args)
        machine = machine_of(plan)
        site = site_of(name, plan, machine, self)
        requests, results, failures = (
            located(uri, plan.region, field)
            for field, uri in zip(_PLACES, (args["requests"], *_answers(args)), strict=True)
        )
        delay_s = wished_delay_s(decision)
        watches = watches_of(site, decision.workload.traffic, delay_s, decision.sizing.start_up_s)
        check_making(plan)
        alarm_names = taking_back(site, args, watches)
        account = account_of(self)
        plan = with_topics(site, plan, account)
        args = aws_args(plan.args)
        base = ground(
            site,
            plan,
            account,
            alarm_names=alarm_names,
            also=pulumi.Output.all(
                partition=account.partition,
                requests=requests,
                answers=[results, failures],
                topics=[args[name] for name in ("success_topic", "error_topic") if name in args],
                keys=[args[name] for name in ("requests_key", "results_key") if name in args],
            ).apply(lambda known: statements(**known)),
        )
        watching = alarms(site, watches, args.get("alarm_topic"))
        endpoint, its_name = serve_with(
            site,
            plan,
            base,
            alarm_names,
            *watching.values(),
            async_inference_config=Queued(
                client_config=Client(max_concurrent_invocations_per_instance=at_once(decision)),
                output_config=Output(
                    s3_output_path=results.apply(lambda known: known.uri),
                    s3_failure_path=failures.apply(lambda known: known.uri),
                    # The user's key, else what the bucket encrypts with: never one of ours, which
                    # goes when the endpoint goes.
                    kms_key_id=args.get("results_key"),
                    notification_config=_topics(args),
                ),
            ),
        )
        scaled, *others = _scale(site, decision, endpoint, delay_s)
        beside = bundle(
            site,
            args,
            serves_as=its_name,
            key=base.key,
            # Of a queue SageMaker counts what came out of it.
            requests=msgspec.structs.replace(requests_of(site), metric="InvocationsProcessed"),
            charts=charts_of(site, plan),
            scaled=scaled,
            after=[*watching.values(), *others],
            advice=advice_of(site, alarm_names),
        )
        self.gives(
            name=its_name,
            identifier=endpoint.arn,
            url=its_name.apply(lambda name: runtime_url(name, plan.region, "async-invocations")),
            machine=machine,
            bundle=beside,
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where an argument lacks, or a request takes longer than it may."""
        SagemakerEndpoint.check(decision, args)
        ours = aws_args(args)
        check_places_given(ours, "an asynchronous endpoint")
        longest_s = decision.sizing.prediction.request_ms.high / 1000
        if longest_s > MOST_S:
            raise InputError(
                f"a request may take {longest_s:.0f} s, and an asynchronous endpoint allows "
                f"{MOST_S} s",
                fix="send fewer tokens or items with a request, or choose mode: batch",
                field="workload.traffic",
            )


_PLACES = ("requests", "results", "failures")


def _answers(args: AwsArgs) -> tuple[pulumi.Input[str], pulumi.Input[str]]:
    """Where results and failures go: failures below the results unless they have a place."""
    results = args["results"]
    below = pulumi.Output.from_input(results).apply(lambda uri: f"{uri.rstrip('/')}/failures/")
    return results, args.get("failures", below)


def at_once(decision: Decision) -> int:
    """Requests that one machine is given at once: as many as its container computes together."""
    sizing = decision.sizing
    together = (
        sizing.prediction.concurrency
        if sizing.compiled_batch is None
        else sizing.compiled_batch * sizing.prediction.copies
    )
    return min(MOST_AT_ONCE, max(1, math.ceil(together)))


def wished_delay_s(decision: Decision) -> float:
    """How long a request may wait in the queue: the workload's p95, else as long as it takes
    another machine to start, since one that starts later would find the queue empty."""
    p95_ms = decision.workload.latency.p95_ms
    return decision.sizing.start_up_s if p95_ms is None else p95_ms / 1000


def _scale(
    site: Site, decision: Decision, endpoint: aws.sagemaker.Endpoint, delay_s: float
) -> tuple[aws.appautoscaling.Policy, *tuple[pulumi.Resource, ...]]:
    """As many machines as work the queue off within the delay; none while it is empty."""
    sizing = decision.sizing
    target = target_of(
        site,
        f"endpoint/{site.identity}/variant/{VARIANT}",
        "variant:DesiredInstanceCount",
        sizing.replicas_minimum,
        sizing.replicas_maximum,
        endpoint,
    )
    scaled = track(
        site,
        target,
        averaged("ApproximateBacklogSizePerInstance", EndpointName=site.identity),
        max(1.0, sizing.rps_planned * delay_s),
        start_s=sizing.start_up_s,
    )
    if sizing.replicas_minimum > 0:
        return (scaled,)
    # SageMaker guide, async-inference-autoscale.
    asleep = Watch(
        role="asleep",
        description="Requests wait for an endpoint that sleeps.",
        namespace=METRIC_NAMESPACE,
        metric="HasBacklogWithoutCapacity",
        dimensions={"EndpointName": site.identity},
        statistic="Average",
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
        of=1,
        bad=1,
        missing="missing",
    )
    woken = wake(site, target, asleep, statistic="Average", cooldown_s=SCALE_IN_COOLDOWN_S)
    return scaled, woken


def watches_of(site: Site, traffic: Traffic, delay_s: float, start_s: float) -> list[Watch]:
    """What goes wrong with a queue (SageMaker guide, async-inference-monitor: it has no
    percentiles of ModelLatency)."""
    of_variant = {"EndpointName": site.identity, "VariantName": VARIANT}

    def failing(role: str, description: str, metric: str, bad: int = 1) -> Watch:
        return Watch(
            role=role,
            description=description,
            namespace=METRIC_NAMESPACE,
            metric=metric,
            dimensions=of_variant,
            statistic="Sum",
            threshold=0,
            of=5 if bad > 1 else 1,
            bad=bad,
            takes_back=metric == "InvocationFailures",
        )

    # From zero a request waits for a machine first, and for a second one where that fails.
    oldest_s = math.ceil(delay_s + 2 * start_s)
    unmade = math.ceil(2 * start_s / 60)
    return [
        over(failing("failures", "Requests fail.", "InvocationFailures", 3), period_s(traffic)),
        failing("expired", "A request waited longer than it may live.", "ExpiredRequests"),
        failing("unread", "A request could not be read from S3.", "RequestDownloadFailures"),
        failing("unwritten", "A result could not be written to S3.", "ResponseUploadFailures"),
        Watch(
            role="age",
            description=f"A request has waited for more than {oldest_s} s.",
            namespace=METRIC_NAMESPACE,
            metric="ApproximateAgeOfOldestRequest",
            dimensions={"EndpointName": site.identity},
            statistic="Maximum",
            threshold=oldest_s,
        ),
        Watch(
            role="no-capacity",
            description=f"Requests have waited for {unmade} minutes, and no machine has started: "
            "the region has none, or the account's quota is used up.",
            namespace=METRIC_NAMESPACE,
            metric="HasBacklogWithoutCapacity",
            dimensions={"EndpointName": site.identity},
            statistic="Average",
            comparison="GreaterThanOrEqualToThreshold",
            threshold=1,
            of=unmade,
            bad=unmade,
        ),
    ]


def statements(
    *,
    partition: str,
    requests: Objects,
    answers: list[Objects],
    topics: list[str],
    keys: list[str],
) -> list[Statement]:
    """What the role may do beside what every model's may: read requests, write answers, tell the
    topics, with the user's own keys."""
    allowed = [
        *access.read_objects(partition, requests),
        *(each for where in answers for each in access.write_objects(partition, where)),
    ]
    if topics:
        allowed.append(access.allow(["sns:Publish"], topics))
    if keys:
        allowed += access.use_keys(keys)
    return allowed


def _topics(args: AwsArgs) -> Topics | None:
    if "success_topic" not in args and "error_topic" not in args:
        return None
    return Topics(success_topic=args.get("success_topic"), error_topic=args.get("error_topic"))
