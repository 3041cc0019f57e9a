"""The hardware that a resource names: its machine, the accelerator beside it, their families.

A document calls an accelerator by its cloud's word (``nvidia-tesla-t4``, ``NVIDIA_L4``), the
catalogue by its maker's (``NVIDIA T4``). Both are compared by the words that they are made of.
"""

from __future__ import annotations

import re

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Chip, Machine, Retired
from lichen.clouds import CLOUDS
from lichen_policies.facts import MachineKind
from lichen_policies.facts.devices import is_device
from lichen_policies.facts.machine import names_accelerators
from lichen_policies.rule import Known, NotApplicable, Unverified

_SAID_BESIDES = frozenset(
    {"nvidia", "amd", "google", "tesla", "mega", "vws", "gpu", "slice", "podslice", "device"}
)
"""Words that do not tell two accelerators apart: makers, brands, licences of a graphics driver,
what GKE calls the nodes of TPUs."""


def machine_if_known(fact: MachineKind) -> str | None:
    """The machine that is named, for a rule that only advises.

    Raises :class:`NotApplicable` where it is not known: one rule says so, and it is enough that
    too-many-accelerators, which may block, cannot be checked.
    """
    try:
        return fact.machine
    except Unverified as error:
        raise NotApplicable(f"{error}: see too-many-accelerators") from None


def written(fact: MachineKind) -> str:
    """The machine as its hosting writes it: ``ml.g5.xlarge``."""
    return f"{fact.machine_prefix}{fact.machine}"


def is_name(text: str) -> bool:
    """Whether a text may be printed as the name of a machine or a chip."""
    return re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{1,63}", text) is not None


def is_of_maker(word: str) -> bool:
    """Whether a text may be printed as an accelerator's name: any other may be anything."""
    return is_name(word) and word.lower().startswith(("nvidia", "amd"))


def is_general(word: str) -> bool:
    """Whether a word means any accelerator of a maker: ``NVIDIA GPU``, ``AWS Neuron``."""
    return not is_device(word) and _words(word) <= {
        "aws",
        "intel",
        "neuron",
        "tpu",
        "gaudi",
        "accelerator",
    }


def is_plain(machine: str | None, catalogue: Catalogue) -> bool:
    """Whether a machine has no row and, by its name, no accelerators: an older general one, say."""
    return (
        machine is not None
        and machine not in catalogue.machines
        and not names_accelerators(machine)
    )


def machine_of(fact: MachineKind, known: Known) -> Machine | None:
    """The catalogue's row of the machine that is named; None where none is, or it has no row."""
    return known.catalogue.machines.get(fact.machine or "")


def chip_of(fact: MachineKind, known: Known) -> Chip | None:
    """The catalogue's accelerator of a resource: the one beside the machine, else the machine's."""
    if fact.chip is not None:
        return chip_named(fact.chip, known.catalogue)
    machine = machine_of(fact, known)
    return None if machine is None else known.catalogue.accelerator_of(machine)


def chip_named(name: str, catalogue: Catalogue) -> Chip | None:
    """The catalogue's accelerator of a cloud's word; None where it has none."""
    found = catalogue.once(_found)
    if name not in found:
        found[name] = _chip_named(name, catalogue)
    return found[name]


def called(word: str, number: float, catalogue: Catalogue) -> str:
    """What a message calls accelerators of a cloud's word, after their number: by the catalogue's
    name (``NVIDIA L4``), else by what they are (``NVIDIA GPUs``, ``AWS Neuron chips``)."""
    chip = chip_named(word, catalogue)
    if chip is not None:
        return chip.name
    if word == "AWS Neuron":
        word = "AWS Neuron chip"
    several = number > 1 and word.endswith(("GPU", "TPU", "chip", "Gaudi", "accelerator"))
    return f"{word}s" if several else word


def families(fact: MachineKind, known: Known) -> tuple[str | None, str | None]:
    """The families of the machine and of the accelerator, also where the catalogue has no row."""
    row, chip = machine_of(fact, known), chip_of(fact, known)
    machine_family = row.family if row else _family(fact)
    if chip is not None:
        return machine_family, chip.family
    of_words = known.catalogue.once(_retired_by_words)
    return machine_family, of_words.get(_words(fact.chip or ""))


def _family(fact: MachineKind) -> str | None:
    names = (cloud.family_of(fact.machine or "") for cloud in CLOUDS.values())
    return next((name for name in names if name is not None), None)


def _retired_by_words(catalogue: Catalogue) -> dict[frozenset[str], str]:
    """The families of retired chips by the words that they are made of."""
    families = (row.chip_family for row in catalogue.table("retired", Retired))
    return {_words(family): family for family in families if family is not None}


def _found(_: Catalogue) -> dict[str, Chip | None]:
    return {}


def _chip_named(name: str, catalogue: Catalogue) -> Chip | None:
    words = _words(name)
    if not words or is_general(name):
        return None
    named = (
        chip
        for chip in catalogue.chips.values()
        if chip.kind != "cpu" and any(words <= _words(each) for each in (chip.name, *chip.also))
    )
    return next(named, None)


def _words(name: str) -> frozenset[str]:
    last = name.rsplit("/", 1)[-1].lower()
    return frozenset(re.split(r"[\s_-]+", last)) - _SAID_BESIDES - {""}
