"""An endpoint on the machine that the configuration names, as ``Endpoint`` would make it there."""

import json

import pulumi
from lichen_components.makers import maker_of, row_of

from tests.components.narrowed import planned

config = pulumi.Config()
args = json.loads(config.get("args") or "{}")
plan = planned(config.require("machine"), json.loads(config.require("workload")), **args)
workload = plan.decision.workload
made = maker_of(row_of(plan.decision.placement.chosen.hosting, workload))(workload.name, plan)
pulumi.export("endpoint_name", made.endpoint_name)
pulumi.export("endpoint_id", made.endpoint_id)
