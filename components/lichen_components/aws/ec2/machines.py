"""The machines of a group: which may stand in for the chosen one, and what they boot from."""

from __future__ import annotations

from collections.abc import Iterator

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Image, Machine
from lichen.document import InputError
from lichen.placing.images import fits, machine_image

_MOST_TYPES = 3
"""Types of machines in a group (design choice)."""

NEURON_IMAGE = "amazon-linux-2023/neuron"
ARM_IMAGE = "amazon-linux-2023/arm64"
_X86_IMAGE = "amazon-linux-2023"


def stand_ins(machine: Machine, region: str, hosting: str, catalogue: Catalogue) -> list[str]:
    """The chosen machine, then those that may take its place where there are none of it.

    A compiled model runs on as many devices as it was compiled for, and a server has a thread for
    each core: so a stand-in has the same devices or, without any, the same cores, and no less
    memory.
    """
    prices = {
        name: price.usd_hour
        for name in _alike(machine, region, hosting, catalogue)
        if (price := catalogue.price(name, region, hosting)) is not None
        and price.usd_hour is not None
    }
    others = sorted(prices, key=lambda name: (prices[name], name))
    return [machine.name, *others][:_MOST_TYPES]


def _alike(machine: Machine, region: str, hosting: str, catalogue: Catalogue) -> Iterator[str]:
    offered = {offer.machine for offer in catalogue.offers_in(region)}
    for other in catalogue.machines.values():
        devices = (other.cloud, other.accelerator, other.accelerators, other.architecture)
        if (
            other.name != machine.name
            and other.name in offered
            and catalogue.hosts(hosting, other)
            and devices
            == (machine.cloud, machine.accelerator, machine.accelerators, machine.architecture)
            and (machine.accelerator or (other.cpu, other.vcpu) == (machine.cpu, machine.vcpu))
            and (other.memory_gib or 0) >= (machine.memory_gib or 0)
            and not other.name.endswith(".metal")
        ):
            yield other.name


def boots_from(machine: Machine) -> str:
    """The machine image of ECS: it has Docker, and on Neuron a driver that is known."""
    if machine.accelerator:
        return NEURON_IMAGE
    return ARM_IMAGE if machine.architecture == "arm64" else _X86_IMAGE


def parameter_of(name: str) -> str:
    """Where AWS publishes the newest machine image's id (Systems Manager)."""
    return f"/aws/service/ecs/optimized-ami/{name}/recommended/image_id"


def check_driver(machine: Machine, image: Image | None, catalogue: Catalogue) -> None:
    """:class:`InputError` where the image does not run on the driver of the machine image."""
    row = machine_image(catalogue, "ecs", boots_from(machine))
    if image is None or row is None or row.driver is None:
        return
    why = fits(image, row.driver)
    if why is not None:
        raise InputError(
            why,
            fix="give an image of your own that runs on this driver (image)",
            field="image",
        )


def devices_of(machine: Machine) -> list[str]:
    """The Neuron devices of a machine, as paths: a container sees those that it is given."""
    if machine.accelerator is None:
        return []
    return [f"/dev/neuron{n}" for n in range(int(machine.accelerators))]
