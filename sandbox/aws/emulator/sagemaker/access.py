"""What an endpoint reads, writes and is watched by: its role and the buckets must allow it."""

import re
from typing import Any

from moto.iam.models import Role
from moto.s3.models import s3_backends
from moto.sagemaker.models import SageMakerModelBackend

from sandbox.aws.emulator import policies
from sandbox.aws.emulator.sagemaker import neuron, refused

_IMAGE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<name>[^:@]+)"
)
_PULLS = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
_INTERFACES = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)

Described = dict[str, Any]


def taken(backend: SageMakerModelBackend, arn: str, what: str) -> Role:
    """The role that SageMaker takes for a model or configuration; `what` is its kind and name."""
    account, region = backend.account_id, backend.region_name
    found = policies.role(account, arn)
    partition = arn.split(":")[1]
    context = {
        "aws:SourceAccount": account,
        "aws:SourceArn": f"arn:{partition}:sagemaker:{region}:{account}:{what}",
    }
    services = [f"sagemaker.{domain}" for domain in ("amazonaws.com", "amazonaws.com.cn")]
    if found is None or not any(policies.trusts(found, one, context) for one in services):
        raise refused(
            f"Could not assume role {arn}. Please ensure that the role exists and allows principal "
            f"'sagemaker.amazonaws.com' to assume the role."
        )
    return found


def check_model(backend: SageMakerModelBackend, name: str, arn: str, containers: Any) -> None:
    """Refuse a model whose role cannot be taken, or cannot read artefacts that are there."""
    role = taken(backend, arn, f"model/{name}")
    for container in containers:
        source = (container.get("ModelDataSource") or {}).get("S3DataSource") or {}
        if "S3Uri" in source:
            is_prefix = source["S3DataType"] == "S3Prefix"
            if not is_prefix and source["CompressionType"] == "None":
                raise refused(
                    "S3DataType S3Object needs CompressionType Gzip: give a prefix for files that "
                    "are not in an archive."
                )
            if is_prefix and source["CompressionType"] == "Gzip":
                raise refused("S3DataType S3Prefix needs CompressionType None.")
            _readable(backend, role, source["S3Uri"], is_prefix=is_prefix)
        if container.get("ModelDataUrl"):
            _readable(backend, role, container["ModelDataUrl"], is_prefix=False)


def _readable(backend: SageMakerModelBackend, role: Role, uri: str, *, is_prefix: bool) -> None:
    bucket, key = _parts(uri)
    partition = role.arn.split(":")[1]
    if is_prefix and not key.endswith("/") and key:
        raise refused(f"S3Uri {uri} must end with a forward slash for S3DataType S3Prefix.")
    there = s3_backends[backend.account_id][partition].buckets.get(bucket)
    keys = [] if there is None else [one for one in there.keys if one.startswith(key)]
    objects = keys if is_prefix else [one for one in keys if one == key]
    in_region = there is not None and there.region_name == backend.region_name
    readable = all(
        policies.allows(role, "s3:GetObject", f"arn:{partition}:s3:::{bucket}/{one}")
        for one in objects
    )
    listed = not is_prefix or policies.allows(
        role, "s3:ListBucket", f"arn:{partition}:s3:::{bucket}", {"s3:prefix": key}
    )
    if not (objects and in_region and readable and listed):
        raise refused(
            f'Could not access model data at {uri}. Please ensure that the role "{role.arn}" '
            f'exists and that its trust relationship policy allows the action "sts:AssumeRole" '
            f'for the service principal "sagemaker.amazonaws.com". Also ensure that the role has '
            f'"s3:GetObject" permissions and that the object is located in '
            f"{backend.region_name}."
        )


