"""Inferentia on EKS: AWS's image of the server, and the driver that the machine image brings."""

from __future__ import annotations

import re

import pulumi

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Image, MachineImage
from lichen.document import InputError
from lichen.placing.images import fits
from lichen_components.aws.sagemaker.model import published_image
from lichen_components.aws.sagemaker.settings import DIRECTORY, variables
from lichen_components.images import image_uri
from lichen_components.kubernetes.args import EksArgs, KubernetesArgs
from lichen_components.plan import Plan

FOLDER = DIRECTORY
"""Where AWS's image looks for the model."""

PORT, HEALTH, COMMAND = 8080, "/ping", "serve"

_ROW = re.compile(r"AL2023_x86_64_NEURON (\d{8})(?:-(\d{4}))?")
_DATE = re.compile(r"(20\d{6})$")


def image_of_neuron(plan: Plan, args: KubernetesArgs) -> pulumi.Input[str]:
    """The user's image, else the one that AWS publishes for the chip in the region."""
    if "image" in args:
        return args["image"]
    return image_uri(published_image(plan), plan.catalogue, plan.region, args.get("registry"))


def variables_of(plan: Plan) -> dict[str, str]:
    """The server's options as AWS's image takes them."""
    return variables(plan.container)


def check_driver(plan: Plan, args: KubernetesArgs, ours: EksArgs) -> None:
    """:class:`InputError` where the release's driver does not run AWS's image."""
    if "image" in args:
        return
    given = ours.get("release_version") or ours.get("ami_alias", "")
    image, row = published_image(plan), _row_of(given, plan.catalogue)
    reason = None if row is None else fits(image, row.driver)
    if reason is not None:
        raise InputError(
            reason,
            fix="take a release of " + _fitting(image, plan.catalogue),
            field="kubernetes.eks."
            + ("release_version" if "release_version" in ours else "ami_alias"),
        )


def _row_of(release: str, catalogue: Catalogue) -> MachineImage | None:
    """The row of a release such as ``1.33.5-20260625``; None where no row says."""
    day = _DATE.search(release)
    for row in _rows(catalogue):
        named = _ROW.fullmatch(row.name)
        if day is None or named is None:
            continue
        first = named[1]
        last = first[:4] + named[2] if named[2] else first
        if first <= day[1] <= last:
            return row
    return None


def _fitting(image: Image, catalogue: Catalogue) -> str:
    names = [row.name for row in _rows(catalogue) if fits(image, row.driver) is None]
    return " or ".join(name.partition(" ")[2] for name in names) or "an older table, with an image"


def _rows(catalogue: Catalogue) -> list[MachineImage]:
    rows = catalogue.table("machine_images", MachineImage)
    return [row for row in rows if row.hosting == "eks"]
