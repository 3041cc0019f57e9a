"""Disk of a type that another one replaces for less.

Why: A disk beside a model's server holds its image and its weights, which are read once when it
starts. On AWS a gp2 disk must have 1 TiB to be as fast as a gp3 disk of any size, which costs 20 %
less for each GiB; on an io1 or io2 disk each operation a second is paid for besides. On Google
Cloud a pd-ssd disk costs 70 % more for each GiB than a pd-balanced one and twice as much as a
hyperdisk-balanced one, and what it has over these is operations, which a model's server hardly
asks for.

Fix: On AWS set the type to gp3, and on a large disk its throughput. On Google Cloud set the type
that the message names; a Hyperdisk has its throughput set apart from its size.

Exceptions: It only advises. Disks of machines with accelerators are judged, and disks with
``lichen:*`` tags on them or on their machine. Of a disk whose type nobody states the machine image
decides, and nothing is said. An io1 or io2 disk with more operations a second than the limit
``iops`` is not a finding, since no gp3 disk of 2020 has as many. A disk that many write to at once
may need the lower latency of io2. On Google Cloud pd-ssd alone is judged: on machines that take
hyperdisk-balanced disks too (A3, C3, C3D), and elsewhere where a pd-balanced disk of the same size
already reads as fast as the machine can: from 358 GiB with up to 7 vCPUs, from 2,358 GiB with up to
15, from 3,786 GiB with more and where the machine is not known. A smaller pd-ssd disk starts a
server sooner, and is not a finding; nor is pd-standard, which costs least, nor pd-extreme, whose
successor takes other machines. A disk that is read at random all the time, such as of a vector
database, may need pd-ssd. Persistent volumes of Kubernetes and disks of notebooks are not judged.

Tags: Without ``lichen:*`` tags it judges the disks of machines with accelerators. With one, such as
``lichen:model``, it judges any machine's, and a volume by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import DiskKind
from lichen_policies.facts import Disk
from lichen_policies.facts.machine import vcpus_named
from lichen_policies.provisioned import is_for_models
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``iops``: up to how many operations a second gp3 takes the place of io1 and io2."""

    iops: Annotated[float, Meta(ge=100, le=1_000_000)] = 16_000


_AS_FAST_GIB = 170
"""Up to this size a gp2 disk reads 128 MiB/s, about the 125 MiB/s of any gp3 disk; above it up to
250 MiB/s (Amazon EBS User Guide, General Purpose SSD volumes, 2026)."""

_MOST_IOPS_EACH_GIB = 500
"""Of a gp3 disk; the same guide."""

_BY_VCPUS = ((8, 240), (16, 800))
_MOST_MIB_S = 1200
"""What a machine reads at most, in MiB/s, from pd-ssd and from pd-balanced disks alike: below so
many vCPUs, and with more (Compute Engine documentation, Configure disks to meet performance
requirements, 2026)."""

_WITH_HYPERDISK = ("a3-", "c3-", "c3d-")
"""How the names of machines begin that take pd-ssd and hyperdisk-balanced disks (Compute Engine
documentation, About Hyperdisk, Machine series support, 2026)."""


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def older_disk(fact: Disk, limits: Limits, known: Known) -> Iterator[Finding]:
    machine = fact.if_known.machine
    if not fact.if_known.attached and not is_for_models(fact, machine, known):
        raise NotApplicable("nothing says that the disk is of a model's server")
    if fact.kind == "gp2":
        yield from _gp2(fact, known)
    elif fact.kind in ("io1", "io2") and fact.iops is not None and fact.iops <= limits.iops:
        if fact.size_gib is None or fact.iops <= _MOST_IOPS_EACH_GIB * fact.size_gib:
            yield from _bought_operations(fact, limits)
    elif fact.kind == "pd-ssd":
        if (machine or "").startswith(_WITH_HYPERDISK):
            yield from _cheaper(
                fact,
                "hyperdisk-balanced",
                "a hyperdisk-balanced disk costs {less} less for each GiB, with 3,000 operations a "
                "second and 140 MiB/s in its price",
                "with a throughput of its own it reads as fast",
                known,
            )
        else:
            yield from _pd_ssd(fact, known)


def _gp2(fact: Disk, known: Known) -> Iterator[Finding]:
    large = fact.size_gib is not None and fact.size_gib > _AS_FAST_GIB
    yield from _cheaper(
        fact,
        "gp3",
        "a gp3 disk costs {less} less for each GiB and has 3,000 operations a second at any size, "
        "as gp2 has from 1 TiB on",
        "with a throughput of 250 it reads as fast" if large else "",
        known,
    )


def _bought_operations(fact: Disk, limits: Limits) -> Iterator[Finding]:
    yield Finding(
        what=f"{fact.kind_at} is {fact.kind}, and {fact.iops_at} is {fact.iops:,g}",
        limit=f"a gp3 disk has up to {limits.iops:,g} operations a second, 3,000 of them in "
        "its price (Amazon EBS User Guide, General Purpose SSD volumes, 2026)",
        changes=(Change(path=fact.kind_at, to="gp3"),),
        path=fact.kind_at,
        sources=("aws-disks",),
    )


def _pd_ssd(fact: Disk, known: Known) -> Iterator[Finding]:
    balanced = _kinds(known)["google", "pd-balanced"]
    machine = fact.machine or ""
    row = known.catalogue.machines.get(machine)
    vcpus = vcpus_named(machine) if row is None else row.vcpu
    least = (mib_s for below, mib_s in _BY_VCPUS if vcpus is not None and vcpus < below)
    most = next(least, _MOST_MIB_S)
    read = (balanced.read_mib_s or 0) + (balanced.read_mib_s_gib or 0) * (fact.size_gib or 0)
    if read >= most:
        yield from _cheaper(
            fact,
            balanced.kind,
            f"a pd-balanced disk of {fact.size_gib:,g} GiB costs {{less}} less and reads {most:,g} "
            "MiB/s too, the most that "
            + ("any machine reads" if vcpus is None else f"a machine of {vcpus:g} vCPUs reads"),
            "",
            known,
        )


def _cheaper(fact: Disk, instead: str, limit: str, why: str, known: Known) -> Iterator[Finding]:
    """A finding with what the other kind costs less; ``limit`` has ``{less}`` in its place."""
    kinds = _kinds(known)
    now, then = kinds[fact.cloud, fact.kind], kinds[fact.cloud, instead]
    less = f"{100 * (1 - then.usd_gib_month / now.usd_gib_month):.0f} %"
    source = known.catalogue.sources[then.source]
    yield Finding(
        what=f"{fact.kind_at} is {fact.kind}",
        limit=f"{limit.format(less=less)} ({source.publisher}, {then.as_of[:4]})",
        changes=(Change(path=fact.kind_at, to=instead, why=why),),
        path=fact.kind_at,
        sources=(then.source,),
    )


def _kinds(known: Known) -> dict[tuple[str, str], DiskKind]:
    return known.catalogue.once(_by_kind)


def _by_kind(catalogue: Catalogue) -> dict[tuple[str, str], DiskKind]:
    return {(row.cloud, row.kind): row for row in catalogue.table("disks", DiskKind)}
