"""How much memory of an accelerator a model takes."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Kind, WeightFormat
from lichen.passport import Passport
from lichen.words import Precision
from lichen.workload import ModelCard
from lichen_policies.rule import Known, Unverified

USUAL: Precision = "bf16"
"""The precision of a model that declares none."""

SERVER_GIB, ROOM = 1.0, 1.5
"""What a copy on processors needs beside its weights: the server's own memory, and how many times
the weights. A design choice of Lichen."""


REDUCED_BITS = 16.0
"""Weights of fewer bits are reduced."""


def bits_of(precision: Precision, catalogue: Catalogue) -> float:
    """The bits of a weight."""
    rows = catalogue.table("precisions", WeightFormat)
    return next(row.bits for row in rows if row.precision == precision)


def names_a_smaller_one(
    evaluated: Iterable[str], model: str | None, precision: Precision, catalogue: Catalogue
) -> bool:
    """Whether one of a tag's evaluations (``int8 MMLU-Pro 0.71``) is of something smaller than what
    is served: fewer bits, or a model of the catalogue with fewer parameters. A rate is not."""
    served, bits = catalogue.models.get(model or ""), bits_of(precision, catalogue)
    precisions = {row.precision for row in catalogue.table("precisions", WeightFormat)}
    for each in evaluated:
        variant = each.split(" ", 1)[0]
        other = catalogue.models.get(variant)
        if variant in precisions:
            if bits_of(variant, catalogue) < bits:
                return True
        elif other is not None and served is not None and other.parameters < served.parameters:
            return True
    return False


class Memory(msgspec.Struct, frozen=True):
    """The memory of one accelerator, and where its figure is from; ``is_least`` says that it may be
    a larger one."""

    chip: str
    kind: str
    gib: float
    source: str
    is_least: bool = False


def memory_of(chip: str | None, machine: str | None, known: Known) -> Memory | None:
    """Of the chip that is named, else of a machine's; None where the catalogue has neither."""
    if chip is None and machine is not None:
        row = known.catalogue.machines.get(machine)
        chip = row.accelerator if row is not None else None
    found = known.catalogue.chips.get(chip or "")
    if found is None or found.memory_gib is None:
        return None
    return Memory(found.name, found.kind, found.memory_gib, found.source or "")


def least_memory(named: str, known: Known) -> Memory | None:
    """The memory of the smallest accelerator of a maker that clouds offer, where a cluster gives
    any of them (``NVIDIA GPU``); None for another word."""
    maker, _, kind = named.partition(" ")
    chips = (
        known.catalogue.accelerator_of(machine)
        for machine in known.catalogue.machines.values()
        if machine.accelerators >= 1
    )
    of_maker = [
        chip
        for chip in chips
        if chip is not None and kind == "GPU" and chip.kind == "gpu" and chip.vendor == maker
    ]
    smallest = min(of_maker, key=lambda chip: chip.memory_gib or math.inf, default=None)
    if smallest is None or smallest.memory_gib is None:
        return None
    return Memory(named, smallest.kind, smallest.memory_gib, smallest.source or "", is_least=True)


def weights_gib(card: ModelCard, passport: Passport | None, memory: Memory, known: Known) -> float:
    """What a model's weights take on a chip, in GiB, at the declared precision.

    Raises :class:`Unverified` where the chip does not run that precision.
    """
    from lichen.sizing.coefficients import knowledge  # few findings size: a start is short
    from lichen.sizing.need import weights_gib as at_precision

    precision = (passport.precision if passport is not None else None) or USUAL
    formats = knowledge(known.catalogue).formats
    found = at_precision(card, precision, formats, known.catalogue.chips[memory.chip].kind)
    if found is None:
        raise Unverified(f"{memory.chip} does not run {precision}")
    return found


def host_weights_gib(card: ModelCard, precision: Precision, known: Known) -> float:
    """What a model's weights take in the memory of processors, in GiB.

    Raises :class:`Unverified` where that is not known.
    """
    return files_gib(card, precision, "cpu", known)


def files_gib(card: ModelCard, precision: Precision, kind: Kind, known: Known) -> float:
    """What a model's weights take for chips of a kind, in GiB.

    Raises :class:`Unverified` where that is not known.
    """
    from lichen.sizing.coefficients import knowledge
    from lichen.sizing.need import weights_gib as at_precision

    found = at_precision(card, precision, knowledge(known.catalogue).formats, kind)
    if found is None:
        raise Unverified(f"the weights of {card.name} at {precision} are not known")
    return found


def host_need_gib(weights_gib: float) -> float:
    """What a copy on processors needs in all, in GiB."""
    return weights_gib * ROOM + SERVER_GIB
