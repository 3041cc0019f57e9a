"""One program for every stack: its configuration says what is served, and where the files are.

`pulumi up --stack chat` reads Pulumi.chat.yaml. A stack that names a machine, a region and a count
is deployed by hand, as a team did before Lichen chose for it; every other is placed. A stack of
`endpoints` has several: what one of them says is over what the stack says.
"""

from pathlib import Path
from typing import Any

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


NARROWED = ("hosting", "regions")
BLOCKS = ("aws", "google", "kubernetes")
HERE = Path(__file__).parent


class Settings:
    """A stack's configuration, with what one of several endpoints says over it."""

    def __init__(self, config: pulumi.Config, own: dict[str, Any]) -> None:
        self.config, self.own = config, own

    def text(self, key: str) -> str | None:
        """A setting; None where it is not there."""
        value = self.own.get(key, self.config.get(key))
        return None if value is None else str(value)

    def block(self, cloud: str) -> dict[str, Any]:
        """The arguments for a cloud: the stack's, and over them the endpoint's own."""
        return {**dict(self.config.get_object(cloud) or {}), **self.own.get(cloud, {})}

    def names(self, key: str) -> list[str] | None:
        """Hostings or regions, where the workload leaves them open."""
        given: list[str] | None = self.own.get(key, self.config.get_object(key))
        return given


def deploy(config: pulumi.Config) -> None:
    """Serve the workload that the stack's configuration names, or several."""
    several = config.get_object("endpoints")
    if several is not None:
        for own in several:
            endpoint = placed(Settings(config, own))
            name = endpoint.pop("name")
            pulumi.export(name, endpoint)
    elif config.get("machine") is not None:
        by_hand(workload_of(config.require("workload")), config)
    else:
        for output, value in placed(Settings(config, {})).items():
            if output != "name":
                pulumi.export(output, value)


def workload_of(path: str) -> Workload:
    """The workload of a file beside this one."""
    try:
        return read_workload(HERE / path)
    except InputError as error:
        raise pulumi.RunError(str(error)) from None


def placed(settings: Settings) -> dict[str, Any]:
    """Serve a workload on the machine and in the region that placement chooses; the outputs, and
    the workload's name."""
    path = settings.text("workload") or ""
    workload = workload_of(path)
    args: dict[str, Any] = {
        key: value for key in ARGUMENTS if (value := settings.text(key)) is not None
    }
    args |= {key: names for key in NARROWED if (names := settings.names(key)) is not None}
    if (pin := settings.config.get_object("pin")) is not None:
        args["pin"] = pin
    blocks = {cloud: settings.block(cloud) for cloud in BLOCKS}
    if (protect := settings.config.get_bool("protect")) is not None:
        blocks["aws"]["protect"] = protect
    args |= {cloud: block for cloud, block in blocks.items() if block}
    # The file and not its values: a lichen.yaml and evidence near it count.
    endpoint = Endpoint(workload.name, EndpointArgs(workload_file=str(HERE / path), **args))
    return {
        "name": workload.name,
        **{output: getattr(endpoint, output) for output in OUTPUTS},
        "because": endpoint.receipt["because"],
    }


deploy(pulumi.Config())
