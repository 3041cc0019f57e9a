"""What AWS would refuse, said when the program runs: before any resource is made."""

from __future__ import annotations

from collections.abc import Mapping

from lichen.clouds.aws import CLOUD
from lichen.document import InputError
from lichen.placing.placement import Option
from lichen_components.aws.args import AwsArgs
from lichen_components.aws.locations import archive_uri, objects, repository
from lichen_components.aws.reading import zones_of

_MOST_SUBNETS, _MOST_GROUPS = 16, 5
"""SageMaker API, VpcConfig; the same for Lambda and ECS."""

_FOLDERS = ("results", "requests", "failures")


def check_artifacts_given(args: AwsArgs) -> None:
    """The model's files have a location."""
    if "artifacts" not in args:
        raise InputError(
            "is required on AWS: the location of the model's files",
            fix="add artifacts: s3://<bucket>/<prefix>/",
            field="artifacts",
        )


def check_places_given(args: AwsArgs, what: str) -> None:
    """Requests and results have locations; ``what`` is what reads and writes them."""
    for field, does in (
        ("requests", "reads its requests from"),
        ("results", "writes its results to"),
    ):
        if field not in args:
            raise InputError(
                f"is required: {what} {does} S3",
                fix=f"add {field}: s3://<bucket>/<prefix>/",
                field=field,
            )


def check_locations(args: AwsArgs, region: str) -> None:
    """Locations in S3 that are known already: artefacts may be an archive, all others are
    folders."""
    for field in ("artifacts", *_FOLDERS):
        value = args.get(field)
        if isinstance(value, str):
            objects(value, region, field, archive=field == "artifacts")


def check_archive(args: AwsArgs, chosen: Option) -> None:
    """The model's files, where their location is known already, are one archive where the hosting
    takes no other."""
    given, what = args.get("artifacts"), CLOUD.one_archive.get(chosen.hosting)
    if isinstance(given, str) and what is not None:
        archive_uri(objects(given, chosen.region, "artifacts"), what)


_ARNS = {
    "alarm_topic": "sns",
    "success_topic": "sns",
    "error_topic": "sns",
    "key": "kms",
    "artifacts_key": "kms",
    "requests_key": "kms",
    "results_key": "kms",
}
_THINGS = {"sns": "an SNS topic", "kms": "a KMS key"}


def check_region(args: AwsArgs, region: str) -> None:
    """Image, topics and keys that are known already are in the chosen region: AWS takes no others
    (CloudWatch, PutMetricAlarm: "Only REGION is supported"; KMS keys are of one region)."""
    given: Mapping[str, object] = args
    if "image" in given and isinstance(image := given["image"], str):
        repository(image, region)
    for field, arn in given.items():
        if field not in _ARNS or not isinstance(arn, str):
            continue
        service = _ARNS[field]
        parts = arn.split(":")
        if len(parts) < 6 or parts[0] != "arn" or parts[2] != service:
            raise InputError(
                f"is the ARN of {_THINGS[service]}",
                fix=f"write arn:aws:{service}:{region}:<account>:...",
                field=field,
            )
        if parts[3] != region:
            made = f", or topics: [{field.removesuffix('_topic')}]" if service == "sns" else ""
            raise InputError(
                f"is in {parts[3]}, and the placement is in {region}: AWS takes one of the same "
                "region alone",
                fix=f"give {_THINGS[service]} in {region}{made}",
                field=field,
            )


def check_network(args: AwsArgs, zones: int) -> None:
    """Subnets and security groups come together; there is a subnet for each zone."""
    subnets, groups = args.get("subnets") or [], args.get("security_groups") or []
    if subnets and not groups:
        raise InputError(
            "is required with subnets: without a security group AWS makes nothing in them",
            fix="add security_groups: [sg-...]",
            field="security_groups",
        )
    if groups and not subnets:
        raise InputError(
            "is required with security_groups: without subnets the model is outside your network",
            fix="add private subnets of the chosen region: subnets: [subnet-...], or leave "
            "security_groups out",
            field="subnets",
        )
    for field, values, most in (
        ("subnets", subnets, _MOST_SUBNETS),
        ("security_groups", groups, _MOST_GROUPS),
    ):
        if len(values) > most:
            raise InputError(
                f"has {len(values)} values; AWS takes {most}",
                fix=f"keep at most {most}",
                field=field,
            )
    if subnets and zones > len(subnets):
        raise InputError(
            f"the workload asks for {zones} zones, and there is one subnet a zone at most: "
            f"{len(subnets)} given",
            fix=f"give {zones} subnets, each in a zone of its own, or lower availability.zones "
            f"to {len(subnets)}",
            field="subnets",
        )


def check_zones(region: str, zones: int) -> None:
    """No more zones are asked for than the account has in the region."""
    if zones < 2:
        return
    there = zones_of(region)
    if there is not None and zones > there:
        raise InputError(
            f"{region} has {there} zones for this account, and {zones} are asked for",
            fix=f"lower it to {there}, or allow other regions in where",
            field="workload.availability.zones",
        )
