"""Whether the account may run as many machines: a new account has none of most accelerated ones."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pulumi

from lichen.catalogue.schema import Machine
from lichen.document import InputError
from lichen_components.aws.reading import client, read


def check_quota(
    quota: str, needed: int, region: str, *, service: str = "sagemaker", why: str = ""
) -> None:
    """Read the quota of that name, which is of ``service``, in a region.

    Where it is below ``needed``, a preview warns and an update ends: :class:`InputError`. A quota
    that may not be read stops nothing. ``why`` says what the number is made of.
    """
    found = read(f"The quota {quota!r}", lambda: _quota(service, quota, region))
    if found is None or found[0] >= needed:
        return
    value, code = found
    wrong = (
        f"the account's quota {quota!r} in {region} is {value:.0f}, and {needed} are needed{why}"
    )
    fix = (
        f"aws service-quotas request-service-quota-increase --service-code {service} "
        f"--quota-code {code} --desired-value {needed} --region {region}; check_quota: false "
        "leaves this out"
    )
    if pulumi.runtime.is_dry_run():
        pulumi.log.warn(f"{wrong}. Fix: {fix}.")
        return
    raise InputError(wrong, fix=fix, field="check_quota")


_FAMILIES: Mapping[str, str] = {
    "dl": "DL",
    "f": "F",
    "g": "G and VT",
    "hpc": "HPC",
    "inf": "Inf",
    "p": "P",
    "trn": "Trn",
    "vt": "G and VT",
    "x": "X",
}
_STANDARD = "Standard (A, C, D, H, I, M, R, T, Z)"
"""EC2's quotas are of vCPUs, by the letters that machine types begin with (EC2 User Guide, quotas
of On-Demand and of Spot instances)."""


def check_vcpus(machine: Machine, count: int, region: str, *, spot: bool) -> None:
    """Read EC2's quota of vCPUs for so many machines of a type, as :func:`check_quota` does."""
    letters = re.match("[a-z]+", machine.name)
    family = _FAMILIES.get(letters[0] if letters else "", _STANDARD)
    check_quota(
        f"All {family} Spot Instance Requests" if spot else f"Running On-Demand {family} instances",
        round(count * machine.vcpu),
        region,
        service="ec2",
        why=f" ({count} of {machine.name}, {machine.vcpu:g} vCPU each)",
    )


def _quota(service: str, name: str, region: str) -> tuple[float, str] | None:
    """The quota's value and its code; None where there is none of that name."""
    quotas = client("service-quotas", region)
    # What was never changed is only among the defaults.
    for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
        for page in quotas.get_paginator(operation).paginate(ServiceCode=service):
            for quota in page["Quotas"]:
                if quota["QuotaName"] == name:
                    return float(quota["Value"]), str(quota["QuotaCode"])
    return None
