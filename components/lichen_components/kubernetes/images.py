"""The image that a pod runs: the user's own, or a public one by the rows of images.csv."""

from __future__ import annotations

import pulumi

from lichen.document import InputError
from lichen_components.images import public_uri
from lichen_components.kubernetes.args import KubernetesArgs
from lichen_components.plan import Plan

_PUBLIC = (8000, "/health")
_OWN = (8080, "/ping")
"""The port and the path of its health, of a server that we know and of another."""


def image_for(plan: Plan, args: KubernetesArgs) -> tuple[pulumi.Input[str], int, str]:
    """The image, its port and the path of its health; :class:`InputError` where none is known, or
    where the user's own is not confirmed for the processor."""
    decision = plan.decision
    wanted = decision.machine.architecture
    known = plan.container.server != "image"
    port, health = _PUBLIC if known else _OWN
    if "image" in args:
        confirm(args, wanted, decision.machine.name)
        return args["image"], args.get("port", port), args.get("health_path", health)
    name = public_uri(plan, args.get("registry")) if known else None
    if name is None:
        raise InputError(
            f"is required: no public image serves a model of kind {decision.card.kind} on "
            f"{decision.machine.name}",
            fix="add image: <registry>/<repository>:<tag> with a server of yours, its port and "
            f"health_path, and image_architecture: {wanted}",
            field="kubernetes.image",
        )
    return name, port, health


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
