"""A real-time SageMaker endpoint without machines while nobody asks: its model is an inference
component, whose copies go to zero; the first request that finds none wakes it.

That request and those of the next minutes fail: clients try again (SageMaker guide,
endpoint-auto-scaling-zero-instances). So it is for development and tests, not for production.
"""

from __future__ import annotations

import math

import msgspec
import pulumi
import pulumi_aws as aws
import pulumi_aws_native as native
from pulumi_aws_native import sagemaker as of

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.aws import access
from lichen_components.aws.account import account_of
from lichen_components.aws.args import aws_args
from lichen_components.aws.bundle import bundle
from lichen_components.aws.monitoring import Watch, alarms
from lichen_components.aws.sagemaker.charts import charts_of, requests_of
from lichen_components.aws.sagemaker.endpoint import SagemakerEndpoint, site_of
from lichen_components.aws.sagemaker.endpoint import watches_of as common_watches
from lichen_components.aws.sagemaker.fleet import check_making, taking_back
from lichen_components.aws.sagemaker.model import METRIC_NAMESPACE, Ground, files_gib, ground
from lichen_components.aws.sagemaker.rollout import BAKE_S, least_batch
from lichen_components.aws.sagemaker.scaling import (
    VARIANT,
    in_receipt,
    predefined,
    target_of,
    track,
    wake,
)
from lichen_components.aws.sagemaker.serving import (
    InService,
    again_s,
    component_serving,
    component_stayed,
)
from lichen_components.aws.sagemaker.settings import (
    download_timeout_s,
    machine_image,
    start_timeout_s,
    volume_gib,
)
from lichen_components.aws.sagemaker.variant import machine_of, runtime_url
from lichen_components.aws.site import Site
from lichen_components.aws.topics import with_topics
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

USAGE_NAMESPACE = "/aws/sagemaker/InferenceComponents"
"""Metrics and logs of inference components (SageMaker guide, monitoring-cloudwatch)."""

MEMORY_SHARE = 0.6
"""Of a machine's memory, what one copy asks for: a second finds no room, and what SageMaker keeps
for itself does (design choice)."""

_MOST_START_S = 3599
"""SageMaker takes 3,600 s, and one more may be asked for (InferenceComponentStartupParameters)."""

_REFUSED = {
    "capture": "an endpoint that goes to zero captures no requests here",
    "shadow": "an endpoint that goes to zero has one model",
    "rollout": "copies are exchanged one after the other",
}
_ALONE = "availability: {minimum_replicas: 1}"


class ToZeroEndpoint(HostedEndpoint):
    """Model, configuration, endpoint and inference component, with the alarm that wakes it, role,
    key, log, scaling and alarms in the chosen region."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lichen:index:SagemakerToZeroEndpoint", name, {}, opts)
        decision, args = plan.decision, aws_args(plan.args)
        machine = machine_of(plan)
        site = site_of(name, plan, machine, self, log_group=component_logs, made_of=("to-zero",))
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
            also=access.write_metrics((USAGE_NAMESPACE,)),
        )
        watching = alarms(site, watches, args.get("alarm_topic"))
        # aws-native has no region on a resource: a provider says it for these three. The region is
        # in its name: one that moved would look for the old endpoint in the new region, not find
        # it, and leave it running. Of the stack's own settings it gets none by itself.
        settings = pulumi.Config("aws")
        here = pulumi.ResourceOptions(
            provider=native.Provider(
                site.child(f"native-{site.region}"),
                region=site.region,
                profile=settings.get("profile"),
                default_tags=settings.get_object("defaultTags"),
                opts=site.under(),
            )
        )
        endpoint, component = _serve(site, plan, base, alarm_names, here, *watching.values())
        its_name = component_stayed(
            component.inference_component_name, base.model.name, alarm_names, site.region
        )
        scaled, woken = _scale(site, decision, component, args.get("scaling_share", 1.0))
        beside = bundle(
            site,
            args,
            serves_as=its_name,
            key=base.key,
            requests=msgspec.structs.replace(requests_of(site), dimensions=_of(site)),
            charts=charts_of(site, plan, dimensions=_of(site), usage=USAGE_NAMESPACE),
            scaled=scaled,
            after=[*watching.values(), woken],
            advice=advice_of(site, decision.sizing.start_up_s),
        )
        self.gives(
            name=its_name,
            identifier=endpoint.endpoint_arn,
            url=its_name.apply(lambda name: runtime_url(name, plan.region, "invocations")),
            machine=machine,
            bundle=beside,
            receipt=in_receipt(decision, args),
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where an argument is one that copies do not take, or lacks."""
        ours = aws_args(args)
        for field, why in _REFUSED.items():
            if field in ours:
                raise InputError(why, fix=f"leave {field} out, or set {_ALONE}", field=field)
        SagemakerEndpoint.check(decision, args)


