"""What EC2 may choose a machine by, as templates, groups and fleets write it alike."""

from __future__ import annotations

from lichen_policies.facts.kinds.machines import Bounds, Requirements
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, Unknown, is_unknown

_MIB = 1024.0
_VENDORS = {"amazon-web-services": "aws"}
_CHIPS = {"inferentia": "inferentia1"}


def requirements(properties: Properties) -> Maybe[Requirements]:
    """The block ``instance_requirements`` of some properties; unknown where any of it is.

    A group that asks nothing of accelerators is taken for one of general machines: EC2 leaves out
    what costs a fifth more than the cheapest machine that fits, or twice as much on spot capacity.
    """
    block = properties.block("instance_requirements")
    if not block:
        return None
    open_question: list[Unknown] = []

    def known(value: Maybe[float]) -> float | None:
        if is_unknown(value):
            open_question.append(value)
            return None
        return value

    def bounds(unit: float, *names: str) -> Bounds:
        within = block.block(*names)
        least, most = known(within.amount("min")), known(within.amount("max"))
        return (least and least / unit, None if most is None else most / unit)

    def words(*names: str) -> tuple[str, ...]:
        found = block.texts(*names)
        if is_unknown(found):
            open_question.append(found)
            return ()
        return found or ()

    accelerators = bounds(1, "accelerator_count")
    memory_gib = bounds(_MIB, "accelerator_total_memory_mib", "accelerator_total_memory_mi_b")
    vendors, chips = words("accelerator_manufacturers"), words("accelerator_names")
    types = words("accelerator_types")
    asked = any((*accelerators, *memory_gib, vendors, chips, types)) and accelerators[1] != 0
    found = Requirements(
        allowed=words("allowed_instance_types"),
        excluded=words("excluded_instance_types"),
        vcpus=bounds(1, "vcpu_count", "v_cpu_count"),
        memory_gib=bounds(_MIB, "memory_mib", "memory_mi_b"),
        accelerators=accelerators,
        accelerator_memory_gib=memory_gib,
        vendors=tuple(_VENDORS.get(vendor.lower(), vendor.lower()) for vendor in vendors),
        chips=tuple(_CHIPS.get(chip.lower(), chip.lower()) for chip in chips),
        accelerated=asked,
    )
    return open_question[0] if open_question else found
