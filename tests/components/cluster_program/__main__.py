"""Several endpoints in one cluster, each on the machine that the configuration names for it."""

import json

import pulumi
from lichen_components.makers import maker_of, row_of

from tests.components.clusters import plan

config = pulumi.Config()
for part in json.loads(config.require("parts")):
    made_from = plan(
        part["hosting"],
        part["machine"],
        part["workload"],
        part.get("region", ""),
        **part.get("given", {}),
    )
    workload = made_from.decision.workload
    hosting = made_from.decision.placement.chosen.hosting
    made = maker_of(row_of(hosting, workload))(workload.name, made_from)
    pulumi.export(workload.name, made.url)
