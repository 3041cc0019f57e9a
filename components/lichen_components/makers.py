"""What makes a placement real: a maker for each hosting and mode, and the servers.

Short tables; makes.csv has their combinations. A maker's module is imported when its hosting
is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Literal, Protocol, cast

import pulumi

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine, Made
from lichen.sizing.replicas import floor_of
from lichen.words import Mode
from lichen.workload import Workload
from lichen_components.args import EndpointArgs
from lichen_components.plan import Plan
from lichen_components.servers import llama_cpp, neuron, own_image, pytorch, vllm
from lichen_components.servers.container import Container, Decision


class Served(Protocol):
    """What a maker has made.

    ``endpoint_arn`` is the full name in the cloud: on AWS its ARN. ``endpoint_url`` is the address
    of requests. ``machine`` is the hosting's name of the machine type.
    """

    endpoint_name: pulumi.Output[str]
    endpoint_arn: pulumi.Output[str]
    endpoint_url: pulumi.Output[str]
    machine: pulumi.Output[str]


class Maker(Protocol):
    """Makes the resources of a plan on one hosting."""

    def __call__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> Served:
        """Make them; :class:`InputError` where an argument is wrong."""

    def check(self, decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where the hosting cannot do what was decided."""


Serve = Callable[[Decision], Container]

MAKERS: Mapping[str, str] = {
    "sagemaker": "lichen_components.aws.sagemaker.endpoint:SagemakerEndpoint",
    "sagemaker-batch": "lichen_components.aws.sagemaker.batch:BatchTransform",
    "sagemaker-serverless": "lichen_components.aws.sagemaker.serverless:ServerlessEndpoint",
    "ec2": "lichen_components.aws.ec2.group:MachineFleet",
    "lambda": "lichen_components.aws.lambda_.function:ServingFunction",
    "ecs": "lichen_components.aws.ecs.machines:MachineTasks",
    "ecs-fargate": "lichen_components.aws.ecs.fargate:FargateService",
}
"""Hosting -> its maker."""

OTHER_MAKERS: Mapping[tuple[str, Mode | Literal["to-zero"]], str] = {
    (
        "sagemaker",
        "asynchronous",
    ): "lichen_components.aws.sagemaker.asynchronous:AsynchronousEndpoint",
    ("sagemaker", "to-zero"): "lichen_components.aws.sagemaker.to_zero:ToZeroEndpoint",
}
"""Hosting and way of serving -> the maker of that way, where it is another than the hosting's."""

SERVERS: Mapping[str, Serve] = {
    "image": own_image.serve,
    "vllm": vllm.serve,
    "neuron": neuron.serve,
    "pytorch": pytorch.serve,
    "llama.cpp": llama_cpp.serve,
}
"""Server -> its settings. makes.csv says which serves a kind of model on a family of chips."""


def maker_of(hosting: str, workload: Workload) -> Maker:
    """The maker of a workload on a hosting, imported now."""
    asleep = workload.mode == "real-time" and floor_of(workload) == 0
    found = OTHER_MAKERS.get((hosting, "to-zero" if asleep else workload.mode))
    module, _, name = (found or MAKERS[hosting]).partition(":")
    return cast(Maker, getattr(import_module(module), name))


def server_of(makes: Iterable[Made], decision: Decision, chip_family: str | None) -> str:
    """The server of a placement, by the rows of what can be made."""
    hosting, kind = decision.placement.chosen.hosting, decision.card.kind
    return next(
        row.server
        for row in makes
        if row.server is not None
        and row.hosting == hosting
        and chip_family in row.families
        and (not row.kinds or kind in row.kinds)
    )


def chip_families(catalogue: Catalogue) -> Mapping[str, str]:
    """The family of every chip, by the chip's name."""
    return {name: chip.family for name, chip in catalogue.chips.items()}


def chip_of(machine: Machine) -> str:
    """The chip that computes: an accelerator, or the CPU where there is none."""
    return machine.accelerator or machine.cpu or machine.architecture
