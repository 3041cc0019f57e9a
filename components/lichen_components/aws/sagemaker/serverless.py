"""A serverless SageMaker endpoint: memory instead of machines, paid while it answers.

It takes no accelerator, no network of the user's, no network isolation, no data capture and no
second variant (SageMaker guide, serverless-endpoints). Another memory makes another endpoint.
"""

from __future__ import annotations

import math

import pulumi
import pulumi_aws as aws
from pulumi_aws.sagemaker import EndpointConfigurationProductionVariantArgs as Variant
from pulumi_aws.sagemaker import (
    EndpointConfigurationProductionVariantServerlessConfigArgs as Serverless,
)

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.aws.account import account_of
from lichen_components.aws.args import aws_args
from lichen_components.aws.bundle import bundle, check_bundle
from lichen_components.aws.checks import check_archive, check_artifacts_given, check_locations
from lichen_components.aws.monitoring import Watch, alarm_name, alarms
from lichen_components.aws.sagemaker.charts import charts_of, requests_of
from lichen_components.aws.sagemaker.endpoint import site_of
from lichen_components.aws.sagemaker.endpoint import watches_of as common_watches
from lichen_components.aws.sagemaker.model import METRIC_NAMESPACE, ground
from lichen_components.aws.sagemaker.modes import MOST_S
from lichen_components.aws.sagemaker.rollout import rollout, strategy_of
from lichen_components.aws.sagemaker.scaling import VARIANT, predefined, target_of, track
from lichen_components.aws.sagemaker.variant import machine_of, runtime_url
from lichen_components.aws.site import Site
from lichen_components.aws.topics import with_topics
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

MOST_AT_ONCE = 200
"""SageMaker API, ProductionVariantServerlessConfig."""

P95 = 1.645
"""Requests in flight vary as a Poisson count: standard deviations to the 95th percentile."""

READY_SHARE = 0.7
"""Of the copies that are kept ready, those that may be at work (design choice)."""

SETUP_LIMIT_S = 180
"""A container has to answer its first ping by then (SageMaker guide, serverless-endpoints)."""

NOT_ISOLATED = (
    "serverless takes no network isolation: the container may reach the internet. Checkov's check "
    "of isolation (CKV_AWS_370) finds that: exempt this model with this reason, or choose mode: "
    "real-time"
)

_REFUSED = {
    "subnets": "a serverless endpoint is in no network of yours",
    "security_groups": "a serverless endpoint is in no network of yours",
    "capture": "a serverless endpoint captures no data",
    "shadow": "a serverless endpoint has one variant",
    "rollout": "a serverless endpoint has no machines to exchange in steps",
}


