"""Container image that receives no security patches any more.

Why: After the end of its patches an image is served with every hole that is found in it. Its
libraries also miss the speed of newer ones, so the same work takes more machines.

Fix: Use a newer version of the image, and measure the model on it.

Exceptions: It knows the images of AWS's Deep Learning Containers by their repository and version,
also where they were copied into another registry under the same name; ``pytorch`` alone, as others
call theirs too, only in AWS's own registries. A version that is older than the oldest of which AWS
publishes an end is past it too once that one is. Of other images it knows no end. An image named by
its digest alone is not judged. Of the images of Hugging Face (``huggingface-*``) AWS publishes no
such day: they are not judged. An image whose name is filled in later (``<image>``, ``IMAGE_URL``)
is unverified, in a pod only where that plainly serves.

Tags: It reads none.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import ServingContainer
from lichen_policies.facts.image import ImageName, image_name
from lichen_policies.rule import Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Days before the end of an image's patches from which on it is a finding."""

    days_before: Annotated[int, Meta(ge=0, le=3650)] = 0


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def image_past_its_patches(
    fact: ServingContainer, limits: Limits, known: Known
) -> Iterator[Finding]:
    if fact.repository is None:
        raise NotApplicable("no image is named")
    patches, older = None, False
    image = (
        image_name(fact.image or "") if known.catalogue.has_patches_of(fact.repository) else None
    )
    if image is not None and ("-" in image.repository or _is_of_aws(image, known)):
        patches = known.catalogue.patches_of(image.repository, image.tag)
        if patches is None:
            patches = known.catalogue.first_patches_after(image.repository, image.tag)
            older = patches is not None
    if patches is None:
        raise NotApplicable("nobody publishes until when this image is patched")
    until = datetime.date.fromisoformat(patches.patched_until)
    ahead = datetime.timedelta(days=0 if older else limits.days_before)
    if known.today <= until - ahead:
        return
    source = known.catalogue.sources.get(patches.source)
    by = f" ({source.publisher})" if source else ""
    ended = "ended" if known.today > until else "end"
    version = f"{patches.repository} {patches.version}"
    what = f"the security patches of {version}"
    if older:
        what = f"the image is older than {version}, whose security patches"
    yield Finding(
        what=f"{what} {ended} on {until}{by}",
        limit="an image must still receive security patches",
        or_else=f"set {fact.image_at} to a newer version of {patches.repository}, or to the image "
        "that replaced it",
        path=fact.image_at,
        sources=(patches.source,),
    )


def _is_of_aws(image: ImageName, known: Known) -> bool:
    """Whether an image is in one of AWS's registries of Deep Learning Containers."""
    of_public = image.path.startswith("public.ecr.aws/deep-learning-containers/")
    return of_public or image.account in known.catalogue.registry_accounts
