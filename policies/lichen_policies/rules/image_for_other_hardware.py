"""Container image that was built for other hardware than its machine.

Why: An image for another processor does not start. An image for processors on a machine with an
accelerator leaves the accelerator idle at full price, an image for Neuron chips finds none on a
GPU, and an image for GPUs finds none on Neuron chips.

Fix: Use the image for the machine, or the machine for the image, as the message says.

Exceptions: It blocks only images in the registries of AWS's Deep Learning Containers, whose names
say what they are built for (``neuronx``, ``arm64``, ``-cpu-``, ``-gpu-``). ``neuron``, ``cuda``,
``arm64`` and ``amd64`` in the name of another image only advise (``cuda``, also as ``cu128`` and
its like), and so does a family of Graviton or Axion machines that a pod selects. An image for GPUs
on a machine that has no accelerator is not judged: some start, slowly. Images for both processors
are not judged, nor is an image whose name says no hardware: it fits everywhere. A model that only a
serverless variant runs has no machine, and is not judged. A pod that asks for no accelerator and
names no machine is not judged: its image may be a client's. Nor is a machine that the catalogue
does not have and whose name says no accelerators, unless the image is for Neuron: that is
unverified. An image whose name is filled in later (``<image>``, ``IMAGE_URL``) is unverified, in a
pod only where that plainly serves.

Tags: It reads none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from lichen.catalogue.schema import Machine
from lichen_policies.facts import ServingContainer
from lichen_policies.facts.image import ImageName, image_name
from lichen_policies.named_hardware import called, is_plain
from lichen_policies.rule import Finding, Known, NotApplicable, rule

_CUDA = re.compile(r"gpu|cuda(\d+(\.\d+)*)?|cu\d{2,3}")
"""A word of an image's name that shows that it is built for NVIDIA's GPUs."""

_OF_NEURON = frozenset({"neuron", "neuronx"})
_OF_ARM = frozenset({"arm64", "graviton", "aarch64"})
_OF_X86 = frozenset({"amd64", "x86", "cpu"})
"""Words of an image's name; ``cpu`` means x86 in those of AWS alone."""

_NEURON = re.compile(r"(?i)neuron|inferentia|trainium")


class Hardware(NamedTuple):
    """What a container runs on, in words, as far as it is named.

    ``kind`` is that of the accelerators that it has: empty where it has none, None where that is
    not known; ``wanted`` is what an image must be for.
    """

    text: str
    architecture: str | None
    kind: str | None
    wanted: str


@rule(severity="high", dev="mandatory", staging="mandatory", prod="mandatory", theme="hardware")
def image_for_other_hardware(fact: ServingContainer, known: Known) -> Iterator[Finding]:
    if fact.image is None:
        raise NotApplicable("no image is named here")
    image = image_name(fact.image)
    if is_plain(fact.machine, known.catalogue) and not _OF_NEURON & _words(image):
        raise NotApplicable(
            "its machine is not in the catalogue, and has no accelerators by its name"
        )
    if fact.if_known.machine is None and fact.if_known.chips is None and not _names_hardware(image):
        return  # whatever it runs on
    for hardware in _hardware(fact, known):
        wrong = _wrong(image, hardware, known)
        if not wrong:
            continue
        of_aws = _is_of_aws(image, known)
        # The name of any other image is the user's own, and may be private.
        name = f"the image {image.repository}" if of_aws else "the image"
        yield Finding(
            what=f"{name} is built for {wrong}, and {hardware.text}",
            limit="an image must be built for its machine",
            or_else=f"set {fact.image_at} to an image for {hardware.wanted}, or choose a machine "
            f"with {wrong}",
            path=fact.image_at,
            advice=not of_aws or fact.architecture_by_family,
        )
        return


def _hardware(fact: ServingContainer, known: Known) -> Iterator[Hardware]:
    """The machine, or what a container says of it: its processors, the accelerators that it
    asks for. A pod that asks for none of its machine's leaves them to others."""
    if fact.machine is not None:
        machine = known.machine(fact.machine)
        chip = known.catalogue.accelerator_of(machine)
        kind = "" if chip is None else chip.kind
        whole = fact.hosting == "sagemaker" or fact.chips is not None
        yield Hardware(
            f"{machine.name} {_has(machine)}",
            machine.architecture,
            kind if whole or kind != "gpu" else None,
            machine.accelerator or f"{_processors(machine.architecture)} processors",
        )
        return
    if fact.chips:
        kind = "neuron" if _NEURON.search(fact.chip or "") else "gpu"
        word = fact.chip or "accelerator"
        chips, several = (called(word, each, known.catalogue) for each in (fact.chips, 2))
        yield Hardware(f"it asks for {fact.chips:g} {chips}", None, kind, several)
    if fact.architecture is not None:
        wanted = f"{_processors(fact.architecture)} processors"
        text = f"{fact.architecture_at} asks for {wanted}"
        yield Hardware(text, fact.architecture, None, wanted)
    if not fact.chips and fact.architecture is None:
        raise NotApplicable("what it runs on is not named here")


def _words(image: ImageName) -> set[str]:
    return set(f"{image.repository}-{image.tag}".lower().replace("_", "-").split("-"))


def _names_hardware(image: ImageName) -> bool:
    """Whether an image's name says anything of what it is built for; else it fits everywhere."""
    words = _words(image)
    named = _OF_NEURON | _OF_ARM | _OF_X86
    return any(map(_CUDA.fullmatch, words)) or bool(
        named & {*words, *image.path.lower().split("/")}
    )


def _wrong(image: ImageName, hardware: Hardware, known: Known) -> str:
    """What the image is built for, where the hardware does not have it; else empty."""
    words = _words(image)
    if _OF_NEURON & {*words, *image.path.lower().split("/")}:
        return "" if hardware.kind in ("neuron", None) else "Neuron chips"
    if hardware.kind == "neuron" and any(map(_CUDA.fullmatch, words)):
        return "GPUs"
    is_arm = bool(_OF_ARM & words)
    is_x86 = bool({"amd64", "x86"} & words) or (
        not is_arm and _is_of_aws(image, known) and bool({"cpu", "gpu"} & words)
    )
    if is_arm and not is_x86 and hardware.architecture == "x86_64":
        return "Arm processors"
    if is_x86 and not is_arm and hardware.architecture == "arm64":
        return "x86 processors"
    if "cpu" in words and "gpu" not in words and hardware.kind and _is_of_aws(image, known):
        return "processors alone"
    return ""


def _is_of_aws(image: ImageName, known: Known) -> bool:
    """Whether it is one of AWS's Deep Learning Containers, by the account of its registry."""
    return image.account in known.catalogue.registry_accounts


def _has(machine: Machine) -> str:
    processor = f"{_processors(machine.architecture)} processors"
    if machine.accelerator is None:
        return f"has {processor} alone"
    return f"has {machine.accelerators:g} {machine.accelerator} and {processor}"


def _processors(architecture: str) -> str:
    return "Arm" if architecture == "arm64" else "x86"