class ServerlessEndpoint(HostedEndpoint):
    """Model, configuration and endpoint without machines, with role, key, log and alarms."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lichen:index:SagemakerServerlessEndpoint", name, {}, opts)
        decision, args, machine = plan.decision, aws_args(plan.args), machine_of(plan)
        site = site_of(name, plan, machine, self)
        pulumi.log.info(NOT_ISOLATED, self)
        watches = watches_of(site, decision)
        taking_back = [alarm_name(site, watch) for watch in watches if watch.takes_back]
        account = account_of(self)
        plan = with_topics(site, plan, account)
        args = aws_args(plan.args)
        base = ground(site, plan, account, alarm_names=taking_back, isolated=False)
        ready = ready_of(decision)
        configuration = aws.sagemaker.EndpointConfiguration(
            site.child("config"),
            kms_key_arn=base.key,
            production_variants=[
                Variant(
                    variant_name=VARIANT,
                    model_name=base.model.name,
                    serverless_config=Serverless(
                        memory_size_in_mb=memory_mb(decision),
                        max_concurrency=at_once(decision),
                        provisioned_concurrency=ready or None,
                    ),
                )
            ],
            region=site.region,
            tags=site.tags,
            opts=site.kept(),
        )
        watching = alarms(site, watches, args.get("alarm_topic"))
        endpoint = aws.sagemaker.Endpoint(
            site.child("endpoint"),
            name=site.identity,
            endpoint_config_name=configuration.name,
            deployment_config=rollout(strategy_of(1, None), taking_back),
            region=site.region,
            tags=site.tags,
            opts=site.under(*base.logs, *watching.values()),
        )
        scaled = None
        if ready:
            target = target_of(
                site,
                f"endpoint/{site.identity}/variant/{VARIANT}",
                "variant:DesiredProvisionedConcurrency",
                ready,
                at_once(decision),
                endpoint,
            )
            used = predefined("SageMakerVariantProvisionedConcurrencyUtilization")
            scaled = track(site, target, used, READY_SHARE)
        beside = bundle(
            site,
            args,
            serves_as=endpoint.name,
            key=base.key,
            requests=requests_of(site),
            charts=charts_of(site, plan),
            scaled=scaled,
            after=[*watching.values()],
            advice=(NOT_ISOLATED,),
        )
        self.gives(
            name=endpoint.name,
            identifier=endpoint.arn,
            url=endpoint.name.apply(lambda name: runtime_url(name, plan.region, "invocations")),
            machine=machine,
            bundle=beside,
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where an argument is one that serverless does not take, where a
        request takes too long, or where too many come at once."""
        ours = aws_args(args)
        for field, why in _REFUSED.items():
            if field in ours:
                raise InputError(why, fix=f"leave {field} out, or mode: real-time", field=field)
        check_artifacts_given(ours)
        check_locations(ours, decision.placement.chosen.region)
        check_archive(ours, decision.placement.chosen)
        check_bundle(ours, 1, region=decision.placement.chosen.region)
        slow_s = decision.sizing.prediction.request_ms.high / 1000
        if slow_s > MOST_S:
            raise InputError(
                f"a request may take {slow_s:.0f} s, and a serverless endpoint cuts it after "
                f"{MOST_S} s",
                fix="choose mode: asynchronous",
                field="workload.mode",
            )
        if at_once(decision) > MOST_AT_ONCE:
            raise InputError(
                f"{at_once(decision)} requests are in flight at the peak, and a serverless "
                f"endpoint takes {MOST_AT_ONCE}",
                fix="choose mode: real-time",
                field="workload.mode",
            )
        if ready_of(decision) > at_once(decision):
            raise InputError(
                f"{ready_of(decision)} copies kept ready are more than the {at_once(decision)} "
                "that are at work at the peak",
                fix=f"set it to {at_once(decision)} at most",
                field="workload.availability.minimum_replicas",
            )


def memory_mb(decision: Decision) -> int:
    """The memory that was chosen, in the steps of 1,024 MB that SageMaker sells."""
    return round((decision.machine.memory_gib or 0) * 1024)


def at_once(decision: Decision) -> int:
    """Requests in flight at the peak, which nineteen times of twenty are no more."""
    request_s = decision.sizing.prediction.request_ms.high / 1000
    mean = decision.workload.traffic.peak_rps * request_s
    return max(1, math.ceil(mean + P95 * math.sqrt(mean)))


def ready_of(decision: Decision) -> int:
    """Copies that are kept ready (provisioned concurrency): those that the workload names."""
    return decision.workload.availability.minimum_replicas or 0


def watches_of(site: Site, decision: Decision) -> list[Watch]:
    """Failing and slow requests, slow starts, and a lack of concurrency (SageMaker guide,
    serverless-endpoints-monitoring)."""
    dimensions = {"EndpointName": site.identity, "VariantName": VARIANT}
    most_s = SETUP_LIMIT_S * 2 // 3
    return [
        *common_watches(site, decision),
        Watch(
            role="setup",
            description=f"A container took over {most_s} s to start: at {SETUP_LIMIT_S} s it ends.",
            namespace=METRIC_NAMESPACE,
            metric="ModelSetupTime",
            dimensions=dimensions,
            statistic="Maximum",
            threshold=most_s * 1_000_000,
            of=1,
            bad=1,
        ),
        Watch(
            role="overhead",
            description="Half of the requests of ten minutes waited for a container to start.",
            namespace=METRIC_NAMESPACE,
            metric="OverheadLatency",
            dimensions=dimensions,
            statistic="p50",
            threshold=1_000_000,
            period_s=600,
            of=1,
            bad=1,
        ),
        Watch(
            role="concurrency",
            description="More than 80 % of the containers that are allowed were at work.",
            namespace=METRIC_NAMESPACE,
            metric="ServerlessConcurrentExecutionsUtilization",
            dimensions=dimensions,
            statistic="Maximum",
            threshold=0.8,
        ),
    ]
