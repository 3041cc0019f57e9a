"""Which published image a container runs, by the rows of images.csv and registries.csv."""

from __future__ import annotations

from datetime import date

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Image, Registry
from lichen.document import InputError


def image_uri(image: Image, catalogue: Catalogue, region: str, registry: str | None) -> str:
    """Where the image is pulled from: the publisher's registry in the region, or the user's.

    ``registry`` is an ECR registry with copies under the publisher's names. :class:`InputError`
    where the image is not published in the region and there is no such registry.
    """
    if registry is not None:
        return f"{registry.rstrip('/')}/{image.repository}:{image.tag}"
    publisher = next(
        (
            row
            for row in catalogue.table("registries", Registry)
            if (row.hosting, row.region) == (image.hosting, region)
        ),
        None,
    )
    if publisher is None or region not in image.regions:
        raise InputError(
            f"AWS does not publish {image.repository} in {region}",
            fix=f"copy {image.repository}:{image.tag} to ECR in {region}, and give the registry "
            "of the copies: <account>.dkr.ecr.{region}.amazonaws.com",
            field="registry",
        )
    host = f"{publisher.account}.dkr.ecr.{region}.{publisher.domain}"
    return f"{host}/{image.repository}:{image.tag}"


def without_patches(image: Image, catalogue: Catalogue, today: date) -> str | None:
    """A sentence that the image no longer gets security patches; None while it does.

    Also None where the end of its patches is not known.
    """
    if image.patched_until is None or date.fromisoformat(image.patched_until) >= today:
        return None
    source = catalogue.sources[image.patches_source or image.source]
    return (
        f"{image.repository}:{image.tag} has had no security patches since {image.patched_until} "
        f"({source.publisher}, {source.title}). Fix: give an image of your own (image)."
    )
