"""Service Quotas: those of SageMaker and EC2 beside moto's own (see quotas.py)."""

import json
from typing import Any

from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.aws.emulator.extensions import Method, Refusal, extends
from sandbox.aws.emulator.quotas import quotas


def _asked(response: ServiceQuotasResponse) -> dict[str, Any]:
    given: dict[str, Any] = json.loads(response.body)
    return given


@extends(ServiceQuotasResponse)
def list_service_quotas(_: None, self: ServiceQuotasResponse) -> str:
    return json.dumps({"Quotas": list(quotas(self.backend, _asked(self)["ServiceCode"]).values())})


@extends(ServiceQuotasResponse)
def get_service_quota(before: Method, self: ServiceQuotasResponse) -> str:
    given = _asked(self)
    known = quotas(self.backend, given["ServiceCode"])
    if not known:
        answer: str = before(self)
        return answer
    if given["QuotaCode"] not in known:
        raise Refusal("NoSuchResourceException", "The request failed because the quota is unknown.")
    return json.dumps({"Quota": known[given["QuotaCode"]]})


@extends(ServiceQuotasResponse)
def request_service_quota_increase(_: None, self: ServiceQuotasResponse) -> str:
    given = _asked(self)
    quota = quotas(self.backend, given.get("ServiceCode", "sagemaker"))[given["QuotaCode"]]
    quota["Value"] = given["DesiredValue"]
    return json.dumps({"RequestedQuota": {"Status": "APPROVED"}})


@extends(ServiceQuotasResponse)
def list_aws_default_service_quotas(before: Method, self: ServiceQuotasResponse) -> str:
    known = quotas(self.backend, _asked(self)["ServiceCode"])
    if not known:
        answer: str = before(self)
        return answer
    return json.dumps({"Quotas": list(known.values())})
