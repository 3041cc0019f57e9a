"""Public images of servers, by server and chip; and what the user's own must confirm.

Read on 2026-11-23 in vllm-project/tpu-inference b8692ff and vllm 076eeb9 (images and their tags),
aws/deep-learning-containers (the version of vLLM that is out), and
huggingface/text-embeddings-inference 0d124dc (README, "Docker Images").
"""

from __future__ import annotations

from typing import NamedTuple

import pulumi

from lichen.document import InputError
from lichen_components.kubernetes.args import KubernetesArgs
from lichen_components.servers.container import Decision


class PublicImage(NamedTuple):
    """An image by its full name; ``port`` and ``health`` are where it answers."""

    name: str
    port: int
    health: str


_TEI = "ghcr.io/huggingface/text-embeddings-inference"
IMAGES: dict[tuple[str, str], PublicImage] = {
    ("vllm", "tpu"): PublicImage("docker.io/vllm/vllm-tpu:v0.27.0", 8000, "/health"),
    ("vllm", "gpu"): PublicImage("docker.io/vllm/vllm-openai:v0.28.0", 8000, "/health"),
    ("tei", "arm64"): PublicImage(f"{_TEI}:cpu-arm64-1.9", 8000, "/health"),
    ("tei", "x86_64"): PublicImage(f"{_TEI}:cpu-1.9", 8000, "/health"),
}
"""PodServer and kind of chip, or of processor where there is none -> the image."""

_OWN_PORT, _OWN_HEALTH = 8080, "/ping"


def image_for(
    server: str, decision: Decision, chip_kind: str | None, args: KubernetesArgs
) -> tuple[pulumi.Input[str], int, str]:
    """The image, its port and the path of its health; :class:`InputError` where none is known, or
    where the user's own is not confirmed for the processor."""
    wanted = decision.machine.architecture
    if "image" in args:
        confirm(args, wanted, decision.machine.name)
        public = IMAGES.get((server, chip_kind or wanted))
        port, health = (public.port, public.health) if public else (_OWN_PORT, _OWN_HEALTH)
        return args["image"], args.get("port", port), args.get("health_path", health)
    public = IMAGES.get((server, chip_kind or wanted))
    if public is None:
        raise InputError(
            f"is required: no public image serves a model of kind {decision.card.kind} on "
            f"{decision.machine.name}",
            fix="add image: <registry>/<repository>:<tag> with a server of yours, its port and "
            f"health_path, and image_architecture: {wanted}",
            field="kubernetes.image",
        )
    name = public.name
    if "registry" in args:
        name = f"{args['registry'].rstrip('/')}/{name.partition('/')[2]}"
    return name, public.port, public.health


def confirm(args: KubernetesArgs, wanted: str, machine: str) -> None:
    """:class:`InputError` where an image of the user's is not known to run on a processor."""
    said = args.get("image_architecture")
    if said == wanted:
        return
    raise InputError(
        f"is required with an image of yours: {machine} has a processor of {wanted}"
        if said is None
        else f"{said!r} does not run on {machine}, whose processor is of {wanted}",
        fix=f"build the image with --platform linux/{'arm64' if wanted == 'arm64' else 'amd64'}, "
        f"and write image_architecture: {wanted}",
        field="kubernetes.image_architecture",
    )
