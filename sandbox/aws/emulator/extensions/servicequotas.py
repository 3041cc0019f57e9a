"""Service Quotas: SageMaker's, one for each machine type of its endpoints.

Each is 20 until somebody asks for another number, which is granted at once: a new account of AWS
has 0 of most accelerated machines, so a test asks for that.
"""

import json
from typing import Any

from botocore.session import get_session
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.aws.emulator.extensions import Method, extends

_GRANTED = 20.0


def _quotas(backend: ServiceQuotasBackend) -> dict[str, dict[str, Any]]:
    """By their code, which here is the machine type's name with hyphens."""
    if "quotas" not in backend.__dict__:
        shape = (
            get_session().get_service_model("sagemaker").shape_for("ProductionVariantInstanceType")
        )
        backend.__dict__["quotas"] = {
            machine.replace(".", "-"): {
                "ServiceCode": "sagemaker",
                "QuotaCode": machine.replace(".", "-"),
                "QuotaName": f"{machine} for endpoint usage",
                "Value": _GRANTED,
                "Adjustable": True,
            }
            for machine in shape.enum
        }
    quotas: dict[str, dict[str, Any]] = backend.__dict__["quotas"]
    return quotas


@extends(ServiceQuotasResponse)
def list_service_quotas(_: None, self: ServiceQuotasResponse) -> str:
    return json.dumps({"Quotas": list(_quotas(self.backend).values())})


@extends(ServiceQuotasResponse)
def request_service_quota_increase(_: None, self: ServiceQuotasResponse) -> str:
    quota = _quotas(self.backend)[json.loads(self.body)["QuotaCode"]]
    quota["Value"] = json.loads(self.body)["DesiredValue"]
    return json.dumps({"RequestedQuota": {"Status": "APPROVED"}})


@extends(ServiceQuotasResponse)
def list_aws_default_service_quotas(before: Method, self: ServiceQuotasResponse) -> str:
    if json.loads(self.body)["ServiceCode"] != "sagemaker":
        answer: str = before(self)
        return answer
    return json.dumps({"Quotas": list(_quotas(self.backend).values())})
