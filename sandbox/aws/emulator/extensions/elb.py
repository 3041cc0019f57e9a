"""Load balancers: attributes that exclude each other are refused. (moto serves them from `elb`.)"""

from typing import Any

from moto.elbv2.exceptions import InvalidConfigurationRequest
from moto.elbv2.models import ELBv2Backend

from sandbox.aws.emulator.extensions import Method, extends


@extends(ELBv2Backend)
def modify_target_group_attributes(
    before: Method, self: ELBv2Backend, target_group_arn: str, attributes: dict[str, Any]
) -> None:
    group = self.target_groups.get(target_group_arn)
    now = {**(group.attributes if group else {}), **attributes}
    slow = int(now.get("slow_start.duration_seconds") or 0)
    if slow and now.get("load_balancing.algorithm.type") == "least_outstanding_requests":
        raise InvalidConfigurationRequest(
            "Slow start is not supported with the least outstanding requests algorithm."
        )
    before(self, target_group_arn, attributes)
