"""Disks beside machines."""

from __future__ import annotations

from lichen_policies.facts.fact import Fact


class Disk(Fact, frozen=True, kw_only=True):
    """A disk of a machine, or one by itself, whose ``machine`` is None.

    ``kind`` is the vendor's word for its type, as the document states it. ``attached`` says that
    accelerators are attached to its machine.
    """

    machine: str | None = None
    attached: bool | None = False
    kind: str
    kind_at: str
    size_gib: float | None = None
    size_gib_at: str = ""
    iops: float | None = None
    iops_at: str = ""
