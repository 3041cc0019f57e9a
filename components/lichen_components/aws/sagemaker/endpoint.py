"""A SageMaker endpoint and all that it needs, made of what was decided: nothing is chosen here."""

from __future__ import annotations

from typing import Any

import msgspec
import pulumi
import pulumi_aws as aws

from lichen.document import InputError
from lichen.passport import Passport, to_tags
from lichen_components.args import AwsArgs, EndpointArgs, aws_args
from lichen_components.aws import access
from lichen_components.aws.access import Statement
from lichen_components.aws.account import Account, account_of
from lichen_components.aws.checks import check_locations, check_network, check_zones
from lichen_components.aws.locations import Objects, objects
from lichen_components.aws.monitoring import ERROR_SHARE, Watch, alarm_name, alarms
from lichen_components.aws.sagemaker.comparing import (
    capture_of,
    check_comparing,
    comparing_statements,
    shadow_variants,
)
from lichen_components.aws.sagemaker.model import (
    METRIC_NAMESPACE,
    USAGE_NAMESPACE,
    files_gib,
    ground,
    image_for,
    located,
)
from lichen_components.aws.sagemaker.modes import check_mode, request_ms
from lichen_components.aws.sagemaker.rollout import (
    ROLLOUT_WINDOW_S,
    Strategy,
    rollout,
    strategy_of,
)
from lichen_components.aws.sagemaker.scaling import VARIANT, check_scaling, scale
from lichen_components.aws.sagemaker.serving import (
    VERSION_TAG,
    again_s,
    held,
    machines_of,
    serving,
    version_of,
)
from lichen_components.aws.sagemaker.settings import (
    check_update_s,
    download_timeout_s,
    machine_image,
    start_s,
    start_timeout_s,
    variables,
    volume_gib,
)
from lichen_components.aws.site import Site, check_name, this_stack
from lichen_components.plan import Plan
from lichen_components.servers.container import Container, Decision

TYPE = "lichen:index:SagemakerEndpoint"

OLD_TYPES = (
    "lichen:index:InferentiaEndpoint",
    "lichen:index:GpuEndpoint",
    "lichen:index:GravitonEndpoint",
)
"""The types of version 0.1.0, one a chip: a stack that has them keeps its resources."""

_SLOWEST_MS = 55_000
"""The highest threshold of a latency alarm in real time: answers end at 60 s."""

_MOST_ROLLOUT_ALARMS = 10
"""SageMaker API, AutoRollbackConfig.Alarms."""


