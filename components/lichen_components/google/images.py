"""The serving image on Google Cloud: the user's, or a public one by the rows of images.csv."""

from __future__ import annotations

import pulumi

from lichen.document import InputError
from lichen_components.google.args import GoogleArgs
from lichen_components.images import public_uri
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision


def image_of(plan: Plan, args: GoogleArgs) -> pulumi.Output[str]:
    """The image: the user's, else the published one, through the registry where one is given."""
    if "image" in args:
        return pulumi.Output.from_input(args["image"]).apply(
            lambda image: image.replace("{region}", plan.region)
        )
    published = public_uri(plan, args.get("registry"))
    assert published is not None, "makes.csv has what an image is published for"
    return pulumi.Output.from_input(published)


def check_image(decision: Decision, server: str, args: GoogleArgs) -> None:
    """:class:`InputError` where no image is published, or the user's runs on another processor."""
    machine = decision.machine
    if "image" not in args:
        if server != "image":
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