def component_logs(identity: str) -> str:
    """The log group of an inference component: SageMaker gives it its name."""
    return f"{USAGE_NAMESPACE}/{identity}"


def _of(site: Site) -> dict[str, str]:
    # The component is called as its endpoint is: clients name both.
    return {"InferenceComponentName": site.identity}


def _serve(
    site: Site,
    plan: Plan,
    base: Ground,
    alarm_names: list[str],
    here: pulumi.ResourceOptions,
    *first: pulumi.Resource,
) -> tuple[of.Endpoint, of.InferenceComponent]:
    """Machines that come and go with the copies, and the copies."""
    args, gib = aws_args(plan.args), files_gib(plan)
    tags = [native.TagArgs(key=key, value=value) for key, value in site.tags.items()]
    subnets = args.get("subnets")
    configuration = of.EndpointConfig(
        site.child("config"),
        execution_role_arn=base.role.arn,
        # Of an endpoint with components its configuration has both, and not the model alone.
        enable_network_isolation=True,
        vpc_config=of.EndpointConfigVpcConfigArgs(
            subnets=subnets, security_group_ids=args.get("security_groups", [])
        )
        if subnets
        else None,
        kms_key_id=base.key,
        production_variants=[
            of.EndpointConfigProductionVariantArgs(
                variant_name=VARIANT,
                instance_type=machine_of(plan),
                initial_instance_count=1,
                volume_size_in_gb=volume_gib(gib, plan.decision.machine.instance_store_gib),
                inference_ami_version=machine_image(plan.container),
                managed_instance_scaling=of.EndpointConfigManagedInstanceScalingArgs(
                    status="ENABLED",
                    min_instance_count=0,
                    max_instance_count=plan.decision.sizing.replicas_maximum,
                ),
                routing_config=of.EndpointConfigRoutingConfigArgs(
                    routing_strategy="LEAST_OUTSTANDING_REQUESTS"
                ),
            )
        ],
        tags=tags,
        opts=pulumi.ResourceOptions.merge(site.kept(base.access), here),
    )
    endpoint = of.Endpoint(
        site.child("endpoint"),
        endpoint_name=site.identity,
        endpoint_config_name=configuration.endpoint_config_name.apply(lambda name: name or ""),
        # A new ceiling is no reason to start machines, or to end them.
        retain_all_variant_properties=True,
        tags=tags,
        opts=pulumi.ResourceOptions.merge(site.under(*base.logs), here),
    )
    now = component_serving(site.identity, site.region)
    component = of.InferenceComponent(
        site.child("copies"),
        inference_component_name=site.identity,
        endpoint_name=endpoint.endpoint_name.apply(lambda name: name or ""),
        variant_name=VARIANT,
        specification=of.InferenceComponentSpecificationArgs(
            model_name=base.model.name,
            compute_resource_requirements=_needs(plan.decision),
            startup_parameters=of.InferenceComponentStartupParametersArgs(
                model_data_download_timeout_in_seconds=download_timeout_s(gib),
                # Cloud Control sends what differs and keeps the rest as AWS has it: without a
                # change beside it, a model that was taken back would not be sent again.
                container_startup_health_check_timeout_in_seconds=base.model.name.apply(
                    lambda model: (
                        min(_MOST_START_S, start_timeout_s(plan.container, gib))
                        + again_s(now, model)
                    )
                ),
            ),
        ),
        # It cannot be made with none; scaling takes the first one down.
        runtime_config=of.InferenceComponentRuntimeConfigArgs(copy_count=1),
        deployment_config=base.model.name.apply(lambda model: _rollout(alarm_names, now, model)),
        tags=tags,
        opts=pulumi.ResourceOptions.merge(
            site.under(*first),
            # Scaling sets the number of copies; an `up` is not to wake it.
            pulumi.ResourceOptions.merge(
                pulumi.ResourceOptions(ignore_changes=["runtimeConfig"]), here
            ),
        ),
    )
    return endpoint, component


