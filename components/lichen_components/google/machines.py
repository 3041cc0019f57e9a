"""What a machine type of Compute Engine boots from, and in which zones it is."""

from __future__ import annotations

from typing import NamedTuple

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.document import InputError
from lichen_components.google.args import GoogleArgs

_COS = "projects/cos-cloud/global/images/family"
_TPU_IMAGES = (
    "projects/ubuntu-os-accelerator-images/global/images/family/"
    "ubuntu-accel-2204-amd64-tpu-v5e-v5p-v6e"
)
"""Source: GitHub vllm-project/tpu-inference, docs/getting_started/tpu_setup.md."""
HYPERDISK_ALONE = ("c4a", "n4a", "c4", "n4", "ct6e", "tpu7x")
"""Families that boot from Hyperdisk alone (Compute Engine documentation, their machine series)."""
HYPERDISK = "hyperdisk-balanced"


class BootsFrom(NamedTuple):
    """An image, a kind of disk, and whether the machine moves or ends at maintenance."""

    image: str
    disk: str
    maintenance: str


def boot_of(machine: Machine, args: GoogleArgs) -> BootsFrom:
    """What a machine boots from; :class:`InputError` where no image is known."""
    disk = HYPERDISK if machine.family in HYPERDISK_ALONE else "pd-balanced"
    maintenance = "TERMINATE" if machine.accelerator else "MIGRATE"
    if "machine_image" in args:
        return BootsFrom(args["machine_image"], disk, maintenance)
    if machine.architecture == "arm64":
        return BootsFrom(f"{_COS}/cos-arm64-stable", disk, maintenance)
    if chips_of(machine) != "tpu":
        return BootsFrom(f"{_COS}/cos-stable", disk, maintenance)
    if machine.family in ("ct6e", "ct5p"):
        return BootsFrom(_TPU_IMAGES, disk, maintenance)
    raise InputError(
        f"is required: no image with a driver for {machine.accelerator} is known",
        fix="add google: {machine_image: projects/<project>/global/images/<image>}",
        field="google.machine_image",
    )


def chips_of(machine: Machine) -> str:
    """``gpu`` or ``tpu``; "" where there is no accelerator."""
    chip = machine.accelerator or ""
    return "" if not chip else "tpu" if "TPU" in chip else "gpu"


def zones_of(
    machine: Machine, region: str, wanted: int, args: GoogleArgs, catalogue: Catalogue
) -> list[str]:
    """Zones of a region that have the machine: the user's, else as many as are wanted of those
    that its provider lists; none where nobody lists any, and Google then chooses."""
    sales = catalogue.sales_of(machine.name)
    rows = () if sales is None else sales.in_region(region)
    listed = [row.zone for row in rows if row.zone and row.access == "everybody"]
    given = args.get("zones") or listed[:wanted]
    for n, zone in enumerate(given):
        if zone.rpartition("-")[0] != region or (listed and zone not in listed):
            there = ", ".join(listed) or f"zones of {region}"
            raise InputError(
                f"{zone} has no {machine.name}: {there}",
                fix="name one of these, or leave zones out",
                field=f"google.zones[{n}]",
            )
    if listed and len(given) < wanted:
        raise InputError(
            f"{wanted} zones are asked for, and {machine.name} is in {', '.join(listed)} of "
            f"{region} alone",
            fix=f"set availability: {{zones: {len(given)}}}, or allow other regions",
            field="workload.availability.zones",
        )
    return list(given)


def zone_of(machine: Machine, region: str, args: GoogleArgs, catalogue: Catalogue) -> str:
    """The one zone of what cannot spread; :class:`InputError` where none or several are named."""
    zones = zones_of(machine, region, 1, args, catalogue)
    if not zones:
        raise InputError(
            f"is required: no zone of {region} is known to have {machine.name}",
            fix=f"add google: {{zones: [{region}-b]}}, with a zone that has it: "
            "gcloud compute tpus locations list",
            field="google.zones",
        )
    if len(zones) > 1:
        raise InputError(
            f"{machine.name} is in one zone, and {len(zones)} are named: {', '.join(zones)}",
            fix=f"write zones: [{zones[0]}]",
            field="google.zones",
        )
    return zones[0]
