"""The disks that EC2 attaches to a machine when it starts, in each place that may state one."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.kinds import Disk
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_left_out

_ROOT = "root_block_device"
_SIZE = ("volume_size", "size")
_PLACES = (("ebs_block_device", "ebs_block_devices"), ("block_device_mappings",))


def disks_of(properties: Properties, machine: Maybe[str]) -> Iterator[Disk]:
    """A Disk for each of a machine's whose type is stated: of the others the machine image
    decides."""
    yield from disk(properties.chosen_block(_ROOT), machine)
    for names in _PLACES:
        if is_left_out(properties.scalar(*names)):
            continue
        for place in properties.blocks(*names):
            yield from disk(place.block("ebs") if place.given("ebs") else place, machine)


def disk(volume: Properties, machine: Maybe[str]) -> Iterator[Disk]:
    """The Disk that a volume is; nothing where nobody states its type."""
    kind = volume.stated_text("volume_type", "type")
    if kind.value is None or is_left_out(kind.value):
        return
    iops, iops_at = volume.amount("iops"), volume.at("iops")
    size_gib = volume.amount(*_SIZE)
    yield Disk(
        path=kind.path,
        machine=field(machine),
        kind=field(kind.value),  # type: ignore[arg-type]
        kind_at=kind.path,
        size_gib=None if is_left_out(size_gib) else field(size_gib),
        size_gib_at=volume.at(*_SIZE),
        iops=None if is_left_out(iops) else field(iops),
        iops_at=iops_at,
    )
