"""EC2: launch templates, machines and security groups (EC2 API; EBS User Guide, gp3 volumes)."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from moto.ec2.models import ec2_backends
from moto.ssm.models import ssm_backends

from sandbox.aws.emulator.requests import Check, Request, refuse

_CODE = "InvalidParameterValue"
_MOST_USER_DATA_BYTES = 16_384
_MOST_GIB, _LEAST_IOPS, _MOST_IOPS = 65_536, 3_000, 80_000
_LEAST_MIB_S, _MOST_MIB_S, _MIB_S_PER_IOPS = 125, 2_000, 0.25
_MOST_HOPS = 64
_DESCRIPTION = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}")


def _create_template(request: Request) -> None:
    data = request["LaunchTemplateData"]
    for mapping in data.get("BlockDeviceMappings") or []:
        _check_disk(mapping.get("Ebs") or {})
    hops = (data.get("MetadataOptions") or {}).get("HttpPutResponseHopLimit", 1)
    refuse(_CODE, (not 1 <= hops <= _MOST_HOPS, f"The hop limit must be 1 to {_MOST_HOPS}."))
    if text := data.get("UserData"):
        try:
            size = len(base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError):
            size = -1
        refuse(
            "InvalidUserData.Malformed",
            (size < 0, "Invalid BASE64 encoding of user data."),
            (
                size > _MOST_USER_DATA_BYTES,
                f"User data is limited to {_MOST_USER_DATA_BYTES} bytes (16 KB).",
            ),
        )


def _check_disk(disk: Mapping[str, Any]) -> None:
    size = disk.get("VolumeSize", 8)
    refuse(
        _CODE,
        (not 1 <= size <= _MOST_GIB, f"Volume of {size} GiB is not of a valid size."),
        (
            disk.get("KmsKeyId") and not disk.get("Encrypted"),
            "KmsKeyId is given for a volume that is not encrypted.",
        ),
    )
    if disk.get("VolumeType") != "gp3":
        refuse(_CODE, ("Throughput" in disk, "Throughput is supported for gp3 volumes alone."))
        return
    iops, speed = disk.get("Iops", _LEAST_IOPS), disk.get("Throughput", _LEAST_MIB_S)
    refuse(
        _CODE,
        (
            not _LEAST_IOPS <= iops <= _MOST_IOPS,
            f"Volume iops of {iops} must be {_LEAST_IOPS} to {_MOST_IOPS}.",
        ),
        (
            not _LEAST_MIB_S <= speed <= _MOST_MIB_S,
            f"Throughput of {speed} must be {_LEAST_MIB_S} to {_MOST_MIB_S} MiB/s.",
        ),
        (
            speed > iops * _MIB_S_PER_IOPS,
            f"Throughput (MiB/s) to iops ratio of {speed / iops:.2f} is too high: the most is "
            f"{_MIB_S_PER_IOPS}.",
        ),
    )


def _run(request: Request) -> None:
    backend, name = ec2_backends[request.account][request.region], request["ImageId"]
    if not name:
        return
    parameters = ssm_backends[request.account][request.region]
    published = [
        one.value
        for versions in parameters._parameters.values()
        for one in versions
        if isinstance(one.value, str)
    ]
    refuse(
        "InvalidAMIID.NotFound",
        (
            name not in backend.amis and name not in published,
            f"The image id '[{name}]' does not exist: no such AMI.",
        ),
    )


def _create_group(request: Request) -> None:
    text = request["Description"] or ""
    refuse(
        _CODE,
        (
            not _DESCRIPTION.fullmatch(text),
            f"Invalid security group description: {text}. Valid characters are a-z, A-Z, 0-9, "
            f"spaces and ._-:/()#,@[]+=&;{{}}!$*",
        ),
    )


def _authorize(request: Request) -> None:
    for rule in request["IpPermissions"] or [request.given]:
        low, high = rule.get("FromPort"), rule.get("ToPort")
        refuse(
            _CODE,
            (
                rule.get("IpProtocol") in ("tcp", "udp", "6", "17")
                and (low is None or high is None),
                "Invalid value for portRange: TCP and UDP need ports.",
            ),
            (
                low is not None and high is not None and high != -1 and low > high,
                f"Invalid TCP port range ({low}:{high}).",
            ),
        )


CHECKS: dict[str, Check] = {
    "AuthorizeSecurityGroupEgress": _authorize,
    "AuthorizeSecurityGroupIngress": _authorize,
    "CreateLaunchTemplate": _create_template,
    "CreateLaunchTemplateVersion": _create_template,
    "CreateSecurityGroup": _create_group,
    "RunInstances": _run,
}
