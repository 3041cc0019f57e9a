"""Load balancers (Elastic Load Balancing API, 2015-12-01)."""

import re
from collections.abc import Mapping
from typing import Any

from moto.acm.models import acm_backends
from moto.ec2.models import ec2_backends
from moto.elbv2.models import elbv2_backends
from moto.s3.models import s3_backends

from sandbox.aws.emulator.requests import Check, Request, refuse

_CODE = "ValidationError"
_LONGEST_NAME = 32
_NAME = re.compile(r"[A-Za-z0-9-]*")
_PROTOCOLS: Mapping[str, tuple[str, ...]] = {
    "application": ("HTTP", "HTTPS"),
    "network": ("TCP", "TLS", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"),
    "gateway": ("GENEVE",),
}
_WITH_TLS = ("HTTPS", "TLS")
_SECONDS: Mapping[str, tuple[int, int]] = {
    "idle_timeout.timeout_seconds": (1, 4000),
    "client_keep_alive.seconds": (60, 604_800),
    "deregistration_delay.timeout_seconds": (0, 3600),
}
_SLOW_START_S = (30, 900)
_ALGORITHMS = ("round_robin", "least_outstanding_requests", "weighted_random")


def _create_balancer(request: Request) -> None:
    name, kind = request["Name"], request["Type"] or "application"
    backend = elbv2_backends[request.account][request.region]
    refuse(
        _CODE,
        (
            len(name) > _LONGEST_NAME,
            f"The load balancer name '{name}' cannot be longer than '{_LONGEST_NAME}' characters",
        ),
        (
            name.startswith("-") or name.endswith("-"),
            f"The load balancer name '{name}' cannot begin or end with a hyphen",
        ),
        (
            name.startswith("internal-"),
            f"The load balancer name '{name}' cannot begin with 'internal-'",
        ),
        (
            not _NAME.fullmatch(name),
            f"The load balancer name '{name}' can have alphanumeric characters and hyphens only",
        ),
    )
    scheme = request["Scheme"] or "internet-facing"
    taken = next((one for one in backend.load_balancers.values() if one.name == name), None)
    subnets = request["Subnets"] or []
    refuse(
        "DuplicateLoadBalancerName",
        (
            taken is not None and (taken.scheme or "internet-facing") != scheme,
            f"A load balancer with the same name '{name}' already exists with other settings",
        ),
    )
    network = ec2_backends[request.account][request.region]
    found = [one for one in network.describe_subnets() if one.id in subnets]
    zones = {one.availability_zone for one in found}
    refuse(
        "InvalidConfigurationRequest",
        (
            len(found) == len(set(subnets)) and len(zones) < len(subnets),
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        ),
    )
    refuse(
        _CODE,
        (
            kind == "application" and len(found) == len(set(subnets)) and len(zones) < 2,
            "At least two subnets in two different Availability Zones must be specified",
        ),
    )
    groups = {one.id for one in network.describe_security_groups()}
    for each in request["SecurityGroups"] or []:
        refuse(
            "InvalidSecurityGroup",
            (each not in groups, f"Security group '{each}' does not exist"),
        )


def _create_targets(request: Request) -> None:
    path = request["HealthCheckPath"]
    codes = re.findall(r"\d+", str((request["Matcher"] or {}).get("HttpCode", "")))
    refuse(
        _CODE,
        (path and not path.startswith("/"), f"Health check path '{path}' must begin with a '/'"),
        (
            any(not 200 <= int(code) <= 499 for code in codes),
            "Health check matcher HTTP codes must be 200 to 499",
        ),
    )


def _create_listener(request: Request) -> None:
    backend = elbv2_backends[request.account][request.region]
    balancer = backend.load_balancers.get(request["LoadBalancerArn"])
    if balancer is None:
        return  # moto says so
    protocol, certificates = request["Protocol"], request["Certificates"] or []
    kind = getattr(balancer, "loadbalancer_type", None) or "application"
    refuse(
        _CODE,
        (
            protocol and protocol not in _PROTOCOLS[kind],
            f"Listener protocol '{protocol}' must be one of {', '.join(_PROTOCOLS[kind])}",
        ),
        (
            protocol in _WITH_TLS and not certificates,
            "A certificate must be specified for HTTPS and TLS listeners",
        ),
        (
            protocol not in _WITH_TLS and (certificates or request["SslPolicy"]),
            f"SslPolicy and certificates are not supported for protocol {protocol}",
        ),
    )
    refuse(
        "DuplicateListener",
        (
            any(int(one.port) == request["Port"] for one in balancer.listeners.values()),
            f"A listener already exists on port {request['Port']} for this load balancer",
        ),
    )
    kept = acm_backends[request.account][request.region]._certificates
    for one in certificates:
        arn = one.get("CertificateArn", "")
        refuse(
            "CertificateNotFound",
            (":acm:" in arn and arn not in kept, f"Certificate ARN '{arn}' was not found"),
        )


def _values(request: Request) -> dict[str, str]:
    return {one["Key"]: one.get("Value", "") for one in request["Attributes"] or []}


def _check_seconds(values: Mapping[str, str]) -> None:
    for key, (least, most) in _SECONDS.items():
        if key in values:
            refuse(
                "InvalidConfigurationRequest",
                (not least <= int(values[key]) <= most, f"{key} must be {least} to {most}"),
            )


def _modify_balancer(request: Request) -> None:
    values = _values(request)
    _check_seconds(values)
    backend = elbv2_backends[request.account][request.region]
    balancer = backend.load_balancers.get(request["LoadBalancerArn"])
    now: dict[str, Any] = {**(balancer.attrs if balancer else {}), **values}
    if now.get("access_logs.s3.enabled") == "true":
        bucket = now.get("access_logs.s3.bucket")
        there = s3_backends[request.account]["aws"].buckets
        refuse(
            "InvalidConfigurationRequest",
            (not bucket, "The access logs S3 bucket must be specified"),
            (bucket not in there, f"Access Denied for bucket: {bucket}"),
        )


def _modify_targets(request: Request) -> None:
    values = _values(request)
    _check_seconds(values)
    slow = int(values.get("slow_start.duration_seconds") or 0)
    way = values.get("load_balancing.algorithm.type", _ALGORITHMS[0])
    least, most = _SLOW_START_S
    refuse(
        "InvalidConfigurationRequest",
        (slow and not least <= slow <= most, f"Slow start must be {least} to {most}, or 0"),
        (way not in _ALGORITHMS, f"Load balancing algorithm must be one of {_ALGORITHMS}"),
    )


def _delete_balancer(request: Request) -> None:
    backend = elbv2_backends[request.account][request.region]
    balancer = backend.load_balancers.get(request["LoadBalancerArn"])
    refuse(
        "OperationNotPermitted",
        (
            balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true",
            f"Load balancer '{request['LoadBalancerArn']}' cannot be deleted because deletion "
            f"protection is enabled",
        ),
    )


CHECKS: dict[str, Check] = {
    "CreateListener": _create_listener,
    "CreateLoadBalancer": _create_balancer,
    "CreateTargetGroup": _create_targets,
    "DeleteLoadBalancer": _delete_balancer,
    "ModifyLoadBalancerAttributes": _modify_balancer,
    "ModifyTargetGroupAttributes": _modify_targets,
}
