"""Published container images and the machine images that run them, by rows."""

from __future__ import annotations

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Image, MachineImage


def image_of(
    catalogue: Catalogue, hosting: str, chip_family: str | None, kind: str
) -> Image | None:
    """The image for a kind of model on a family of chips; None where none is published."""
    return next(
        (
            image
            for image in catalogue.once(_images)
            if image.hosting == hosting
            and chip_family in image.chip_families
            and kind in image.kinds
        ),
        None,
    )


PUBLIC = "public"
"""In place of a hosting: an image of a public registry, which any may run."""


def public_image(
    catalogue: Catalogue, hosting: str, chip_family: str | None, kind: str
) -> Image | None:
    """The public image for a hosting: its own, else the one for all; None where there is none."""
    own = image_of(catalogue, hosting, chip_family, kind)
    return own or image_of(catalogue, PUBLIC, chip_family, kind)


def _images(catalogue: Catalogue) -> tuple[Image, ...]:
    """The rows of images.csv: a placement asks for each offer, and reads them once."""
    return catalogue.table("images", Image)


def not_published(
    catalogue: Catalogue, hosting: str, chip_family: str | None, kind: str, region: str
) -> str | None:
    """A clause that says that a region lacks the image, and which command copies it there; None
    where the region has it, or where no image is known."""
    image = image_of(catalogue, hosting, chip_family, kind)
    if image is None or not image.regions or region in image.regions:
        return None
    publisher = catalogue.sources[image.source].publisher
    return (
        f"{publisher} does not publish {image.repository} there: copy it with `lichen images copy "
        f"--to {region}`, and give the registry of the copies (registry)"
    )


def machine_image(catalogue: Catalogue, hosting: str, name: str) -> MachineImage | None:
    """A hosting's machine image by its name in machine_images.csv."""
    rows = catalogue.table("machine_images", MachineImage)
    return next((row for row in rows if (row.hosting, row.name) == (hosting, name)), None)


def fits(image: Image, driver: str) -> str | None:
    """Why an image does not run on machines with a driver of its chips; None where it does, or
    where nobody says which drivers it runs on.

    ``driver`` is a version, such as that of a :class:`MachineImage`. The walls are in the image's
    row (AWS Neuron, release notes): a runtime from 2.32 on needs a driver above 2.26, and a driver
    from 2.29 on refuses a runtime below 2.33.
    """
    named = f"{image.repository}:{image.tag} has runtime {image.runtime}, which"
    if image.driver_from is not None and _parts(driver) < _parts(image.driver_from):
        return f"{named} needs a driver from {image.driver_from} on; the machines have {driver}"
    if image.driver_below is not None and _parts(driver) >= _parts(image.driver_below):
        return f"{named} a driver from {image.driver_below} on refuses; the machines have {driver}"
    return None


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
