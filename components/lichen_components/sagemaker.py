"""A SageMaker endpoint and all it needs, made of what was decided: nothing is chosen here."""

from __future__ import annotations

from functools import partial

import pulumi
import pulumi_aws as aws

from lichen_components.access import Needs, role
from lichen_components.account import account_of
from lichen_components.container import Container, Objects, objects, repository
from lichen_components.encryption import key
from lichen_components.observing import alarms, logs, slow_ms
from lichen_components.plan import VARIANT, Plan, Site
from lichen_components.refusal import refused_cleanly
from lichen_components.rollout import rollout
from lichen_components.scaling import scale

_DOWNLOAD_TIMEOUT_S = 3600


class SagemakerEndpoint(pulumi.ComponentResource):
    """Model, configuration, endpoint, role, key, log, scaling and alarms in the chosen region."""

    endpoint_name: pulumi.Output[str]
    endpoint_arn: pulumi.Output[str]

    def __init__(
        self,
        kind: str,
        name: str,
        plan: Plan,
        container: Container,
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        super().__init__(kind, name, {}, opts)
        site = Site(name, plan, self)
        asked, region = plan.asked, plan.region
        results = asked.get("results") if plan.workload.mode == "asynchronous" else None
        account = account_of(self)
        its_key = key(site, account)
        its_logs = logs(site, plan.workload, its_key)
        image = pulumi.Output.from_input(container.image).apply(
            refused_cleanly()(partial(repository, region=region))
        )
        artifacts = _objects(asked["artifacts"], region, "artifacts")
        answers = None if results is None else _objects(results, region, "results")
        its_role, access = role(
            site,
            account,
            Needs(
                repository=image,
                artifacts=artifacts,
                results=answers,
                key=its_key.arn,
                artifacts_key=asked.get("artifacts_key"),
                network=bool(asked.get("subnets")),
            ),
        )
        model = aws.sagemaker.Model(
            site.child("model"),
            execution_role_arn=its_role.arn,
            # The artefacts are brought by SageMaker: the container itself needs no network.
            enable_network_isolation=True,
            primary_container=aws.sagemaker.ModelPrimaryContainerArgs(
                image=image.apply(lambda known: known.uri),
                environment={**container.environment, **asked.get("environment", {})},
                model_data_source=_source(artifacts),
            ),
            vpc_config=_network(plan),
            region=region,
            tags=site.tags,
            opts=site.under(access),
        )
        machines = max(1, plan.placement.sizing.replicas_minimum)
        configuration = aws.sagemaker.EndpointConfiguration(
            site.child("config"),
            kms_key_arn=its_key.arn,
            production_variants=[
                aws.sagemaker.EndpointConfigurationProductionVariantArgs(
                    variant_name=VARIANT,
                    model_name=model.name,
                    instance_type=f"ml.{plan.machine.name}",
                    initial_instance_count=machines,
                    volume_size_in_gb=container.volume_gib,
                    inference_ami_version=container.machine_image,
                    model_data_download_timeout_in_seconds=_DOWNLOAD_TIMEOUT_S,
                    container_startup_health_check_timeout_in_seconds=container.start_timeout_s,
                )
            ],
            async_inference_config=None if answers is None else _answers(answers, its_key),
            region=region,
            tags=site.tags,
            opts=site.under(),
        )
        watching = alarms(site, slow_ms(plan.workload, plan.placement), asked.get("alarm_topic"))
        endpoint = aws.sagemaker.Endpoint(
            site.child("endpoint"),
            name=site.endpoint_name,
            endpoint_config_name=configuration.name,
            deployment_config=rollout(machines, watching),
            region=region,
            tags=site.tags,
            opts=site.under(its_logs),
        )
        scale(site, plan, endpoint)
        self.endpoint_name = endpoint.name
        self.endpoint_arn = endpoint.arn
        self.register_outputs({"endpoint_name": endpoint.name, "endpoint_arn": endpoint.arn})


def _objects(uri: pulumi.Input[str], region: str, field: str) -> pulumi.Output[Objects]:
    return pulumi.Output.from_input(uri).apply(
        refused_cleanly()(partial(objects, region=region, field=field))
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


def _network(plan: Plan) -> aws.sagemaker.ModelVpcConfigArgs | None:
    subnets = plan.asked.get("subnets")
    if not subnets:
        return None
    return aws.sagemaker.ModelVpcConfigArgs(
        subnets=subnets, security_group_ids=plan.asked.get("security_groups", [])
    )


def _answers(
    results: pulumi.Output[Objects], its_key: aws.kms.Key
) -> aws.sagemaker.EndpointConfigurationAsyncInferenceConfigArgs:
    return aws.sagemaker.EndpointConfigurationAsyncInferenceConfigArgs(
        output_config=aws.sagemaker.EndpointConfigurationAsyncInferenceConfigOutputConfigArgs(
            s3_output_path=results.apply(lambda known: known.uri), kms_key_id=its_key.arn
        )
    )
