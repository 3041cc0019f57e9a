"""What every SageMaker mode needs: image, artefacts, network, a role, and a model of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from lichen.catalogue.schema import Image
from lichen.clouds.aws import CLOUD
from lichen.document import InputError
from lichen.placing import images
from lichen.placing.images import image_of
from lichen.sizing.coefficients import knowledge
from lichen.sizing.need import weights_gib
from lichen_components.aws import access
from lichen_components.aws.access import Statement
from lichen_components.aws.account import Account
from lichen_components.aws.args import AwsArgs, aws_args
from lichen_components.aws.key import key_of
from lichen_components.aws.locations import Objects, Repository, archive_uri, objects, repository
from lichen_components.aws.monitoring import logs
from lichen_components.aws.role import role
from lichen_components.aws.sagemaker.settings import machine_image, variables
from lichen_components.aws.site import Site
from lichen_components.errors import input_errors
from lichen_components.images import image_uri, without_patches
from lichen_components.makers import chip_families, chip_of
from lichen_components.plan import Plan

IMAGES_OF = "sagemaker"
"""The hosting whose images are run: those of SageMaker serve the same way outside of it."""

METRIC_NAMESPACE = "AWS/SageMaker"
USAGE_NAMESPACE = "/aws/sagemaker/Endpoints"


@dataclass(frozen=True)
class Ground:
    """What a mode's own resources stand on; ``key`` is an ARN, the user's or ours."""

    key: pulumi.Output[str]
    logs: tuple[aws.cloudwatch.LogGroup, ...]
    role: aws.iam.Role
    access: aws.iam.RolePolicy
    image: pulumi.Output[Repository]
    artifacts: pulumi.Output[Objects]
    model: aws.sagemaker.Model


def ground(
    site: Site,
    plan: Plan,
    account: Account,
    *,
    alarm_names: Sequence[str] = (),
    also: pulumi.Input[Sequence[Statement]] = (),
    isolated: bool = True,
    own_logs: bool = True,
) -> Ground:
    """Key, log, role and model of a plan; no log where it shares that of others (``own_logs``).

    ``alarm_names`` are the alarms that take a roll-out back, ``also`` what the mode's role may do
    beside the common, ``isolated`` whether the container has no network (serverless takes it only
    with one).
    """
    args = aws_args(plan.args)
    if "image" not in args:
        warning = without_patches(published_image(plan), plan.catalogue, plan.today)
        if warning is not None:
            pulumi.log.warn(warning, site.parent)
    key = key_of(site, account, args.get("key"))
    its_logs = (logs(site, key),) if own_logs else ()
    image = pulumi.Output.from_input(image_for(plan, args)).apply(
        input_errors()(partial(repository, region=site.region))
    )
    artifacts = located(args["artifacts"], site.region, "artifacts")
    keys = [key] if "artifacts_key" not in args else [key, args["artifacts_key"]]
    network = args.get("subnets", []), args.get("security_groups", [])
    statements = pulumi.Output.all(
        account.partition, account.id, image, artifacts, keys, also, network
    ).apply(lambda known: _statements(site, alarm_names, *known))
    its_role, its_access = role(
        site, account, service="sagemaker", source="sagemaker", statements=statements
    )
    model = model_of(
        site, plan, its_role, its_access, image=image, artifacts=artifacts, isolated=isolated
    )
    return Ground(key, its_logs, its_role, its_access, image, artifacts, model)


def model_of(
    site: Site,
    plan: Plan,
    its_role: aws.iam.Role,
    its_access: aws.iam.RolePolicy,
    *,
    image: pulumi.Output[Repository],
    artifacts: pulumi.Output[Objects],
    environment: Mapping[str, pulumi.Input[str]] | None = None,
    isolated: bool = True,
    called: str = "model",
) -> aws.sagemaker.Model:
    """A model of the plan's container, with ``environment`` over its variables."""
    args = aws_args(plan.args)
    archive_for = CLOUD.one_archive.get(plan.decision.placement.chosen.hosting, "")
    return aws.sagemaker.Model(
        site.child(called),
        execution_role_arn=its_role.arn,
        # SageMaker brings the model's files: the container itself needs no network.
        enable_network_isolation=isolated,
        primary_container=aws.sagemaker.ModelPrimaryContainerArgs(
            image=image.apply(lambda known: known.uri),
            environment={
                **variables(plan.container),
                **plan.args.get("environment", {}),
                **(environment or {}),
            },
            model_data_url=artifacts.apply(input_errors()(partial(archive_uri, what=archive_for)))
            if archive_for
            else None,
            model_data_source=None if archive_for else _source(artifacts),
        ),
        vpc_config=_network(args),
        region=site.region,
        tags=site.tags,
        opts=site.kept(its_access),
    )


def _statements(
    site: Site,
    alarm_names: Sequence[str],
    partition: str,
    account: str,
    image: Repository,
    artifacts: Objects,
    keys: list[str],
    also: Sequence[Statement],
    network: tuple[list[str], list[str]],
) -> list[Statement]:
    """What the role of a SageMaker model allows."""
    subnets, groups = network
    allowed = [
        *access.pull_image(partition, image),
        *access.read_objects(partition, artifacts),
        *access.write_logs(partition, site.region, account, site.log_group_name),
        *access.write_metrics((METRIC_NAMESPACE, USAGE_NAMESPACE)),
        *access.use_keys(keys, grants_on=keys[:1]),
        *also,
    ]
    if alarm_names:
        allowed += access.read_alarms(partition, site.region, account, alarm_names)
    if subnets:
        allowed += access.join_network(partition, site.region, account, subnets, groups)
    return allowed


def published_image(plan: Plan) -> Image:
    """The image that AWS publishes for the plan."""
    decision = plan.decision
    family = chip_families(plan.catalogue).get(chip_of(decision.machine))
    image = image_of(plan.catalogue, IMAGES_OF, family, decision.card.kind)
    assert image is not None, "placing takes no machine without an image"
    return image


def image_for(plan: Plan, args: AwsArgs) -> pulumi.Input[str]:
    """The user's image, else the published one; :class:`InputError` where the region has none, or
    where it does not run on the driver of SageMaker's machines."""
    if "image" in args:
        return args["image"]
    image = published_image(plan)
    named = machine_image(plan.container)
    machines = named and images.machine_image(plan.catalogue, IMAGES_OF, named)
    reason = machines and images.fits(image, machines.driver)
    if reason:
        raise InputError(reason, fix="give an image of your own for this driver", field="image")
    return image_uri(image, plan.catalogue, plan.region, args.get("registry"))


def located(
    uri: pulumi.Input[str], region: str, field: str, *, archive: bool = True
) -> pulumi.Output[Objects]:
    """A location in S3 once it is known; a wrong one ends the program with its field."""
    return pulumi.Output.from_input(uri).apply(
        input_errors()(partial(objects, region=region, field=field, archive=archive))
    )


def files_gib(plan: Plan) -> float:
    """The size of the model's files, at the precision that was chosen."""
    known, decision = knowledge(plan.catalogue), plan.decision
    chip = known.chips.of_machine(decision.machine)
    kind = "gpu" if chip is None else chip.kind
    return weights_gib(decision.card, decision.precision, known.formats, kind) or 0.0


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
