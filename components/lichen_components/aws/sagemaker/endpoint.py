"""A SageMaker endpoint and all that it needs, made of what was decided: nothing is chosen here."""

from __future__ import annotations

from functools import partial

import pulumi
import pulumi_aws as aws

from lichen.catalogue.schema import Image
from lichen.document import InputError
from lichen.passport import Passport, to_tags
from lichen.sizing.coefficients import knowledge
from lichen.sizing.need import weights_gib
from lichen_components.args import AwsArgs, EndpointArgs, aws_args
from lichen_components.aws.account import account_of
from lichen_components.aws.key import key
from lichen_components.aws.locations import Objects, objects, repository
from lichen_components.aws.monitoring import Metrics, alarms, logs, slow_ms
from lichen_components.aws.role import Permissions, role
from lichen_components.aws.sagemaker.modes import check_mode
from lichen_components.aws.sagemaker.rollout import rollout
from lichen_components.aws.sagemaker.scaling import VARIANT, scale
from lichen_components.aws.sagemaker.settings import (
    machine_image,
    start_timeout_s,
    variables,
    volume_gib,
)
from lichen_components.aws.site import Site
from lichen_components.errors import input_errors
from lichen_components.images import image_of, image_uri, without_patches
from lichen_components.makers import chip_families, chip_of
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

TYPE = "lichen:index:SagemakerEndpoint"

OLD_TYPES = (
    "lichen:index:InferentiaEndpoint",
    "lichen:index:GpuEndpoint",
    "lichen:index:GravitonEndpoint",
)
"""The types of version 0.1.0, one a chip: a stack that has them keeps its resources."""

