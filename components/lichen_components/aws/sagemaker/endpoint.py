"""A SageMaker endpoint and all that it needs, made of what was decided: nothing is chosen here."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from lichen.document import InputError
from lichen.passport import Passport, to_tags
from lichen_components.args import EndpointArgs, aws_args
from lichen_components.aws import access
from lichen_components.aws.access import Statement
from lichen_components.aws.account import Account, account_of
from lichen_components.aws.locations import Objects
from lichen_components.aws.monitoring import ERROR_SHARE, Watch, alarm_name, alarms
from lichen_components.aws.sagemaker.model import (
    METRIC_NAMESPACE,
    USAGE_NAMESPACE,
    files_gib,
    ground,
    located,
)
from lichen_components.aws.sagemaker.modes import check_mode
from lichen_components.aws.sagemaker.rollout import rollout
from lichen_components.aws.sagemaker.scaling import VARIANT, scale
from lichen_components.aws.sagemaker.settings import (
    machine_image,
    start_timeout_s,
    volume_gib,
)
from lichen_components.aws.site import Site, this_stack
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

TYPE = "lichen:index:SagemakerEndpoint"

OLD_TYPES = (
    "lichen:index:InferentiaEndpoint",
    "lichen:index:GpuEndpoint",
    "lichen:index:GravitonEndpoint",
)
"""The types of version 0.1.0, one a chip: a stack that has them keeps its resources."""

_DOWNLOAD_TIMEOUT_S = 3600


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
        hosting = plan.catalogue.hostings[decision.placement.chosen.hosting]
        machine = f"{hosting.machine_prefix}{decision.machine.name}"
        site = site_of(name, plan, machine, self)
        results = args.get("results") if workload.mode == "asynchronous" else None
        answers = None if results is None else located(results, region, "results")
        watches = watches_of(site, slow_ms(decision))
        taking_back = [alarm_name(site, watch) for watch in watches if watch.takes_back]
        account = account_of(self)
        base = ground(
            site,
            plan,
            account,
            alarm_names=taking_back,
            also=[] if answers is None else _writes(account, answers),
        )
        machines = max(1, decision.sizing.replicas_minimum)
        configuration = aws.sagemaker.EndpointConfiguration(
            site.child("config"),
            kms_key_arn=base.key,
            production_variants=[
                aws.sagemaker.EndpointConfigurationProductionVariantArgs(
                    variant_name=VARIANT,
                    model_name=base.model.name,
                    instance_type=machine,
                    initial_instance_count=machines,
                    volume_size_in_gb=volume_gib(
                        files_gib(plan), decision.machine.instance_store_gib
                    ),
                    inference_ami_version=machine_image(plan.container),
                    model_data_download_timeout_in_seconds=_DOWNLOAD_TIMEOUT_S,
                    container_startup_health_check_timeout_in_seconds=start_timeout_s(
                        plan.container
                    ),
                )
            ],
            async_inference_config=None if answers is None else _answers(answers, base.key),
            region=region,
            tags=site.tags,
            opts=site.kept(),
        )
        watching = alarms(site, watches, args.get("alarm_topic"))
        endpoint = aws.sagemaker.Endpoint(
            site.child("endpoint"),
            name=site.identity,
            endpoint_config_name=configuration.name,
            deployment_config=rollout(
                machines, [watching[watch.role].name for watch in watches if watch.takes_back]
            ),
            region=region,
            tags=site.tags,
            opts=site.under(base.logs),
        )
        scale(site, decision, endpoint)
        self.endpoint_name = endpoint.name
        self.endpoint_arn = endpoint.arn
        self.endpoint_url = endpoint.name.apply(lambda name: _url(name, region))
        self.machine = pulumi.Output.from_input(machine)
        self.register_outputs({"endpoint_name": endpoint.name, "endpoint_arn": endpoint.arn})

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where SageMaker cannot do what was decided, or lacks an argument."""
        ours = aws_args(args)
        check_mode(decision.workload, ours)
        if "artifacts" not in ours:
            raise InputError(
                "is required on AWS: the location of the model's files",
                fix="add artifacts: s3://<bucket>/<prefix>/",
                field="artifacts",
            )


def site_of(name: str, plan: Plan, machine: str, parent: pulumi.Resource) -> Site:
    """What the resources of a plan on SageMaker share."""
    workload = plan.decision.workload
    protect = aws_args(plan.args).get("protect", workload.environment == "prod")
    return Site(
        name=name,
        environment=workload.environment,
        made_of=(machine, workload.mode),
        stack=this_stack(),
        title="SageMaker endpoint",
        region=plan.region,
        tags=to_tags(Passport.of(workload, plan.decision.precision), "aws"),
        log_group=lambda identity: f"{USAGE_NAMESPACE}/{identity}",
        protected=protect,
        parent=parent,
    )


def slow_ms(decision: Decision) -> float:
    """The request time that counts as slow: the workload's p95, else the high end of the one that
    is predicted at the peak."""
    if decision.workload.latency.p95_ms is not None:
        return decision.workload.latency.p95_ms
    peak = decision.sizing.at_peak
    return (decision.sizing.prediction.request_ms if peak is None else peak.p95_ms).high


def watches_of(site: Site, slow_ms: float) -> list[Watch]:
    """Failing and slow requests; a roll-out that raises either is taken back."""
    dimensions = {"EndpointName": site.identity, "VariantName": VARIANT}
    return [
        Watch(
            role="errors",
            description=f"More than {ERROR_SHARE:.0%} of requests failed in the model.",
            namespace=METRIC_NAMESPACE,
            metric="Invocation5XXErrors",
            dimensions=dimensions,
            # Its average is the share of requests that failed.
            statistic="Average",
            threshold=ERROR_SHARE,
            takes_back=True,
        ),
        Watch(
            role="latency",
            description=f"The slowest 5 % of requests took over {slow_ms:.0f} ms.",
            namespace=METRIC_NAMESPACE,
            metric="ModelLatency",
            dimensions=dimensions,
            statistic="p95",
            threshold=round(slow_ms * 1000),  # SageMaker counts microseconds
            takes_back=True,
        ),
    ]


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
