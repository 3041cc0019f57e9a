"""An endpoint on the machine that the configuration names, as ``Endpoint`` would make it there."""

import json

import pulumi
from lichen_components.endpoint import component_of

from tests.components.narrowed import planned

config = pulumi.Config()
asked = json.loads(config.get("asked") or "{}")
plan = planned(config.require("machine"), json.loads(config.require("workload")), **asked)
made = component_of(plan)(plan.workload.name, plan, pulumi.ResourceOptions())
pulumi.export("endpoint_name", made.endpoint_name)
pulumi.export("endpoint_arn", made.endpoint_arn)
