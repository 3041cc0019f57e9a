"""Which published image a container runs, by the rows of images.csv and registries.csv."""

from __future__ import annotations

from datetime import date

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Image, Registry
from lichen.document import InputError
from lichen.placing.images import public_image
from lichen_components.makers import chip_families, chip_of
from lichen_components.plan import Plan


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


def public_uri(plan: Plan, registry: str | None) -> str | None:
    """Where the plan's public image is pulled from: its own registry, or one of the user's that
    has it under its name; None where no image is published for the chip and the kind of model."""
    decision, catalogue = plan.decision, plan.catalogue
    family = chip_families(catalogue).get(chip_of(decision.machine))
    hosting = decision.placement.chosen.hosting
    image = public_image(catalogue, hosting, family, decision.card.kind)
    if image is None:
        return None
    name = f"{image.repository}:{image.tag}"
    if not registry:
        return name
    return f"{registry.replace('{region}', plan.region).rstrip('/')}/{name.partition('/')[2]}"


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