def _parts(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def failure(backend: SageMakerModelBackend, configuration: Described) -> str | None:
    """Why the machines of a configuration do not come up, as DescribeEndpoint says it."""
    for variant in configuration["ProductionVariants"]:
        if "ModelName" not in variant:
            role = taken(
                backend,
                configuration["ExecutionRoleArn"],
                f"endpoint-config/{configuration['EndpointConfigName']}",
            )
            missing = _missing(backend, role, configuration, [], configuration.get("VpcConfig"))
        else:
            model = backend.describe_model(variant["ModelName"])
            role = taken(backend, model.execution_role_arn, f"model/{model.model_name}")
            containers = [model.primary_container or {}, *model.containers]
            images = [one["Image"] for one in containers if "Image" in one]
            if unlike := neuron.why_not(variant, images):
                return unlike
            missing = _missing(backend, role, configuration, images, model.vpc_config)
        if missing:
            return f"The role {role.arn} does not allow {', '.join(missing)}."
    return None


def _missing(
    backend: SageMakerModelBackend,
    role: Role,
    configuration: Described,
    images: list[str],
    network: Described | None,
) -> list[str]:
    """The actions that a role lacks, each with its resource."""
    partition = role.arn.split(":")[1]
    needed: list[tuple[str, str, dict[str, str]]] = []
    for image in images:
        if found := _IMAGE.match(image):
            where = f"arn:{partition}:ecr:{found['region']}:{found['account']}:repository"
            needed.append(("ecr:GetAuthorizationToken", "*", {}))
            needed += [(action, f"{where}/{found['name']}", {}) for action in _PULLS]
    if key := configuration.get("KmsKeyId"):
        aws = {"kms:GrantIsForAWSResource": "true"}
        needed.append(("kms:CreateGrant", key, aws))
    output = (configuration.get("AsyncInferenceConfig") or {}).get("OutputConfig") or {}
    capture = configuration.get("DataCaptureConfig") or {}
    written = [output.get("S3OutputPath"), output.get("S3FailurePath")]
    written.append(capture.get("DestinationS3Uri") if capture.get("EnableCapture") else None)
    for uri in filter(None, written):
        bucket, key = _parts(uri)
        path = f"{key.rstrip('/')}/out".lstrip("/")
        needed.append(("s3:PutObject", f"arn:{partition}:s3:::{bucket}/{path}", {}))
    for at in (output, capture):
        if str(at.get("KmsKeyId") or "").startswith("arn:"):
            needed.append(("kms:GenerateDataKey", at["KmsKeyId"], {}))
    topics = output.get("NotificationConfig") or {}
    for topic in ("SuccessTopic", "ErrorTopic"):
        if topics.get(topic):
            needed.append(("sns:Publish", topics[topic], {}))
    missing = [
        f"{action} on {resource}"
        for action, resource, context in needed
        if not policies.allows(role, action, resource, context)
    ]
    if network:
        missing += [action for action in _INTERFACES if not policies.names(role, action)]
    return missing


def check_alarms(
    backend: SageMakerModelBackend, configuration: Described, alarms: list[str]
) -> None:
    """Refuse alarms that the role may not read (guide, auto-rollback prerequisites)."""
    for variant in configuration["ProductionVariants"]:
        arn = configuration.get("ExecutionRoleArn")
        if "ModelName" in variant:
            arn = backend.describe_model(variant["ModelName"]).execution_role_arn
        role = taken(backend, str(arn), f"endpoint/{configuration['EndpointConfigName']}")
        region, account = backend.region_name, backend.account_id
        where = f"arn:{role.arn.split(':')[1]}:cloudwatch:{region}:{account}:alarm"
        for name in alarms:
            if not policies.allows(role, "cloudwatch:DescribeAlarms", f"{where}:{name}"):
                raise refused(
                    f"The role {role.arn} does not allow cloudwatch:DescribeAlarms on "
                    f"{where}:{name}, which is to take the roll-out back."
                )


def check_request(backend: SageMakerModelBackend, endpoint: str, uri: str) -> None:
    """Refuse a queued request that the role cannot read."""
    configuration = backend.describe_endpoint_config(
        backend.endpoints[endpoint].endpoint_config_name
    )
    for variant in configuration["ProductionVariants"]:
        model = backend.describe_model(variant["ModelName"])
        role = taken(backend, model.execution_role_arn, f"model/{model.model_name}")
        _readable(backend, role, uri, is_prefix=False)
