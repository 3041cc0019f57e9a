"""How many machines an account may have serve at once (Service Quotas, "for endpoint usage")."""

from typing import Any

from moto.sagemaker.models import SageMakerModelBackend
from moto.servicequotas.models import servicequotas_backends

from sandbox.aws.emulator.extensions import Refusal
from sandbox.aws.emulator.quotas import granted


def check(
    backend: SageMakerModelBackend, variants: list[dict[str, Any]], at_once: int | None = None
) -> None:
    """Refuse more machines of a type than the account may have.

    A new fleet comes beside the old one; ``at_once`` is how many of it where it is rolled out.
    """
    serving: dict[str, int] = {}
    for endpoint in backend.endpoints.values():
        configuration = backend.endpoint_configs.get(endpoint.endpoint_config_name)
        kinds = {
            variant["VariantName"]: variant.get("InstanceType")
            for variant in (configuration.production_variants if configuration else [])
        }
        for variant in endpoint.production_variants:
            if kind := kinds.get(variant["VariantName"]):
                serving[kind] = serving.get(kind, 0) + variant.get("CurrentInstanceCount", 0)
    quotas = servicequotas_backends[backend.account_id][backend.region_name]
    for variant in variants:
        kind, asked = variant.get("InstanceType"), variant.get("InitialInstanceCount", 0)
        if kind is None:
            continue
        asked, now = min(asked, at_once or asked), serving.get(kind, 0)
        most = granted(quotas, f"{kind} for endpoint usage")
        if now + asked > most:
            raise Refusal(
                "ResourceLimitExceeded",
                f"The account-level service limit '{kind} for endpoint usage' is {most:g} "
                f"Instances, with current utilization of {now} Instances and a request delta of "
                f"{asked} Instances. Please use AWS Service Quotas to request an increase for this "
                f"quota.",
            )
