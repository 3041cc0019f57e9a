"""What makes a placement real: a maker for each hosting, a server for each chip and model.

Two short tables. A maker's module is imported when its hosting is chosen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Protocol, cast

import pulumi

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen_components.args import EndpointArgs
from lichen_components.images import images_for
from lichen_components.plan import Plan
from lichen_components.servers import neuron, pytorch_arm, vllm
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
}
"""Hosting -> its maker."""

SERVERS: Mapping[str, Serve] = {
    "vllm": vllm.serve,
    "neuron": neuron.serve,
    "pytorch": pytorch_arm.serve,
}
"""Server -> its settings. images.csv says which serves a kind of model on a family of chips."""

MODES = ("real-time", "asynchronous")
"""The modes that some maker makes."""


def maker_of(hosting: str) -> Maker:
    """The maker of a hosting, imported now."""
    module, _, name = MAKERS[hosting].partition(":")
    return cast(Maker, getattr(import_module(module), name))


def server_of(hosting: str, chip_family: str | None, kind: str, catalogue: Catalogue) -> str:
    """The server of a kind of model; for a kind without image, that of the chip's other images."""
    images = images_for(catalogue, hosting, chip_family)
    fitting = [image for image in images if kind in image.kinds] or images
    return fitting[0].server


def chip_families(catalogue: Catalogue) -> Mapping[str, str]:
    """The family of every chip, by the chip's name."""
    return {name: chip.family for name, chip in catalogue.chips.items()}


def chip_of(machine: Machine) -> str:
    """The chip that computes: an accelerator, or the CPU where there is none."""
    return machine.accelerator or machine.cpu or machine.architecture
