"""Image on Arm processors that nothing says is built for them.

Why: An image for x86 alone does not start on an Arm processor ("exec format error"): the machine
runs and costs while nothing answers. Its name often does not say for which it is built.

Fix: Look which platforms it has: ``docker buildx imagetools inspect IMAGE`` lists them. Then say so
with the tag ``lichen:image-architecture`` (on Kubernetes the annotation
``lichen.dev/image-architecture``) set to ``arm64``, or with ``arm64`` in the image's own tag, or
record the platforms of its digest: a row of ``platforms.csv`` in the folder of ``catalogue`` in
lichen.yaml (``digest,platforms,as_of``).

Exceptions: It only advises: nobody sees from here what an image is built for. It judges containers
that serve models on a machine of the catalogue with Arm processors, or whose resource asks for Arm.
``arm64``, ``aarch64``, ``graviton``, ``axion``, ``multiarch`` and the like in the image's name or
tag confirm it. An image that is named by its digest, of which ``platforms.csv`` has a row, is
judged by that row alone, a published one too. Images for x86 by their name, and those of AWS's Deep
Learning Containers, are the matter of image-for-other-hardware, and so is an image or a machine
whose name is not known. Images in public registries (Docker Hub, ghcr.io, quay.io, nvcr.io,
public.ecr.aws and their like) are not judged: most have both platforms, and anyone can look. An
image that only a start-up script of a machine names is not seen.

Tags: ``lichen:image-architecture``, which the components write for an image of your own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lichen_policies.facts import StartedImage
from lichen_policies.facts.image import ImageName, image_name
from lichen_policies.rule import Finding, Known, NotApplicable, rule

_SAYS = re.compile(
    r"(?:^|[-_./:])(?:arm|arm64(?:v8)?|armv8|aarch64|graviton\d?|axion|altra|ampere|multi-?arch|"
    r"multi-?platform|universal|amd64|x86(?:[-_]64)?|x64)(?:$|[-_./:])"
)
"""Words of an image's name that say for which processors it is built."""

_ARM = "linux/arm64"

_PUBLIC = frozenset(
    {
        "",  # Docker Hub
        "docker.io",
        "gcr.io",
        "ghcr.io",
        "index.docker.io",
        "k8s.gcr.io",
        "mcr.microsoft.com",
        "nvcr.io",
        "public.ecr.aws",
        "quay.io",
        "registry.k8s.io",
    }
)
"""Registries that anyone may pull most images from."""


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def unconfirmed_arm_image(fact: StartedImage, known: Known) -> Iterator[Finding]:
    seen = fact.if_known
    if seen.image is None:
        raise NotApplicable("no image is known: see image-for-other-hardware")
    on_arm = _on_arm(seen, known)
    if not on_arm:
        raise NotApplicable("nothing says that it runs on Arm processors")
    image = image_name(seen.image)
    recorded = known.catalogue.platforms_of(image.digest)
    if recorded is not None:
        yield from _by_its_record(seen, recorded, on_arm)
        return
    if image.registry in _PUBLIC or image.account in known.catalogue.registry_accounts:
        raise NotApplicable("its image is a published one, whose platforms anyone can look up")
    if _says(image):
        return
    declared = fact.declared("image_architecture")
    if declared is None:
        yield Finding(
            what=f"nothing says that the image is built for Arm processors, and {on_arm}",
            limit="an image for x86 alone does not start there",
            or_else="see with docker buildx imagetools inspect IMAGE that it has linux/arm64, and "
            f"confirm it with the {fact.tag_word} {fact.tag('image-architecture')}: arm64, or "
            "with arm64 in the image's tag",
            path=seen.image_at,
        )
    elif declared.image_architecture != "arm64":
        yield Finding(
            what=f"the {fact.tag_word} {fact.tag('image-architecture')} says that the image is "
            f"built for x86 processors, and {on_arm}",
            limit="an image for x86 alone does not start there",
            or_else="build it with --platform linux/arm64, or choose a machine with x86 processors",
            path=seen.image_at,
        )


def _by_its_record(
    fact: StartedImage, platforms: tuple[str, ...], on_arm: str
) -> Iterator[Finding]:
    if any(platform.startswith(_ARM) for platform in platforms):
        return
    yield Finding(
        what=f"platforms.csv has no {_ARM} for the digest of the image, and {on_arm}",
        limit="an image without it does not start there",
        or_else="build it with --platform linux/arm64 and name the new digest, or choose a machine "
        "with x86 processors",
        path=fact.image_at,
    )


def _on_arm(fact: StartedImage, known: Known) -> str:
    """What says that a container runs on Arm processors; empty where nothing does."""
    machine = known.catalogue.machines.get(fact.machine or "")
    if machine is not None:
        return f"{machine.name} has them" if machine.architecture == "arm64" else ""
    return f"{fact.architecture_at} asks for them" if fact.architecture == "arm64" else ""


def _says(image: ImageName) -> bool:
    return bool(_SAYS.search(f"{image.path}:{image.tag}".lower()))