METRIC_NAMESPACE = "AWS/SageMaker"
USAGE_NAMESPACE = "/aws/sagemaker/Endpoints"

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
        endpoint_name = f"{name}-{workload.environment}"
        site = Site(
            name=name,
            endpoint_name=endpoint_name,
            description=f"SageMaker endpoint {endpoint_name}",
            region=region,
            tags=to_tags(Passport.of(workload, decision.precision), "aws"),
            log_group_name=f"{USAGE_NAMESPACE}/{endpoint_name}",
            parent=self,
        )
        if "image" not in args:
            warning = without_patches(published_image(plan), plan.catalogue, plan.today)
            if warning is not None:
                pulumi.log.warn(warning, self)
        results = args.get("results") if workload.mode == "asynchronous" else None
        account = account_of(self)
        its_key = key(site, account)
        its_logs = logs(site, workload.environment, its_key)
        image = pulumi.Output.from_input(image_for(plan, args)).apply(
            input_errors()(partial(repository, region=region))
        )
        artifacts = _objects(args["artifacts"], region, "artifacts")
        answers = None if results is None else _objects(results, region, "results")
        its_role, access = role(
            site,
            account,
            Permissions(
                service="sagemaker.amazonaws.com",
                metric_namespaces=(METRIC_NAMESPACE, USAGE_NAMESPACE),
                repository=image,
                artifacts=artifacts,
                results=answers,
                key=its_key.arn,
                artifacts_key=args.get("artifacts_key"),
                network=bool(args.get("subnets")),
            ),
        )
        model = aws.sagemaker.Model(
            site.child("model"),
            execution_role_arn=its_role.arn,
            # SageMaker brings the model's files: the container itself needs no network.
            enable_network_isolation=True,
            primary_container=aws.sagemaker.ModelPrimaryContainerArgs(
                image=image.apply(lambda known: known.uri),
                environment={**variables(plan.container), **plan.args.get("environment", {})},
                model_data_source=_source(artifacts),
            ),
            vpc_config=_network(args),
            region=region,
            tags=site.tags,
            opts=site.under(access),
        )
        machines = max(1, decision.sizing.replicas_minimum)
        hosting = plan.catalogue.hostings[decision.placement.chosen.hosting]
        machine = f"{hosting.machine_prefix}{decision.machine.name}"
        configuration = aws.sagemaker.EndpointConfiguration(
            site.child("config"),
            kms_key_arn=its_key.arn,
            production_variants=[
                aws.sagemaker.EndpointConfigurationProductionVariantArgs(
                    variant_name=VARIANT,
                    model_name=model.name,
                    instance_type=machine,
                    initial_instance_count=machines,
                    volume_size_in_gb=volume_gib(_weights_gib(plan)),
                    inference_ami_version=machine_image(plan.container),
                    model_data_download_timeout_in_seconds=_DOWNLOAD_TIMEOUT_S,
                    container_startup_health_check_timeout_in_seconds=start_timeout_s(
                        plan.container
                    ),
                )
            ],
            async_inference_config=None if answers is None else _answers(answers, its_key),
            region=region,
            tags=site.tags,
            opts=site.under(),
        )
        metrics = Metrics(
            namespace=METRIC_NAMESPACE,
            dimensions={"EndpointName": endpoint_name, "VariantName": VARIANT},
            errors="Invocation5XXErrors",
            latency="ModelLatency",
            per_ms=1000,
        )
        watching = alarms(site, metrics, slow_ms(decision), args.get("alarm_topic"))
        endpoint = aws.sagemaker.Endpoint(
            site.child("endpoint"),
            name=site.endpoint_name,
            endpoint_config_name=configuration.name,
            deployment_config=rollout(machines, watching),
            region=region,
            tags=site.tags,
            opts=site.under(its_logs),
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


def published_image(plan: Plan) -> Image:
    """The image that AWS publishes for the plan."""
    decision = plan.decision
    family = chip_families(plan.catalogue).get(chip_of(decision.machine))
    hosting = decision.placement.chosen.hosting
    image = image_of(plan.catalogue, hosting, family, decision.card.kind)
    assert image is not None, "placing takes no machine without an image"
    return image


def image_for(plan: Plan, args: AwsArgs) -> pulumi.Input[str]:
    """The user's image, else the published one; :class:`InputError` where the region has none."""
    if "image" in args:
        return args["image"]
    return image_uri(published_image(plan), plan.catalogue, plan.region, args.get("registry"))


def _url(name: str, region: str) -> str:
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://runtime.sagemaker.{region}.{domain}/endpoints/{name}/invocations"


def _objects(uri: pulumi.Input[str], region: str, field: str) -> pulumi.Output[Objects]:
    return pulumi.Output.from_input(uri).apply(
        input_errors()(partial(objects, region=region, field=field))
    )


def _source(
    artifacts: pulumi.Output[Objects],
) -> aws.sagemaker.ModelPrimaryContainerModelDataSourceArgs:
    return aws.sagemaker.ModelPrimaryContainerModelDataSourceArgs(
        s3_data_sources=[
            aws.sagemaker.ModelPrimaryContainerModelDataSourceS3DataSourceArgs(
                s3_uri=artifacts.apply(lambda known: known.uri),
                s3_data_type=artifacts.apply(
                    lambda known: "S3Object" if known.is_archive else "S3Prefix"
                ),
                compression_type=artifacts.apply(
                    lambda known: "Gzip" if known.is_archive else "None"
                ),
            )
        ]
    )


def _network(args: AwsArgs) -> aws.sagemaker.ModelVpcConfigArgs | None:
    subnets = args.get("subnets")
    if not subnets:
        return None
    return aws.sagemaker.ModelVpcConfigArgs(
        subnets=subnets, security_group_ids=args.get("security_groups", [])
    )


def _answers(
    results: pulumi.Output[Objects], its_key: aws.kms.Key
) -> aws.sagemaker.EndpointConfigurationAsyncInferenceConfigArgs:
    return aws.sagemaker.EndpointConfigurationAsyncInferenceConfigArgs(
        output_config=aws.sagemaker.EndpointConfigurationAsyncInferenceConfigOutputConfigArgs(
            s3_output_path=results.apply(lambda known: known.uri), kms_key_id=its_key.arn
        )
    )


def _weights_gib(plan: Plan) -> float:
    """The model's files, at the precision that was chosen."""
    known, decision = knowledge(plan.catalogue), plan.decision
    chip = known.chips.of_machine(decision.machine)
    kind = "gpu" if chip is None else chip.kind
    return weights_gib(decision.card, decision.precision, known.formats, kind) or 0.0
