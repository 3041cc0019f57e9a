"""The disks of Google's machines, in each place that may state one."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.kinds import Disk
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_left_out

_SIZE = ("disk_size_gb", "size_gb", "size")


def disk(
    volume: Properties,
    machine: Maybe[str] = None,
    attached: Maybe[bool] = False,
    *,
    kind: str = "disk_type",
) -> Iterator[Disk]:
    """The Disk that a volume is; nothing where nobody states its type, in the property ``kind``.

    ``machine`` is the type of machine that it is of, ``attached`` whether that has accelerators
    beside its own.
    """
    stated = volume.stated_text(kind)
    if stated.value is None or is_left_out(stated.value):
        return
    size_gib = volume.amount(*_SIZE)
    yield Disk(
        path=stated.path,
        machine=field(bare(machine)),
        attached=field(attached),
        kind=field(bare(stated.value)),  # type: ignore[arg-type]
        kind_at=stated.path,
        size_gib=None if is_left_out(size_gib) else field(size_gib),
        size_gib_at=volume.at(*_SIZE),
    )
