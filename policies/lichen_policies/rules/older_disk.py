"""Disk of a type that a newer one replaces for less.

Why: A disk beside a model's server holds its image and its weights, which are read once when it
starts. A gp2 disk must have 1 TiB to be as fast as a gp3 disk of any size, which costs 20 % less
for each GiB; on an io1 or io2 disk each operation a second is paid for besides.

Fix: Set the type to gp3, and on a large disk its throughput.

Exceptions: It only advises. Disks of machines with accelerators are judged, and disks with
``lichen:*`` tags on them or on their machine. Of a disk whose type nobody states the machine image
decides, and nothing is said. An io1 or io2 disk with more operations a second than the limit
``iops`` is not a finding, since no gp3 disk of 2020 has as many. A disk that many write to at once
may need the lower latency of io2.

Tags: Without ``lichen:*`` tags it judges the disks of machines with accelerators. With one, such as
``lichen:model``, it judges any machine's, and a volume by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import Disk
from lichen_policies.provisioned import is_for_models
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``iops``: up to how many operations a second gp3 takes the place of io1 and io2."""

    iops: Annotated[float, Meta(ge=100, le=1_000_000)] = 16_000


_SOURCE = "AWS Prescriptive Guidance, Migrate Amazon EBS volumes from gp2 to gp3, 2026"
_AS_FAST_GIB = 170
"""Up to this size a gp2 disk reads 128 MiB/s, about the 125 MiB/s of any gp3 disk; above it up to
250 MiB/s (Amazon EBS User Guide, General Purpose SSD volumes, 2026)."""

_MOST_IOPS_EACH_GIB = 500
"""Of a gp3 disk; the same guide."""


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def older_disk(fact: Disk, limits: Limits, known: Known) -> Iterator[Finding]:
    if not is_for_models(fact, fact.if_known.machine, known):
        raise NotApplicable("nothing says that the disk is of a model's server")
    if fact.kind == "gp2":
        large = fact.size_gib is not None and fact.size_gib > _AS_FAST_GIB
        yield Finding(
            what=f"{fact.kind_at} is gp2",
            limit="a gp3 disk costs 20 % less for each GiB and has 3,000 operations a second at "
            f"any size, as gp2 has from 1 TiB on ({_SOURCE})",
            changes=(
                Change(
                    path=fact.kind_at,
                    to="gp3",
                    why="with a throughput of 250 it reads as fast" if large else "",
                ),
            ),
            path=fact.kind_at,
        )
    elif fact.kind in ("io1", "io2") and fact.iops is not None and fact.iops <= limits.iops:
        if fact.size_gib is not None and fact.iops > _MOST_IOPS_EACH_GIB * fact.size_gib:
            return
        yield Finding(
            what=f"{fact.kind_at} is {fact.kind}, and {fact.iops_at} is {fact.iops:,g}",
            limit=f"a gp3 disk has up to {limits.iops:,g} operations a second, 3,000 of them in "
            f"its price ({_SOURCE})",
            changes=(Change(path=fact.kind_at, to="gp3"),),
            path=fact.kind_at,
        )
