"""The quotas of an account in a region: of SageMaker's machines and of EC2's accelerated ones.

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
_VCPUS = ("G and VT", "Inf", "P", "Trn")
_VCPUS_GRANTED = 768.0

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


def granted(backend: ServiceQuotasBackend, name: str) -> float:
    """The value of one of SageMaker's quotas."""
    of = quotas(backend, "sagemaker")
    return float(next(quota["Value"] for quota in of.values() if quota["QuotaName"] == name))


@cache
def _defaults(service: str) -> dict[str, tuple[str, float]]:
    is_new = NEW_ACCOUNT in os.environ
    if service == "ec2":
        value = 0.0 if is_new else _VCPUS_GRANTED
        names = [
            f"{what} {family} {'instances' if what.startswith('Running') else 'Spot Requests'}"
            for family in _VCPUS
            for what in ("Running On-Demand", "All")
        ]
        return {name.replace(" ", "-"): (name, value) for name in names}
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