class SagemakerEndpoint(pulumi.ComponentResource):
    """Model, configuration, endpoint, role, key, log, scaling and alarms in the chosen region."""

    endpoint_name: pulumi.Output[str]
    endpoint_arn: pulumi.Output[str]
    endpoint_url: pulumi.Output[str]
    machine: pulumi.Output[str]

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        aliases = pulumi.ResourceOptions(aliases=[pulumi.Alias(type_=kind) for kind in OLD_TYPES])
        super().__init__(TYPE, name, {}, pulumi.ResourceOptions.merge(opts, aliases))
        decision, region = plan.decision, plan.region
        workload, args = decision.workload, aws_args(plan.args)
        machine = machine_of(plan)
        check_name(name, workload.environment, service="SageMaker")
        site = site_of(name, plan, machine, self)
        sizing, gib = decision.sizing, files_gib(plan)
        now = serving(site.identity, region)
        version = _version(plan, args)
        machines = version.apply(
            lambda known: machines_of(
                now, known, max(1, sizing.replicas_minimum), sizing.replicas_maximum
            )
        )
        strategy = strategy_of(max(1, sizing.replicas_minimum), args.get("rollout"))
        check_update(args, region, gib, plan.container, strategy)
        results = args.get("results") if workload.mode == "asynchronous" else None
        answers = None if results is None else located(results, region, "results", archive=False)
        watches = watches_of(site, decision)
        taking_back = args.get("rollout_alarms") or [
            alarm_name(site, watch) for watch in watches if watch.takes_back
        ]
        account = account_of(self)
        base = ground(
            site,
            plan,
            account,
            alarm_names=taking_back,
            also=pulumi.Output.all(
                [] if answers is None else _writes(account, answers),
                comparing_statements(args, account, region),
            ).apply(lambda parts: [*parts[0], *parts[1]]),
        )
        variant = _variant(base.model.name, machine, machines, plan, gib)
        configuration = aws.sagemaker.EndpointConfiguration(
            site.child("config"),
            kms_key_arn=base.key,
            production_variants=[
                aws.sagemaker.EndpointConfigurationProductionVariantArgs(**variant)
            ],
            shadow_production_variants=shadow_variants(site, plan, base, variant),
            data_capture_config=capture_of(args, region),
            async_inference_config=None if answers is None else _answers(answers, base.key),
            region=region,
            tags=version.apply(lambda known: {**site.tags, VERSION_TAG: known}),
            opts=site.kept(),
        )
        watching = alarms(site, watches, args.get("alarm_topic"))
        endpoint = aws.sagemaker.Endpoint(
            site.child("endpoint"),
            name=site.identity,
            endpoint_config_name=configuration.name,
            deployment_config=pulumi.Output.all(machines, configuration.name).apply(
                lambda known: rollout(
                    strategy.for_fleet(known[0]), taking_back, extra_s=again_s(now, known[1])
                )
            ),
            region=region,
            tags=site.tags,
            opts=site.under(base.logs, *watching.values()),
        )
        scale(site, decision, endpoint, start_s=start_s(gib), share=args.get("scaling_share", 1.0))
        name_in_service = held(endpoint, configuration, taking_back, region)
        self.endpoint_name = name_in_service
        self.endpoint_arn = endpoint.arn
        self.endpoint_url = name_in_service.apply(lambda name: _url(name, region))
        self.machine = pulumi.Output.from_input(machine)
        self.register_outputs({"endpoint_name": name_in_service, "endpoint_arn": endpoint.arn})

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where SageMaker cannot do what was decided, or lacks an argument."""
        ours = aws_args(args)
        check_mode(decision.workload, decision.sizing, ours)
        if "artifacts" not in ours:
            raise InputError(
                "is required on AWS: the location of the model's files",
                fix="add artifacts: s3://<bucket>/<prefix>/",
                field="artifacts",
            )
        zones, region = decision.workload.availability.zones, decision.placement.chosen.region
        check_comparing(ours, decision.workload.mode, region)
        check_scaling(ours)
        check_locations(ours, region)
        check_network(ours, zones)
        check_zones(region, zones)


def machine_of(plan: Plan) -> str:
    """SageMaker's name of the machine type: ``ml.inf2.xlarge``."""
    hosting = plan.catalogue.hostings[plan.decision.placement.chosen.hosting]
    return f"{hosting.machine_prefix}{plan.decision.machine.name}"


def site_of(name: str, plan: Plan, machine: str, parent: pulumi.Resource) -> Site:
    """What the resources of a plan on SageMaker share."""
    workload = plan.decision.workload
    args = aws_args(plan.args)
    return Site(
        name=name,
        environment=workload.environment,
        made_of=(machine, workload.mode, *(["shadow"] if "shadow" in args else [])),
        stack=this_stack(),
        title="SageMaker endpoint",
        region=plan.region,
        tags=to_tags(Passport.of(workload, plan.decision.precision), "aws"),
        log_group=lambda identity: f"{USAGE_NAMESPACE}/{identity}",
        protected=args.get("protect", workload.environment == "prod"),
        parent=parent,
    )


