"""The name of a container image, taken apart."""

from __future__ import annotations

import re

import msgspec

from lichen_policies.facts.placeholders import has_placeholder, is_placeholder, placeholder
from lichen_policies.facts.unknown import Maybe, is_unknown

AWS_REGISTRY = re.compile(
    r"^(?P<account>\d{12})\.dkr\.ecr(?:-fips)?\.(?:[a-z0-9-]+|\$\{[^}]+\})\.amazonaws\.com(\.cn)?$"
)


class ImageName(msgspec.Struct, frozen=True):
    """``registry/path/repository:tag@digest``; a part that is left out is empty."""

    registry: str
    repository: str
    tag: str
    digest: str
    path: str
    """All of its name but the tag and the digest."""

    @property
    def account(self) -> str:
        """The AWS account of the registry; empty where it is another registry."""
        match = AWS_REGISTRY.match(self.registry)
        return match["account"] if match else ""


def image_name(text: str) -> ImageName:
    """``763104351884.dkr.ecr.eu-north-1.amazonaws.com/pytorch-inference:2.6.0-cpu-py312`` in its
    parts. The first part is a registry if it holds a dot or a colon, as container engines read
    it; ``repository`` is the last part of the path."""
    name, _, digest = text.partition("@")
    first, slash, rest = name.partition("/")
    registry = first if slash and ("." in first or ":" in first or first == "localhost") else ""
    path = rest if registry else name
    repository, _, tag = path.rsplit("/", 1)[-1].partition(":")
    return ImageName(registry, repository, tag, digest, name.removesuffix(f":{tag}"))


_GRAMMAR = re.compile(
    r"(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::\d+)?/)?[a-z0-9._-]+(?:/[a-z0-9._-]+)*"
    r"(?::[\w][\w.-]*)?(?:@[\w:+.-]+)?"
)


def as_named(image: Maybe[str]) -> Maybe[str]:
    """An image as a container is started from it. A name that no registry can have, or that is a
    placeholder, is filled in later; where its registry alone is, its region say, ``${NAME}`` is
    in its place. Source: Distribution, "Image reference grammar" (a path has small letters)."""
    if isinstance(image, str) and _is_open(image):
        image = placeholder(image)
    if not is_unknown(image) or not image.written:
        return image
    registry, slash, repository = image.written.rpartition("/")
    return image.written if slash and "." in registry and "${" not in repository else image


def _is_open(image: str) -> bool:
    name = image_name(image)
    return (
        not _GRAMMAR.fullmatch(image)
        or is_placeholder(name.repository)
        or (bool(name.tag) and is_placeholder(name.tag))
        or has_placeholder(name.registry)
    )


def repository_of(image: Maybe[str]) -> Maybe[str]:
    """The last part of an image's path, also where its registry or its tag is not known."""
    if image is None:
        return None
    written = image.written if is_unknown(image) else image
    last = written.rpartition("@")[0] or written
    repository = last.rpartition("/")[2].partition(":")[0]
    return image if not repository or "${" in repository else repository
