"""The quotas of an account in a region: of SageMaker's machines, EC2's accelerated ones, Fargate
and Lambda.

In an account that is new, those of accelerated machines are 0. Any other number is granted at
once, as soon as somebody asks for it.
"""

import os
from functools import cache
from typing import Any

from botocore.session import get_session
from moto.servicequotas.models import ServiceQuotasBackend

from sandbox.aws.emulator.sagemaker.machines import machine

NEW_ACCOUNT = "SANDBOX_NEW_ACCOUNT"
"""The environment variable that makes the emulated account a new one."""

_GRANTED = 20.0
_USES = {
    "ProductionVariantInstanceType": "for endpoint usage",
    "TransformInstanceType": "for transform job usage",
}
_STANDARD = "Standard (A, C, D, H, I, M, R, T, Z)"
_VCPUS = ("G and VT", "Inf", "P", "Trn", _STANDARD)
_VCPUS_GRANTED, _VCPUS_AT_FIRST = 768.0, 5.0
FARGATE = "Fargate On-Demand vCPU resource count"
"""The vCPUs that all tasks on Fargate may have at once; 6 in a new account."""

_FARGATE_GRANTED, _FARGATE_AT_FIRST = 4000.0, 6.0

CONCURRENCY = "Concurrent executions"
"""How many copies of all functions may run at once: 1,000 by default, 10 in a new account."""

_CONCURRENCY_GRANTED, _CONCURRENCY_AT_FIRST = 1000.0, 10.0

Quota = dict[str, Any]


def quotas(backend: ServiceQuotasBackend, service: str) -> dict[str, Quota]:
    """A service's quotas by their code, which here is made of the name."""
    kept: dict[str, dict[str, Quota]] = backend.__dict__.setdefault("quotas", {})
    if service not in kept:
        kept[service] = {
            code: {
                "ServiceCode": service,
                "QuotaCode": code,
                "QuotaName": name,
                "Value": value,
                "Adjustable": True,
            }
            for code, (name, value) in _defaults(service).items()
        }
    return kept[service]


def granted(backend: ServiceQuotasBackend, name: str, service: str = "sagemaker") -> float:
    """The value of one of a service's quotas."""
    of = quotas(backend, service)
    return float(next(quota["Value"] for quota in of.values() if quota["QuotaName"] == name))


def family_of(kind: str) -> str:
    """The family that a quota of vCPUs counts a machine type in."""
    letters = kind.partition(".")[0].rstrip("abcdefghijklmnopqrstuvwxyz-").rstrip("0123456789")
    named = {"g": "G and VT", "vt": "G and VT", "inf": "Inf", "p": "P", "trn": "Trn"}
    return named.get(letters, _STANDARD)


def vcpus_of(family: str, *, spot: bool) -> str:
    """The name of a quota of vCPUs."""
    return (
        f"All {family} Spot Instance Requests" if spot else f"Running On-Demand {family} instances"
    )


@cache
def _defaults(service: str) -> dict[str, tuple[str, float]]:
    is_new = NEW_ACCOUNT in os.environ
    if service == "ec2":
        return {
            name.replace(" ", "-"): (
                name,
                _VCPUS_GRANTED if not is_new else _VCPUS_AT_FIRST if family == _STANDARD else 0.0,
            )
            for family in _VCPUS
            for name in (vcpus_of(family, spot=False), vcpus_of(family, spot=True))
        }
    if service == "fargate":
        value = _FARGATE_AT_FIRST if is_new else _FARGATE_GRANTED
        return {"L-3032A538": (FARGATE, value)}
    if service == "lambda":
        value = _CONCURRENCY_AT_FIRST if is_new else _CONCURRENCY_GRANTED
        return {"L-B99A9384": (CONCURRENCY, value)}
    if service != "sagemaker":
        return {}
    model = get_session().get_service_model("sagemaker")
    found = {}
    for shape, use in _USES.items():
        for kind in model.shape_for(shape).enum:
            its = machine(kind)
            accelerated = its is None or its.devices > 0
            code = kind.replace(".", "-") + ("-transform" if "transform" in use else "")
            found[code] = (f"{kind} {use}", 0.0 if is_new and accelerated else _GRANTED)
    return found
