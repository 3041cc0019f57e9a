"""Artifact Registry's repository of container images, and the policies that delete old ones."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.image import image_name
from lichen_policies.facts.joined import images_served
from lichen_policies.facts.kinds import KeptImages
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.unknown import Maybe, field, is_unknown
from lichen_policies.stack import Stack

CLOUD = "google"
TYPES = {
    "pulumi": ("gcp:artifactregistry/repository:Repository",),
    "terraform": ("google_artifact_registry_repository",),
}
FACTS = (KeptImages,)

_REGISTRY = "-docker.pkg.dev"
_KEPT_ELSEWHERE = ("REMOTE_REPOSITORY", "VIRTUAL_REPOSITORY")


def read(properties: Properties, context: Context) -> Iterator[Fact]:
    """A KeptImages of a repository of containers that holds its own images."""
    kind = properties.text("format")
    if isinstance(kind, str) and kind.upper() != "DOCKER":
        return
    if properties.text("mode") in _KEPT_ELSEWHERE:
        return
    location, name = properties.text("location"), properties.text("repository_id")
    known = isinstance(location, str) and isinstance(name, str)
    yield KeptImages(
        path=properties.at("cleanup_policies"),
        waits_for="the containers that are started from it",
        names=(f"{location}{_REGISTRY}/{name}",) if known else (),
        expire=field(_expire(properties)),
        serves=context.says_what_it_serves,
        to_expire="add a cleanup policy with the action DELETE, and one with KEEP for the newest "
        "ten versions",
    )


def _expire(properties: Properties) -> Maybe[bool]:
    """Whether a policy deletes images; one that is only tried out deletes none."""
    dry_run = properties.flag("cleanup_policy_dry_run")
    if dry_run is True:
        return False
    actions = [policy.text("action") for policy in properties.blocks("cleanup_policies")]
    if "DELETE" in actions:
        return dry_run if is_unknown(dry_run) else True
    return next((action for action in actions if is_unknown(action)), False)


def complete(facts: tuple[Fact, ...], stack: Stack) -> tuple[Fact, ...]:
    """Whether a container that serves a model is started from it."""
    serving = stack.once(_serving)
    return tuple(
        msgspec.structs.replace(fact, serves=bool(fact.serves) or id(fact) in serving)
        if isinstance(fact, KeptImages)
        else fact
        for fact in facts
    )


def _serving(stack: Stack) -> frozenset[int]:
    """The repositories whose images are started to serve models, by the identity of the fact."""
    return frozenset(
        id(repository.fact)
        for image in images_served(stack)
        for repository in stack.meant(_repository_of(image), KeptImages, "names")
    )


def _repository_of(image: object) -> object:
    """``europe-north1-docker.pkg.dev/chat`` of
    ``europe-north1-docker.pkg.dev/project/chat/server:1``."""
    if not isinstance(image, str):
        return image
    registry, *parts = image_name(image).path.split("/")
    return f"{registry}/{parts[1]}" if registry.endswith(_REGISTRY) and len(parts) > 1 else None
