"""A SageMaker endpoint and all that it needs, made of what was decided: nothing is chosen here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
import pulumi
import pulumi_aws as aws

from lichen.figures import percent
from lichen_components.args import EndpointArgs
from lichen_components.aws.account import account_of
from lichen_components.aws.args import aws_args
from lichen_components.aws.bundle import bundle, check_bundle
from lichen_components.aws.checks import (
    check_artifacts_given,
    check_locations,
    check_network,
    check_zones,
)
from lichen_components.aws.monitoring import ERROR_SHARE, Watch, alarms, over, period_s
from lichen_components.aws.sagemaker.charts import advice_of, charts_of, requests_of
from lichen_components.aws.sagemaker.comparing import (
    capture_of,
    check_comparing,
    comparing_statements,
    shadow_variants,
)
from lichen_components.aws.sagemaker.fleet import (
    check_making,
    check_rollout,
    serve_with,
    taking_back,
)
from lichen_components.aws.sagemaker.model import METRIC_NAMESPACE, USAGE_NAMESPACE, ground
from lichen_components.aws.sagemaker.modes import check_mode, request_ms
from lichen_components.aws.sagemaker.rollout import ROLLOUT_WINDOW_S
from lichen_components.aws.sagemaker.scaling import VARIANT, check_scaling, in_receipt, scale
from lichen_components.aws.sagemaker.variant import machine_of, runtime_url
from lichen_components.aws.site import Site, check_name
from lichen_components.aws.topics import with_topics
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

TYPE = "lichen:index:SagemakerEndpoint"

OLD_TYPES = (
    "lichen:index:InferentiaEndpoint",
    "lichen:index:GpuEndpoint",
    "lichen:index:GravitonEndpoint",
)
"""The types of version 0.1.0, one a chip: a stack that has them keeps its resources."""

_SLOWEST_MS = 55_000
"""The highest threshold of a latency alarm in real time: answers end at 60 s."""


class SagemakerEndpoint(HostedEndpoint):
    """Model, configuration, endpoint, role, key, log, scaling and alarms in the chosen region."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=kind) for kind in OLD_TYPES])
        super().__init__(TYPE, name, {}, pulumi.ResourceOptions.merge(opts, aliases))
        decision, args = plan.decision, aws_args(plan.args)
        machine = machine_of(plan)
        site = site_of(name, plan, machine, self)
        check_making(plan)
        watches = watches_of(site, decision)
        alarm_names = taking_back(site, args, watches)
        account = account_of(self)
        plan = with_topics(site, plan, account)
        args = aws_args(plan.args)
        base = ground(
            site,
            plan,
            account,
            alarm_names=alarm_names,
            also=comparing_statements(args, account, site.region),
        )
        watching = alarms(site, watches, args.get("alarm_topic"))
        endpoint, its_name = serve_with(
            site,
            plan,
            base,
            alarm_names,
            *watching.values(),
            variant=_routing(plan),
            shadow_production_variants=partial(shadow_variants, site, plan, base),
            data_capture_config=capture_of(args, site.region),
        )
        scaled = scale(site, decision, endpoint, share=args.get("scaling_share", 1.0))
        beside = bundle(
            site,
            args,
            serves_as=its_name,
            key=base.key,
            requests=requests_of(site),
            charts=charts_of(site, plan),
            scaled=scaled,
            after=[*watching.values()],
            advice=advice_of(site, alarm_names),
        )
        self.gives(
            name=its_name,
            identifier=endpoint.arn,
            url=its_name.apply(lambda name: runtime_url(name, plan.region, "invocations")),
            machine=machine,
            bundle=beside,
            receipt=in_receipt(decision, args),
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where SageMaker cannot do what was decided, or lacks an argument."""
        ours = aws_args(args)
        check_mode(decision.workload, decision.sizing, ours)
        check_artifacts_given(ours)
        zones, region = decision.workload.availability.zones, decision.placement.chosen.region
        check_comparing(ours, decision.workload.mode, region)
        check_scaling(ours)
        check_rollout(decision, ours)
        queue = decision.workload.mode == "asynchronous"
        check_bundle(ours, least=0 if queue else 1, region=region, queue=queue)
        check_locations(ours, region)
        check_network(ours, zones)
        check_zones(region, zones)


def endpoint_logs(identity: str) -> str:
    """The log group of an endpoint: SageMaker gives it its name."""
    return f"{USAGE_NAMESPACE}/{identity}"


def site_of(
    name: str,
    plan: Plan,
    machine: str,
    parent: pulumi.Resource,
    log_group: Callable[[str], str] = endpoint_logs,
    made_of: tuple[str, ...] = (),
) -> Site:
    """What the resources of a plan on SageMaker share; ``made_of`` is what cannot change in place
    beside machine and mode."""
    workload, shadowed = plan.decision.workload, "shadow" in aws_args(plan.args)
    check_name(name, workload.environment, service="SageMaker")
    return Site(
        name=name,
        plan=plan,
        parent=parent,
        title="SageMaker endpoint",
        made_of=(machine, workload.mode, *(["shadow"] if shadowed else []), *made_of),
        log_group=log_group,
    )


def _routing(plan: Plan) -> dict[str, Any]:
    """Answers of a language model differ in length: the next request goes to the machine with the
    fewest."""
    if plan.decision.card.kind != "llm":
        return {}
    return {
        "routing_configs": [
            aws.sagemaker.EndpointConfigurationProductionVariantRoutingConfigArgs(
                routing_strategy="LEAST_OUTSTANDING_REQUESTS"
            )
        ]
    }


def slow_ms(decision: Decision) -> float:
    """The request time that counts as slow.

    The workload's p95; else what its bounds on the first and on the next token add up to; else
    twice the likely one that is predicted at the peak. A real-time endpoint cuts answers after a
    minute, so that an alarm above that would never ring.
    """
    latency, traffic = decision.workload.latency, decision.workload.traffic
    first, each = latency.time_to_first_token_ms, latency.time_per_output_token_ms
    if latency.p95_ms is not None:
        slow = latency.p95_ms
    elif first is not None and each is not None:
        slow = first + each * (traffic.output_tokens or 0)
    else:
        slow = 2 * request_ms(decision.sizing).likely
    return min(slow, _SLOWEST_MS)


def failing_and_slow(site: Site, decision: Decision) -> tuple[Watch, Watch]:
    """Failing and slow requests, in three bad minutes of five."""
    slow = slow_ms(decision)
    share = Watch(
        role="errors",
        description=f"More than {percent(ERROR_SHARE)} of requests failed in the model.",
        namespace=METRIC_NAMESPACE,
        metric="Invocation5XXErrors",
        dimensions={"EndpointName": site.identity, "VariantName": VARIANT},
        # Its average is the share of requests that failed.
        statistic="Average",
        threshold=ERROR_SHARE,
    )
    slowest = msgspec.structs.replace(
        share,
        role="latency",
        description=f"The slowest 5 % of requests took over {slow:.0f} ms.",
        metric="ModelLatency",
        statistic="p95",
        threshold=round(slow * 1000),  # SageMaker counts microseconds
    )
    return share, slowest


def watches_of(site: Site, decision: Decision) -> list[Watch]:
    """Failing and slow requests: each once for people, over a period in which some come, and once
    for roll-outs, two minutes of two."""
    watched = failing_and_slow(site, decision)
    seconds = period_s(decision.workload.traffic)
    return [
        *(over(watch, seconds) for watch in watched),
        *(
            msgspec.structs.replace(
                watch,
                role=f"rollout-{watch.role}",
                description=f"{watch.description} It takes a roll-out back.",
                of=ROLLOUT_WINDOW_S // 60,
                bad=ROLLOUT_WINDOW_S // 60,
                takes_back=True,
            )
            for watch in watched
        ),
    ]