def _needs(decision: Decision) -> of.InferenceComponentComputeResourceRequirementsArgs:
    """What one copy takes: a whole machine, since a replica is planned as one. Inferentia's
    accelerators are counted by devices, not by cores."""
    machine = decision.machine
    return of.InferenceComponentComputeResourceRequirementsArgs(
        min_memory_required_in_mb=math.floor(MEMORY_SHARE * 1024 * (machine.memory_gib or 1)),
        number_of_accelerator_devices_required=(
            float(machine.accelerators) if machine.accelerator else None
        ),
    )


def _rollout(
    alarm_names: list[str], now: InService | None, model: str
) -> of.InferenceComponentDeploymentConfigArgs:
    """A new version takes the place of one copy after another, or as few as may be, and is watched
    after each."""
    copies = 1 if now is None else now.machines
    return of.InferenceComponentDeploymentConfigArgs(
        rolling_update_policy=of.InferenceComponentRollingUpdatePolicyArgs(
            maximum_batch_size=of.InferenceComponentCapacitySizeArgs(
                type=of.InferenceComponentCapacitySizeType.COPY_COUNT, value=least_batch(copies)
            ),
            wait_interval_in_seconds=BAKE_S + again_s(now, model),
        ),
        auto_rollback_configuration=of.InferenceComponentAutoRollbackConfigurationArgs(
            alarms=[of.InferenceComponentAlarmArgs(alarm_name=name) for name in alarm_names]
        ),
    )


def _scale(
    site: Site, decision: Decision, component: of.InferenceComponent, share: float
) -> tuple[aws.appautoscaling.Policy, aws.cloudwatch.MetricAlarm]:
    """From none to as many copies as machines were planned; one as soon as a request finds none."""
    sizing = decision.sizing
    target = target_of(
        site,
        f"inference-component/{site.identity}",
        "inference-component:DesiredCopyCount",
        sizing.replicas_minimum,
        sizing.replicas_maximum,
        component,
    )
    scaled = track(
        site,
        target,
        predefined("SageMakerInferenceComponentInvocationsPerCopy"),
        sizing.rps_planned * 60 * share,
        start_s=sizing.start_up_s,
    )
    asleep = Watch(
        role="asleep",
        description="A request found no copy of the model.",
        namespace=METRIC_NAMESPACE,
        metric="NoCapacityInvocationFailures",
        dimensions=_of(site),
        statistic="Maximum",
        # Of more than one the first request alone would wake nothing.
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
        of=1,
        bad=1,
        missing="missing",
    )
    # No second copy is added before the first can answer.
    return scaled, wake(
        site, target, asleep, statistic="Maximum", cooldown_s=math.ceil(sizing.start_up_s)
    )


def watches_of(site: Site, decision: Decision) -> list[Watch]:
    """Failing and slow requests of the copies, and requests that find none for too long."""
    unmade = max(2, math.ceil(2 * decision.sizing.start_up_s / 60))

    def of_copies(watch: Watch) -> Watch:
        failing = watch.metric == "Invocation5XXErrors"
        return msgspec.structs.replace(
            watch,
            dimensions=_of(site),
            metric="InvocationModelErrors" if failing else watch.metric,
        )

    return [
        *map(of_copies, common_watches(site, decision)),
        Watch(
            role="no-capacity",
            description=f"Requests have found no copy for {unmade} minutes: the region has no such "
            "machine, or the account's quota is used up.",
            namespace=METRIC_NAMESPACE,
            metric="NoCapacityInvocationFailures",
            dimensions=_of(site),
            statistic="Sum",
            threshold=0,
            of=unmade,
            bad=math.ceil(unmade / 2) + 1,
        ),
    ]


def advice_of(site: Site, start_s: float) -> list[str]:
    """What clients have to know of it."""
    minutes = math.ceil(start_s / 60)
    return [
        f"Clients name the inference component too, which is called as the endpoint is: "
        f"InferenceComponentName={site.identity} (header X-Amzn-SageMaker-Inference-Component).",
        "While it sleeps a request fails with a ValidationError and wakes it: try again for about "
        f"{minutes} minutes, twice that where a machine has to be found. It sleeps again about 25 "
        "minutes after the last request.",
        f"Its copies: aws sagemaker describe-inference-component --inference-component-name "
        f"{site.identity} --region {site.region}",
    ]
