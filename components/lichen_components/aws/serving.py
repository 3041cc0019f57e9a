"""AWS's serving images outside SageMaker: they answer as there once the model's files are in
place."""

from __future__ import annotations

from functools import partial

import pulumi

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.aws.args import AwsArgs
from lichen_components.aws.locations import Objects, Repository, repository
from lichen_components.aws.sagemaker.model import image_for, located, published_image
from lichen_components.aws.sagemaker.settings import DIRECTORY, variables
from lichen_components.errors import input_errors
from lichen_components.images import without_patches
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

COPIER = "public.ecr.aws/aws-cli/aws-cli:2.31.23"
"""AWS's own image of its command line, for both kinds of processor: it copies the model's files
from S3 before the server starts."""


def check_mode(decision: Decision, what: str) -> None:
    """:class:`InputError` where ``what`` is not what the workload's mode asks for."""
    if decision.workload.mode != "real-time":
        raise InputError(
            f"{what} answers in real time, and the workload is {decision.workload.mode}",
            fix="use mode: real-time, or sagemaker in where.hosting",
            field="workload.mode",
        )


def check_files(args: AwsArgs) -> None:
    """:class:`InputError` where the model's files are missing, or one archive, which nobody
    unpacks outside SageMaker."""
    if "artifacts" not in args:
        raise InputError(
            "is required on AWS: the location of the model's files",
            fix="add artifacts: s3://<bucket>/<prefix>/",
            field="artifacts",
        )
    given = args["artifacts"]
    if isinstance(given, str) and given.endswith(".gz"):
        raise InputError(
            f"{given!r} is an archive, and only SageMaker unpacks one",
            fix="unpack it, and give the folder: s3://<bucket>/<prefix>/",
            field="artifacts",
        )


def check_architecture(args: AwsArgs, decision: Decision) -> None:
    """:class:`InputError` where the user's image is not built for the machine's processor."""
    if "image" not in args:
        return
    wanted, said = decision.machine.architecture, args.get("image_architecture")
    if said == wanted:
        return
    wrong = (
        f"is required with an image of yours: {decision.machine.name} has a processor of {wanted}"
        if said is None
        else f"{said!r} does not run on {decision.machine.name}, whose processor is of {wanted}"
    )
    raise InputError(
        wrong,
        fix=f"build the image with --platform linux/{'arm64' if wanted == 'arm64' else 'amd64'} "
        f"--provenance=false, and write image_architecture: {wanted}",
        field="image_architecture",
    )


def image_of(plan: Plan, args: AwsArgs, parent: pulumi.Resource) -> pulumi.Output[Repository]:
    """The image to run: the user's, else AWS's, with a warning where that is not patched."""
    if "image" not in args:
        warning = without_patches(published_image(plan), plan.catalogue, plan.today)
        if warning is not None:
            pulumi.log.warn(warning, parent)
    return pulumi.Output.from_input(image_for(plan, args)).apply(
        input_errors()(partial(repository, region=plan.region))
    )


def files_of(plan: Plan, args: AwsArgs) -> pulumi.Output[Objects]:
    """Where the model's files are, in the chosen region."""
    return located(args["artifacts"], plan.region, "artifacts")


def environment_of(plan: Plan, args: EndpointArgs) -> dict[str, pulumi.Input[str]]:
    """The container's variables, the user's over ours."""
    return {**variables(plan.container), **args.get("environment", {})}


def copy_command(files: Objects) -> list[str]:
    """The copier's arguments: everything below the prefix into the model's folder."""
    return ["s3", "cp", "--recursive", "--only-show-errors", files.uri, DIRECTORY]