def _version(plan: Plan, args: AwsArgs) -> pulumi.Output[str]:
    """What a configuration is made of, the count of machines aside."""
    return pulumi.Output.all(
        image_for(plan, args),
        args["artifacts"],
        {**variables(plan.container), **plan.args.get("environment", {})},
        args.get("shadow", {}),
        args.get("capture", {}),
        args.get("subnets", []),
        args.get("security_groups", []),
        machine_image(plan.container),
        files_gib(plan),
    ).apply(lambda parts: version_of(*parts))


def _variant(
    model: pulumi.Output[str], machine: str, machines: pulumi.Output[int], plan: Plan, gib: float
) -> dict[str, Any]:
    """The properties of the variant that answers."""
    return {
        "variant_name": VARIANT,
        "model_name": model,
        "instance_type": machine,
        "initial_instance_count": machines,
        "volume_size_in_gb": volume_gib(gib, plan.decision.machine.instance_store_gib),
        "inference_ami_version": machine_image(plan.container),
        "model_data_download_timeout_in_seconds": download_timeout_s(gib),
        "container_startup_health_check_timeout_in_seconds": start_timeout_s(plan.container, gib),
        "routing_configs": [
            aws.sagemaker.EndpointConfigurationProductionVariantRoutingConfigArgs(
                # Answers differ in length: the next goes to the machine with the fewest.
                routing_strategy="LEAST_OUTSTANDING_REQUESTS"
            )
        ]
        if plan.decision.card.kind == "llm"
        else None,
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
    return min(slow, _SLOWEST_MS) if decision.workload.mode == "real-time" else slow


def watches_of(site: Site, decision: Decision) -> list[Watch]:
    """Failing and slow requests: each once for people, three bad minutes of five, and once for
    roll-outs, two of two."""
    slow = slow_ms(decision)
    share = Watch(
        role="errors",
        description=f"More than {ERROR_SHARE:.0%} of requests failed in the model.",
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
    return [
        share,
        slowest,
        *(
            msgspec.structs.replace(
                watch,
                role=f"rollout-{watch.role}",
                description=f"{watch.description} It takes a roll-out back.",
                of=ROLLOUT_WINDOW_S // 60,
                bad=ROLLOUT_WINDOW_S // 60,
                takes_back=True,
            )
            for watch in (share, slowest)
        ),
    ]


def check_update(
    args: AwsArgs, region: str, gib: float, container: Container, strategy: Strategy
) -> None:
    """:class:`InputError` where an update would outlast the provider's patience, or a way to roll
    out cannot be taken."""
    artifacts = args.get("artifacts")
    if isinstance(artifacts, str) and objects(artifacts, region, "artifacts").is_archive:
        check_update_s(gib, container, strategy.watched_s)
    if "shadow" in args and strategy.way == "rolling":
        raise InputError(
            "rolling exchanges endpoints of one variant alone, and a shadow is a second",
            fix="leave rollout or shadow out",
            field="rollout",
        )
    named = args.get("rollout_alarms")
    if named is not None and not 1 <= len(named) <= _MOST_ROLLOUT_ALARMS:
        raise InputError(
            f"has {len(named)} values; SageMaker takes 1 to {_MOST_ROLLOUT_ALARMS}",
            fix="leave it out for the component's own alarms",
            field="rollout_alarms",
        )


def _url(name: str, region: str) -> str:
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://runtime.sagemaker.{region}.{domain}/endpoints/{name}/invocations"


def _writes(account: Account, answers: pulumi.Output[Objects]) -> pulumi.Output[list[Statement]]:
    return pulumi.Output.all(account.partition, answers).apply(
        lambda known: access.write_objects(*known)
    )


def _answers(
    results: pulumi.Output[Objects], key: pulumi.Output[str]
) -> aws.sagemaker.EndpointConfigurationAsyncInferenceConfigArgs:
    return aws.sagemaker.EndpointConfigurationAsyncInferenceConfigArgs(
        output_config=aws.sagemaker.EndpointConfigurationAsyncInferenceConfigOutputConfigArgs(
            s3_output_path=results.apply(lambda known: known.uri), kms_key_id=key
        )
    )
