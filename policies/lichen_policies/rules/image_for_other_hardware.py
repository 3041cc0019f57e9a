"""Container image that was built for other hardware than its machine.

Why: An image for another processor does not start. An image for processors on a machine with an
accelerator leaves the accelerator idle at full price, and an image for Neuron chips finds none on a
GPU.

Fix: Use the image for the machine, or the machine for the image, as the message says.

Exceptions: It blocks only images in the registries of AWS's Deep Learning Containers, whose names
say what they are built for (``neuronx``, ``arm64``, ``-cpu-``, ``-gpu-``). ``neuron``, ``arm64``
and ``amd64`` in the name of another image only advise. An image for GPUs on a machine without one
is not judged: some start, slowly. Images for both processors are not judged.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen.catalogue.schema import Machine
from lichen_policies.facts import ServingContainer
from lichen_policies.facts.image import ImageName, image_name
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="high", dev="mandatory", staging="mandatory", prod="mandatory", theme="hardware")
def image_for_other_hardware(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    if fact.image is None or fact.machine is None:
        raise NotApplicable("the image and its machine are not both named here")
    image, machine = image_name(fact.image), known.machine(fact.machine)
    wrong = _wrong(image, machine, known)
    if wrong:
        of_aws = _is_of_aws(image, known)
        # The name of any other image is the user's own, and may be private.
        name = f"the image {image.repository}" if of_aws else "the image"
        yield Finding(
            what=f"{name} is built for {wrong}, and {machine.name} {_has(machine)}",
            limit="an image must be built for its machine",
            or_else=f"set {fact.image_at} to an image for {_wanted(machine)}, or choose a machine "
            f"with {wrong}",
            path=fact.image_at,
            advice=not of_aws,
        )


def _wrong(image: ImageName, machine: Machine, known: Known) -> str:
    """What the image is built for, where the machine does not have it; else empty."""
    words = f"{image.repository}-{image.tag}".lower().replace("_", "-").split("-")
    chip = known.catalogue.accelerator_of(machine)
    if {"neuron", "neuronx"} & set(words):
        return "" if chip is not None and chip.kind == "neuron" else "Neuron chips"
    is_arm = bool({"arm64", "graviton", "aarch64"} & set(words))
    is_x86 = bool({"amd64", "x86"} & set(words)) or (
        not is_arm and _is_of_aws(image, known) and bool({"cpu", "gpu"} & set(words))
    )
    if is_arm and not is_x86 and machine.architecture == "x86_64":
        return "Arm processors"
    if is_x86 and not is_arm and machine.architecture == "arm64":
        return "x86 processors"
    if "cpu" in words and "gpu" not in words and machine.accelerator and _is_of_aws(image, known):
        return "processors alone"
    return ""


def _is_of_aws(image: ImageName, known: Known) -> bool:
    """Whether it is one of AWS's Deep Learning Containers, by the account of its registry."""
    return image.account in known.catalogue.registry_accounts


def _has(machine: Machine) -> str:
    processor = "Arm processors" if machine.architecture == "arm64" else "x86 processors"
    if machine.accelerator is None:
        return f"has {processor} alone"
    return f"has {machine.accelerators:g} {machine.accelerator} and {processor}"


def _wanted(machine: Machine) -> str:
    if machine.accelerator is not None:
        return machine.accelerator
    return "arm64" if machine.architecture == "arm64" else "x86"
