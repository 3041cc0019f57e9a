"""One program for every stack: its configuration says what is served, and where the files are.

`pulumi up --stack chat` reads Pulumi.chat.yaml. A stack that names a machine, a region and a count
is deployed by hand, as a team did before Lichen chose for it; every other is placed.
"""

from pathlib import Path
from typing import Any

import msgspec
import pulumi
from by_hand import by_hand
from lichen_components import Endpoint, EndpointArgs

from lichen.document import InputError
from lichen.workload import Workload, read_workload

ARGUMENTS = (
    "artifacts",
    "image",
    "registry",
    "results",
    "artifacts_key",
    "alarm_topic",
    "objective",
)
OUTPUTS = (
    "endpoint_name",
    "endpoint_id",
    "url",
    "machine",
    "region",
    "usd_month",
    "gco2e_month",
    "runbook",
)


def deploy(config: pulumi.Config) -> None:
    """Serve the workload that the stack's configuration names."""
    try:
        workload = read_workload(Path(__file__).parent / config.require("workload"))
    except InputError as error:
        raise pulumi.RunError(str(error)) from None
    if config.get("machine") is None:
        placed(workload, config)
    else:
        by_hand(workload, config)


def placed(workload: Workload, config: pulumi.Config) -> None:
    """Serve it on the machine and in the region that placement chooses."""
    args: dict[str, Any] = {
        key: value for key in ARGUMENTS if (value := config.get(key)) is not None
    }
    block = dict(config.get_object("aws") or {})
    if (protect := config.get_bool("protect")) is not None:
        block["protect"] = protect
    if block:
        args["aws"] = block
    for cloud in ("google", "kubernetes"):
        if (given := config.get_object(cloud)) is not None:
            args[cloud] = given
    endpoint = Endpoint(workload.name, EndpointArgs(workload=msgspec.to_builtins(workload), **args))
    for output in OUTPUTS:
        pulumi.export(output, getattr(endpoint, output))
    pulumi.export("because", endpoint.receipt["because"])


deploy(pulumi.Config())
