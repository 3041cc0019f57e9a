"""Published images for Google Cloud: what serves a kind of model on a kind of processor.

Google publishes none with a date of its own for these; they are the projects'. Tags as seen in
public repositories on 2026-11-26: vLLM's on Docker Hub (vllm-project/tpu-inference names vllm-tpu),
text-embeddings-inference's on ghcr.io (its README). Cloud Run has NVIDIA's driver 535 for an L4
(CUDA 12.2): an image of CUDA 13 does not start there.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from lichen.document import InputError
from lichen_components.google.args import GoogleArgs
from lichen_components.servers.container import Decision

IMAGES: Mapping[tuple[str, str], str] = {
    ("vllm", "x86_64"): "docker.io/vllm/vllm-openai:v0.11.0",
    ("vllm-tpu", "x86_64"): "docker.io/vllm/vllm-tpu:v0.12.0",
    ("tei", "x86_64"): "ghcr.io/huggingface/text-embeddings-inference:cpu-1.9",
    ("tei", "arm64"): "ghcr.io/huggingface/text-embeddings-inference:cpu-arm64-1.9",
}
"""Server and architecture -> image."""
TEI_ON_L4 = "ghcr.io/huggingface/text-embeddings-inference:89-1.9"
"""89 is the compute capability of an L4."""


def image_of(decision: Decision, server: str, args: GoogleArgs, region: str) -> pulumi.Input[str]:
    """The image: the user's, else the published one, through the registry where one is given."""
    if "image" in args:
        return pulumi.Output.from_input(args["image"]).apply(
            lambda image: image.replace("{region}", region)
        )
    image = IMAGES[server, decision.machine.architecture]
    if server == "tei" and decision.machine.accelerator:
        image = TEI_ON_L4
    registry = args.get("registry", "").replace("{region}", region).rstrip("/")
    return f"{registry}/{image.partition('/')[2]}" if registry else image


def check_image(decision: Decision, server: str, args: GoogleArgs) -> None:
    """:class:`InputError` where no image is published, or the user's runs on another processor."""
    machine = decision.machine
    if "image" not in args:
        if (server, machine.architecture) in IMAGES:
            return
        raise InputError(
            f"is required: no image is published that serves a {decision.card.kind} model on "
            f"{machine.name}",
            fix="add image: <region>-docker.pkg.dev/<project>/<repository>/<image>:<tag>",
            field="image",
        )
    said, wanted = args.get("image_architecture"), machine.architecture
    if said == wanted or (said is None and wanted == "x86_64"):
        return
    raise InputError(
        f"is required with an image of yours: {machine.name} has a processor of {wanted}"
        if said is None
        else f"{said!r} does not run on {machine.name}, whose processor is of {wanted}",
        fix=f"build the image with --platform linux/{'arm64' if wanted == 'arm64' else 'amd64'}, "
        f"and write image_architecture: {wanted}",
        field="image_architecture",
    )
