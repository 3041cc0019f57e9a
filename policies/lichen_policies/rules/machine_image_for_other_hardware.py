"""Image of an operating system that was built for other hardware than its machines.

Why: A node that starts from an image without drivers for its accelerators joins its cluster without
them, and no error says so: it is paid for in full, and no pod that asks for an accelerator runs on
it. An image for another processor does not start at all.

Fix: Set the type of the image to the one for the machines, as the message says.

Exceptions: It judges EKS's managed node groups that name the type of their image (``amiType``).
Where it is left out, is ``CUSTOM`` or is Windows's, or the launch template names an image of its
own, nothing says what the image has, and the rule is silent. Where the group has a launch template,
that may install drivers, and a finding about drivers only advises. Exempt a group whose drivers an
operator in the cluster installs. GKE and AKS install the drivers by the machine, so their pools are
not judged. Only NVIDIA's GPUs and AWS's Neuron chips are judged.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen.catalogue.schema import Machine
from lichen_policies.facts import Machines
from lichen_policies.facts.kinds import BootImage
from lichen_policies.possible_machines import possible_machines
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule

_SOURCE = "EKS User Guide, Choose an optimal Amazon EC2 node instance type, 2026"


@rule(severity="high", dev="mandatory", staging="mandatory", prod="mandatory", theme="hardware")
def machine_image_for_other_hardware(fact: Machines, known: Known) -> Iterator[Finding]:
    image = fact.boots
    if image is None:
        raise NotApplicable("no type of image is named here")
    machines = possible_machines(fact, known)
    wrong = [(m, lacks) for m in machines if (lacks := _lacks(image, m, known))]
    if not wrong:
        return
    machine, lacks = wrong[0]
    fitting = {_fitting(image, each, known) for each in machines}
    yield Finding(
        what=f"{fact.boots_at} is {image.name}, which {lacks}, and {machine.name} "
        + _has(image, machine),
        limit=f"an image must be built for its machine ({_SOURCE})",
        changes=tuple(Change(path=fact.boots_at, to=name) for name in fitting)
        if len(fitting) == 1
        else (),
        or_else=f"choose {_meant(image, machine)}"
        if len(fitting) == 1
        else "give each kind of machine a group of its own",
        path=fact.boots_at,
        advice=image.extended and all(m.architecture == image.architecture for m, _ in wrong),
    )


def _lacks(image: BootImage, machine: Machine, known: Known) -> str:
    """What the image lacks, where the machine needs it; else empty."""
    if image.architecture != machine.architecture:
        return f"is for {_processor(image.architecture)}"
    kind = _kind(machine, known)
    if kind and kind not in image.drivers:
        return f"has no drivers for {machine.accelerator}"
    return ""


def _kind(machine: Machine, known: Known) -> str:
    """The kind of driver that a machine needs; empty where it is none that EKS has an image for."""
    chip = known.catalogue.accelerator_of(machine)
    if chip is None or (chip.kind == "gpu" and chip.vendor.lower() != "nvidia"):
        return ""
    return chip.kind if chip.kind in ("gpu", "neuron") else ""


def _has(image: BootImage, machine: Machine) -> str:
    if image.architecture != machine.architecture:
        return f"has {_processor(machine.architecture)}"
    return f"has {machine.accelerators:g} {machine.accelerator}"


def _processor(architecture: str) -> str:
    return "Arm processors" if architecture == "arm64" else "x86 processors"


def _fitting(image: BootImage, machine: Machine, known: Known) -> str:
    """The type of image, of the same system, that a machine needs."""
    processor = "ARM_64" if machine.architecture == "arm64" else "x86_64"
    of = {"gpu": "NVIDIA", "neuron": "NEURON"}.get(_kind(machine, known), "STANDARD")
    if image.name.startswith("BOTTLEROCKET"):
        return f"BOTTLEROCKET_{processor}{'_NVIDIA' if of == 'NVIDIA' else ''}"
    return f"AL2023_{processor}_{of}"


def _meant(image: BootImage, machine: Machine) -> str:
    """The machines that an image is built for, where this one is not."""
    if image.architecture != machine.architecture:
        return f"machines with {_processor(image.architecture)}"
    chips = {"gpu": "NVIDIA GPUs", "neuron": "Neuron chips"}
    having = " or ".join(chips[kind] for kind in image.drivers)
    return f"machines with {having}" if having else "machines without accelerators"
